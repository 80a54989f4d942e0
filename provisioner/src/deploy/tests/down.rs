//! `down`: what it deletes, what it must never delete, and that it finishes what a killed run began.

use super::*;

#[tokio::test(start_paused = true)]
async fn down_empties_buckets_first_and_leaves_nothing() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let objects = BTreeMap::from([("invoice.xml".to_owned(), Vec::new())]);
    world
        .state()
        .buckets
        .insert("documents".to_owned(), objects);
    let torn_down = down(&world).await.unwrap();
    assert_eq!(torn_down.left, Vec::<String>::new());
    assert_eq!(torn_down.deleted, 3);
    assert!(!world.state().stacks.contains_key("invoicing-dev"));
}

/// The template, whose bucket outlives the stack.
fn keeping() -> Template {
    let mut text: serde_json::Value = serde_json::from_str(&template(0).minified()).unwrap();
    text["Resources"]["Documents"]["DeletionPolicy"] = json!("RetainExceptOnCreate");
    Template::parse(&text.to_string()).unwrap()
}

fn protected() -> Environment {
    Environment {
        protected: true,
        target: Target::Aws,
        ..environment()
    }
}

#[tokio::test(start_paused = true)]
async fn down_killed_at_any_call_is_finished_by_the_next() {
    let local = Environment {
        target: Target::Local,
        ..environment()
    };
    let deployed = async || {
        let world = Scripted::default();
        up(&world, &template(0)).await.unwrap();
        world.state().archives.insert(local.archive_name());
        world.state().calls.clear();
        world
    };
    let whole = {
        let world = deployed().await;
        down_as(&world, &local).await.unwrap();
        world.state().calls.len()
    };
    assert!(whole > 8);
    for at in 0..whole {
        let world = deployed().await;
        world.state().killed_at = Some(at);
        down_as(&world, &local).await.unwrap_err();
        world.state().killed_at = None;
        let again = down_as(&world, &local).await;
        assert_eq!(again.unwrap().left, Vec::<String>::new(), "killed at {at}");
        let state = world.state();
        assert!(
            !state.stacks.contains_key("invoicing-dev"),
            "killed at {at}"
        );
        assert!(state.archives.is_empty(), "killed at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_is_protected_on_aws_is_not_deleted_on_the_word_of_a_file() {
    let world = Scripted::default();
    up_as(&world, &protected(), &template(0), &ui(Asks::No))
        .await
        .unwrap();
    world.writes();
    let refusal = down(&world).await.unwrap_err();
    assert_eq!(refusal.exit, Exit::Refused);
    assert_eq!(refusal.code, "stack.protected");
    assert!(refusal.help.unwrap().contains("provision up"));
    assert_eq!(world.writes(), Vec::<&str>::new());
    // The unprotected file is deployed: then the stack says so too.
    up(&world, &template(0)).await.unwrap();
    down(&world).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_the_deployed_template_retains_is_never_emptied() {
    let world = Scripted::default();
    up(&world, &keeping()).await.unwrap();
    let objects = BTreeMap::from([("invoice.xml".to_owned(), Vec::new())]);
    world
        .state()
        .buckets
        .insert("documents".to_owned(), objects.clone());
    world.writes();
    let torn_down = down(&world).await.unwrap();
    assert_eq!(torn_down.left, ["Documents (AWS::S3::Bucket) documents"]);
    assert_eq!(world.state().buckets["documents"], objects);
    assert!(!world.writes().contains(&"DeleteObjects"));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_failed_is_another_request_the_next_time() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.state().holds = Some(("Queue", "somebody holds it"));
    for _ in 0..2 {
        let failure = down(&world).await.unwrap_err();
        assert_eq!(failure.exit, Exit::Stuck);
        assert!(failure.message.contains("somebody holds it"), "{failure}");
        assert_eq!(status(&world), "DELETE_FAILED");
    }
    world.state().holds = None;
    down(&world).await.unwrap();
    assert!(!world.state().stacks.contains_key("invoicing-dev"));
}

#[tokio::test(start_paused = true)]
async fn of_a_protected_environment_only_a_failed_creation_can_be_deleted() {
    let world = Scripted::default();
    world.state().fails = Some(("Queue", "the queue's name is taken"));
    let failed = up_as(&world, &protected(), &keeping(), &ui(Asks::No)).await;
    assert!(failed.unwrap_err().help.unwrap().contains("provision down"));
    assert_eq!(status(&world), "ROLLBACK_COMPLETE");
    world.state().fails = None;
    down_as(&world, &protected()).await.unwrap();
    assert!(!world.state().stacks.contains_key("invoicing-dev"));
    up_as(&world, &protected(), &keeping(), &ui(Asks::No))
        .await
        .unwrap();
    world.writes();
    let refusal = down_as(&world, &protected()).await.unwrap_err();
    assert_eq!(refusal.code, "environment.protected");
    assert_eq!(world.writes(), Vec::<&str>::new());
}

/// The template, without buckets.
fn without_buckets() -> Template {
    let mut text: serde_json::Value = serde_json::from_str(&template(0).minified()).unwrap();
    let resources = text["Resources"].as_object_mut().unwrap();
    resources.remove("Documents");
    Template::parse(&text.to_string()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_template_that_could_not_be_read_stops_down_before_it_begins() {
    for status in ["CREATE_COMPLETE", "DELETE_IN_PROGRESS"] {
        let world = Scripted::default();
        up(&world, &without_buckets()).await.unwrap();
        let name = "invoicing-dev";
        world.state().stacks.get_mut(name).unwrap().status = status;
        world.state().denies.push("GetTemplate");
        world.writes();
        let failure = down(&world).await.unwrap_err();
        assert!(failure.message.contains("GetTemplate"), "{failure}");
        assert_eq!(world.writes(), Vec::<&str>::new(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_stack_without_a_template_nothing_is_called_deleted() {
    let world = Scripted::default();
    up(&world, &without_buckets()).await.unwrap();
    let name = "invoicing-dev";
    let forget = |stack: &mut crate::cloudformation::scripted::FakeStack| stack.template.clear();
    world.state().stacks.get_mut(name).map(forget).unwrap();
    let torn_down = down(&world).await.unwrap();
    assert!(!world.state().stacks.contains_key(name));
    assert_eq!(torn_down.deleted, 0);
    assert_eq!(
        torn_down.left,
        [
            "Queue (AWS::SQS::Queue) queue",
            "Topic (AWS::SNS::Topic) topic"
        ]
    );
}
