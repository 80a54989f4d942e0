//! What others hung on a stack, and buckets that resist: a deletion gets through what it can, and says what stays.

use super::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// A stack with a bus, a role and a state machine, whose physical ids are their lower-case names.
fn hangers() -> Template {
    let mut text: Value = serde_json::from_str(&template(0).minified()).unwrap();
    text["Resources"]["Bus"] = json!({"Type": "AWS::Events::EventBus", "Properties": {}});
    text["Resources"]["Role"] = json!({"Type": "AWS::IAM::Role", "Properties": {
        "Policies": [{"PolicyName": "declared", "PolicyDocument": {}}]}});
    text["Resources"]["Machine"] =
        json!({"Type": "AWS::StepFunctions::StateMachine", "Properties": {}});
    text["Resources"]["Table"] = json!({"Type": "AWS::DynamoDB::Table", "Properties": {}});
    Template::parse(&text.to_string()).unwrap()
}

fn hang(world: &Scripted, on: &str, what: &str) {
    let mut state = world.state();
    let on = state.hung.entry(on.to_owned()).or_default();
    on.insert(what.to_owned());
}

#[tokio::test(start_paused = true)]
async fn what_others_hung_on_the_stack_goes_before_it() {
    let world = Scripted::default();
    up(&world, &hangers()).await.unwrap();
    hang(&world, "bus", "by-hand");
    hang(&world, "role", "by-hand");
    hang(&world, "machine", "waits-for-a-person");
    let torn_down = down(&world).await.unwrap();
    assert_eq!(torn_down.left, Vec::<String>::new());
    let writes = world.writes();
    let at = |call: &str| writes.iter().position(|made| *made == call);
    let deletion = at("DeleteStack");
    for call in [
        "RemoveTargets",
        "DeleteRule",
        "DeleteRolePolicy",
        "StopExecution",
    ] {
        assert!(
            at(call).is_some() && at(call) < deletion,
            "{call} in {writes:?}"
        );
    }
    assert_eq!(
        writes.iter().filter(|call| **call == "DeleteStack").count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_template_declares_is_not_taken_for_an_addition() {
    let world = Scripted::default();
    up(&world, &hangers()).await.unwrap();
    let name = world.state().stacks["invoicing-dev"].clone();
    assert!(name.template.contains("declared"));
    // CloudFormation takes it along; here it only must not be taken away before.
    hang(&world, "role", "declared");
    world.writes();
    down(&world).await.unwrap_err();
    assert!(!world.writes().contains(&"DeleteRolePolicy"));
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_the_deletion_runs_is_removed_and_the_deletion_tried_again() {
    let world = Scripted::default();
    up(&world, &hangers()).await.unwrap();
    world.state().meddles = Some(("DeleteStack", |state| {
        let rule = BTreeSet::from(["late".to_owned()]);
        state.hung.insert("bus".to_owned(), rule);
        let objects = BTreeMap::from([("late.xml".to_owned(), Vec::new())]);
        state.buckets.insert("documents".to_owned(), objects);
    }));
    let torn_down = down(&world).await.unwrap();
    assert_eq!(torn_down.left, Vec::<String>::new());
    assert!(!world.state().stacks.contains_key("invoicing-dev"));
    let deletions = world.writes();
    let deletions = deletions.iter().filter(|call| **call == "DeleteStack");
    assert_eq!(deletions.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_remove_is_tried_a_few_times_and_then_a_persons() {
    let world = Scripted::default();
    up(&world, &hangers()).await.unwrap();
    world.state().holds = Some(("Queue", "somebody holds it"));
    let failure = down(&world).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Stuck);
    assert!(failure.message.contains("somebody holds it"), "{failure}");
    let deletions = world.writes();
    let deletions = deletions.iter().filter(|call| **call == "DeleteStack");
    assert_eq!(deletions.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_somebody_protected_keeps_the_whole_stack() {
    let world = Scripted::default();
    up(&world, &hangers()).await.unwrap();
    world.state().guarded.insert("table".to_owned());
    hang(&world, "bus", "by-hand");
    world.writes();
    let refusal = down(&world).await.unwrap_err();
    assert_eq!(
        (refusal.exit, refusal.code),
        (Exit::Refused, "resource.protected")
    );
    assert!(refusal.message.contains("Table (table)"), "{refusal}");
    assert_eq!(world.writes(), Vec::<&str>::new());
}

/// So many documents in the stack's bucket.
fn documents(world: &Scripted, count: usize) {
    let objects = (0..count).map(|at| (format!("{at:05}"), Vec::new()));
    let objects: BTreeMap<String, Vec<u8>> = objects.collect();
    world
        .state()
        .buckets
        .insert("documents".to_owned(), objects);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_emptied_page_by_page() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    documents(&world, 2_345);
    assert_eq!(down(&world).await.unwrap().left, Vec::<String>::new());
    let sweeps = world.writes();
    let sweeps = sweeps.iter().filter(|call| **call == "DeleteObjects");
    assert_eq!(sweeps.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_locked_object_stops_the_deletion_and_nothing_else() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    documents(&world, 1_500);
    world
        .state()
        .locked
        .insert("00007".to_owned(), "AccessDenied");
    world.writes();
    let failure = down(&world).await.unwrap_err();
    assert_eq!(
        (failure.exit, failure.code),
        (Exit::Failed, "bucket.not-emptied")
    );
    for word in ["documents: 1 versions", "00007", "AccessDenied"] {
        assert!(failure.message.contains(word), "{failure}");
    }
    assert!(failure.help.unwrap().contains("--force"));
    assert_eq!(world.state().buckets["documents"].len(), 1);
    assert!(!world.writes().contains(&"DeleteStack"));
    assert_eq!(status(&world), "CREATE_COMPLETE");
    // By flag the rest goes, and the bucket is named.
    let torn_down = forced(&world).await.unwrap();
    assert_eq!(torn_down.left, ["Documents (AWS::S3::Bucket) documents"]);
}

async fn forced(world: &Scripted) -> Result<TornDown, Failure> {
    super::inventory::forced(world, Force::LeaveWhatFails).await
}

#[tokio::test(start_paused = true)]
async fn what_s3_has_no_time_for_is_tried_again() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    documents(&world, 3);
    world.state().locked.insert("00001".to_owned(), "SlowDown");
    world.state().relents_after = Some(3);
    assert_eq!(down(&world).await.unwrap().left, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_denied_bucket_is_named_with_the_permission() {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    documents(&world, 3);
    world.state().denies.push("DeleteObjects");
    let failure = down(&world).await.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    for word in ["documents: DeleteObjects", "AccessDenied"] {
        assert!(failure.message.contains(word), "{failure}");
    }
    assert_eq!(status(&world), "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn an_inventory_that_may_not_look_everywhere_deletes_all_the_same() {
    let world = Scripted::default();
    up(&world, &hangers()).await.unwrap();
    world.state().denies.push("GetAccountAuthorizationDetails");
    world.state().denies.push("ListRules");
    down(&world).await.unwrap();
    assert!(!world.state().stacks.contains_key("invoicing-dev"));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_after_the_stack_is_gone_finds_the_groups_of_late_invocations() {
    let world = Scripted::default();
    let mut theirs = BTreeSet::new();
    for (group, ours) in [
        (
            "/aws/lambda/invoicing-dev-PortalFunction-2A79C4325C6C0",
            true,
        ),
        (
            "/aws/lambda/invoicing-dev-2-PortalFunction-2A79C4325C6C0",
            false,
        ),
        ("/aws/lambda/invoicing-dev-by-hand", false),
        ("/aws/lambda/invoicing-dev-PortalFunction-late", false),
    ] {
        world.state().log_groups.insert(group.to_owned());
        if !ours {
            theirs.insert(group.to_owned());
        }
    }
    down(&world).await.unwrap();
    assert_eq!(world.state().log_groups, theirs);
}

/// What keeps a deletion from succeeding, and the answers in which others' things name the stack's.
async fn held_up(held: &'static str, answers: Value) -> Vec<&'static str> {
    let world = Scripted::default();
    let mut text: Value = serde_json::from_str(&hangers().minified()).unwrap();
    text["Resources"]["Group"] = json!({"Type": "AWS::Logs::LogGroup", "Properties": {}});
    let template = Template::parse(&text.to_string()).unwrap();
    up(&world, &template).await.unwrap();
    for (operation, answer) in answers.as_object().unwrap() {
        let operation: &'static str = operation.clone().leak();
        world.state().lingers.insert(operation, answer.clone());
    }
    hang(&world, "default", "theirs");
    world.state().holds = Some((held, "somebody holds it"));
    world.writes();
    assert_eq!(down(&world).await.unwrap_err().exit, Exit::Stuck);
    assert!(world.state().hung["default"].contains("theirs"));
    world.writes()
}

#[tokio::test(start_paused = true)]
async fn a_rule_of_another_bus_that_points_at_ours_is_never_deleted() {
    let ours = "arn:aws:events:eu-central-1:111122223333:event-bus/bus";
    let default = "arn:aws:events:eu-central-1:111122223333:event-bus/default";
    let answers = json!({
        "DescribeEventBus": {"Name": "bus", "Arn": ours},
        "ListEventBuses": {"EventBuses": [{"Name": "default", "Arn": default}, {"Name": "bus", "Arn": ours}]},
        "ListTargetsByRule": {"Targets": [{"Id": "1", "Arn": ours}]},
    });
    let writes = held_up("Bus", answers).await;
    assert!(!writes.contains(&"DeleteRule"), "{writes:?}");
    assert!(!writes.contains(&"RemoveTargets"), "{writes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_the_account_that_names_our_log_group_is_never_deleted() {
    let group = "arn:aws:logs:eu-central-1:111122223333:log-group:group";
    let document = json!({"Statement": [{"Resource": [format!("{group}:*"), "arn:aws:logs:::log-group:theirs:*"]}]});
    let answers = json!({
        "DescribeLogGroups": {"logGroups": [{"logGroupName": "group", "arn": format!("{group}:*")}]},
        "DescribeResourcePolicies": {"resourcePolicies": [
            {"policyName": "shared", "policyDocument": document.to_string()}]},
    });
    let writes = held_up("Group", answers).await;
    assert!(!writes.contains(&"DeleteResourcePolicy"), "{writes:?}");
}
