//! The port on the AWS SDK. One request a method; the SDK retries what is safe to retry.

use super::CloudFormation;
use super::convert::{Missing, failure};
use super::error::{CallError, Kind};
use super::types::*;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::operation::describe_events::builders::DescribeEventsFluentBuilder;
use aws_sdk_cloudformation::types as sdk;

/// CloudFormation through the AWS SDK.
#[derive(Debug, Clone)]
pub struct SdkCloudFormation(Client);

impl SdkCloudFormation {
    /// With the session's configuration.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

/// What an SDK error means to us. Half an answer, a proxy's page instead of one, and a service in trouble (HTTP 500 and
/// above) all mean the same: it may or may not have happened.
pub fn call_error<E>(
    action: &'static str,
    subject: &str,
    error: SdkError<E, HttpResponse>,
) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let (kind, code, message) = match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let message = service.err().message().unwrap_or("no message");
            let kind = if service.raw().status().is_server_error() {
                Kind::Lost
            } else {
                CallError::kind_of(code, message)
            };
            (kind, Some(code.to_owned()), message.to_owned())
        }
        SdkError::ConstructionFailure(_) => (Kind::Refused, None, chain(&error)),
        SdkError::ResponseError(_) => (Kind::Lost, None, chain(&error)),
        _ => {
            let text = chain(&error);
            let kind = if is_about_credentials(&text) {
                Kind::Credentials
            } else {
                Kind::Lost
            };
            (kind, None, text)
        }
    };
    CallError {
        action,
        subject: subject.to_owned(),
        kind,
        code: code.filter(|code| !code.is_empty()),
        message,
    }
}

/// Whether a request wasn't sent for want of credentials: the SDK's words are all there is to tell it by.
fn is_about_credentials(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| {
            ["credential", "credentials", "sso"].contains(&word.to_ascii_lowercase().as_str())
        })
}

/// An error with its causes, outermost first.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let part = cause.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = cause.source();
    }
    text
}

/// Turns "no such thing" into none.
fn optional<T>(result: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn page<S, T: TryFrom<S, Error = Missing>>(
    action: &'static str,
    subject: &str,
    items: Option<Vec<S>>,
    next: Option<String>,
) -> Result<Page<T>, CallError> {
    let items = items
        .unwrap_or_default()
        .into_iter()
        .map(T::try_from)
        .collect::<Result<_, _>>()
        .map_err(|Missing(field)| CallError::odd(action, subject, field))?;
    Ok(Page {
        items,
        next: next.filter(|token| !token.is_empty()),
    })
}

/// The failures among the events that a request asks for, oldest first.
async fn failed_events(
    call: DescribeEventsFluentBuilder,
    subject: &str,
) -> Result<Vec<String>, CallError> {
    let failed = sdk::EventFilter::builder().failed_events(true).build();
    let call = call.filters(failed);
    let mut next = None;
    let mut failures = Vec::new();
    loop {
        let reply = call
            .clone()
            .set_next_token(next)
            .send()
            .await
            .map_err(|error| call_error("DescribeEvents", subject, error))?;
        failures.extend(reply.operation_events().iter().filter_map(failure));
        next = reply.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            failures.reverse();
            return Ok(failures);
        }
    }
}

impl CloudFormation for SdkCloudFormation {
    async fn stack(&self, name_or_id: &str) -> Result<Option<StackView>, CallError> {
        const ACTION: &str = "DescribeStacks";
        let reply = self
            .0
            .describe_stacks()
            .stack_name(name_or_id)
            .send()
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error));
        let Some(reply) = optional(reply)? else {
            return Ok(None);
        };
        reply
            .stacks
            .unwrap_or_default()
            .into_iter()
            .next()
            .map(StackView::try_from)
            .transpose()
            .map_err(|Missing(field)| CallError::odd(ACTION, name_or_id, field))
    }

    async fn stacks(&self, token: Option<&str>) -> Result<Page<StackView>, CallError> {
        const ACTION: &str = "DescribeStacks";
        let subject = "the account's stacks";
        let reply = self
            .0
            .describe_stacks()
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(ACTION, subject, error))?;
        page(ACTION, subject, reply.stacks, reply.next_token)
    }

    async fn template(&self, name_or_id: &str) -> Result<Option<String>, CallError> {
        const ACTION: &str = "GetTemplate";
        let reply = self
            .0
            .get_template()
            .stack_name(name_or_id)
            .template_stage(sdk::TemplateStage::Original)
            .send()
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error));
        Ok(optional(reply)?.and_then(|reply| reply.template_body))
    }

    async fn create_change_set(
        &self,
        request: &ChangeSetRequest,
        token: &str,
    ) -> Result<ChangeSetId, CallError> {
        const ACTION: &str = "CreateChangeSet";
        let subject = format!("{}/{}", request.stack, request.name);
        let call = self
            .0
            .create_change_set()
            .stack_name(&request.stack)
            .change_set_name(&request.name)
            .client_token(token)
            .change_set_type(match request.kind {
                ChangeSetKind::Create => sdk::ChangeSetType::Create,
                ChangeSetKind::Update => sdk::ChangeSetType::Update,
            })
            .description(&request.description)
            .capabilities(sdk::Capability::CapabilityNamedIam)
            .set_tags(Some(
                request
                    .tags
                    .iter()
                    .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
                    .collect(),
            ));
        let call = match &request.template {
            TemplateSource::Inline(body) => call.template_body(body),
            TemplateSource::Url(url) => call.template_url(url),
            TemplateSource::Previous => call.use_previous_template(true),
        };
        let call = match request.mode {
            Mode::Standard => call,
            Mode::Express => call.deployment_config(
                sdk::DeploymentConfig::builder()
                    .mode(sdk::DeploymentConfigMode::Express)
                    .disable_rollback(false)
                    .build(),
            ),
            Mode::RevertDrift => call.deployment_mode(sdk::DeploymentMode::RevertDrift),
        };
        let reply = call
            .send()
            .await
            .map_err(|error| call_error(ACTION, &subject, error))?;
        Ok(ChangeSetId {
            id: reply
                .id
                .ok_or_else(|| CallError::odd(ACTION, &subject, "Id"))?,
            stack_id: reply
                .stack_id
                .ok_or_else(|| CallError::odd(ACTION, &subject, "StackId"))?,
        })
    }

    async fn change_set(
        &self,
        stack: &str,
        name_or_id: &str,
        page: Option<&str>,
    ) -> Result<Option<Page<ChangeSetView>>, CallError> {
        const ACTION: &str = "DescribeChangeSet";
        let reply = self
            .0
            .describe_change_set()
            .stack_name(stack)
            .change_set_name(name_or_id)
            .set_next_token(page.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error));
        optional(reply)?
            .map(Page::try_from)
            .transpose()
            .map_err(|Missing(field)| CallError::odd(ACTION, name_or_id, field))
    }

    async fn failures(&self, of: Failed<'_>) -> Result<Vec<String>, CallError> {
        let stack_id = match of {
            Failed::ChangeSet(id) => {
                let call = self.0.describe_events().change_set_name(&id.id);
                return failed_events(call, &id.id).await;
            }
            Failed::Operation(stack_id) => stack_id,
        };
        const ACTION: &str = "DescribeStacks";
        let reply = self.0.describe_stacks().stack_name(stack_id).send().await;
        let reply = reply.map_err(|error| call_error(ACTION, stack_id, error))?;
        let stack = reply.stacks().first();
        let mut failures = Vec::new();
        for operation in stack.map(sdk::Stack::last_operations).unwrap_or_default() {
            let Some(id) = operation.operation_id() else {
                continue;
            };
            let call = self.0.describe_events().operation_id(id);
            failures.extend(failed_events(call, stack_id).await?);
        }
        Ok(failures)
    }

    async fn execute_change_set(&self, id: &ChangeSetId, token: &str) -> Result<(), CallError> {
        self.0
            .execute_change_set()
            .stack_name(&id.stack_id)
            .change_set_name(&id.id)
            .client_request_token(token)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("ExecuteChangeSet", &id.id, error))
    }

    async fn delete_change_set(&self, id: &ChangeSetId) -> Result<(), CallError> {
        self.0
            .delete_change_set()
            .stack_name(&id.stack_id)
            .change_set_name(&id.id)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("DeleteChangeSet", &id.id, error))
    }

    async fn events(
        &self,
        name_or_id: &str,
        token: Option<&str>,
    ) -> Result<Page<StackEvent>, CallError> {
        const ACTION: &str = "DescribeStackEvents";
        let reply = self
            .0
            .describe_stack_events()
            .stack_name(name_or_id)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error))?;
        page(ACTION, name_or_id, reply.stack_events, reply.next_token)
    }

    async fn delete_stack(
        &self,
        name_or_id: &str,
        token: &str,
        deletion: Deletion,
    ) -> Result<(), CallError> {
        let mode = match deletion {
            Deletion::Whole => None,
            Deletion::LeaveWhatFails => Some(sdk::DeletionMode::ForceDeleteStack),
        };
        self.0
            .delete_stack()
            .stack_name(name_or_id)
            .client_request_token(token)
            .set_deletion_mode(mode)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("DeleteStack", name_or_id, error))
    }

    async fn continue_rollback(
        &self,
        name_or_id: &str,
        skip: &[String],
        token: &str,
    ) -> Result<(), CallError> {
        self.0
            .continue_update_rollback()
            .stack_name(name_or_id)
            .set_resources_to_skip((!skip.is_empty()).then(|| skip.to_vec()))
            .client_request_token(token)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("ContinueUpdateRollback", name_or_id, error))
    }

    async fn resources(
        &self,
        name_or_id: &str,
        token: Option<&str>,
    ) -> Result<Page<StackResource>, CallError> {
        const ACTION: &str = "ListStackResources";
        let reply = self
            .0
            .list_stack_resources()
            .stack_name(name_or_id)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error))?;
        page(
            ACTION,
            name_or_id,
            reply.stack_resource_summaries,
            reply.next_token,
        )
    }

    async fn detect_drift(&self, name_or_id: &str) -> Result<String, CallError> {
        const ACTION: &str = "DetectStackDrift";
        let reply = self.0.detect_stack_drift().stack_name(name_or_id).send();
        let reply = reply
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error))?;
        reply
            .stack_drift_detection_id
            .ok_or_else(|| CallError::odd(ACTION, name_or_id, "StackDriftDetectionId"))
    }

    async fn detection(&self, id: &str) -> Result<Detection, CallError> {
        const ACTION: &str = "DescribeStackDriftDetectionStatus";
        let call = self.0.describe_stack_drift_detection_status();
        let reply = call
            .stack_drift_detection_id(id)
            .send()
            .await
            .map_err(|error| call_error(ACTION, id, error))?;
        match reply.detection_status {
            Some(sdk::StackDriftDetectionStatus::DetectionComplete) => Ok(Detection::Complete),
            Some(sdk::StackDriftDetectionStatus::DetectionInProgress) => Ok(Detection::Running),
            Some(_) => Ok(Detection::Failed(
                reply
                    .detection_status_reason
                    .unwrap_or_else(|| "no reason given".to_owned()),
            )),
            None => Err(CallError::odd(ACTION, id, "DetectionStatus")),
        }
    }

    async fn drifts(
        &self,
        name_or_id: &str,
        token: Option<&str>,
    ) -> Result<Page<ResourceDrift>, CallError> {
        const ACTION: &str = "DescribeStackResourceDrifts";
        let reply = self
            .0
            .describe_stack_resource_drifts()
            .stack_name(name_or_id)
            .max_results(100)
            .set_next_token(token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| call_error(ACTION, name_or_id, error))?;
        page(
            ACTION,
            name_or_id,
            reply.stack_resource_drifts,
            reply.next_token,
        )
    }

    async fn protect(&self, name_or_id: &str, protection: Protection) -> Result<(), CallError> {
        self.0
            .update_termination_protection()
            .stack_name(name_or_id)
            .enable_termination_protection(protection == Protection::On)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("UpdateTerminationProtection", name_or_id, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::error::ErrorMetadata;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;
    use aws_smithy_types::body::SdkBody;

    fn answer(status: u16) -> HttpResponse {
        let status = aws_smithy_runtime_api::http::StatusCode::try_from(status);
        #[allow(clippy::unwrap_used)] // a test fails by panicking
        HttpResponse::new(status.unwrap(), SdkBody::from("<html>Bad Gateway</html>"))
    }

    fn kind(error: SdkError<DescribeStacksError, HttpResponse>) -> Kind {
        call_error("DescribeStacks", "invoicing-dev", error).kind
    }

    #[test]
    fn half_an_answer_and_a_service_in_trouble_mean_that_contact_is_lost() {
        let unreadable = SdkError::response_error("unexpected token `<`", answer(200));
        assert_eq!(kind(unreadable), Kind::Lost);
        let said = |code: &str| {
            let meta = ErrorMetadata::builder().code(code).message("no").build();
            DescribeStacksError::generic(meta)
        };
        let proxy = SdkError::service_error(said(""), answer(502));
        assert_eq!(kind(proxy), Kind::Lost);
        let refusal = SdkError::service_error(said("ValidationError"), answer(400));
        assert_eq!(kind(refusal), Kind::Refused);
        let expired = SdkError::service_error(said("ExpiredToken"), answer(403));
        assert_eq!(kind(expired), Kind::Credentials);
    }

    #[test]
    fn only_whole_words_say_that_credentials_are_missing() {
        assert!(is_about_credentials(
            "an error occurred while loading credentials: the SSO session has expired"
        ));
        assert!(!is_about_credentials(
            "dispatch failure: no address associated with hostname"
        ));
    }
}
