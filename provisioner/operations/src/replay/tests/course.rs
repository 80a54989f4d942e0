//! The course of a replay: followed to its end, joined when it runs already, and how it can fail.

use super::{NOW, bus, planned, request};
use crate::ports::{ServiceError, Trouble};
use crate::replay::fakes::FakeBus;
use crate::replay::{
    ReplayFailure, ReplayPlan, ReplayState, Replayed, Start, replay, replayed_text,
};

fn state(plan: &ReplayPlan, word: &str) -> Result<ReplayState, ServiceError> {
    Ok(ReplayState {
        order: plan.order().unwrap(),
        state: word.to_owned(),
        reason: None,
        last_event: (word != "STARTING").then_some(NOW),
    })
}

fn unavailable() -> Result<ReplayState, ServiceError> {
    Err(ServiceError {
        action: "following",
        subject: "replay".to_owned(),
        reason: "scripted".to_owned(),
        trouble: Trouble::Unavailable,
    })
}

async fn follow(
    bus: &FakeBus,
    plan: &ReplayPlan,
) -> (Result<Replayed, ReplayFailure>, Vec<String>) {
    let mut told = Vec::new();
    let end = replay(bus, plan, &mut |now| told.push(now.state.clone())).await;
    (end, told)
}

#[tokio::test]
async fn a_replay_goes_to_the_admitting_rules_only_and_is_followed_to_its_end() {
    let bus = bus();
    let plan = planned(&bus, &request("2h", "1h")).await.unwrap();
    bus.states.lock().unwrap().extend([
        state(&plan, "STARTING"),
        unavailable(),
        state(&plan, "RUNNING"),
        state(&plan, "COMPLETED"),
    ]);
    let (end, told) = follow(&bus, &plan).await;
    let end = end.unwrap();
    assert_eq!(told, ["STARTING", "RUNNING"]);
    assert_eq!(end.state, "COMPLETED");
    assert_eq!(bus.orders.lock().unwrap()[..], [plan.order().unwrap()]);
    let text = replayed_text(&end);
    assert!(text.contains("COMPLETED, to EventsToAuditRule"), "{text}");
}

#[tokio::test]
async fn the_same_replay_is_joined_and_another_of_its_name_is_not() {
    let bus = bus();
    let plan = planned(&bus, &request("2h", "1h")).await.unwrap();
    bus.starts
        .lock()
        .unwrap()
        .extend([Start::Exists, Start::Exists]);
    bus.states
        .lock()
        .unwrap()
        .push_back(state(&plan, "COMPLETED"));
    assert_eq!(follow(&bus, &plan).await.0.unwrap().state, "COMPLETED");
    let mut other = state(&plan, "RUNNING").unwrap();
    other.order.window.from = NOW;
    *bus.states.lock().unwrap() = [Ok(other)].into();
    let failure = follow(&bus, &plan).await.0.unwrap_err();
    assert_eq!((failure.code(), failure.exit()), ("replay.name-taken", 3));
}

#[tokio::test]
async fn a_replay_that_fails_is_busy_or_is_lost_says_so() {
    let bus = bus();
    let plan = planned(&bus, &request("2h", "1h")).await.unwrap();
    let mut failed = state(&plan, "FAILED").unwrap();
    failed.reason = Some("the key is disabled".to_owned());
    *bus.states.lock().unwrap() = [Ok(failed)].into();
    let failure = follow(&bus, &plan).await.0.unwrap_err();
    assert!(
        failure.to_string().contains("the key is disabled"),
        "{failure}"
    );
    assert_eq!(failure.exit(), 1);
    *bus.states.lock().unwrap() = [unavailable()].into();
    let failure = follow(&bus, &plan).await.0.unwrap_err();
    assert_eq!(failure.exit(), 5);
    let reason = "ten are running".to_owned();
    bus.starts.lock().unwrap().push_back(Start::Busy { reason });
    assert_eq!(follow(&bus, &plan).await.0.unwrap_err().exit(), 6);
}
