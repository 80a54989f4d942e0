//! The state machine of decisions (R5): its soundness, and what it leads to; and its log, traces, key and role (R15 to R19,
//! R21).

use crate::common::{ENVIRONMENTS, synthesised};
use crate::{each, id, items, properties, role_statements};
use contracts::tasks::{
    Answer, Ask, AskDecision, Conclude, ConcludeDecision, DecisionRequest, Ending, RemindDecision,
    Reminded, Task, TaskCall, Turn, Verdict, Waiting, faults,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const MACHINE: &str = "AWS::StepFunctions::StateMachine";

/// Every state of every environment's machine.
fn states(mut judge: impl FnMut(&str, &Value, &Map<String, Value>)) {
    each(MACHINE, |_, machine, _, _| {
        let definition = definition(machine);
        let states = definition["States"].as_object().unwrap();
        for (name, state) in states {
            judge(name, state, states);
        }
    });
}

fn definition(machine: &Value) -> Value {
    serde_json::from_str(machine["DefinitionString"].as_str().unwrap()).unwrap()
}

fn targets(state: &Value) -> Vec<&str> {
    let mut targets: Vec<&str> = ["Next", "Default"]
        .iter()
        .filter_map(|way| state[*way].as_str())
        .collect();
    for list in ["Choices", "Catch"] {
        let ways = state[list].as_array().into_iter().flatten();
        targets.extend(ways.map(|way| way["Next"].as_str().unwrap()));
    }
    targets
}

fn errors<'a>(state: &'a Value, list: &str) -> Vec<&'a str> {
    let handlers = state[list].as_array().into_iter().flatten();
    let names = handlers.flat_map(|handler| items(&handler["ErrorEquals"]));
    names.map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn r5_every_task_is_tried_again_and_caught_and_every_state_is_reached() {
    states(|name, state, states| {
        if state["Type"] == "Task" {
            assert!(!errors(state, "Retry").is_empty(), "{name}");
            assert!(errors(state, "Catch").contains(&"States.ALL"), "{name}");
            assert!(state["TimeoutSeconds"].as_u64().unwrap() > 0, "{name}");
            let bounded = |retry: &&Value| retry["MaxAttempts"].as_u64().unwrap() > 0;
            assert!(items(&state["Retry"]).iter().all(bounded), "{name}");
        }
        let reached = name == "Begun" || states.values().any(|from| targets(from).contains(&name));
        assert!(reached, "nothing leads to {name}");
        for target in targets(state) {
            assert!(states.contains_key(target), "{name} leads to {target}");
        }
    });
}

#[test]
fn r5_callbacks_are_tried_again_for_lambdas_own_errors_only_and_their_timeout_leads_to_a_reminder()
{
    each(MACHINE, |_, machine, _, environment| {
        let definition = definition(machine);
        let states = definition["States"].as_object().unwrap();
        let callbacks: Vec<_> = states
            .iter()
            .filter(|(_, state)| state["Resource"].to_string().contains("waitForTaskToken"))
            .collect();
        assert_eq!(callbacks.len(), 2);
        for (name, state) in callbacks {
            for error in errors(state, "Retry") {
                assert!(error.starts_with("Lambda."), "{name} {error}");
            }
            let within = environment.policy.approvals.answer_within_seconds;
            assert_eq!(state["TimeoutSeconds"], within, "{name}");
            let timed_out = &state["Catch"][0];
            for error in ["States.Timeout", faults::OVERTAKEN] {
                assert!(items(&timed_out["ErrorEquals"]).contains(&&json!(error)));
            }
            let reminder = &states[timed_out["Next"].as_str().unwrap()];
            let call = &reminder["Parameters"]["Payload"];
            assert_eq!(call["task"], RemindDecision::SPEC.name, "{name}");
            for error in faults::RETRIED {
                assert!(errors(state, "Catch").contains(&error), "{name} {error}");
            }
        }
    });
}

/// What a task's function would be invoked with, in an execution begun with this.
fn call(state: &Value, request: &Value) -> Value {
    let mut call = state["Parameters"]["Payload"].clone();
    let members = call.as_object_mut().unwrap();
    if members.remove("token.$") == Some(json!("$$.Task.Token")) {
        members.insert("token".to_owned(), json!("a token"));
    }
    let input = members["input"].as_object_mut().unwrap();
    assert_eq!(input.remove("request.$"), Some(json!("$$.Execution.Input")));
    input.insert("request".to_owned(), request.clone());
    call
}

/// What an execution is begun with.
fn request(waiting: Waiting, approvers: u8) -> Value {
    let id = "00000000-0000-4000-8000-000000000001";
    let request = json!({
        "invoiceId": id, "vendorId": id, "version": 4, "waiting": waiting, "approvers": approvers,
        "cause": { "correlationId": id, "causationId": id, "replayOf": null },
    });
    let read: DecisionRequest = serde_json::from_value(request.clone()).unwrap();
    assert_eq!(read.approvers, approvers);
    request
}

#[test]
fn r5_tasks_are_called_with_what_their_functions_read() {
    let begun = request(Waiting::Approval, 2);
    let (mut turns, mut endings) = (Vec::new(), Vec::new());
    states(|name, state, _| {
        if state["Type"] != "Task" {
            return;
        }
        let call = call(state, &begun);
        let task = call["task"].as_str().unwrap().to_owned();
        if task == ConcludeDecision::SPEC.name {
            let call: TaskCall<Conclude> = serde_json::from_value(call).unwrap();
            assert_eq!(call.token, None, "{name}");
            assert_eq!(serde_json::to_value(call.input.request).unwrap(), begun);
            endings.push(call.input.ending);
        } else {
            let call: TaskCall<Ask> = serde_json::from_value(call).unwrap();
            assert!([AskDecision::SPEC.name, RemindDecision::SPEC.name].contains(&task.as_str()));
            assert_eq!(
                call.token.is_some(),
                task == AskDecision::SPEC.name,
                "{name}"
            );
            assert_eq!(
                name.ends_with("Second"),
                call.input.turn == Turn::Second,
                "{name}"
            );
            turns.push(call.input.turn);
        }
    });
    let environments = ENVIRONMENTS.len();
    assert_eq!(
        (turns.len(), endings.len()),
        (4 * environments, 4 * environments)
    );
    for ending in [
        Ending::Approve,
        Ending::Reject,
        Ending::Dispute,
        Ending::Timeout,
    ] {
        assert!(endings.contains(&ending), "{ending:?}");
    }
}

/// What a task gives, in the order of the tasks that ask or remind.
enum Step {
    /// Somebody answers the token.
    Answered(Verdict),
    /// Nobody does; the reminder gives this.
    Silent(Reminded),
    /// The task fails with this error.
    Failed(&'static str),
}

/// The states that an execution passes through, by the language's own rules.
fn run(begun: &Value, steps: Vec<Step>) -> Vec<String> {
    let machine = synthesised("prod").template;
    let definition = definition(&machine.resource("Decisions").unwrap()["Properties"]);
    let mut data = begun.clone();
    let mut steps = steps.into_iter();
    let mut silent = None;
    let mut path = vec![definition["StartAt"].as_str().unwrap().to_owned()];
    loop {
        let name = path.last().unwrap().clone();
        let state = &definition["States"][&name];
        let next = match state["Type"].as_str().unwrap() {
            "Choice" => {
                let chosen = items(&state["Choices"])
                    .into_iter()
                    .find(|c| holds(c, &data));
                chosen.map_or(&state["Default"], |choice| &choice["Next"])
            }
            "Task" if name.starts_with("Ask") => match steps.next().unwrap() {
                Step::Answered(verdict) => {
                    data["answer"] = json!(Answer { verdict });
                    &state["Next"]
                }
                Step::Silent(reminded) => {
                    silent = Some(reminded);
                    caught(state, "States.Timeout")
                }
                Step::Failed(error) => caught(state, error),
            },
            "Task" if name.starts_with("Remind") => {
                data["answer"] = json!(silent.take().unwrap());
                &state["Next"]
            }
            "Succeed" | "Fail" => return path,
            _ => &state["Next"],
        };
        path.push(next.as_str().unwrap().to_owned());
    }
}

fn caught<'a>(state: &'a Value, error: &str) -> &'a Value {
    let mut catches = state["Catch"].as_array().unwrap().iter();
    let catch = catches.find(|catch| {
        let names = items(&catch["ErrorEquals"]);
        names
            .iter()
            .any(|name| *name == error || *name == "States.ALL")
    });
    &catch.unwrap()["Next"]
}

fn holds(condition: &Value, data: &Value) -> bool {
    let all = |list: &Value| items(list).into_iter().all(|c| holds(c, data));
    let any = |list: &Value| items(list).into_iter().any(|c| holds(c, data));
    if condition["And"].is_array() {
        return all(&condition["And"]);
    }
    if condition["Or"].is_array() {
        return any(&condition["Or"]);
    }
    let place = condition["Variable"]
        .as_str()
        .unwrap()
        .strip_prefix('$')
        .unwrap();
    // A place that isn't there fails an execution on AWS, and this test.
    let value = data.pointer(&place.replace('.', "/")).unwrap();
    for equals in ["StringEquals", "NumericEquals", "BooleanEquals"] {
        if !condition[equals].is_null() {
            return *value == condition[equals];
        }
    }
    let least = condition["NumericGreaterThanEquals"].as_u64().unwrap();
    value.as_u64().is_some_and(|value| value >= least)
}

#[test]
fn r5_every_verdict_leads_to_its_conclusion_whoever_waits_and_however_often_nobody_answers() {
    use Step::{Answered, Failed, Silent};
    use Verdict::{Approve, Dispute, Reject};
    let reminded = |decided, verdict, again| {
        Silent(Reminded {
            decided,
            verdict,
            again,
        })
    };
    let again = || reminded(false, None, true);
    let up = || reminded(false, None, false);
    let lost = |verdict| reminded(true, Some(verdict), false);
    let ends = |waiting, approvers, steps: Vec<Step>| {
        let path = run(&request(waiting, approvers), steps);
        path[path.len() - 2..].join(" ")
    };
    for waiting in [Waiting::Approval, Waiting::Dispute, Waiting::PaymentFailed] {
        let one = |step| ends(waiting, 1, vec![step]);
        let two = |steps| ends(waiting, 2, steps);
        assert_eq!(one(Answered(Approve)), "ConcludeApproved Decided");
        assert_eq!(one(lost(Approve)), "ConcludeApproved Decided");
        assert_eq!(one(Answered(Reject)), "ConcludeRejected Decided");
        assert_eq!(one(up()), "ConcludeTimeout Decided");
        assert_eq!(one(Failed(faults::CORRUPT)), "AskFirst Undecided");
        let disputed = match waiting {
            Waiting::Approval => "ConcludeDisputed Decided",
            Waiting::Dispute | Waiting::PaymentFailed => "FirstVerdict Undecided",
        };
        assert_eq!(one(Answered(Dispute)), disputed);
        let both = || vec![Answered(Approve), Answered(Approve)];
        assert_eq!(two(both()), "ConcludeApproved Decided");
        assert_eq!(
            two(vec![lost(Approve), lost(Approve)]),
            "ConcludeApproved Decided"
        );
        assert_eq!(two(vec![Answered(Reject)]), "ConcludeRejected Decided");
        assert_eq!(
            two(vec![Answered(Approve), Answered(Reject)]),
            "ConcludeRejected Decided"
        );
        assert_eq!(
            two(vec![Answered(Approve), again(), up()]),
            "ConcludeTimeout Decided"
        );
        let patient = vec![
            again(),
            Failed(faults::UNAVAILABLE),
            again(),
            Answered(Approve),
        ];
        let path = run(&request(waiting, 1), patient);
        assert_eq!(path.iter().filter(|state| *state == "AskFirst").count(), 4);
        assert_eq!(
            path.iter().filter(|state| *state == "PauseFirst").count(),
            1
        );
        assert_eq!(path.last().unwrap(), "Decided");
        assert_eq!(
            run(&request(waiting, 3), Vec::new()),
            ["Begun", "Undecided"]
        );
    }
}

#[test]
fn r15_r17_r18_r19_the_machine_logs_no_data_to_a_declared_group_traces_and_is_encrypted() {
    each(MACHINE, |name, machine, template, environment| {
        assert_eq!(machine["StateMachineType"], "STANDARD", "{name}");
        assert_eq!(machine["StateMachineName"], environment.decisions_name());
        let logging = &machine["LoggingConfiguration"];
        assert_eq!(logging["IncludeExecutionData"], false, "{name}");
        assert_eq!(logging["Level"], "ALL", "{name}");
        let group = &logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"];
        let group = properties(template, group);
        assert_eq!(group["RetentionInDays"], environment.retention.log_days);
        let named = group["LogGroupName"]["Fn::Sub"].as_str().unwrap();
        assert!(
            named.starts_with("/aws/vendedlogs/${AWS::StackName}/"),
            "{named}"
        );
        for key in [
            &group["KmsKeyId"],
            &machine["EncryptionConfiguration"]["KmsKeyId"],
        ] {
            assert_eq!(id(key), "DataKey", "{name}");
        }
        assert_eq!(machine["TracingConfiguration"]["Enabled"], true, "{name}");
        let output = &template.members()["Outputs"]["DecisionsArn"]["Value"];
        assert_eq!(id(output), name);
    });
}

#[test]
fn r19_r21_its_role_invokes_the_functions_of_its_tasks_only_and_uses_the_key_as_itself() {
    each(MACHINE, |name, machine, template, _| {
        let placed = machine["DefinitionSubstitutions"].as_object().unwrap();
        let called: BTreeSet<&str> = placed.values().map(id).collect();
        assert_eq!(
            called,
            BTreeSet::from(["ApprovalFunction", "ComplianceFunction"])
        );
        let role = properties(template, &machine["RoleArn"]);
        let statements = role_statements(role);
        let invokes: Vec<_> = statements
            .iter()
            .filter(|s| s["Action"] == "lambda:InvokeFunction")
            .flat_map(|s| items(&s["Resource"]))
            .map(id)
            .collect();
        assert_eq!(BTreeSet::from_iter(invokes), called, "{name}");
        let own = "kms:EncryptionContext:aws:states:stateMachineArn";
        let executions = statements
            .iter()
            .find(|s| s["Condition"]["StringEquals"][own].is_object())
            .unwrap();
        assert_eq!(
            executions["Action"],
            json!(["kms:Decrypt", "kms:GenerateDataKey"])
        );
        // Step Functions asks for the key as the role: by no service's hand.
        assert!(
            !json!(statements).to_string().contains("kms:ViaService"),
            "{name}"
        );
        let trusted = &role["AssumeRolePolicyDocument"]["Statement"][0];
        assert_eq!(trusted["Principal"]["Service"], "states.amazonaws.com");
        assert!(trusted["Condition"]["StringEquals"]["aws:SourceAccount"].is_object());
    });
}

#[test]
fn r16_every_bad_end_of_an_execution_rings() {
    each(MACHINE, |name, _, template, _| {
        for metric in [
            "ExecutionsFailed",
            "ExecutionsTimedOut",
            "ExecutionsAborted",
            "ExecutionThrottled",
        ] {
            let alarm = properties(template, &json!({ "Ref": format!("{name}{metric}Alarm") }));
            assert_eq!(
                (&alarm["MetricName"], &alarm["Threshold"]),
                (&json!(metric), &json!(1))
            );
            assert_eq!(id(&alarm["Dimensions"][0]["Value"]), name, "{metric}");
        }
    });
}

#[test]
fn r5_every_declared_task_is_called_by_a_state() {
    each(MACHINE, |_, machine, _, _| {
        let definition = machine["DefinitionString"].as_str().unwrap();
        for task in contracts::ALL_HANDLERS
            .iter()
            .flat_map(|handler| handler.inputs.tasks)
        {
            let called = format!("\"task\":\"{}\"", task.name);
            assert!(definition.contains(&called), "no state calls {}", task.name);
        }
    });
}
