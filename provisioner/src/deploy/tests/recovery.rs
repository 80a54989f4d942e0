//! `recover`: each stuck state has its way out, and what has none says so.

use super::*;
use crate::deploy::recover::Recovered;
use crate::deploy::{ABSENT, Recovery, Way, recover, way};

async fn recovered(world: &Scripted, skip: &[&str]) -> Result<(Way, Recovered), Failure> {
    let environment = environment();
    let confirmed = Confirmed::assumed(&environment);
    let stack = world.stack(&environment.stack_name()).await?.unwrap();
    let way = way(&stack)?;
    let skip: Vec<String> = skip.iter().map(|id| (*id).to_owned()).collect();
    let recovery = Recovery {
        skip: &skip,
        force: Force::No,
        pace: Pace::CLOUD,
    };
    let (ports, ui) = (ports(world), ui(Asks::No));
    let found = recover(&ports, world, &confirmed, (stack, way), &recovery, &ui).await?;
    Ok((way, found))
}

fn set(world: &Scripted, status: &'static str) {
    let mut state = world.state();
    state.stacks.get_mut("invoicing-dev").unwrap().status = status;
}

#[tokio::test(start_paused = true)]
async fn a_failed_creation_is_deleted_and_up_works_again() {
    let world = Scripted::default();
    world.state().fails = Some(("Queue", "the queue's name is taken"));
    up(&world, &template(0)).await.unwrap_err();
    world.state().fails = None;
    let (way, found) = recovered(&world, &[]).await.unwrap();
    assert_eq!((way, found.to.as_str()), (Way::Delete, ABSENT));
    up(&world, &template(0)).await.unwrap();
    assert_eq!(status(&world), "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn a_shell_and_a_failed_deletion_are_deleted_with_their_buckets_emptied() {
    for state in ["REVIEW_IN_PROGRESS", "DELETE_FAILED"] {
        let world = Scripted::default();
        up(&world, &template(0)).await.unwrap();
        set(&world, state);
        let objects = BTreeMap::from([("invoice.xml".to_owned(), Vec::new())]);
        let bucket = "documents".to_owned();
        world.state().buckets.insert(bucket, objects);
        let (way, found) = recovered(&world, &[]).await.unwrap();
        assert_eq!((way, found.to.as_str()), (Way::Delete, ABSENT), "{state}");
        assert!(!world.state().stacks.contains_key("invoicing-dev"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_could_not_finish_goes_on_and_without_what_holds_it_by_flag() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    set(&world, "UPDATE_ROLLBACK_FAILED");
    world.state().holds = Some(("Queue", "somebody deleted it"));
    let stuck = recovered(&world, &[]).await.unwrap_err();
    assert_eq!(stuck.exit, Exit::Stuck);
    assert!(stuck.message.contains("somebody deleted it"), "{stuck}");
    assert!(
        stuck
            .help
            .unwrap()
            .contains("--skip LOGICAL_ID (here: Queue)")
    );
    let (way, found) = recovered(&world, &["Queue"]).await.unwrap();
    assert_eq!(way, Way::ContinueRollback);
    assert_eq!(found.to, "UPDATE_ROLLBACK_COMPLETE");
    up(&world, &template(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_well_stack_is_left_alone_and_a_busy_one_is_busy() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.writes();
    let (way, found) = recovered(&world, &[]).await.unwrap();
    assert_eq!((way, found.to.as_str()), (Way::None, "CREATE_COMPLETE"));
    assert_eq!(world.writes(), Vec::<&str>::new());
    for (state, exit) in [
        ("UPDATE_IN_PROGRESS", Exit::Busy),
        ("IMPORT_ROLLBACK_FAILED", Exit::Stuck),
    ] {
        set(&world, state);
        assert_eq!(recovered(&world, &[]).await.unwrap_err().exit, exit);
    }
    assert_eq!(world.writes(), Vec::<&str>::new());
}
