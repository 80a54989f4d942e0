//! What somebody decides while a deletion is prepared: a stack that was renewed, protected or deployed meanwhile stays.

use super::*;
use crate::cloudformation::scripted::State;

const STACK: &str = "invoicing-dev";

fn tag(state: &mut State, key: &str, value: &str) {
    let stack = state.stacks.get_mut(STACK).unwrap();
    stack.tags.insert(key.to_owned(), value.to_owned());
}

/// An ephemeral environment past its life, with a document in its bucket.
async fn expired() -> Scripted {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let objects = BTreeMap::from([("invoice.xml".to_owned(), Vec::new())]);
    let mut state = world.state();
    state.buckets.insert("documents".to_owned(), objects);
    tag(&mut state, reaper::KIND, reaper::EPHEMERAL);
    tag(&mut state, reaper::EXPIRES, "2020-01-01T00:00:00Z");
    drop(state);
    world.writes();
    world
}

/// What `reap` does with one.
async fn reaped(world: &Scripted) -> Result<TornDown, Failure> {
    let environment = environment();
    let confirmed = Confirmed::assumed(&environment);
    let ui = ui(Asks::No);
    let stack = world.stack(STACK).await?.unwrap();
    let stack = Condemned::judge(&environment, stack)?;
    let held = survey(world, world, &environment, stack, &ui).await?;
    let held = held.map(|held| held.only_while_expired(&[]));
    let (ports, pace) = (ports(world), Pace::CLOUD);
    remove(&ports, world, &confirmed, held, Force::No, pace, &ui).await
}

fn renewed(state: &mut State) {
    tag(state, reaper::EXPIRES, "2999-01-01T00:00:00Z");
}

fn protected(state: &mut State) {
    state.stacks.get_mut(STACK).unwrap().protection = Protection::On;
}

fn updating(state: &mut State) {
    state.stacks.get_mut(STACK).unwrap().status = "UPDATE_IN_PROGRESS";
}

fn updated(state: &mut State) {
    state.stacks.get_mut(STACK).unwrap().status = "UPDATE_COMPLETE";
}

#[tokio::test(start_paused = true)]
async fn an_expired_environment_that_is_renewed_while_it_is_looked_at_stays_whole() {
    let world = expired().await;
    world.state().meddles = Some(("ListStackResources", renewed));
    let failure = reaped(&world).await.unwrap_err();
    assert_eq!((failure.exit, failure.code), (Exit::Refused, "reap.stays"));
    assert!(failure.message.contains("lives until 2999"), "{failure}");
    assert_eq!(world.writes(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn one_that_is_renewed_while_its_buckets_are_emptied_is_not_deleted() {
    let world = expired().await;
    world.state().meddles = Some(("DeleteObjects", renewed));
    assert_eq!(reaped(&world).await.unwrap_err().code, "reap.stays");
    assert!(!world.writes().contains(&"DeleteStack"));
    assert_eq!(status(&world), "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_renews_goes() {
    let world = expired().await;
    assert_eq!(reaped(&world).await.unwrap().left, Vec::<String>::new());
    assert!(!world.state().stacks.contains_key(STACK));
}

type Meddling = (fn(&mut State), Exit, &'static str);

#[tokio::test(start_paused = true)]
async fn down_stops_at_a_stack_that_somebody_protects_or_deploys_meanwhile() {
    let meddlings: [Meddling; 4] = [
        (protected, Exit::Refused, "stack.protected"),
        (updating, Exit::Busy, "stack.busy"),
        (updated, Exit::Refused, "stack.changed"),
        (renewed, Exit::Refused, "stack.changed"),
    ];
    for (meddling, exit, code) in meddlings {
        for at in ["ListStackResources", "DeleteObjects"] {
            let world = expired().await;
            world.state().meddles = Some((at, meddling));
            let failure = down(&world).await.unwrap_err();
            assert_eq!((failure.exit, failure.code), (exit, code), "{at}");
            let writes = world.writes();
            assert!(!writes.contains(&"DeleteStack"), "{code} {at}");
            assert_eq!(writes.is_empty(), at == "ListStackResources", "{code}");
        }
    }
}
