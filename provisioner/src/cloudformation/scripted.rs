//! A CloudFormation for tests: CloudFormation's state machine as its API reference tells it, stricter than any emulator,
//! with faults to order. Also the S3 beside it, whose full buckets it refuses to delete.
//!
//! One tick of time passes with each read of a stack's events.

use super::{
    CallError, Certainty, ChangeAction, ChangeSetId, ChangeSetKind, ChangeSetRequest,
    ChangeSetStatus, ChangeSetView, CloudFormation, Execution, Kind, Page, Protection, Replacement,
    ResourceChange, StackEvent, StackResource, StackStatus, StackView, TemplateSource,
};
use crate::objects::Objects;
use cfn::Template;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use time::OffsetDateTime;

/// Where the tests' buckets are served.
pub const BUCKET_URL: &str = "https://artifacts";

/// CloudFormation and S3 of one account.
#[derive(Debug, Default)]
pub struct Scripted {
    state: RefCell<State>,
}

/// What is there, and what is to go wrong.
#[derive(Debug, Default)]
pub struct State {
    /// Stacks by name.
    pub stacks: BTreeMap<String, FakeStack>,
    /// Deleted stacks by id.
    pub deleted: BTreeMap<String, FakeStack>,
    /// Objects by bucket and key.
    pub buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Every call, in order.
    pub calls: Vec<&'static str>,
    /// From this call on nothing answers and nothing happens: the program was killed.
    pub killed_at: Option<usize>,
    /// The next answer of these calls is lost after they took effect.
    pub lose_answer_of: Vec<&'static str>,
    /// This resource can't be created or updated, for this reason.
    pub fails: Option<(&'static str, &'static str)>,
    /// How many reads of a stack's status stay stale after an execution.
    pub stale_reads: usize,
    /// CloudFormation sees no change in any template, and says so in this text.
    pub sees_no_change: Option<&'static str>,
    serial: usize,
}

/// A stack.
#[derive(Debug, Clone)]
pub struct FakeStack {
    pub id: String,
    pub status: &'static str,
    pub template: String,
    pub tags: BTreeMap<String, String>,
    pub protection: Protection,
    pub events: Vec<StackEvent>,
    pub change_sets: BTreeMap<String, FakeChangeSet>,
    pub resources: BTreeMap<String, (String, &'static str)>,
    stale: Option<(&'static str, usize)>,
    coming: VecDeque<Step>,
}

/// A change set.
#[derive(Debug, Clone)]
pub struct FakeChangeSet {
    id: String,
    kind: ChangeSetKind,
    template: String,
    tags: BTreeMap<String, String>,
    pub status: ChangeSetStatus,
    pub execution: Execution,
    reason: Option<String>,
    pending_reads: usize,
}

/// What happens at a tick.
#[derive(Debug, Clone)]
enum Step {
    Resource(String, String, &'static str, Option<&'static str>),
    Stack(&'static str),
}

const READS: [&str; 7] = [
    "DescribeStacks",
    "GetTemplate",
    "DescribeChangeSet",
    "DescribeStackEvents",
    "ListStackResources",
    "HeadObject",
    "HeadBucket",
];

impl Scripted {
    /// Everything that can be arranged and looked at.
    pub fn state(&self) -> std::cell::RefMut<'_, State> {
        self.state.borrow_mut()
    }

    /// The calls that write, since the last time this was asked.
    pub fn writes(&self) -> Vec<&'static str> {
        self.state()
            .calls
            .drain(..)
            .filter(|call| !READS.contains(call))
            .collect()
    }

    /// Notes a call; an error if the program is dead by now.
    fn call(&self, action: &'static str) -> Result<(), CallError> {
        let mut state = self.state.borrow_mut();
        state.calls.push(action);
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

impl FakeStack {
    fn apply(&mut self, step: Step, serial: usize) {
        let at = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(serial as i64);
        let event = match step {
            Step::Resource(logical, type_name, status, reason) => {
                if status == "DELETE_COMPLETE" {
                    self.resources.remove(&logical);
                } else {
                    self.resources
                        .insert(logical.clone(), (type_name.clone(), status));
                }
                StackEvent {
                    id: format!("event-{serial}"),
                    at,
                    physical_id: Some(logical.to_lowercase()),
                    logical_id: logical,
                    type_name,
                    status: status.to_owned(),
                    reason: reason.map(str::to_owned),
                }
            }
            Step::Stack(status) => {
                self.status = status;
                StackEvent {
                    id: format!("event-{serial}"),
                    at,
                    logical_id: "stack".to_owned(),
                    physical_id: Some(self.id.clone()),
                    type_name: "AWS::CloudFormation::Stack".to_owned(),
                    status: status.to_owned(),
                    reason: None,
                }
            }
        };
        self.events.insert(0, event);
    }

    /// What executing this template does, tick by tick.
    fn script(&mut self, kind: ChangeSetKind, template: &str, fails: Option<(&str, &'static str)>) {
        let verb = match kind {
            ChangeSetKind::Create => "CREATE",
            ChangeSetKind::Update => "UPDATE",
        };
        let word = |suffix: &str| -> &'static str {
            match (verb, suffix) {
                ("CREATE", "IN_PROGRESS") => "CREATE_IN_PROGRESS",
                ("CREATE", "COMPLETE") => "CREATE_COMPLETE",
                ("CREATE", _) => "CREATE_FAILED",
                (_, "IN_PROGRESS") => "UPDATE_IN_PROGRESS",
                (_, "COMPLETE") => "UPDATE_COMPLETE",
                _ => "UPDATE_FAILED",
            }
        };
        let resources: Vec<(String, String)> = resources_of(template);
        self.coming.push_back(Step::Stack(word("IN_PROGRESS")));
        let mut broken = false;
        for (id, type_name) in &resources {
            let (status, reason) = match fails {
                _ if broken => (word("FAILED"), Some("Resource creation cancelled")),
                Some((failing, reason)) if failing == id => {
                    broken = true;
                    (word("FAILED"), Some(reason))
                }
                _ => (word("COMPLETE"), None),
            };
            self.coming.push_back(Step::Resource(
                id.clone(),
                type_name.clone(),
                status,
                reason,
            ));
        }
        match (broken, kind) {
            (false, ChangeSetKind::Create) => self.coming.push_back(Step::Stack("CREATE_COMPLETE")),
            (false, ChangeSetKind::Update) => {
                self.coming
                    .push_back(Step::Stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
                self.coming.push_back(Step::Stack("UPDATE_COMPLETE"));
            }
            (true, ChangeSetKind::Create) => {
                self.coming.push_back(Step::Stack("ROLLBACK_IN_PROGRESS"));
                for (id, type_name) in &resources {
                    self.coming.push_back(Step::Resource(
                        id.clone(),
                        type_name.clone(),
                        "DELETE_COMPLETE",
                        None,
                    ));
                }
                self.coming.push_back(Step::Stack("ROLLBACK_COMPLETE"));
            }
            (true, ChangeSetKind::Update) => {
                self.coming
                    .push_back(Step::Stack("UPDATE_ROLLBACK_IN_PROGRESS"));
                self.coming
                    .push_back(Step::Stack("UPDATE_ROLLBACK_COMPLETE"));
            }
        }
    }
}

fn resources_of(template: &str) -> Vec<(String, String)> {
    Template::parse(template)
        .map(|template| {
            template
                .resources()
                .map(|(id, resource)| {
                    let type_name = resource["Type"].as_str().unwrap_or_default();
                    (id.to_owned(), type_name.to_owned())
                })
                .collect()
        })
        .unwrap_or_default()
}

impl CloudFormation for Scripted {
    async fn stack(&self, name_or_id: &str) -> Result<Option<StackView>, CallError> {
        self.call("DescribeStacks")?;
        let mut state = self.state();
        let Some(stack) = state.find(name_or_id) else {
            return Ok(None);
        };
        let status = match &mut stack.stale {
            Some((status, reads)) if *reads > 0 => {
                *reads -= 1;
                *status
            }
            _ => stack.status,
        };
        Ok(Some(StackView {
            id: stack.id.clone(),
            name: "stack".to_owned(),
            status: StackStatus::new(status),
            reason: None,
            outputs: BTreeMap::new(),
            tags: stack.tags.clone(),
            protection: stack.protection,
        }))
    }

    async fn template(&self, name_or_id: &str) -> Result<Option<String>, CallError> {
        self.call("GetTemplate")?;
        Ok(self
            .state()
            .find(name_or_id)
            .map(|stack| stack.template.clone())
            .filter(|template| !template.is_empty()))
    }

    async fn create_change_set(
        &self,
        request: &ChangeSetRequest,
    ) -> Result<ChangeSetId, CallError> {
        const ACTION: &str = "CreateChangeSet";
        self.call(ACTION)?;
        let id = {
            let mut state = self.state();
            let template = match &request.template {
                TemplateSource::Inline(body) if body.len() > TemplateSource::INLINE_LIMIT => {
                    return Err(refusal(
                        ACTION,
                        "ValidationError",
                        "templateBody is too long",
                    ));
                }
                TemplateSource::Inline(body) => body.clone(),
                TemplateSource::Url(url) => {
                    let key = url.trim_start_matches(BUCKET_URL).trim_start_matches('/');
                    let found = state.buckets.values().find_map(|bucket| bucket.get(key));
                    match found {
                        Some(body) => String::from_utf8_lossy(body).into_owned(),
                        None => {
                            return Err(refusal(
                                ACTION,
                                "ValidationError",
                                "S3 error: no such key",
                            ));
                        }
                    }
                }
            };
            let serial = state.next();
            let sees_no_change = state.sees_no_change;
            let existing = state.stacks.get(&request.stack);
            match (request.kind, existing.map(|stack| stack.status)) {
                (ChangeSetKind::Create, None | Some("REVIEW_IN_PROGRESS")) => {}
                (ChangeSetKind::Create, Some(_)) => {
                    return Err(refusal(
                        ACTION,
                        "AlreadyExistsException",
                        "Stack already exists",
                    ));
                }
                (ChangeSetKind::Update, None) => return Err(absent(ACTION, &request.stack)),
                (
                    ChangeSetKind::Update,
                    Some("CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE"),
                ) => {}
                (ChangeSetKind::Update, Some(status)) => {
                    let text = format!(
                        "Stack:{} is in {status} state and can not be updated.",
                        request.stack
                    );
                    return Err(refusal(ACTION, "ValidationError", &text));
                }
            }
            let stack = state
                .stacks
                .entry(request.stack.clone())
                .or_insert_with(|| FakeStack {
                    id: format!("arn:stack/{}/{serial}", request.stack),
                    status: "REVIEW_IN_PROGRESS",
                    template: String::new(),
                    tags: BTreeMap::new(),
                    protection: Protection::Off,
                    events: Vec::new(),
                    change_sets: BTreeMap::new(),
                    resources: BTreeMap::new(),
                    stale: None,
                    coming: VecDeque::new(),
                });
            if stack.change_sets.contains_key(&request.name) {
                return Err(refusal(
                    ACTION,
                    "AlreadyExistsException",
                    "ChangeSet already exists",
                ));
            }
            let same = request.kind == ChangeSetKind::Update
                && Template::parse(&stack.template).ok() == Template::parse(&template).ok()
                && stack.tags == request.tags;
            let reason = match sees_no_change {
                Some(text) => Some(text),
                None if same => Some(
                    "The submitted information didn't contain changes. Submit different information to create a change set.",
                ),
                None => None,
            };
            let id = format!("arn:changeSet/{}/{serial}", request.name);
            stack.change_sets.insert(
                request.name.clone(),
                FakeChangeSet {
                    id: id.clone(),
                    kind: request.kind,
                    template,
                    tags: request.tags.clone(),
                    status: if reason.is_some() {
                        ChangeSetStatus::Failed
                    } else {
                        ChangeSetStatus::Complete
                    },
                    execution: if reason.is_some() {
                        Execution::Unavailable
                    } else {
                        Execution::Available
                    },
                    reason: reason.map(str::to_owned),
                    pending_reads: 1,
                },
            );
            ChangeSetId {
                id,
                stack_id: stack.id.clone(),
            }
        };
        self.answer(ACTION, id)
    }

    async fn change_set(
        &self,
        stack: &str,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Option<Page<ChangeSetView>>, CallError> {
        self.call("DescribeChangeSet")?;
        let mut state = self.state();
        let Some(stack) = state.find(stack) else {
            return Ok(None);
        };
        let stack_id = stack.id.clone();
        let Some(set) = stack
            .change_sets
            .iter_mut()
            .find(|(name, set)| *name == name_or_id || set.id == name_or_id)
            .map(|(_, set)| set)
        else {
            return Ok(None);
        };
        let pending = set.pending_reads > 0;
        set.pending_reads = set.pending_reads.saturating_sub(1);
        // Two changes a page.
        let all = resources_of(&set.template);
        let from: usize = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        let changes = all
            .iter()
            .skip(from)
            .take(2)
            .map(|(id, type_name)| ResourceChange {
                action: match set.kind {
                    ChangeSetKind::Create => ChangeAction::Add,
                    ChangeSetKind::Update => ChangeAction::Modify,
                },
                logical_id: id.clone(),
                type_name: type_name.clone(),
                replacement: Replacement::No,
                certainty: Certainty::Possible,
            });
        Ok(Some(Page {
            items: vec![ChangeSetView {
                id: ChangeSetId {
                    id: set.id.clone(),
                    stack_id,
                },
                status: if pending {
                    ChangeSetStatus::Pending
                } else {
                    set.status
                },
                execution: if pending {
                    Execution::Unavailable
                } else {
                    set.execution
                },
                reason: set.reason.clone(),
                changes: changes.collect(),
            }],
            next: (from + 2 < all.len()).then(|| (from + 2).to_string()),
        }))
    }

    async fn execute_change_set(&self, id: &ChangeSetId, _token: &str) -> Result<(), CallError> {
        const ACTION: &str = "ExecuteChangeSet";
        self.call(ACTION)?;
        {
            let mut state = self.state();
            let (fails, stale_reads) = (state.fails, state.stale_reads);
            let Some(stack) = state.find(&id.stack_id) else {
                return Err(absent(ACTION, &id.stack_id));
            };
            let Some(set) = stack.change_sets.values_mut().find(|set| set.id == id.id) else {
                return Err(refusal(
                    ACTION,
                    "ChangeSetNotFound",
                    "ChangeSet does not exist",
                ));
            };
            if set.execution != Execution::Available {
                return Err(refusal(
                    ACTION,
                    "InvalidChangeSetStatus",
                    "ChangeSet can't be executed",
                ));
            }
            set.execution = Execution::Over;
            let set = set.clone();
            stack.change_sets.retain(|_, other| other.id == set.id);
            stack.stale = Some((stack.status, stale_reads));
            stack.status = match set.kind {
                ChangeSetKind::Create => "CREATE_IN_PROGRESS",
                ChangeSetKind::Update => "UPDATE_IN_PROGRESS",
            };
            if fails.is_none() || set.kind == ChangeSetKind::Create {
                stack.template = set.template.clone();
                stack.tags = set.tags.clone();
            }
            stack.script(set.kind, &set.template, fails);
        }
        self.answer(ACTION, ())
    }

    async fn delete_change_set(&self, id: &ChangeSetId) -> Result<(), CallError> {
        self.call("DeleteChangeSet")?;
        if let Some(stack) = self.state().find(&id.stack_id) {
            stack.change_sets.retain(|_, set| set.id != id.id);
        }
        self.answer("DeleteChangeSet", ())
    }

    async fn events(
        &self,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Page<StackEvent>, CallError> {
        const ACTION: &str = "DescribeStackEvents";
        self.call(ACTION)?;
        let mut state = self.state();
        if page.is_none() {
            state.tick(name_or_id);
        }
        let Some(stack) = state.find(name_or_id) else {
            return Err(absent(ACTION, name_or_id));
        };
        // Three events a page.
        let from: usize = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        Ok(Page {
            items: stack.events.iter().skip(from).take(3).cloned().collect(),
            next: (from + 3 < stack.events.len()).then(|| (from + 3).to_string()),
        })
    }

    async fn delete_stack(&self, name_or_id: &str, _token: &str) -> Result<(), CallError> {
        const ACTION: &str = "DeleteStack";
        self.call(ACTION)?;
        {
            let mut state = self.state();
            let full: BTreeSet<String> = state
                .buckets
                .iter()
                .filter(|(_, objects)| !objects.is_empty())
                .map(|(bucket, _)| bucket.clone())
                .collect();
            let Some(stack) = state.find(name_or_id) else {
                return Ok(());
            };
            if stack.protection == Protection::On {
                return Err(refusal(
                    ACTION,
                    "ValidationError",
                    "TerminationProtection is enabled",
                ));
            }
            if stack.status == "REVIEW_IN_PROGRESS" {
                stack.coming.push_back(Step::Stack("DELETE_COMPLETE"));
            } else {
                stack.status = "DELETE_IN_PROGRESS";
                stack.coming.push_back(Step::Stack("DELETE_IN_PROGRESS"));
                let mut failed = false;
                for (id, (type_name, _)) in stack.resources.clone() {
                    let holds = type_name == "AWS::S3::Bucket" && full.contains(&id.to_lowercase());
                    failed |= holds;
                    stack.coming.push_back(if holds {
                        Step::Resource(
                            id,
                            type_name,
                            "DELETE_FAILED",
                            Some("The bucket you tried to delete is not empty"),
                        )
                    } else {
                        Step::Resource(id, type_name, "DELETE_COMPLETE", None)
                    });
                }
                stack.coming.push_back(Step::Stack(if failed {
                    "DELETE_FAILED"
                } else {
                    "DELETE_COMPLETE"
                }));
            }
        }
        self.answer(ACTION, ())
    }

    async fn resources(
        &self,
        name_or_id: &str,
        _page: Option<&str>,
    ) -> Result<Page<StackResource>, CallError> {
        self.call("ListStackResources")?;
        let mut state = self.state();
        let Some(stack) = state.find(name_or_id) else {
            return Err(absent("ListStackResources", name_or_id));
        };
        Ok(Page {
            items: stack
                .resources
                .iter()
                .map(|(id, (type_name, status))| StackResource {
                    logical_id: id.clone(),
                    physical_id: Some(id.to_lowercase()),
                    type_name: type_name.clone(),
                    status: (*status).to_owned(),
                })
                .collect(),
            next: None,
        })
    }

    async fn protect(&self, name_or_id: &str, protection: Protection) -> Result<(), CallError> {
        self.call("UpdateTerminationProtection")?;
        if let Some(stack) = self.state().find(name_or_id) {
            stack.protection = protection;
        }
        Ok(())
    }
}

impl Objects for Scripted {
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, CallError> {
        self.call("HeadObject")?;
        let state = self.state();
        Ok(state
            .buckets
            .get(bucket)
            .is_some_and(|b| b.contains_key(key)))
    }

    async fn upload(&self, bucket: &str, key: &str, _: &Path, _: &str) -> Result<(), CallError> {
        self.call("PutObject")?;
        let mut state = self.state();
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        objects.insert(key.to_owned(), Vec::new());
        Ok(())
    }

    async fn write(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), CallError> {
        self.call("PutObject")?;
        let mut state = self.state();
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        objects.insert(key.to_owned(), body);
        Ok(())
    }

    async fn delete_some(&self, bucket: &str) -> Result<usize, CallError> {
        self.call("DeleteObjects")?;
        let mut state = self.state();
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        Ok(std::mem::take(objects).len())
    }

    async fn bucket_exists(&self, bucket: &str) -> Result<bool, CallError> {
        self.call("HeadBucket")?;
        let mut state = self.state();
        Ok(state
            .stacks
            .values_mut()
            .any(|stack| stack.resources.keys().any(|id| id.to_lowercase() == bucket)))
    }
}
