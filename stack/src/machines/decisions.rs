//! The flow of `Decisions`: who is asked about an invoice that waits for people, in which order, and what their verdict
//! leads to (R5).
//!
//! ```text
//! Begun --> AskFirst --> FirstVerdict --> AskSecond --> SecondVerdict --> Conclude.. --> Decided
//!             |  ^                          |  ^
//!         no answer in time             no answer in time
//!             v  |                          v  |
//!          RemindFirst                   RemindSecond --(the time is up)--> ConcludeTimeout
//! ```
//!
//! The data is what the execution was begun with and the last `answer`. Tasks get the first from the execution itself, so
//! that no state can change what is decided about; and what was decided they read from the approval's item, not from here.
//!
//! *What fails.* An ask that fails is not tried again within its state: its token may have been stored, and a second one
//! would wait beside it. It ends, and what trying again may mend is asked again after a pause. What nothing mends ends in
//! `Undecided`. An execution begun with the same input under another name goes on where that one ended: the tasks
//! follow what is recorded. (A redrive would only come to `Undecided` again.)

use cfn::Val;
use cfn::asl::{
    Catch, Choice, Condition, Context, ErrorName, Fail, Flow, Keep, LAMBDA_SERVICE_ERRORS, Machine,
    Payload, Place, Retry, Succeed, Task, Wait,
};
use contracts::Task as Declared;
use contracts::tasks::{
    AskDecision, ConcludeDecision, Ending, RemindDecision, Turn, Verdict, Waiting, faults,
};
use serde::Serialize;
use serde_json::Value;

/// The good end.
pub(super) const DECIDED: &str = "Decided";
/// The bad end.
pub(super) const UNDECIDED: &str = "Undecided";

/// How long a task may take that waits for nobody, in seconds: above every function's timeout.
const TASK_SECONDS: u32 = 60;
/// How long the machine waits before it asks again after a failure that may pass, in seconds.
const PAUSE_SECONDS: u32 = 60;
/// How often such a failure of another task is tried again: for about ten minutes.
const ATTEMPTS: u32 = 12;
/// How often any other failure is.
const LAST_ATTEMPTS: u32 = 2;

/// The functions that perform the tasks, by their ARNs.
pub(super) struct Performers {
    pub ask: Val<String>,
    pub remind: Val<String>,
    pub conclude: Val<String>,
}

/// The machine: people have so many seconds to answer before they are reminded.
pub(super) fn machine(performers: &Performers, answer_within_seconds: u32) -> Machine {
    let begun = Flow::start("Begun", begun());
    let flow = [Turn::First, Turn::Second]
        .into_iter()
        .fold(begun, |flow, turn| {
            let of = |state: &str| names(turn, state);
            flow.state(of("Ask"), ask(performers, turn, answer_within_seconds))
                .state(of("Pause"), Wait::seconds(PAUSE_SECONDS).then(of("Ask")))
                .state(of("Remind"), remind(performers, turn))
                .state(of("Reminded"), reminded(turn))
                .state(of("Verdict"), verdict(turn))
        });
    let endings = [
        Ending::Approve,
        Ending::Reject,
        Ending::Dispute,
        Ending::Timeout,
    ];
    let flow = endings.into_iter().fold(flow, |flow, ending| {
        flow.state(concluding(ending), conclude(performers, ending))
    });
    let flow = flow.state(DECIDED, Succeed::new()).state(
        UNDECIDED,
        Fail::new(
            UNDECIDED,
            "A task failed for good, or the input is not what it should be: see the execution's history. Mend the cause, \
             then start an execution with the same input under another name.",
        ),
    );
    Machine::new([DECIDED, UNDECIDED], flow).comment("Who decides about an invoice, and when.")
}

/// `AskFirst`, `PauseSecond`; `FirstVerdict`, `SecondReminded`.
fn names(turn: Turn, state: &str) -> String {
    let turn = match turn {
        Turn::First => "First",
        Turn::Second => "Second",
    };
    match state {
        "Verdict" | "Reminded" => format!("{turn}{state}"),
        _ => format!("{state}{turn}"),
    }
}

const fn concluding(ending: Ending) -> &'static str {
    match ending {
        Ending::Approve => "ConcludeApproved",
        Ending::Reject => "ConcludeRejected",
        Ending::Dispute => "ConcludeDisputed",
        Ending::Timeout => "ConcludeTimeout",
    }
}

/// What compliance left to people: an approval, a dispute or a payment that failed, by one person or by two. Anything else
/// is no request.
fn begun() -> cfn::asl::State {
    let waiting = [Waiting::Approval, Waiting::Dispute, Waiting::PaymentFailed];
    let approvers = Place::at("approvers");
    let people = Condition::any([approvers.is_number(1), approvers.is_number(2)]);
    let choice = |waiting: Waiting| {
        let is = Place::at("waiting").is_text(&text(waiting));
        Condition::all([is, people.clone()])
    };
    let [approval, dispute, payment_failed] = waiting.map(choice);
    let ask = || names(Turn::First, "Ask");
    Choice::when(approval, ask())
        .or_when(dispute, ask())
        .or_when(payment_failed, ask())
        .otherwise(UNDECIDED)
}

/// Puts the invoice before people and waits for one's answer.
fn ask(performers: &Performers, turn: Turn, answer_within_seconds: u32) -> cfn::asl::State {
    let call = call::<AskDecision>(|input| input.text("turn", text(turn)));
    let overtaken = [ErrorName::Timeout, faults::OVERTAKEN.into()];
    Task::invoke_and_wait(performers.ask.clone(), call, "token", answer_within_seconds)
        .keep(answer())
        .retry(Retry::on_lambda_service_errors())
        .catch(Catch::on(overtaken, Keep::Nothing, names(turn, "Remind")))
        .catch(Catch::on(passing(), Keep::Nothing, names(turn, "Pause")))
        .catch(failed())
        .then(names(turn, "Verdict"))
}

/// Finds the decision whose answer got lost, or reminds people, or says that the time is up.
fn remind(performers: &Performers, turn: Turn) -> cfn::asl::State {
    let call = call::<RemindDecision>(|input| input.text("turn", text(turn)));
    let parts = ["decided", "verdict", "again"]
        .into_iter()
        .fold(Payload::new(), |parts, part| {
            parts.take(part, Place::at(&format!("Payload.{part}")))
        });
    guarded(Task::invoke(performers.remind.clone(), call))
        .select(parts)
        .keep(answer())
        .then(names(turn, "Reminded"))
}

fn reminded(turn: Turn) -> cfn::asl::State {
    Choice::when(
        Place::at("answer.decided").is_true(),
        names(turn, "Verdict"),
    )
    .or_when(Place::at("answer.again").is_true(), names(turn, "Ask"))
    .otherwise(concluding(Ending::Timeout))
}

/// What a turn's verdict leads to. Only what awaits approval can be disputed.
fn verdict(turn: Turn) -> cfn::asl::State {
    let is = |verdict: Verdict| Place::at("answer.verdict").is_text(&text(verdict));
    let disputed = Condition::all([
        is(Verdict::Dispute),
        Place::at("waiting").is_text(&text(Waiting::Approval)),
    ]);
    let refused = Choice::when(is(Verdict::Reject), concluding(Ending::Reject))
        .or_when(disputed, concluding(Ending::Dispute));
    let agreed = match turn {
        Turn::First => {
            let two = Place::at("approvers").is_at_least(2);
            refused.or_when(
                Condition::all([is(Verdict::Approve), two]),
                names(Turn::Second, "Ask"),
            )
        }
        Turn::Second => refused,
    };
    agreed
        .or_when(is(Verdict::Approve), concluding(Ending::Approve))
        .otherwise(UNDECIDED)
}

/// Carries out what is recorded.
fn conclude(performers: &Performers, ending: Ending) -> cfn::asl::State {
    let call = call::<ConcludeDecision>(|input| input.text("ending", text(ending)));
    guarded(Task::invoke(performers.conclude.clone(), call))
        .keep(Keep::Nothing)
        .then(DECIDED)
}

/// What a task's function is invoked with (`contracts::tasks::TaskCall`), but for a callback's token.
fn call<T: Declared>(more: impl FnOnce(Payload) -> Payload) -> Payload {
    let input = more(Payload::new().take("request", Context::ExecutionInput));
    Payload::new()
        .text("task", T::SPEC.name)
        .nested("input", input)
}

/// A task that is tried again, and ends the execution as undecided when that does not help.
fn guarded(task: Task) -> Task {
    let patient = Retry::on(passing())
        .after_seconds(2)
        .attempts(ATTEMPTS)
        .times_later(2.0)
        .at_most_seconds(60)
        .with_jitter();
    let brief = Retry::on([ErrorName::TaskFailed, ErrorName::Timeout])
        .after_seconds(5)
        .attempts(LAST_ATTEMPTS)
        .times_later(2.0);
    task.timeout_seconds(TASK_SECONDS)
        .retry(patient)
        .retry(brief)
        .catch(failed())
}

/// Failures that trying again may mend: Lambda's own, a function that was killed, and those that the kit says so of.
fn passing() -> impl Iterator<Item = &'static str> {
    let killed = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"];
    LAMBDA_SERVICE_ERRORS
        .into_iter()
        .chain(killed)
        .chain(faults::RETRIED)
}

fn failed() -> Catch {
    Catch::all(Keep::At(Place::at("error")), UNDECIDED)
}

fn answer() -> Keep {
    Keep::At(Place::at("answer"))
}

/// How the tasks' types spell it. They are all plain words.
fn text(word: impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
