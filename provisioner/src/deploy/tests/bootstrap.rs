//! The bootstrap stack in trouble: the help names what works, and no environment that doesn't exist.

use super::*;

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
