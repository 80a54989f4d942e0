//! The approved plan is the plan that runs: whatever changes in between makes `up` refuse.

use super::*;
use crate::cloudformation::scripted::{Meddling, State};

fn dev(state: &mut State) -> &mut crate::cloudformation::scripted::FakeStack {
    state.stacks.get_mut("invoicing-dev").unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_changes_between_plan_and_execution_makes_it_refuse() {
    let meddlings: [(&str, Meddling); 5] = [
        ("template", |state| {
            dev(state).template = template(9).minified()
        }),
        ("tags", |state| {
            dev(state).tags.insert("cost".to_owned(), "more".to_owned());
        }),
        ("another stack", |state| {
            dev(state).id = "arn:stack/invoicing-dev/new".to_owned()
        }),
        ("protection", |state| dev(state).protection = Protection::On),
        ("archives", |state| {
            state.buckets.values_mut().for_each(BTreeMap::clear);
        }),
    ];
    for (what, meddle) in meddlings {
        let world = Scripted::default();
        up(&world, &template(0)).await.unwrap();
        world.writes();
        world.state().meddles = Some(("DescribeChangeSet", meddle));
        let refusal = up(&world, &template(1)).await.unwrap_err();
        assert_eq!(
            (refusal.exit, refusal.code),
            (Exit::Refused, "plan.stale"),
            "{what}"
        );
        let writes = world.writes();
        assert!(!writes.contains(&"ExecuteChangeSet"), "{what}: {writes:?}");
        // The next run makes a plan of its own.
        up(&world, &template(1)).await.unwrap();
        assert_eq!(status(&world), "UPDATE_COMPLETE", "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_somebody_makes_meanwhile_is_not_overrun() {
    let world = Scripted::default();
    let other = Scripted::default();
    up(&other, &template(9)).await.unwrap();
    let theirs = other.state().stacks["invoicing-dev"].clone();
    world.state().stacks.insert("elsewhere".to_owned(), theirs);
    world.state().meddles = Some(("ListObjectsV2", |state| {
        let theirs = state.stacks.remove("elsewhere").unwrap();
        state.stacks.insert("invoicing-dev".to_owned(), theirs);
    }));
    up(&world, &template(0)).await.unwrap_err();
    let state = world.state();
    assert_eq!(
        state.stacks["invoicing-dev"].template,
        template(9).minified()
    );
    assert!(!state.stacks["invoicing-dev"].tags.is_empty());
}

async fn up_approved(
    world: &Scripted,
    template: &Template,
    plan: &str,
) -> Result<Converged, Failure> {
    up_approved_as(world, &environment(), template, plan).await
}

async fn up_approved_as(
    world: &Scripted,
    environment: &Environment,
    template: &Template,
    plan: &str,
) -> Result<Converged, Failure> {
    let deployed = look(world, &environment.stack_name()).await?;
    with_wanted(environment, template, async |wanted| {
        let wanted = Wanted {
            commit: Some("0123abc"),
            approved: Some(plan),
            ..*wanted
        };
        converge(&ports(world), &wanted, deployed, &ui(Asks::No)).await
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn up_runs_the_plan_that_diff_showed_and_no_other() {
    let world = Scripted::default();
    let first = diff(&world, &template(0)).await.unwrap();
    up_approved(&world, &template(0), &first.fingerprint)
        .await
        .unwrap();
    let shown = diff(&world, &template(1)).await.unwrap();
    assert_ne!(shown.fingerprint, first.fingerprint);
    world.writes();
    let refusal = up_approved(&world, &template(2), &shown.fingerprint)
        .await
        .unwrap_err();
    assert_eq!(
        (refusal.exit, refusal.code),
        (Exit::Refused, "plan.changed")
    );
    assert_eq!(world.writes(), Vec::<&str>::new());
    up_approved(&world, &template(1), &shown.fingerprint)
        .await
        .unwrap();
    // Deployed already: there is nothing to refuse.
    up_approved(&world, &template(1), &shown.fingerprint)
        .await
        .unwrap();
    // The stack moved on since the plan to go to 2 was shown.
    let shown = diff(&world, &template(2)).await.unwrap();
    up(&world, &template(3)).await.unwrap();
    let refusal = up_approved(&world, &template(2), &shown.fingerprint)
        .await
        .unwrap_err();
    assert_eq!(refusal.code, "plan.changed");
}

/// A template with a function of so much content.
fn with_code(sha256: &str) -> Template {
    let mut text: serde_json::Value = serde_json::from_str(&template(0).minified()).unwrap();
    let key = format!("handlers/portal/{}.zip", sha256.repeat(32));
    text["Resources"]["Portal"] =
        json!({"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": key}}});
    Template::parse(&text.to_string()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn up_refuses_if_template_artifacts_account_or_stack_changed_since_the_approval() {
    for what in [
        "template",
        "artifacts",
        "account",
        "region",
        "stack",
        "tags",
        "nothing",
    ] {
        let world = Scripted::default();
        up(&world, &with_code("aa")).await.unwrap();
        let shown = diff(&world, &with_code("bb")).await.unwrap();
        assert_eq!(shown.code.len(), 1);
        let (mut environment, mut wanted) = (environment(), with_code("bb"));
        match what {
            "template" => {
                let mut text = wanted.members().clone();
                text["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = json!(31);
                wanted = Template::parse(&serde_json::Value::Object(text).to_string()).unwrap();
            }
            "artifacts" => wanted = with_code("cc"),
            "account" => environment.account = "999988887777".to_owned(),
            "region" => environment.region = "eu-west-3".to_owned(),
            "stack" => drop(up(&world, &with_code("dd")).await.unwrap()),
            "tags" => drop(
                environment
                    .tags
                    .insert("cost".to_owned(), "more".to_owned()),
            ),
            _ => {}
        }
        world.writes();
        let run = up_approved_as(&world, &environment, &wanted, &shown.fingerprint).await;
        if what == "nothing" {
            run.unwrap();
            continue;
        }
        let refusal = run.unwrap_err();
        assert_eq!(
            (refusal.exit, refusal.code),
            (Exit::Refused, "plan.changed"),
            "{what}"
        );
        assert_eq!(world.writes(), Vec::<&str>::new(), "{what}");
    }
}
