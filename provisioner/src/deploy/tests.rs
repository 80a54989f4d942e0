//! `up` and `down` against a CloudFormation that is stricter than an emulator and loses answers on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests fail by panicking

use super::converge::Converged;
use super::{
    Condemned, Force, Pace, Ports, TornDown, Wanted, converge, look, preview, remove, survey,
};
use crate::artifacts::Archive;
use crate::cli::Output;
use crate::cloudformation::scripted::{BUCKET_URL, Scripted};
use crate::cloudformation::{CloudFormation, Kind, Protection};
use crate::exit::{Exit, Failure};
use crate::plan::Plan;
use crate::session::Confirmed;
use crate::ui::{Asks, Colour, Live, Ui, Voice};
use cfn::Template;
use serde_json::json;
use stack::{Environment, Target};
use std::collections::BTreeMap;

mod approval;
mod archives;
mod attached;
mod bootstrap;
mod change_sets;
mod down;
mod inventory;
mod modes;
mod recovery;
mod second_thoughts;
mod two_at_once;

fn ui(asks: Asks) -> Ui {
    Ui {
        output: Output::Human,
        voice: Voice::Quiet,
        asks,
        colour: Colour::Plain,
        live: Live::Lines,
    }
}

fn environment() -> Environment {
    let text = include_str!("../../../environments/dev.yaml");
    let mut environment = crate::environment::parse("dev.yaml", text).unwrap();
    environment.name = "dev".to_owned();
    environment
}

fn template(padding: usize) -> Template {
    Template::parse(
        &json!({
            "Description": "x".repeat(padding),
            "Resources": {
                "Documents": {"Type": "AWS::S3::Bucket"},
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}},
                "Topic": {"Type": "AWS::SNS::Topic"},
            }
        })
        .to_string(),
    )
    .unwrap()
}

fn archive() -> Archive {
    Archive {
        handler: "portal".to_owned(),
        path: "portal.zip".into(),
        sha256: "ab".repeat(32),
        bytes: 1,
        glibc: None,
    }
}

async fn with_wanted<T>(
    environment: &Environment,
    template: &Template,
    work: impl AsyncFnOnce(&Wanted<'_>) -> T,
) -> T {
    let confirmed = Confirmed::assumed(environment);
    let tags = crate::synthesis::stack_tags(environment);
    let archives = [archive()];
    work(&Wanted {
        environment: &confirmed,
        template,
        tags: &tags,
        archives: &archives,
        commit: Some("0123abc"),
        approved: None,
        bucket_url: BUCKET_URL,
        pace: Pace::CLOUD,
        settling: None,
    })
    .await
}

fn ports(world: &Scripted) -> Ports<'_, Scripted, Scripted> {
    Ports {
        cloud: world,
        objects: world,
    }
}

async fn up_as(
    world: &Scripted,
    environment: &Environment,
    template: &Template,
    ui: &Ui,
) -> Result<Converged, Failure> {
    let deployed = look(world, &environment.stack_name()).await?;
    with_wanted(environment, template, async |wanted| {
        converge(&ports(world), wanted, deployed, ui).await
    })
    .await
}

async fn diff(world: &Scripted, template: &Template) -> Result<Plan, Failure> {
    let environment = environment();
    let deployed = look(world, &environment.stack_name()).await?;
    with_wanted(&environment, template, async |wanted| {
        preview(&ports(world), wanted, deployed, &ui(Asks::No)).await
    })
    .await
}

async fn up(world: &Scripted, template: &Template) -> Result<Converged, Failure> {
    up_as(world, &environment(), template, &ui(Asks::No)).await
}

async fn down_as(world: &Scripted, environment: &Environment) -> Result<TornDown, Failure> {
    let confirmed = Confirmed::assumed(environment);
    let stack = world.stack(&environment.stack_name()).await?;
    let ui = ui(Asks::No);
    let stack = match stack {
        Some(stack) => {
            let stack = Condemned::judge(environment, stack)?;
            survey(world, world, environment, stack, &ui).await?
        }
        None => None,
    };
    remove(
        &ports(world),
        world,
        &confirmed,
        stack,
        Force::No,
        Pace::CLOUD,
        &ui,
    )
    .await
}

async fn down(world: &Scripted) -> Result<TornDown, Failure> {
    down_as(world, &environment()).await
}

fn status(world: &Scripted) -> &'static str {
    world.state().stacks["invoicing-dev"].status
}

#[tokio::test(start_paused = true)]
async fn a_second_up_makes_no_write_call() {
    let world = Scripted::default();
    let first = up(&world, &template(0)).await.unwrap();
    assert_eq!(first.changes.add, 3);
    assert_eq!(status(&world), "CREATE_COMPLETE");
    assert!(world.writes().contains(&"ExecuteChangeSet"));
    let second = up(&world, &template(0)).await.unwrap();
    assert_eq!(second.changes, cfn::diff::Counts::default());
    assert_eq!(world.writes(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_an_update_and_archives_are_uploaded_once() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.writes();
    let second = up(&world, &template(1)).await.unwrap();
    assert_eq!(second.changes.add, 0);
    assert_eq!(status(&world), "UPDATE_COMPLETE");
    assert_eq!(world.writes(), ["CreateChangeSet", "ExecuteChangeSet"]);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_of_every_write_are_survived_by_running_again() {
    for call in ["CreateChangeSet", "ExecuteChangeSet"] {
        let world = Scripted::default();
        up(&world, &template(0)).await.unwrap();
        world.state().lose_answer_of.push(call);
        if let Err(failure) = up(&world, &template(1)).await {
            assert_eq!(failure.exit, Exit::LostContact, "{call}");
            up(&world, &template(1)).await.unwrap();
        }
        assert_eq!(status(&world), "UPDATE_COMPLETE", "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_still_reads_review_in_progress_is_followed_by_its_events() {
    let world = Scripted::default();
    world.state().stale_reads = 3;
    up(&world, &template(0)).await.unwrap();
    assert_eq!(status(&world), "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn both_texts_of_no_changes_end_in_no_changes() {
    for text in [
        "No updates are to be performed.",
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    ] {
        let world = Scripted::default();
        up(&world, &template(0)).await.unwrap();
        world.state().sees_no_change = Some(text);
        let second = up(&world, &template(1)).await.unwrap();
        assert_eq!(second.changes, cfn::diff::Counts::default());
        let state = world.state();
        assert!(
            state.stacks["invoicing-dev"]
                .change_sets
                .values()
                .all(|set| { set.execution == crate::cloudformation::Execution::Over })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_call_and_run_again_it_converges() {
    let whole = {
        let world = Scripted::default();
        up(&world, &template(60_000)).await.unwrap();
        world.state().calls.len()
    };
    for at in 0..whole {
        let world = Scripted::default();
        world.state().killed_at = Some(at);
        let _ = up(&world, &template(60_000)).await;
        world.state().killed_at = None;
        let again = up(&world, &template(60_000)).await;
        assert!(again.is_ok(), "killed at call {at}: {again:?}");
        assert_eq!(status(&world), "CREATE_COMPLETE", "killed at call {at}");
        world.writes();
        up(&world, &template(60_000)).await.unwrap();
        assert_eq!(world.writes(), Vec::<&str>::new(), "killed at call {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_template_goes_through_the_bucket() {
    let world = Scripted::default();
    up(&world, &template(60_000)).await.unwrap();
    let state = world.state();
    let bucket = &state.buckets["provision-artifacts-111122223333-eu-central-1"];
    assert!(bucket.keys().any(|key| key.starts_with("templates/")));
}

#[tokio::test(start_paused = true)]
async fn a_failed_creation_names_its_root_cause_and_then_needs_a_person() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    down(&world).await.unwrap();
    world.state().fails = Some(("Queue", "the queue's name is taken"));
    let failure = up(&world, &template(0)).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(
        failure
            .message
            .contains("Queue (AWS::SQS::Queue) CREATE_FAILED: the queue's name is taken")
    );
    let stuck = up(&world, &template(0)).await.unwrap_err();
    assert_eq!(stuck.exit, Exit::Stuck);
    assert!(stuck.help.unwrap().contains("provision down --env dev"));
    world.state().fails = None;
    down(&world).await.unwrap();
    up(&world, &template(0)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_rolls_back_and_can_be_repeated() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.state().fails = Some(("Topic", "throttled"));
    let failure = up(&world, &template(1)).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert_eq!(status(&world), "UPDATE_ROLLBACK_COMPLETE");
    world.state().fails = None;
    up(&world, &template(1)).await.unwrap();
    assert_eq!(status(&world), "UPDATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_operation_is_busy() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world
        .state()
        .stacks
        .get_mut("invoicing-dev")
        .unwrap()
        .status = "UPDATE_IN_PROGRESS";
    assert_eq!(up(&world, &template(1)).await.unwrap_err().exit, Exit::Busy);
    assert_eq!(down(&world).await.unwrap_err().exit, Exit::Busy);
}

#[tokio::test(start_paused = true)]
async fn without_anybody_to_ask_nothing_is_written() {
    let world = Scripted::default();
    let refusal = up_as(&world, &environment(), &template(0), &ui(Asks::Nobody))
        .await
        .unwrap_err();
    assert_eq!(refusal.exit, Exit::Refused);
    assert_eq!(world.writes(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn a_protected_environment_gets_termination_protection_and_then_no_write() {
    let world = Scripted::default();
    let protected = Environment {
        protected: true,
        target: Target::Aws,
        ..environment()
    };
    up_as(&world, &protected, &template(0), &ui(Asks::No))
        .await
        .unwrap();
    assert_eq!(
        world.state().stacks["invoicing-dev"].protection,
        Protection::On
    );
    world.writes();
    up_as(&world, &protected, &template(0), &ui(Asks::No))
        .await
        .unwrap();
    assert_eq!(world.writes(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn whatever_hides_a_running_operation_is_lost_contact_and_running_again_follows_it() {
    for kind in [Kind::Credentials, Kind::Denied, Kind::Odd] {
        let world = Scripted::default();
        up(&world, &template(0)).await.unwrap();
        world.state().blinds = Some(kind);
        let failure = up(&world, &template(1)).await.unwrap_err();
        assert_eq!(failure.exit, Exit::LostContact, "{kind:?}");
        assert!(
            failure.message.contains("the token has expired"),
            "{kind:?}"
        );
        world.state().blinds = None;
        up(&world, &template(1)).await.unwrap();
        assert_eq!(status(&world), "UPDATE_COMPLETE", "{kind:?}");
    }
}

/// The template with a deletion policy, which CloudFormation doesn't update by itself.
fn retaining() -> Template {
    let mut text: serde_json::Value = serde_json::from_str(&template(0).minified()).unwrap();
    text["Resources"]["Documents"]["DeletionPolicy"] = json!("Retain");
    Template::parse(&text.to_string()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_cloudformation_does_not_update_by_itself_converges_too() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let plan = diff(&world, &retaining()).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.unapplied, ["Documents"]);
    // What `diff` has heard, `up` needs not ask again: where it shows nothing, nothing is written.
    world.writes();
    up(&world, &retaining()).await.unwrap();
    assert_eq!(world.writes(), Vec::<&str>::new());
    let second = up(&world, &retaining()).await.unwrap();
    assert_eq!(second.changes, cfn::diff::Counts::default());
    assert!(diff(&world, &retaining()).await.unwrap().is_empty());
    assert_eq!(world.writes(), Vec::<&str>::new());
    // With a real change beside it, it is a change again.
    let mut text: serde_json::Value = serde_json::from_str(&retaining().minified()).unwrap();
    text["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = json!(60);
    let both = Template::parse(&text.to_string()).unwrap();
    assert_eq!(up(&world, &both).await.unwrap().changes.modify, 2);
}

#[tokio::test(start_paused = true)]
async fn termination_protection_alone_is_shown_and_needs_approval_like_any_change() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let protected = Environment {
        protected: true,
        target: Target::Aws,
        ..environment()
    };
    world.writes();
    for wanted in [template(0), retaining()] {
        let refusal = up_as(&world, &protected, &wanted, &ui(Asks::Nobody)).await;
        assert_eq!(refusal.unwrap_err().exit, Exit::Refused);
    }
    assert_eq!(world.writes(), Vec::<&str>::new());
    up_as(&world, &protected, &template(0), &ui(Asks::No))
        .await
        .unwrap();
    assert_eq!(world.writes(), ["UpdateTerminationProtection"]);
}
