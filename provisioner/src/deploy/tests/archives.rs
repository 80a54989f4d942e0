//! The handlers' archives that nobody uses any more go with the last stack that used them, and never too early.

use super::*;
use serde_json::Value;
use stack::Artifacts;

const BUCKET: &str = "provision-artifacts-111122223333-eu-central-1";

/// A stack with the function whose archive [`archive`] is.
fn with_function() -> Template {
    let mut text: Value = serde_json::from_str(&template(0).minified()).unwrap();
    let key = key();
    text["Resources"]["Portal"] = json!({"Type": "AWS::Lambda::Function", "Properties": {
        "Code": {"S3Bucket": BUCKET, "S3Key": key}}});
    Template::parse(&text.to_string()).unwrap()
}

fn key() -> String {
    Artifacts::key("portal", &archive().sha256)
}

fn named(name: &str) -> Environment {
    Environment {
        name: name.to_owned(),
        ..environment()
    }
}

async fn deployed(names: &[&str]) -> Scripted {
    let world = Scripted::default();
    for name in names {
        let environment = named(name);
        up_as(&world, &environment, &with_function(), &ui(Asks::No))
            .await
            .unwrap();
    }
    world.state().aged.insert(key());
    world
}

fn is_there(world: &Scripted) -> bool {
    world.state().buckets[BUCKET].contains_key(&key())
}

#[tokio::test(start_paused = true)]
async fn an_archive_goes_with_the_last_stack_that_used_it() {
    let world = deployed(&["a", "b"]).await;
    down_as(&world, &named("a")).await.unwrap();
    assert!(is_there(&world), "b uses it");
    down_as(&world, &named("b")).await.unwrap();
    assert!(!is_there(&world));
}

#[tokio::test(start_paused = true)]
async fn an_archive_that_another_up_may_mean_stays_and_an_old_one_is_uploaded_anew() {
    let world = deployed(&["a"]).await;
    world.state().aged.clear();
    down_as(&world, &named("a")).await.unwrap();
    assert!(is_there(&world), "just uploaded");
    let world = deployed(&["a"]).await;
    up_as(&world, &named("b"), &with_function(), &ui(Asks::No))
        .await
        .unwrap();
    assert!(world.state().aged.is_empty(), "uploaded anew");
}

#[tokio::test(start_paused = true)]
async fn while_another_stack_is_in_an_operation_every_archive_stays() {
    let world = deployed(&["a", "b"]).await;
    {
        let mut state = world.state();
        let other = state.stacks.get_mut("invoicing-b").unwrap();
        (other.status, other.template) = ("UPDATE_IN_PROGRESS", template(0).minified());
        other.tags.clear();
    }
    down_as(&world, &named("a")).await.unwrap();
    assert!(is_there(&world));
}
