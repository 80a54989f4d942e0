//! State machines from the outside: one like ours as a golden, and properties of machines at random.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::path::PathBuf;

use cfn::asl::{
    Catch, Choice, Condition, Context, ErrorName, Fail, Flow, Integration, Keep, Machine, Map,
    Parallel, Pass, Payload, Place, Retry, Source, State, Succeed, Task, Wait,
};
use cfn::{
    Handle, PolicyDocument, Stack, Statement, Template, Val, check, iam, lambda, stepfunctions,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A chain of approval: one or two people are asked, reminded until somebody gives up, and their answer is carried out.
fn decisions(approval: &Val<String>, compliance: &Val<String>) -> Machine {
    let verdict = Place::at("answer.verdict");
    let ask = |turn: &str, timed_out: &str, next: &str| {
        let payload = Payload::new()
            .text("task", "AskDecision")
            .text("turn", turn)
            .take("request", Place::at("request"));
        Task::invoke_and_wait(approval.clone(), payload, "token", 86_400)
            .keep(Keep::At(Place::at("answer")))
            .retry(Retry::on_lambda_service_errors())
            .catch(Catch::on([ErrorName::Timeout], Keep::Nothing, timed_out))
            .catch(Catch::all(Keep::At(Place::at("error")), "Undecided"))
            .then(next)
    };
    let conclude = |ending: &str| {
        let payload = Payload::new()
            .text("task", "ConcludeDecision")
            .text("ending", ending)
            .take("request", Place::at("request"));
        Task::invoke(compliance.clone(), payload)
            .timeout_seconds(60)
            .keep(Keep::Nothing)
            .retry(Retry::on_lambda_service_errors())
            .catch(Catch::all(Keep::At(Place::at("error")), "Undecided"))
            .then("Decided")
    };
    let remind = |turn: &str, next: &str| {
        let payload = Payload::new()
            .text("task", "RemindDecision")
            .text("turn", turn)
            .take("execution", Context::ExecutionName)
            .take("request", Place::at("request"));
        Task::invoke(approval.clone(), payload)
            .timeout_seconds(60)
            .select(
                Payload::new()
                    .take("verdict", Place::at("Payload.verdict"))
                    .take("again", Place::at("Payload.again")),
            )
            .keep(Keep::At(Place::at("answer")))
            .retry(Retry::on_lambda_service_errors())
            .catch(Catch::all(Keep::At(Place::at("error")), "Undecided"))
            .then(next)
    };
    let reminded = |ask: &str, answered: &str| {
        Choice::when(!verdict.is_null(), answered)
            .or_when(Place::at("answer.again").is_true(), ask)
            .otherwise("Expire")
    };
    let flow = Flow::start("AskFirst", ask("first", "RemindFirst", "FirstAnswer"))
        .state("RemindFirst", remind("first", "FirstReminded"))
        .state("FirstReminded", reminded("AskFirst", "FirstAnswer"))
        .state(
            "FirstAnswer",
            Choice::when(
                Condition::all([
                    verdict.is_text("approve"),
                    Place::at("request.approvers").is_at_least(2),
                ]),
                "AskSecond",
            )
            .or_when(verdict.is_text("approve"), "Approve")
            .otherwise("Reject"),
        )
        .state("AskSecond", ask("second", "RemindSecond", "SecondAnswer"))
        .state("RemindSecond", remind("second", "SecondReminded"))
        .state("SecondReminded", reminded("AskSecond", "SecondAnswer"))
        .state(
            "SecondAnswer",
            Choice::when(verdict.is_text("approve"), "Approve").otherwise("Reject"),
        )
        .state("Approve", conclude("approve"))
        .state("Reject", conclude("reject"))
        .state("Expire", conclude("timeout"))
        .state("Decided", Succeed::new())
        .state(
            "Undecided",
            Fail::new(
                "Undecided",
                "A task failed for good: see the execution's history.",
            ),
        );
    Machine::new(["Decided", "Undecided"], flow).comment("Who decides about an invoice, and when.")
}

fn stack_of(machine: impl FnOnce(&Val<String>, &Val<String>) -> Machine) -> Template {
    let mut stack = Stack::new("A state machine.");
    let trust = PolicyDocument::assumed_by;
    let functions = stack.add(
        "FunctionRole",
        iam::Role::new(trust("lambda.amazonaws.com")),
    );
    let mut function = |id: &str| -> Handle<lambda::Function> {
        let code = lambda::FunctionCode::new()
            .s3_bucket("archives")
            .s3_key("a.zip");
        let function = lambda::Function::new(code, functions.arn());
        stack.add(
            id,
            function
                .runtime(lambda::FunctionRuntime::ProvidedAl2023)
                .handler("bootstrap"),
        )
    };
    let (approval, compliance) = (function("Approval"), function("Compliance"));
    let machine = machine(&approval.arn(), &compliance.arn());
    let invoke = machine.functions().into_iter().fold(
        Statement::allow().action("lambda:InvokeFunction"),
        Statement::on,
    );
    let role = stack.add(
        "MachineRole",
        iam::Role::new(trust("states.amazonaws.com"))
            .policies([iam::RolePolicy::new("Invoke", PolicyDocument::of([invoke]))]),
    );
    stack.add_machine(
        "Machine",
        &machine,
        stepfunctions::StateMachine::new(role.arn()),
    );
    let synthesis = stack.synth();
    assert_eq!(synthesis.findings, []);
    synthesis.template
}

/// `GOLDEN=write` writes it.
fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("GOLDEN").is_some_and(|mode| mode == "write") {
        std::fs::write(&path, actual).unwrap();
    }
    assert_eq!(actual, std::fs::read_to_string(&path).unwrap_or_default());
    assert!(actual.is_ascii());
}

#[test]
fn r5_a_chain_of_approval_is_the_golden() {
    let arn = |id: &str| Handle::<lambda::Function>::to(id).arn();
    let definition = decisions(&arn("Approval"), &arn("Compliance")).definition();
    let members: Value = serde_json::from_str(&definition.text).unwrap();
    golden("machine.asl.json", &format!("{members:#}\n"));
    golden("machine.template.json", &stack_of(decisions).pretty());
}

#[test]
fn every_kind_of_state_is_the_golden() {
    let drafts: Vec<Draft> = (0..9).map(|kind| (kind, kind + 1, kind + 2)).collect();
    let template = stack_of(|approval, _| at_random(approval, &drafts));
    golden("states.template.json", &template.pretty());
}

#[test]
fn a_difference_names_the_state_and_the_field() {
    let before = stack_of(decisions);
    let mut after: Value = serde_json::from_str(&before.pretty()).unwrap();
    change_states(&mut after, |states| {
        states["AskFirst"]["TimeoutSeconds"] = json!(3_600)
    });
    let diff = cfn::diff(&before, &Template::parse(&after.to_string()).unwrap());
    assert_eq!(
        serde_json::to_value(&diff.changes).unwrap(),
        json!([{"logical_id": "Machine", "type": "AWS::StepFunctions::StateMachine", "action": "modify", "properties": [
            {"path": "Properties.DefinitionString.States.AskFirst.TimeoutSeconds", "before": 86_400, "after": 3_600,
             "requires_replacement": "Never"}
        ]}])
    );
}

#[test]
fn two_states_of_one_name_are_found() {
    let end = || Succeed::new();
    let flow = Flow::start("Done", end()).state("Done", end());
    let mut stack = Stack::new("Twice.");
    let machine = Machine::new(["Done"], flow);
    stack.add_machine("Machine", &machine, stepfunctions::StateMachine::new("arn"));
    let codes: Vec<_> = stack
        .synth()
        .findings
        .iter()
        .map(|f| f.code.as_str())
        .collect();
    assert!(codes.contains(&"CFN023"), "{codes:?}");
}

#[test]
fn a_machine_names_each_function_once() {
    let (approval, compliance) = (
        cfn::arn("lambda", "function:a"),
        cfn::arn("lambda", "function:c"),
    );
    let functions = decisions(&approval, &compliance).functions();
    assert_eq!(functions.len(), 2);
    assert!(functions.contains(&approval) && functions.contains(&compliance));
}

/// One state at random: its kind, and two states that it may lead to besides the next one.
type Draft = (usize, usize, usize);

/// A well-formed machine: a choice, a task, and the drafts in a row, with leaps forward and back.
fn at_random(function: &Val<String>, drafts: &[Draft]) -> Machine {
    let name = |i: usize| {
        let last = i == drafts.len();
        if last {
            "Done".to_owned()
        } else {
            format!("State{i}")
        }
    };
    let mut targets: Vec<String> = (0..=drafts.len()).map(name).collect();
    targets.extend(["Failed".to_owned(), "First".to_owned()]);
    let guarded = |task: Task, to: &str| {
        task.retry(Retry::on_lambda_service_errors())
            .catch(Catch::on([ErrorName::Timeout], Keep::Nothing, to))
            .catch(Catch::all(Keep::At(Place::at("error")), "Failed"))
    };
    let inner = |name: String| Flow::start(name, Pass::constant(json!(1)).end());
    let state = |(i, (kind, one, other)): (usize, &Draft)| -> State {
        let target = |n: &usize| targets[n % targets.len()].as_str();
        let (to, other) = (target(one), target(other));
        let payload = Payload::new().take("n", Source::Sum(Place::at("n"), 1));
        let next = name(i + 1);
        match kind {
            0 => guarded(Task::invoke(function.clone(), payload), to).then(next),
            1 => {
                let task = Task::invoke_and_wait(function.clone(), payload, "token", 60);
                guarded(task.heartbeat_seconds(30), to).then(next)
            }
            2 => {
                let publish = Integration {
                    service: "sns",
                    action: "publish",
                };
                guarded(Task::call(publish, payload), to).then(next)
            }
            3 => Choice::when(Place::at("n").is_present(), to)
                .or_when(Place::at("n").is_number(3), other)
                .otherwise(next),
            4 => Wait::seconds(60).then(next),
            5 => Wait::until_at(&Place::at("when")).then(next),
            6 => Pass::filled(payload).at(Place::at("n")).then(next),
            7 => Parallel::of([inner(format!("Left{i}")), inner(format!("Right{i}"))])
                .catch(Catch::all(Keep::Nothing, to))
                .then(next),
            _ => Map::over(&Place::at("list"), 2, inner(format!("Each{i}")))
                .item(Payload::new().take("it", Context::MapItem))
                .then(next),
        }
    };
    let first = Choice::when(Place::at("bad").is_true(), "Failed").otherwise("Second");
    let second = guarded(Task::invoke(function.clone(), Payload::new()), "Failed").then(name(0));
    let flow = Flow::start("First", first)
        .state("Second", second)
        .state("Done", Succeed::new())
        .state("Failed", Fail::new("Failed", "It failed."));
    let flow = drafts
        .iter()
        .enumerate()
        .fold(flow, |flow, draft| flow.state(name(draft.0), state(draft)));
    Machine::new(["Done", "Failed"], flow).timeout_seconds(3_600)
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec((0..9_usize, 0..20_usize, 0..20_usize), 0..12)
}

/// Changes the states in the text of a template's machine.
fn change_states(root: &mut Value, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
    let text = &mut root["Resources"]["Machine"]["Properties"]["DefinitionString"];
    let mut definition: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    change(definition["States"].as_object_mut().unwrap());
    *text = definition.to_string().into();
}

/// What is found after a change to the states of a random machine, as `code path`.
fn found_after(
    drafts: &[Draft],
    change: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> Vec<String> {
    let template = stack_of(|approval, _| at_random(approval, drafts));
    let mut root: Value = serde_json::from_str(&template.pretty()).unwrap();
    change_states(&mut root, change);
    check::template(&Template::parse(&root.to_string()).unwrap())
        .into_iter()
        .map(|finding| {
            let path = finding.path.unwrap_or_default();
            let path = path
                .strip_prefix("Properties.DefinitionString.States.")
                .unwrap_or(&path);
            format!("{} {path}", finding.code.as_str())
        })
        .collect()
}

/// The states of the machine's own flow for which this holds.
fn states_that(
    states: &serde_json::Map<String, Value>,
    fits: impl Fn(&Value) -> bool,
) -> Vec<String> {
    let fitting = states.iter().filter(|(_, state)| fits(state));
    fitting.map(|(name, _)| name.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn r5_a_well_formed_machine_has_no_findings(drafts in drafts()) {
        prop_assert_eq!(found_after(&drafts, |_| ()), Vec::<String>::new());
    }

    #[test]
    fn r5_a_task_without_its_catch_is_found(drafts in drafts(), which: prop::sample::Index) {
        let mut name = String::new();
        let found = found_after(&drafts, |states| {
            name.clone_from(which.get(&states_that(states, |state| state["Type"] == "Task")));
            states[&name].as_object_mut().unwrap().remove("Catch");
        });
        prop_assert!(found.contains(&format!("CFN020 {name}")), "{name}: {found:?}");
    }

    #[test]
    fn r5_a_way_to_nowhere_is_found(drafts in drafts(), which: prop::sample::Index) {
        let mut name = String::new();
        let found = found_after(&drafts, |states| {
            name.clone_from(which.get(&states_that(states, |state| state["Next"].is_string())));
            states[&name]["Next"] = json!("Nowhere");
        });
        prop_assert!(found.contains(&format!("CFN016 {name}.Next")), "{name}: {found:?}");
    }

    #[test]
    fn r5_a_state_that_nothing_leads_to_is_found(drafts in drafts(), which: prop::sample::Index) {
        let found = found_after(&drafts, |states| {
            let next = which.get(&states_that(states, |_| true)).clone();
            states.insert("Orphan".to_owned(), json!({"Type": "Pass", "Next": next}));
        });
        prop_assert_eq!(found, ["CFN017 Orphan"]);
    }

    #[test]
    fn r5_a_state_that_leads_to_itself_alone_is_found(drafts in drafts(), which: prop::sample::Index) {
        let mut name = String::new();
        let found = found_after(&drafts, |states| {
            name.clone_from(which.get(&states_that(states, |state| state["Next"].is_string())));
            states[&name] = json!({"Type": "Pass", "Next": name});
        });
        prop_assert!(found.contains(&format!("CFN018 {name}")), "{name}: {found:?}");
    }
}
