//! A stack of the scripted CloudFormation: what it holds, and what executing a template does to it, tick by tick.

use crate::cloudformation::{
    ChangeSetKind, ChangeSetStatus, Execution, Mode, Protection, StackEvent, StackStatus, StackView,
};
use cfn::Template;
use std::collections::{BTreeMap, VecDeque};
use time::OffsetDateTime;

/// A stack.
#[derive(Debug, Clone)]
pub struct FakeStack {
    pub id: String,
    pub name: String,
    pub status: &'static str,
    pub template: String,
    pub tags: BTreeMap<String, String>,
    pub protection: Protection,
    pub events: Vec<StackEvent>,
    pub change_sets: BTreeMap<String, FakeChangeSet>,
    pub resources: BTreeMap<String, (String, &'static str)>,
    pub(super) stale: Option<(&'static str, usize)>,
    pub(super) coming: VecDeque<Step>,
}

/// A change set.
#[derive(Debug, Clone)]
pub struct FakeChangeSet {
    pub(super) id: String,
    pub(super) kind: ChangeSetKind,
    pub mode: Mode,
    pub(super) template: String,
    pub(super) tags: BTreeMap<String, String>,
    pub status: ChangeSetStatus,
    pub execution: Execution,
    pub(super) reason: Option<String>,
    pub(super) pending_reads: usize,
}

/// What happens at a tick.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Resource(String, String, &'static str, Option<&'static str>),
    Stack(&'static str),
}

impl FakeStack {
    pub(super) fn view(&self) -> StackView {
        StackView {
            id: self.id.clone(),
            name: self.name.clone(),
            status: StackStatus::new(self.status),
            reason: None,
            outputs: BTreeMap::new(),
            tags: self.tags.clone(),
            protection: self.protection,
            created: Some(OffsetDateTime::UNIX_EPOCH),
            drift: Some("NOT_CHECKED".to_owned()),
        }
    }

    pub(super) fn apply(&mut self, step: Step, serial: usize) {
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
    pub(super) fn script(
        &mut self,
        kind: ChangeSetKind,
        template: &str,
        fails: Option<(&str, &'static str)>,
    ) {
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

pub(super) fn resources_of(template: &str) -> Vec<(String, String)> {
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
