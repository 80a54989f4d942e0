//! Two runs that deploy the same at once: whenever the other one is done, this one ends, and what is wanted is deployed once.

use super::*;
use crate::cloudformation::scripted::State;

const STACK: &str = "invoicing-dev";

/// Calls that this run makes while there is a change set that the other run may execute.
const CALLS: [&str; 5] = [
    "DescribeChangeSet",
    "DescribeStacks",
    "GetTemplate",
    "DescribeStackEvents",
    "ExecuteChangeSet",
];

/// Just before the first of these calls that finds a change set, the other run executes it, and is done.
fn overtakes<const CALL: usize>(state: &mut State) {
    let made = state.stacks.get(STACK);
    if made.is_some_and(|stack| !stack.change_sets.is_empty()) {
        state.somebody_deploys(STACK);
    } else {
        state.meddles = Some((CALLS[CALL], overtakes::<CALL>));
    }
}

const OVERTAKES: [fn(&mut State); 5] = [
    overtakes::<0>,
    overtakes::<1>,
    overtakes::<2>,
    overtakes::<3>,
    overtakes::<4>,
];

#[tokio::test(start_paused = true)]
async fn whenever_another_run_has_deployed_the_same_this_one_ends() {
    for (call, overtakes) in CALLS.into_iter().zip(OVERTAKES) {
        for begun in [None, Some(template(0))] {
            let what = format!(
                "{call}, {}",
                if begun.is_some() { "update" } else { "create" }
            );
            let world = Scripted::default();
            if let Some(before) = &begun {
                up(&world, before).await.unwrap();
                // What is left of the first deployment is no change set of the second.
                world
                    .state()
                    .stacks
                    .get_mut(STACK)
                    .unwrap()
                    .change_sets
                    .clear();
            }
            world.state().meddles = Some((call, overtakes));
            match up(&world, &template(1)).await {
                Ok(_) => {}
                Err(failure) => assert_eq!(failure.exit, Exit::Busy, "{what}: {failure:?}"),
            }
            assert!(world.state().meddles.is_none(), "{what}: nobody came");
            let there = world.state().stacks[STACK].template.clone();
            assert_eq!(there, template(1).minified(), "{what}");
            assert!(status(&world).ends_with("E_COMPLETE"), "{what}");
            world.writes();
            up(&world, &template(1)).await.unwrap();
            assert_eq!(world.writes(), Vec::<&str>::new(), "{what}");
        }
    }
}
