//! The bootstrap stack in trouble: the help names what works, and no environment that doesn't exist.

use super::*;
use crate::publish::{Publication, publish};

fn helps(failure: Failure) {
    let help = failure.help.unwrap();
    assert!(
        help.contains("delete-stack --stack-name provision-bootstrap"),
        "{help}"
    );
    assert!(!help.contains("--env bootstrap"), "{help}");
}

#[tokio::test(start_paused = true)]
async fn a_bootstrap_stack_that_fails_or_is_stuck_says_how_to_go_on() {
    let world = Scripted::default();
    world.state().fails = Some(("Artifacts", "the bucket's name is taken"));
    let failed = up(&world, &template(0)).await.unwrap_err();
    assert!(failed.message.contains("the bucket's name is taken"));
    helps(failed);
    assert_eq!(
        world.state().stacks["provision-bootstrap"].status,
        "ROLLBACK_COMPLETE"
    );
    let stuck = up(&world, &template(0)).await.unwrap_err();
    assert_eq!(stuck.exit, Exit::Stuck);
    helps(stuck);
}

#[tokio::test(start_paused = true)]
async fn a_busy_bootstrap_stack_is_waited_for_and_not_deleted() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let update = "UPDATE_IN_PROGRESS";
    let name = "provision-bootstrap";
    {
        let mut state = world.state();
        let stack = state.stacks.get_mut(name).unwrap();
        stack.status = update;
        stack.template = template(3).minified();
    }
    let busy = up(&world, &template(1)).await.unwrap_err();
    assert_eq!(busy.exit, Exit::Busy);
    assert!(!busy.help.unwrap().contains("delete-stack"));
}

/// Publishes for an environment, as a deployment of it would.
async fn published(world: &Scripted, environment: &Environment, reaper: &str) {
    let reaper = Archive {
        handler: packaging::REAPER.to_owned(),
        sha256: reaper.to_owned(),
        ..archive()
    };
    let publication = Publication {
        environment,
        archives: &[archive(), reaper],
        template: None,
        pace: Pace::CLOUD,
    };
    publish(&ports(world), &publication, &ui(Asks::No))
        .await
        .unwrap();
}

fn ephemeral() -> Environment {
    Environment {
        kind: stack::Kind::Ephemeral,
        ..environment()
    }
}

/// The key of the reaper's archive in the bootstrap stack.
fn reaper(world: &Scripted) -> Option<String> {
    let state = world.state();
    let template = Template::parse(&state.stacks["provision-bootstrap"].template).unwrap();
    let function = template.resource("ReaperFunction")?;
    let key = &function["Properties"]["Code"]["S3Key"];
    Some(key.as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_reaper_comes_with_the_first_ephemeral_environment_after_its_bucket_and_archive() {
    let world = Scripted::default();
    published(&world, &environment(), "aa").await;
    assert_eq!(reaper(&world), None);
    world.writes();
    published(&world, &ephemeral(), "aa").await;
    assert_eq!(reaper(&world).unwrap(), "handlers/reaper/aa.zip");
    assert_eq!(world.writes(), ["CreateChangeSet", "ExecuteChangeSet"]);
    let anew = Scripted::default();
    published(&anew, &ephemeral(), "aa").await;
    assert_eq!(reaper(&anew), reaper(&world));
    let position = |wanted: &str, nth: usize| {
        let writes = &anew.state().calls;
        let mut found = (0..writes.len()).filter(|at| writes[*at] == wanted);
        found.nth(nth).unwrap()
    };
    let uploaded = position("PutObject", 1);
    assert!(position("ExecuteChangeSet", 0) < uploaded);
    assert!(uploaded < position("CreateChangeSet", 1));
}

#[tokio::test(start_paused = true)]
async fn another_reaper_replaces_it_and_an_environment_that_stays_leaves_it() {
    let world = Scripted::default();
    published(&world, &ephemeral(), "aa").await;
    world.writes();
    published(&world, &ephemeral(), "aa").await;
    published(&world, &environment(), "bb").await;
    assert_eq!(reaper(&world).unwrap(), "handlers/reaper/aa.zip");
    assert!(!world.writes().contains(&"CreateChangeSet"));
    published(&world, &ephemeral(), "bb").await;
    assert_eq!(reaper(&world).unwrap(), "handlers/reaper/bb.zip");
}

#[test]
fn the_reaper_reads_its_role_where_the_stack_says_it() {
    assert_eq!(reaper::DELETION_ROLE, stack::DELETION_ROLE_VARIABLE);
    assert_eq!(
        format!("{}x", reaper::PREFIX),
        Environment {
            name: "x".to_owned(),
            ..environment()
        }
        .stack_name()
    );
}
