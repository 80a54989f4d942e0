//! The inventory of `down`: shadows are cleared away, what goes later is said, what is left is told; force by flag only.

use super::*;
use crate::cloudformation::all_stacks;
use crate::deploy::{fate, row};
use serde_json::Value;
use time::OffsetDateTime;

/// A stack that throws every kind of shadow.
fn with_shadows() -> Template {
    let mut text: Value = serde_json::from_str(&template(0).minified()).unwrap();
    text["Resources"]["Portal"] = json!({"Type": "AWS::Lambda::Function", "Properties": {}});
    text["Resources"]["Bus"] = json!({"Type": "AWS::Events::EventBus", "Properties": {}});
    text["Resources"]["Key"] = json!({"Type": "AWS::KMS::Key", "Properties": {}});
    Template::parse(&text.to_string()).unwrap()
}

pub(super) async fn forced(world: &Scripted, force: Force) -> Result<TornDown, Failure> {
    let environment = environment();
    let confirmed = Confirmed::assumed(&environment);
    let stack = world.stack(&environment.stack_name()).await?.unwrap();
    let stack = Condemned::judge(&environment, stack)?;
    let (ports, ui) = (ports(world), ui(Asks::No));
    let stack = survey(world, world, &environment, stack, &ui).await?;
    remove(&ports, world, &confirmed, stack, force, Pace::CLOUD, &ui).await
}

#[tokio::test(start_paused = true)]
async fn shadows_are_cleared_away_and_nobody_elses() {
    let world = Scripted::default();
    up(&world, &with_shadows()).await.unwrap();
    {
        let mut state = world.state();
        // Physical ids are lower-case logical ids here.
        for group in ["/aws/lambda/portal", "/aws/lambda/invoicing-dev-2-portal"] {
            state.log_groups.insert(group.to_owned());
        }
        for (subscription, topic) in [("arn:ours", "topic"), ("arn:theirs", "another")] {
            let entry = (subscription.to_owned(), topic.to_owned());
            state.subscriptions.extend([entry]);
        }
        state.archives.insert(environment().archive_name());
        state.archives.insert("invoicing-other".to_owned());
        state.keys.insert("key".to_owned(), 86_400);
    }
    let torn_down = down(&world).await.unwrap();
    assert_eq!(torn_down.left, Vec::<String>::new());
    let scheduled = &torn_down.scheduled[0];
    assert_eq!(torn_down.scheduled.len(), 1);
    assert_eq!(scheduled.what, "Key (AWS::KMS::Key) key");
    assert_eq!(scheduled.when, "1970-01-02T00:00:00Z");
    let state = world.state();
    assert!(!state.archives.contains(&environment().archive_name()));
    assert!(state.archives.contains("invoicing-other"));
    let theirs: Vec<&String> = state.subscriptions.keys().collect();
    assert_eq!(theirs, ["arn:theirs"]);
    assert!(
        state
            .log_groups
            .contains("/aws/lambda/invoicing-dev-2-portal")
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_service_still_has_is_left_whatever_cloudformation_says() {
    let world = Scripted::default();
    up(&world, &with_shadows()).await.unwrap();
    let bus =
        json!({"Name": "bus", "Arn": "arn:aws:events:eu-central-1:111122223333:event-bus/bus"});
    world.state().lingers.insert("DescribeEventBus", bus);
    let enabled = json!({"KeyMetadata": {"KeyState": "Enabled"}});
    world.state().lingers.insert("DescribeKey", enabled);
    let torn_down = down(&world).await.unwrap();
    assert_eq!(
        torn_down.left,
        ["Bus (AWS::Events::EventBus) bus", "Key (AWS::KMS::Key) key"]
    );
    assert_eq!(torn_down.deleted, 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_on_purpose_is_named_with_the_way_to_find_it() {
    let world = Scripted::default();
    let mut text: Value = serde_json::from_str(&template(0).minified()).unwrap();
    text["Resources"]["Documents"]["DeletionPolicy"] = json!("Retain");
    up(&world, &Template::parse(&text.to_string()).unwrap())
        .await
        .unwrap();
    let torn_down = down(&world).await.unwrap();
    assert_eq!(torn_down.left, ["Documents (AWS::S3::Bucket) documents"]);
    assert_eq!(torn_down.retained[0].what, torn_down.left[0]);
    assert_eq!(
        torn_down.retained[0].find,
        "aws s3 ls s3://documents --region eu-central-1"
    );
}

#[tokio::test(start_paused = true)]
async fn force_leaves_behind_what_holds_and_only_by_flag() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.state().holds = Some(("Queue", "somebody holds it"));
    let stuck = forced(&world, Force::No).await.unwrap_err();
    assert_eq!(stuck.exit, Exit::Stuck);
    assert!(stuck.help.unwrap().contains("--force"));
    let torn_down = forced(&world, Force::LeaveWhatFails).await.unwrap();
    assert_eq!(torn_down.left, ["Queue (AWS::SQS::Queue) queue"]);
    assert!(torn_down.retained.is_empty());
    assert!(!world.state().stacks.contains_key("invoicing-dev"));
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_somebody_else_made_is_not_deleted() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    let stack = "invoicing-dev";
    world.state().stacks.get_mut(stack).unwrap().tags.clear();
    world.writes();
    assert_eq!(down(&world).await.unwrap_err().code, "stack.foreign");
    assert_eq!(world.writes(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn the_census_reads_every_page_and_knows_ours_by_tag() {
    let world = Scripted::default();
    let named = |name: &str| Environment {
        name: name.to_owned(),
        ..environment()
    };
    for name in ["a", "b", "c", "d"] {
        up_as(&world, &named(name), &template(0), &ui(Asks::No))
            .await
            .unwrap();
    }
    world
        .state()
        .stacks
        .get_mut("invoicing-c")
        .unwrap()
        .tags
        .clear();
    let stacks = all_stacks(&world).await.unwrap();
    let names: Vec<String> = stacks.iter().filter_map(row).map(|row| row.name).collect();
    assert_eq!(names, ["a", "b", "d"]);
    // The bootstrap stack is no environment and goes with none.
    let fates: Vec<_> = stacks
        .iter()
        .filter_map(|stack| fate(stack, &[], OffsetDateTime::UNIX_EPOCH))
        .collect();
    assert_eq!((stacks.len(), fates.len()), (5, 4));
}
