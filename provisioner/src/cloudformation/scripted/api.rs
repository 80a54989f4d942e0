//! The scripted CloudFormation's calls, with the refusals of the API reference.

use super::stack::{FakeChangeSet, FakeStack, Step, resources_of};
use super::{BUCKET_URL, Scripted, absent, error, refusal};
use crate::cloudformation::{
    CallError, Certainty, ChangeAction, ChangeSetId, ChangeSetKind, ChangeSetRequest,
    ChangeSetStatus, ChangeSetView, CloudFormation, Deletion, Detection, Execution, Failed, Mode,
    Page, Protection, Replacement, ResourceChange, ResourceDrift, StackEvent, StackResource,
    StackStatus, StackView, TemplateSource,
};
use cfn::Template;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
            status: StackStatus::new(status),
            ..stack.view()
        }))
    }

    async fn stacks(&self, page: Option<&str>) -> Result<Page<StackView>, CallError> {
        self.call("DescribeStacks")?;
        let state = self.state();
        // Two stacks a page.
        let from: usize = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        Ok(Page {
            items: state
                .stacks
                .values()
                .skip(from)
                .take(2)
                .map(FakeStack::view)
                .collect(),
            next: (from + 2 < state.stacks.len()).then(|| (from + 2).to_string()),
        })
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
        token: &str,
    ) -> Result<ChangeSetId, CallError> {
        const ACTION: &str = "CreateChangeSet";
        self.call(ACTION)?;
        let id = {
            let mut state = self.state();
            if let Some(id) = state.made.get(token) {
                return Ok(id.clone());
            }
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
                TemplateSource::Previous => match state.stacks.get(&request.stack) {
                    Some(stack) => stack.template.clone(),
                    None => return Err(absent(ACTION, &request.stack)),
                },
            };
            if request.mode == Mode::Express && state.knows_no_express {
                let text = "Unknown parameter: DeploymentConfig";
                return Err(refusal(ACTION, "ValidationError", text));
            }
            let serial = state.next();
            let sees_no_change = state.sees_no_change;
            let (refuses, never_made) = (state.refuses_change_sets, state.never_made);
            let drifts = !state.drifted.is_empty();
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
                    name: request.stack.clone(),
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
                && what_counts(&stack.template) == what_counts(&template)
                && stack.tags == request.tags
                && !(request.mode == Mode::RevertDrift && drifts);
            let reason = match sees_no_change.or(refuses) {
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
                    mode: request.mode,
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
                    pending_reads: if never_made { usize::MAX } else { 1 },
                },
            );
            let id = ChangeSetId {
                id,
                stack_id: stack.id.clone(),
            };
            state.made.insert(token.to_owned(), id.clone());
            id
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
        let drifted = state.drifted.clone();
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
        let mut all = resources_of(&set.template);
        let puts_back = set.mode == Mode::RevertDrift;
        all.retain(|(id, _)| !puts_back || drifted.contains_key(id.as_str()));
        let from: usize = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        let changes = all
            .iter()
            .skip(from)
            .take(2)
            .map(|(id, type_name)| ResourceChange {
                action: match (set.kind, drifted.get(id.as_str())) {
                    (ChangeSetKind::Create, _) => ChangeAction::Add,
                    (_, Some(properties)) if puts_back && properties.is_empty() => {
                        ChangeAction::Add
                    }
                    _ => ChangeAction::Modify,
                },
                properties: drifted
                    .get(id.as_str())
                    .filter(|_| puts_back)
                    .into_iter()
                    .flatten()
                    .map(|name| (*name).to_owned())
                    .collect(),
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

    async fn failures(&self, _of: Failed<'_>) -> Result<Vec<String>, CallError> {
        self.call("DescribeEvents")?;
        Ok(self.state().invalid.clone())
    }

    async fn detect_drift(&self, name_or_id: &str) -> Result<String, CallError> {
        self.detection_begun(name_or_id)
    }

    async fn detection(&self, _id: &str) -> Result<Detection, CallError> {
        self.detection_now()
    }

    async fn drifts(
        &self,
        name_or_id: &str,
        _page: Option<&str>,
    ) -> Result<Page<ResourceDrift>, CallError> {
        self.drift_found(name_or_id)
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
            if set.mode == Mode::RevertDrift && fails.is_none() {
                state.drifted.clear();
            }
            if set.mode == Mode::Express {
                state.settles_after = state.express_takes;
            }
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
        if page.is_none() && state.late_events > 0 {
            state.late_events -= 1;
        } else if page.is_none() {
            state.tick(name_or_id);
        }
        let blinds = state.blinds;
        let Some(stack) = state.find(name_or_id) else {
            return Err(absent(ACTION, name_or_id));
        };
        if let Some(kind) = blinds.filter(|_| stack.status.ends_with("_IN_PROGRESS")) {
            return Err(error(ACTION, kind, None, "the token has expired"));
        }
        // Three events a page.
        let from: usize = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        Ok(Page {
            items: stack.events.iter().skip(from).take(3).cloned().collect(),
            next: (from + 3 < stack.events.len()).then(|| (from + 3).to_string()),
        })
    }

    async fn delete_stack(
        &self,
        name_or_id: &str,
        token: &str,
        deletion: Deletion,
    ) -> Result<(), CallError> {
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
            let known = state.tokens.get(token).cloned();
            let holds = state.holds;
            let mut hung = state.hung.clone();
            hung.retain(|_, on| !on.is_empty());
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
            if stack.status == "DELETE_IN_PROGRESS" {
                return Ok(());
            }
            let force = deletion == Deletion::LeaveWhatFails;
            if force && stack.status != "DELETE_FAILED" {
                let text = "FORCE_DELETE_STACK is for stacks in DELETE_FAILED only";
                return Err(refusal(ACTION, "ValidationError", text));
            }
            let newest = stack.events.first().map(|event| event.id.clone());
            if known.as_ref().is_some_and(|first| *first != newest) {
                let text = format!("A request with the token {token} was made already");
                return Err(refusal(ACTION, "TokenAlreadyExistsException", &text));
            }
            if stack.status == "REVIEW_IN_PROGRESS" {
                stack.coming.push_back(Step::Stack("DELETE_COMPLETE"));
            } else {
                stack.status = "DELETE_IN_PROGRESS";
                stack.coming.push_back(Step::Stack("DELETE_IN_PROGRESS"));
                let mut failed = false;
                let retained = retained_by(&stack.template);
                for (id, (type_name, _)) in stack.resources.clone() {
                    let is_full =
                        type_name == "AWS::S3::Bucket" && full.contains(&id.to_lowercase());
                    let reason = match holds {
                        Some((held, reason)) if held == id => Some(reason),
                        _ if is_full => Some("The bucket you tried to delete is not empty"),
                        _ if hung.contains_key(&id.to_lowercase()) => Some("something hangs on it"),
                        _ => None,
                    };
                    let status = match reason {
                        _ if retained.contains(&id) => "DELETE_SKIPPED",
                        Some(_) if force => "DELETE_SKIPPED",
                        Some(_) => "DELETE_FAILED",
                        None => "DELETE_COMPLETE",
                    };
                    failed |= status == "DELETE_FAILED";
                    stack
                        .coming
                        .push_back(Step::Resource(id, type_name, status, reason));
                }
                stack.coming.push_back(Step::Stack(if failed {
                    "DELETE_FAILED"
                } else {
                    "DELETE_COMPLETE"
                }));
            }
            state.tokens.entry(token.to_owned()).or_insert(newest);
        }
        self.answer(ACTION, ())
    }

    async fn continue_rollback(
        &self,
        name_or_id: &str,
        skip: &[String],
        _token: &str,
    ) -> Result<(), CallError> {
        const ACTION: &str = "ContinueUpdateRollback";
        self.call(ACTION)?;
        let mut state = self.state();
        let holds = state.holds;
        let Some(stack) = state.find(name_or_id) else {
            return Err(absent(ACTION, name_or_id));
        };
        if stack.status != "UPDATE_ROLLBACK_FAILED" {
            let text = format!("Stack is in {} state", stack.status);
            return Err(refusal(ACTION, "ValidationError", &text));
        }
        stack.status = "UPDATE_ROLLBACK_IN_PROGRESS";
        let begun = Step::Stack("UPDATE_ROLLBACK_IN_PROGRESS");
        stack.coming.push_back(begun);
        match holds.filter(|(held, _)| !skip.iter().any(|id| id == held)) {
            Some((held, reason)) => {
                let type_name = stack.resources[held].0.clone();
                let step =
                    Step::Resource(held.to_owned(), type_name, "UPDATE_FAILED", Some(reason));
                stack.coming.push_back(step);
                let end = Step::Stack("UPDATE_ROLLBACK_FAILED");
                stack.coming.push_back(end);
            }
            None => {
                let end = Step::Stack("UPDATE_ROLLBACK_COMPLETE");
                stack.coming.push_back(end);
            }
        }
        Ok(())
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

/// The resources that outlive a stack with this template.
fn retained_by(template: &str) -> BTreeSet<String> {
    let Ok(template) = Template::parse(template) else {
        return BTreeSet::new();
    };
    let retained = |resource: &serde_json::Value| {
        let policy = resource["DeletionPolicy"].as_str();
        matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
    };
    template
        .resources()
        .filter(|(_, resource)| retained(resource))
        .map(|(id, _)| id.to_owned())
        .collect()
}

/// A template without what CloudFormation doesn't update by itself.
fn what_counts(template: &str) -> Option<serde_json::Value> {
    let mut template: serde_json::Value = serde_json::from_str(template).ok()?;
    let resources = template["Resources"].as_object_mut()?.values_mut();
    for resource in resources.filter_map(serde_json::Value::as_object_mut) {
        resource.retain(|name, _| name == "Type" || name == "Properties");
    }
    Some(template)
}
