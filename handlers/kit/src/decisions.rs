//! The state machine of decisions: started, and answered by tokens that rest sealed with the data key, bound to what they are
//! for. A token is in no log, no error and no event.

use crate::store::unavailable;
use crate::world::World;
use aws_sdk_kms::error::ProvideErrorMetadata as _;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_sfn::types::{ExecutionStatus, IncludedData};
use contracts::tasks::{Answer as TaskAnswer, DecisionRequest, Turn, Verdict};
use contracts::{Needs, needs};
use ports::{
    Answer, AnswerTasks, Answered, OpenTokens, PortError, Seal, SealTokens, StartDecisions,
};
use std::collections::HashMap;

impl<H: Needs<needs::StartDecisions>> StartDecisions for World<H> {
    async fn start_decision(&self, request: &DecisionRequest) -> Answer<()> {
        for name in request.execution_names() {
            if self.begin(&name, request).await? {
                return Ok(());
            }
            match self.fate(&name).await? {
                Fate::Stands => return Ok(()),
                Fate::Died => tracing::warn!(execution = name, "it died: it is begun again"),
            }
        }
        let name = request.execution_name();
        Err(untold("starting decision", &name, Some(ALL_DIED)))
    }
}

/// What people read where beginning again did not help.
const ALL_DIED: &str =
    "every execution of it failed, timed out or was aborted; read why in the first one's history";

/// What became of an execution.
enum Fate {
    /// It runs, or it has carried the decision out.
    Stands,
    /// It ended without carrying anything out, and whatever is decided reaches nobody.
    Died,
}

impl<H: Needs<needs::StartDecisions>> World<H> {
    /// Whether an execution was started under a name that nothing else bears.
    async fn begin(&self, name: &str, request: &DecisionRequest) -> Answer<bool> {
        let started = self
            .shared
            .machines
            .start_execution()
            .state_machine_arn(&self.shared.settings.decisions)
            .name(name)
            // Plain data with string keys: it always serialises.
            .input(serde_json::to_string(request).unwrap_or_default())
            .set_trace_header(self.trace.clone())
            .send()
            .await;
        match started {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(false),
            Err(error) => Err(unavailable("starting decision", name, &error)),
        }
    }

    async fn fate(&self, name: &str) -> Answer<Fate> {
        let found = self
            .shared
            .machines
            .describe_execution()
            .execution_arn(execution_arn(&self.shared.settings.decisions, name))
            .included_data(IncludedData::MetadataOnly)
            .send()
            .await
            .map_err(|error| unavailable("looking up decision", name, &error))?;
        Ok(match found.status {
            ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted => {
                Fate::Died
            }
            _ => Fate::Stands,
        })
    }
}

/// An execution's ARN: its state machine's, with its own name behind.
fn execution_arn(machine: &str, name: &str) -> String {
    let executions = machine.replacen(":stateMachine:", ":execution:", 1);
    format!("{executions}:{name}")
}

impl<H: Needs<needs::AnswerTasks>> AnswerTasks for World<H> {
    async fn answer_task(&self, token: &str, verdict: Verdict) -> Answer<Answered> {
        let answer = TaskAnswer { verdict };
        let answered = self
            .shared
            .machines
            .send_task_success()
            .task_token(token)
            .output(serde_json::to_string(&answer).unwrap_or_default())
            .send()
            .await;
        match answered {
            Ok(_) => Ok(Answered::Taken),
            Err(error) => match error.code() {
                Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken") => Ok(Answered::Gone),
                // The service's words may quote the token: its code must do.
                code => Err(untold("answering", "a task", code)),
            },
        }
    }
}

/// What a sealed token is bound to, as the key takes it.
fn context(seal: Seal) -> HashMap<String, String> {
    let turn = match seal.turn {
        Turn::First => "first",
        Turn::Second => "second",
    };
    HashMap::from([
        ("invoiceId".to_owned(), seal.invoice_id.to_string()),
        ("version".to_owned(), seal.version.to_string()),
        ("turn".to_owned(), turn.to_owned()),
    ])
}

fn untold(action: &'static str, subject: &str, code: Option<&str>) -> PortError {
    let reason = code.unwrap_or("no answer").to_owned();
    tracing::warn!(action, subject, reason, "a call failed");
    PortError::Unavailable {
        action,
        subject: subject.to_owned(),
        reason,
    }
}

fn subject(seal: Seal) -> String {
    format!(
        "the task token of version {} of invoice {}",
        seal.version, seal.invoice_id
    )
}

impl<H: Needs<needs::SealTokens>> SealTokens for World<H> {
    async fn seal(&self, token: &str, seal: Seal) -> Answer<String> {
        let sealed = self
            .shared
            .keys
            .encrypt()
            .key_id(&self.shared.settings.data_key)
            .plaintext(Blob::new(token))
            .set_encryption_context(Some(context(seal)))
            .send()
            .await
            .map_err(|error| untold("sealing", &subject(seal), error.code()))?;
        let sealed = sealed.ciphertext_blob.ok_or_else(|| PortError::Corrupt {
            subject: subject(seal),
            reason: "the key service's answer holds no ciphertext".into(),
        })?;
        Ok(aws_smithy_types::base64::encode(sealed.into_inner()))
    }
}

impl<H: Needs<needs::OpenTokens>> OpenTokens for World<H> {
    async fn open(&self, sealed: &str, seal: Seal) -> Answer<String> {
        let corrupt = |reason: &str| PortError::Corrupt {
            subject: subject(seal),
            reason: reason.to_owned(),
        };
        let sealed =
            aws_smithy_types::base64::decode(sealed).map_err(|_| corrupt("it is no base64"))?;
        let opened = self
            .shared
            .keys
            .decrypt()
            .key_id(&self.shared.settings.data_key)
            .ciphertext_blob(Blob::new(sealed))
            .set_encryption_context(Some(context(seal)))
            .send()
            .await
            .map_err(|error| match error.code() {
                Some("InvalidCiphertextException" | "IncorrectKeyException") => {
                    corrupt("it was sealed for something else, or changed")
                }
                code => untold("opening", &subject(seal), code),
            })?;
        let token = opened
            .plaintext
            .map(|plain| String::from_utf8(plain.into_inner()));
        match token {
            Some(Ok(token)) => Ok(token),
            _ => Err(corrupt("it holds no text")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::{Aws, refused, run};
    use contracts::handlers::{Approval, Decision};
    use serde_json::{Value, json};

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    fn request() -> DecisionRequest {
        let cause = json!({ "correlationId": ID, "causationId": "x", "replayOf": null });
        serde_json::from_value(json!({
            "invoiceId": ID, "vendorId": ID, "version": 3, "waiting": "dispute", "approvers": 1, "cause": cause,
        }))
        .unwrap()
    }

    fn seal(turn: Turn) -> Seal {
        Seal {
            invoice_id: request().invoice_id,
            version: 3,
            turn,
        }
    }

    #[test]
    fn r5_an_execution_is_named_after_invoice_and_version_and_started_once() {
        let aws = Aws::new(|_| Ok(json!({ "executionArn": "arn", "startDate": 0 })));
        run(aws.world::<Approval>().start_decision(&request())).unwrap();
        let sent = aws.inputs("StartExecution").remove(0);
        assert_eq!(sent["name"], format!("{ID}-3"));
        assert_eq!(sent["stateMachineArn"], "DECISIONS");
        let input: Value = serde_json::from_str(sent["input"].as_str().unwrap()).unwrap();
        assert_eq!(input["waiting"], "dispute");

        let throttled = Aws::new(|_| Err(refused("ThrottlingException")));
        assert!(run(throttled.world::<Approval>().start_decision(&request())).is_err());
    }

    /// A state machine with executions under the names that `-1`, `-2` and so on end, as they ended; others can be started.
    fn machine(ended: &'static [&'static str]) -> Aws {
        Aws::new(move |call| {
            let arn = call.input["executionArn"].as_str().unwrap_or_default();
            let of = |name: &str| {
                let first = format!("{ID}-3");
                let further = name.strip_prefix(&format!("{first}-"));
                further.map_or(0, |n| n.parse::<usize>().unwrap() - 1)
            };
            match call.operation.as_str() {
                "StartExecution" => match ended.get(of(call.input["name"].as_str().unwrap())) {
                    Some(_) => Err(refused("ExecutionAlreadyExists")),
                    None => Ok(json!({ "executionArn": "arn", "startDate": 0 })),
                },
                _ => Ok(json!({
                    "executionArn": arn, "stateMachineArn": "DECISIONS", "startDate": 0,
                    "status": ended[of(arn.strip_prefix("DECISIONS:").unwrap())],
                })),
            }
        })
    }

    #[test]
    fn r5_an_execution_that_runs_or_succeeded_is_the_same_decision() {
        for status in [&["RUNNING"], &["SUCCEEDED"]] {
            let aws = machine(status);
            run(aws.world::<Approval>().start_decision(&request())).unwrap();
            assert_eq!(aws.inputs("StartExecution").len(), 1, "{status:?}");
            let asked = aws.inputs("DescribeExecution").remove(0);
            assert_eq!(asked["executionArn"], format!("DECISIONS:{ID}-3"));
            assert_eq!(asked["includedData"], "METADATA_ONLY");
        }
    }

    #[test]
    fn r5_a_dead_execution_is_begun_again_under_another_name_with_the_same_input() {
        for dead in [&["FAILED"][..], &["TIMED_OUT", "ABORTED"]] {
            let aws = machine(dead);
            run(aws.world::<Approval>().start_decision(&request())).unwrap();
            let started = aws.inputs("StartExecution");
            assert_eq!(started.len(), dead.len() + 1);
            let last = started.last().unwrap();
            assert_eq!(last["name"], format!("{ID}-3-{}", dead.len() + 1));
            assert_eq!(last["input"], started[0]["input"]);
        }
        let again = machine(&["FAILED", "RUNNING"]);
        run(again.world::<Approval>().start_decision(&request())).unwrap();
        assert_eq!(again.inputs("StartExecution").len(), 2, "the second runs");
        let hopeless = machine(&["FAILED"; 10]);
        let fault = run(hopeless.world::<Approval>().start_decision(&request())).unwrap_err();
        assert!(fault.to_string().contains("every execution"), "{fault}");
        let names = hopeless.inputs("StartExecution").into_iter();
        assert!(
            names
                .map(|sent| sent["name"].as_str().unwrap().len())
                .all(|name| name <= 80)
        );
    }

    #[test]
    fn an_executions_arn_is_its_machines_with_its_name() {
        assert_eq!(
            execution_arn("arn:aws:states:eu-central-1:1:stateMachine:d", "x-3"),
            "arn:aws:states:eu-central-1:1:execution:d:x-3"
        );
    }

    #[test]
    fn r5_a_token_that_is_used_up_is_gone_and_no_fault() {
        let answer = |aws: &Aws| run(aws.world::<Decision>().answer_task("t", Verdict::Reject));
        let taken = Aws::new(|_| Ok(json!({})));
        assert_eq!(answer(&taken).unwrap(), Answered::Taken);
        let sent = taken.inputs("SendTaskSuccess").remove(0);
        assert_eq!(sent["output"], r#"{"verdict":"reject"}"#);
        for code in ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"] {
            let gone = Aws::new(move |_| Err(refused(code)));
            assert_eq!(answer(&gone).unwrap(), Answered::Gone, "{code}");
        }
    }

    #[test]
    fn r5_what_fails_never_quotes_the_token() {
        let quoting = Aws::new(|_| {
            let mut error = refused("SomeException");
            error["message"] = json!("the token secret-token is odd");
            Err(error)
        });
        let answered = run(quoting
            .world::<Decision>()
            .answer_task("secret-token", Verdict::Approve));
        let sealed = run(quoting
            .world::<Approval>()
            .seal("secret-token", seal(Turn::First)));
        for fault in [answered.unwrap_err(), sealed.unwrap_err()] {
            assert!(!fault.to_string().contains("secret"), "{fault}");
        }
    }

    /// A key that keeps what it was asked beside the text, and opens only what was sealed under the same context.
    fn key() -> Aws {
        Aws::new(|call| {
            let context = call.input["EncryptionContext"].to_string();
            let field = |name: &str| {
                let text = call.input[name].as_str().unwrap();
                String::from_utf8(aws_smithy_types::base64::decode(text).unwrap()).unwrap()
            };
            let blob = |text: &str| aws_smithy_types::base64::encode(text);
            match call.operation.as_str() {
                "Encrypt" => Ok(
                    json!({ "CiphertextBlob": blob(&format!("{context}|{}", field("Plaintext"))) }),
                ),
                _ => match field("CiphertextBlob").strip_prefix(&format!("{context}|")) {
                    Some(plain) => Ok(json!({ "Plaintext": blob(plain) })),
                    None => Err(refused("InvalidCiphertextException")),
                },
            }
        })
    }

    #[test]
    fn r5_a_sealed_token_opens_for_what_it_was_sealed_for_only() {
        let sealed = run(key().world::<Approval>().seal("t", seal(Turn::First))).unwrap();
        assert_ne!(sealed, "t");
        let open = |turn| run(key().world::<Decision>().open(&sealed, seal(turn)));
        assert_eq!(open(Turn::First).unwrap(), "t");
        assert!(matches!(open(Turn::Second), Err(PortError::Corrupt { .. })));
        let odd = run(key()
            .world::<Decision>()
            .open("no base64!", seal(Turn::First)));
        assert!(matches!(odd, Err(PortError::Corrupt { .. })));
    }
}
