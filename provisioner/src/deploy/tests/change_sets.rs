//! Change sets that are slow, refused, declined, or made twice; and operations whose events come late.

use super::*;
use crate::cloudformation::{ChangeSetKind, ChangeSetRequest, Mode, StackEvent, TemplateSource};
use crate::deploy::change_set::{Prepared, discard, prepare};
use crate::deploy::follow::{Started, follow};
use crate::deploy::outcome::Verdict;

const STACK: &str = "invoicing-dev";

fn request(kind: ChangeSetKind) -> ChangeSetRequest {
    ChangeSetRequest {
        stack: STACK.to_owned(),
        name: "provision-1".to_owned(),
        kind,
        template: TemplateSource::Inline(template(1).minified()),
        tags: BTreeMap::new(),
        mode: Mode::Standard,
        description: String::new(),
    }
}

async fn prepared(world: &Scripted, kind: ChangeSetKind) -> Result<Prepared, Failure> {
    prepare(world, &request(kind), Pace::CLOUD, &ui(Asks::No)).await
}

#[tokio::test(start_paused = true)]
async fn a_change_set_of_a_deleted_ones_name_is_made_anew() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    for _ in 0..2 {
        match prepared(&world, ChangeSetKind::Update).await.unwrap() {
            Prepared::Ready(view) => world.delete_change_set(&view.id).await.unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_set_that_is_never_made_ends_in_lost_contact() {
    let world = Scripted::default();
    world.state().never_made = true;
    let failure = prepared(&world, ChangeSetKind::Create).await.unwrap_err();
    assert_eq!(failure.exit, Exit::LostContact);
    assert_eq!(failure.code, "change-set.slow");
}

#[tokio::test(start_paused = true)]
async fn a_refused_first_change_set_leaves_no_shell() {
    let world = Scripted::default();
    world.state().refuses_change_sets = Some("Template format error");
    let failure = prepared(&world, ChangeSetKind::Create).await.unwrap_err();
    assert!(failure.message.contains("Template format error"));
    assert!(world.writes().contains(&"DeleteStack"));
}

#[tokio::test(start_paused = true)]
async fn what_early_validation_finds_is_said_after_the_reason() {
    let world = Scripted::default();
    let cause = "Queue (AWS::SQS::Queue) /Resources/Queue/Properties/DelaySeconds: 901 is not less or equal to 900";
    {
        let mut state = world.state();
        state.refuses_change_sets = Some("validation failed");
        state.invalid.push(cause.to_owned());
    }
    let failure = prepared(&world, ChangeSetKind::Create).await.unwrap_err();
    let message = failure.message;
    assert!(
        message.find("validation failed") < message.find(cause),
        "{message}"
    );
    assert!(message.contains(cause));
}

#[tokio::test(start_paused = true)]
async fn a_shell_that_another_run_has_begun_to_create_is_left_alone() {
    let world = Scripted::default();
    let Ok(Prepared::Ready(view)) = prepared(&world, ChangeSetKind::Create).await else {
        panic!("not made");
    };
    {
        let mut state = world.state();
        let stack = state.stacks.get_mut(STACK).unwrap();
        // It still reads as a shell; only its events know more.
        stack.events = vec![event(&stack.id, "created", "CREATE_IN_PROGRESS")];
    }
    discard(&world, &view.id).await.unwrap();
    assert!(!world.writes().contains(&"DeleteStack"));
}

#[tokio::test(start_paused = true)]
async fn an_untouched_shell_goes_with_its_declined_change_set() {
    let world = Scripted::default();
    let Ok(Prepared::Ready(view)) = prepared(&world, ChangeSetKind::Create).await else {
        panic!("not made");
    };
    discard(&world, &view.id).await.unwrap();
    assert!(world.writes().contains(&"DeleteStack"));
}

fn event(stack_id: &str, id: &str, status: &str) -> StackEvent {
    StackEvent {
        id: id.to_owned(),
        at: time::OffsetDateTime::UNIX_EPOCH,
        logical_id: STACK.to_owned(),
        physical_id: Some(stack_id.to_owned()),
        type_name: "AWS::CloudFormation::Stack".to_owned(),
        status: status.to_owned(),
        reason: None,
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_operation_before_is_not_this_ones() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.state().fails = Some(("Topic", "throttled"));
    up(&world, &template(1)).await.unwrap_err();
    world.state().fails = None;
    // Executed by an earlier run; the events still tell of the rollback before only.
    let Ok(Prepared::Ready(view)) = prepared(&world, ChangeSetKind::Update).await else {
        panic!("not made");
    };
    world.execute_change_set(&view.id, "token").await.unwrap();
    world.state().late_events = 3;
    let outcome = follow(
        &world,
        &view.id.stack_id,
        &Started::Earlier,
        Pace::CLOUD,
        |_| {},
    )
    .await
    .unwrap();
    assert_eq!(outcome.verdict(), Verdict::Done);
    assert!(outcome.root_causes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_another_run_has_done_before_anybody_listened_is_not_waited_for() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    // The other run is done when this one begins to listen.
    world.state().meddles = Some(("DescribeStackEvents", |state| {
        state.somebody_deploys(STACK);
    }));
    let converged = up(&world, &template(1)).await.unwrap();
    assert_eq!(converged.changes, cfn::diff::Counts::default());
    assert_eq!(status(&world), "UPDATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_another_run_makes_meanwhile_is_looked_at_again() {
    let world = Scripted::default();
    // The bootstrap stack is there already.
    up(&world, &template(0)).await.unwrap();
    down(&world).await.unwrap();
    world.state().meddles = Some(("DescribeChangeSet", |state| {
        state.somebody_deploys(STACK);
    }));
    let converged = up(&world, &template(0)).await.unwrap();
    assert_eq!(converged.changes, cfn::diff::Counts::default());
    assert_eq!(status(&world), "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn an_operation_of_which_nothing_is_heard_ends_the_wait() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let id = world.state().stacks[STACK].id.clone();
    let newest = world.state().stacks[STACK].events[0].id.clone();
    let quiet = async |started| {
        let pace = Pace::LOCAL;
        follow(&world, &id, &started, pace, |_| {}).await
    };
    // Nothing comes after the newest event of a stack at rest.
    let failure = quiet(Started::After(Some(newest))).await.unwrap_err();
    assert_eq!(failure.exit, Exit::LostContact);
    assert_eq!(failure.code, "stack.silent");
    // Its end is never told: the stack itself knows.
    world.state().stacks.get_mut(STACK).unwrap().events[0].status = "UPDATE_IN_PROGRESS".into();
    let outcome = quiet(Started::Earlier).await.unwrap();
    assert_eq!(outcome.status.as_str(), "CREATE_COMPLETE");
    // It goes on for ever, and nothing happens.
    world.state().stacks.get_mut(STACK).unwrap().status = "UPDATE_IN_PROGRESS";
    let failure = quiet(Started::Earlier).await.unwrap_err();
    assert_eq!(failure.exit, Exit::LostContact);
    assert!(failure.message.contains("UPDATE_IN_PROGRESS"));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_is_nobodys_deployment() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let set = |status| world.state().stacks.get_mut(STACK).unwrap().status = status;
    for status in ["UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"] {
        set(status);
        let failure = up(&world, &template(0)).await.unwrap_err();
        assert_eq!(failure.exit, Exit::Busy, "{status}");
        assert!(failure.message.contains(status), "{failure:?}");
    }
}
