//! From the SDK's replies to our types. An odd reply is an error that names the field.

use super::types::*;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types as sdk;
use time::OffsetDateTime;

/// The field that a reply lacks.
pub struct Missing(pub &'static str);

impl TryFrom<sdk::Stack> for StackView {
    type Error = Missing;
    fn try_from(stack: sdk::Stack) -> Result<Self, Missing> {
        Ok(Self {
            id: stack.stack_id.ok_or(Missing("StackId"))?,
            name: stack.stack_name.ok_or(Missing("StackName"))?,
            status: StackStatus::new(stack.stack_status.ok_or(Missing("StackStatus"))?.as_str()),
            reason: stack.stack_status_reason.filter(|text| !text.is_empty()),
            outputs: stack
                .outputs
                .unwrap_or_default()
                .into_iter()
                .map(|output| {
                    Ok((
                        output.output_key.ok_or(Missing("Outputs.OutputKey"))?,
                        output.output_value.ok_or(Missing("Outputs.OutputValue"))?,
                    ))
                })
                .collect::<Result<_, Missing>>()?,
            tags: stack
                .tags
                .unwrap_or_default()
                .into_iter()
                .map(|tag| {
                    Ok((
                        tag.key.ok_or(Missing("Tags.Key"))?,
                        tag.value.ok_or(Missing("Tags.Value"))?,
                    ))
                })
                .collect::<Result<_, Missing>>()?,
            created: stack
                .creation_time
                .and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok()),
            drift: stack
                .drift_information
                .and_then(|drift| drift.stack_drift_status)
                .map(|status| status.as_str().to_owned()),
            protection: if stack.enable_termination_protection == Some(true) {
                Protection::On
            } else {
                Protection::Off
            },
        })
    }
}

/// What an event of an operation says that failed: `Queue (AWS::SQS::Queue) /Resources/Queue/Properties/X: reason`; none where
/// it gives no reason, or was only cancelled for another's.
pub fn failure(event: &sdk::OperationEvent) -> Option<String> {
    let reason = event
        .validation_status_reason()
        .or_else(|| event.hook_status_reason())
        .or_else(|| event.resource_status_reason())?;
    if cancelled(reason) {
        return None;
    }
    let mut text = event.logical_resource_id().unwrap_or_default().to_owned();
    if let Some(type_name) = event.resource_type() {
        text.push_str(&format!(" ({type_name})"));
    }
    if let Some(path) = event.validation_path() {
        text.push_str(&format!(" {path}"));
    }
    let text = text.trim();
    Some(match text {
        "" => reason.to_owned(),
        of => format!("{of}: {reason}"),
    })
}

impl TryFrom<DescribeChangeSetOutput> for Page<ChangeSetView> {
    type Error = Missing;
    fn try_from(reply: DescribeChangeSetOutput) -> Result<Self, Missing> {
        let view = ChangeSetView {
            id: ChangeSetId {
                id: reply.change_set_id.ok_or(Missing("ChangeSetId"))?,
                stack_id: reply.stack_id.ok_or(Missing("StackId"))?,
            },
            status: match reply.status.ok_or(Missing("Status"))? {
                sdk::ChangeSetStatus::CreateComplete => ChangeSetStatus::Complete,
                sdk::ChangeSetStatus::CreateInProgress | sdk::ChangeSetStatus::CreatePending => {
                    ChangeSetStatus::Pending
                }
                sdk::ChangeSetStatus::Failed => ChangeSetStatus::Failed,
                sdk::ChangeSetStatus::DeleteComplete
                | sdk::ChangeSetStatus::DeleteFailed
                | sdk::ChangeSetStatus::DeleteInProgress
                | sdk::ChangeSetStatus::DeletePending => ChangeSetStatus::Deleted,
                _ => return Err(Missing("Status")),
            },
            execution: match reply.execution_status {
                Some(sdk::ExecutionStatus::Available) => Execution::Available,
                Some(sdk::ExecutionStatus::ExecuteInProgress) => Execution::Running,
                Some(
                    sdk::ExecutionStatus::ExecuteComplete | sdk::ExecutionStatus::ExecuteFailed,
                ) => Execution::Over,
                Some(sdk::ExecutionStatus::Obsolete) => Execution::Obsolete,
                _ => Execution::Unavailable,
            },
            reason: reply.status_reason.filter(|text| !text.is_empty()),
            changes: reply
                .changes
                .unwrap_or_default()
                .into_iter()
                .filter_map(|change| change.resource_change)
                .map(ResourceChange::try_from)
                .collect::<Result<_, Missing>>()?,
        };
        Ok(Self {
            items: vec![view],
            next: reply.next_token,
        })
    }
}

impl TryFrom<sdk::StackResourceDrift> for ResourceDrift {
    type Error = Missing;
    fn try_from(drift: sdk::StackResourceDrift) -> Result<Self, Missing> {
        let differences = drift.property_differences.unwrap_or_default();
        Ok(Self {
            logical_id: drift
                .logical_resource_id
                .ok_or(Missing("LogicalResourceId"))?,
            physical_id: drift.physical_resource_id.filter(|id| !id.is_empty()),
            type_name: drift.resource_type.ok_or(Missing("ResourceType"))?,
            status: drift
                .stack_resource_drift_status
                .ok_or(Missing("StackResourceDriftStatus"))?
                .as_str()
                .to_owned(),
            expected: drift.expected_properties,
            actual: drift.actual_properties,
            differing: differences
                .into_iter()
                .filter_map(|difference| difference.property_path)
                .collect(),
        })
    }
}

/// The name of the property that a change is about: `Tags`, `VisibilityTimeout`.
fn property(target: &sdk::ResourceTargetDefinition) -> Option<String> {
    let attribute = target.attribute.as_ref()?;
    if *attribute != sdk::ResourceAttribute::Properties {
        return Some(attribute.as_str().to_owned());
    }
    let of_path = |path: &str| {
        let path = path.strip_prefix("/Properties/").unwrap_or(path);
        path.trim_start_matches('/')
            .split('/')
            .next()
            .map(str::to_owned)
    };
    let named = target.name.clone().filter(|name| !name.is_empty());
    named.or_else(|| of_path(target.path.as_deref()?))
}

impl TryFrom<sdk::ResourceChange> for ResourceChange {
    type Error = Missing;
    fn try_from(change: sdk::ResourceChange) -> Result<Self, Missing> {
        Ok(Self {
            properties: change
                .details
                .iter()
                .flatten()
                .filter_map(|detail| property(detail.target.as_ref()?))
                .collect(),
            action: match change.action {
                Some(sdk::ChangeAction::Add) => ChangeAction::Add,
                Some(sdk::ChangeAction::Modify) => ChangeAction::Modify,
                Some(sdk::ChangeAction::Remove) => ChangeAction::Remove,
                Some(sdk::ChangeAction::Import) => ChangeAction::Import,
                Some(_) => ChangeAction::Dynamic,
                None => return Err(Missing("ResourceChange.Action")),
            },
            logical_id: change
                .logical_resource_id
                .ok_or(Missing("ResourceChange.LogicalResourceId"))?,
            type_name: change
                .resource_type
                .ok_or(Missing("ResourceChange.ResourceType"))?,
            replacement: match change.replacement {
                Some(sdk::Replacement::True) => Replacement::Yes,
                Some(sdk::Replacement::Conditional) => Replacement::Conditional,
                _ => Replacement::No,
            },
            certainty: if change.details.as_ref().is_some_and(|details| {
                !details.is_empty()
                    && details
                        .iter()
                        .all(|detail| detail.evaluation == Some(sdk::EvaluationType::Dynamic))
            }) {
                Certainty::Possible
            } else {
                Certainty::Certain
            },
        })
    }
}

impl TryFrom<sdk::StackEvent> for StackEvent {
    type Error = Missing;
    fn try_from(event: sdk::StackEvent) -> Result<Self, Missing> {
        let at = event.timestamp.ok_or(Missing("Timestamp"))?;
        Ok(Self {
            id: event.event_id.ok_or(Missing("EventId"))?,
            at: OffsetDateTime::from_unix_timestamp_nanos(at.as_nanos())
                .map_err(|_| Missing("Timestamp"))?,
            logical_id: event
                .logical_resource_id
                .ok_or(Missing("LogicalResourceId"))?,
            physical_id: event.physical_resource_id.filter(|id| !id.is_empty()),
            type_name: event.resource_type.ok_or(Missing("ResourceType"))?,
            status: event
                .resource_status
                .ok_or(Missing("ResourceStatus"))?
                .as_str()
                .to_owned(),
            reason: event.resource_status_reason.filter(|text| !text.is_empty()),
        })
    }
}

impl TryFrom<sdk::StackResourceSummary> for StackResource {
    type Error = Missing;
    fn try_from(resource: sdk::StackResourceSummary) -> Result<Self, Missing> {
        Ok(Self {
            logical_id: resource
                .logical_resource_id
                .ok_or(Missing("LogicalResourceId"))?,
            physical_id: resource.physical_resource_id.filter(|id| !id.is_empty()),
            type_name: resource.resource_type.ok_or(Missing("ResourceType"))?,
            status: resource
                .resource_status
                .ok_or(Missing("ResourceStatus"))?
                .as_str()
                .to_owned(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_field_is_an_error_that_names_it() {
        let stack = || sdk::Stack::builder().stack_id("arn").stack_name("s");
        let missing = |stack: sdk::Stack| StackView::try_from(stack).err().map(|m| m.0);
        assert_eq!(missing(stack().build()), Some("StackStatus"));
        let whole = stack().stack_status(sdk::StackStatus::CreateComplete);
        assert_eq!(missing(whole.clone().build()), None);
        let odd = whole.outputs(sdk::Output::builder().output_key("k").build());
        assert_eq!(missing(odd.build()), Some("Outputs.OutputValue"));
        let event = sdk::StackEvent::builder().event_id("e").build();
        assert_eq!(
            StackEvent::try_from(event).err().map(|m| m.0),
            Some("Timestamp")
        );
        let change = sdk::ResourceChange::builder().build();
        let odd = ResourceChange::try_from(change).err().map(|m| m.0);
        assert_eq!(odd, Some("ResourceChange.Action"));
    }

    #[test]
    fn a_status_that_is_newer_than_this_program_is_kept_by_its_word() {
        let stack = sdk::Stack::builder()
            .stack_id("arn")
            .stack_name("s")
            .stack_status(sdk::StackStatus::from("SOMETHING_NEW"))
            .build();
        let view = StackView::try_from(stack).ok().unwrap();
        assert_eq!(view.status.as_str(), "SOMETHING_NEW");
        assert_eq!(view.status.standing(), Standing::Stuck);
    }

    #[test]
    fn a_change_that_only_follows_a_reference_is_possible_and_not_certain() {
        let detail = |evaluation| {
            sdk::ResourceChangeDetail::builder()
                .evaluation(evaluation)
                .build()
        };
        let change = |details| {
            let change = sdk::ResourceChange::builder()
                .action(sdk::ChangeAction::Modify)
                .logical_resource_id("Queue")
                .resource_type("AWS::SQS::Queue")
                .set_details(Some(details))
                .build();
            ResourceChange::try_from(change).ok().unwrap().certainty
        };
        let (dynamic, fixed) = (sdk::EvaluationType::Dynamic, sdk::EvaluationType::Static);
        assert_eq!(change(vec![detail(dynamic.clone())]), Certainty::Possible);
        assert_eq!(
            change(vec![detail(dynamic), detail(fixed)]),
            Certainty::Certain
        );
        assert_eq!(change(vec![]), Certainty::Certain);
    }

    #[test]
    fn what_early_validation_finds_is_said_with_its_place() {
        let found = sdk::OperationEvent::builder()
            .logical_resource_id("Queue")
            .resource_type("AWS::SQS::Queue")
            .validation_path("/Resources/Queue/Properties/DelaySeconds")
            .validation_status_reason("901 is not less or equal to 900")
            .build();
        assert_eq!(
            failure(&found).as_deref(),
            Some(
                "Queue (AWS::SQS::Queue) /Resources/Queue/Properties/DelaySeconds: 901 is not less or equal to 900"
            )
        );
        assert_eq!(failure(&sdk::OperationEvent::builder().build()), None);
    }
}
