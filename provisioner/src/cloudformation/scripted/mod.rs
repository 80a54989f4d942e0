//! A CloudFormation for tests: CloudFormation's state machine as its API reference tells it, stricter than any emulator,
//! with faults to order. Also the S3 beside it, whose full buckets it refuses to delete, and other services as far
//! as an inventory asks them.
//!
//! One tick of time passes with each read of a stack's events.

mod api;
mod bucket;
mod drift;
mod services;
mod stack;

use super::{CallError, ChangeSetId, Execution, Kind, Protection};
pub use stack::FakeStack;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Where the tests' buckets are served.
pub const BUCKET_URL: &str = "https://artifacts";

/// CloudFormation and S3 of one account.
#[derive(Debug, Default)]
pub struct Scripted {
    state: RefCell<State>,
}

/// What somebody else does meanwhile.
pub type Meddling = fn(&mut State);

/// What is there, and what is to go wrong.
#[derive(Debug, Default)]
pub struct State {
    /// Stacks by name.
    pub stacks: BTreeMap<String, FakeStack>,
    /// Deleted stacks by id.
    pub deleted: BTreeMap<String, FakeStack>,
    /// Objects by bucket and key.
    pub buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Keys of objects that were uploaded two days ago; all others just now.
    pub aged: std::collections::BTreeSet<String>,
    /// Every call, in order.
    pub calls: Vec<&'static str>,
    /// What somebody else does just before the next of these calls.
    pub meddles: Option<(&'static str, Meddling)>,
    /// From this call on nothing answers and nothing happens: the program was killed.
    pub killed_at: Option<usize>,
    /// The next answer of these calls is lost after they took effect.
    pub lose_answer_of: Vec<&'static str>,
    /// This resource can't be created or updated, for this reason.
    pub fails: Option<(&'static str, &'static str)>,
    /// This resource can't be deleted, for this reason.
    pub holds: Option<(&'static str, &'static str)>,
    /// Objects that S3 doesn't delete, each with its code.
    pub locked: BTreeMap<String, &'static str>,
    /// How many deletions of such an object S3 refuses; none: all.
    pub relents_after: Option<usize>,
    /// These calls are denied.
    pub denies: Vec<&'static str>,
    /// What others hung on resources, by physical id: with any of it, a resource can't be deleted.
    pub hung: BTreeMap<String, std::collections::BTreeSet<String>>,
    /// Tables that somebody protected.
    pub guarded: std::collections::BTreeSet<String>,
    /// Archives of events, which no stack holds.
    pub archives: std::collections::BTreeSet<String>,
    /// Log groups, which no stack holds either.
    pub log_groups: std::collections::BTreeSet<String>,
    /// Subscriptions, each with its topic.
    pub subscriptions: BTreeMap<String, String>,
    /// Keys that wait for their deletion, each with its time in seconds since the epoch.
    pub keys: BTreeMap<String, i64>,
    /// What is there although its stack is gone: the answers of services by operation.
    pub lingers: BTreeMap<&'static str, serde_json::Value>,
    /// The tokens that deletions used, and the newest event of the stack when each was used first.
    pub(super) tokens: BTreeMap<String, Option<String>>,
    /// How many reads of a stack's status stay stale after an execution.
    pub stale_reads: usize,
    /// CloudFormation sees no change in any template, and says so in this text.
    pub sees_no_change: Option<&'static str>,
    /// While an operation runs, what is happening can't be read, for this reason.
    pub blinds: Option<Kind>,
    /// How many reads of a stack's events pass before anything happens.
    pub late_events: usize,
    /// Every change set fails, for this reason.
    pub refuses_change_sets: Option<&'static str>,
    /// What early validation finds in them.
    pub invalid: Vec<String>,
    /// The making of change sets never ends.
    pub never_made: bool,
    /// EXPRESS is not known in this region.
    pub knows_no_express: bool,
    /// After how many looks what was asked for in EXPRESS mode is there; it is complete before.
    pub express_takes: usize,
    /// How many looks that still takes.
    pub settles_after: usize,
    /// What is not as deployed: by logical id the properties; none: the resource is gone.
    pub drifted: BTreeMap<&'static str, Vec<&'static str>>,
    /// How many looks CloudFormation's own drift detection takes.
    pub detection_takes: usize,
    /// What was answered to each CreateChangeSet token.
    pub made: BTreeMap<String, ChangeSetId>,
    serial: usize,
}

/// How the names of operations begin that change nothing.
const READS: [&str; 4] = ["Describe", "Get", "List", "Head"];

impl Scripted {
    /// Everything that can be arranged and looked at.
    pub fn state(&self) -> std::cell::RefMut<'_, State> {
        self.state.borrow_mut()
    }

    /// A stack that is deployed with this template.
    pub fn somewhere(&self, name: &str, template: &str) {
        let resources = stack::resources_of(template).into_iter();
        let stack = FakeStack {
            id: format!("arn:stack/{name}/0"),
            name: name.to_owned(),
            status: "CREATE_COMPLETE",
            template: template.to_owned(),
            tags: BTreeMap::new(),
            protection: Protection::Off,
            events: Vec::new(),
            change_sets: BTreeMap::new(),
            resources: resources
                .map(|(id, type_name)| (id, (type_name, "CREATE_COMPLETE")))
                .collect(),
            stale: None,
            coming: Default::default(),
        };
        self.state().stacks.insert(name.to_owned(), stack);
    }

    /// The calls that write, since the last time this was asked.
    pub fn writes(&self) -> Vec<&'static str> {
        self.state()
            .calls
            .drain(..)
            .filter(|call| !READS.iter().any(|read| call.starts_with(read)))
            .collect()
    }

    /// Notes a call; an error if the program is dead by now.
    fn call(&self, action: &'static str) -> Result<(), CallError> {
        let mut state = self.state.borrow_mut();
        state.calls.push(action);
        if let Some((_, meddle)) = state.meddles.take_if(|(call, _)| *call == action) {
            meddle(&mut state);
        }
        if state.denies.contains(&action) {
            return Err(refusal(action, "AccessDenied", "you may not"));
        }
        match state.killed_at {
            Some(at) if state.calls.len() > at => Err(lost(action)),
            _ => Ok(()),
        }
    }

    /// The answer, unless it is to be lost.
    fn answer<T>(&self, action: &'static str, value: T) -> Result<T, CallError> {
        let mut state = self.state.borrow_mut();
        match state.lose_answer_of.iter().position(|lost| *lost == action) {
            Some(at) => {
                state.lose_answer_of.remove(at);
                Err(lost(action))
            }
            None => Ok(value),
        }
    }
}

fn lost(action: &'static str) -> CallError {
    error(action, Kind::Lost, None, "connection reset")
}

fn error(action: &'static str, kind: Kind, code: Option<&str>, message: &str) -> CallError {
    CallError {
        action,
        subject: "test".to_owned(),
        kind,
        code: code.map(str::to_owned),
        message: message.to_owned(),
    }
}

fn refusal(action: &'static str, code: &str, message: &str) -> CallError {
    error(
        action,
        CallError::kind_of(code, message),
        Some(code),
        message,
    )
}

fn absent(action: &'static str, name: &str) -> CallError {
    refusal(
        action,
        "ValidationError",
        &format!("Stack with id {name} does not exist"),
    )
}

impl State {
    fn find(&mut self, name_or_id: &str) -> Option<&mut FakeStack> {
        let by_name = self.stacks.contains_key(name_or_id);
        if by_name {
            return self.stacks.get_mut(name_or_id);
        }
        let name = self
            .stacks
            .iter()
            .find(|(_, stack)| stack.id == name_or_id)
            .map(|(name, _)| name.clone());
        match name {
            Some(name) => self.stacks.get_mut(&name),
            None => self.deleted.get_mut(name_or_id),
        }
    }

    fn next(&mut self) -> usize {
        self.serial += 1;
        self.serial
    }

    /// Somebody else executes a stack's change sets, and is done.
    pub fn somebody_deploys(&mut self, name: &str) {
        let Some(stack) = self.stacks.get_mut(name) else {
            return;
        };
        for set in stack.change_sets.clone().into_values() {
            stack.template = set.template.clone();
            stack.tags = set.tags.clone();
            stack.script(set.kind, &set.template, None);
        }
        for set in stack.change_sets.values_mut() {
            set.execution = Execution::Over;
        }
        while !self.stacks[name].coming.is_empty() {
            self.tick(name);
        }
    }

    /// Lets one thing happen.
    fn tick(&mut self, name_or_id: &str) {
        let serial = self.next();
        let Some(stack) = self.find(name_or_id) else {
            return;
        };
        let Some(step) = stack.coming.pop_front() else {
            return;
        };
        let id = stack.id.clone();
        stack.apply(step, serial);
        if stack.status == "DELETE_COMPLETE" {
            let name = self
                .stacks
                .iter()
                .find(|(_, stack)| stack.id == id)
                .map(|(name, _)| name.clone());
            if let Some(stack) = name.and_then(|name| self.stacks.remove(&name)) {
                self.deleted.insert(id, stack);
            }
        }
    }
}
