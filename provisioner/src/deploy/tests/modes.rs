//! Deployments that settle after they are complete, and change sets that put drift back.

use super::*;
use crate::cloudformation::Mode;
use crate::deploy::drift_aware::{Drifted, ask, carry_out, leave};
use crate::environment::Selection;
use crate::settling::{Asked, Settling, Sight, settled};
use drift::{Finding, Kind, Risk, Waiting};
use std::path::Path;

const STACK: &str = "invoicing-dev";

fn selection(file: &str) -> Selection {
    Selection {
        file: file.to_owned(),
        name: Some("pr-42".to_owned()),
        ttl_seconds: None,
        target: None,
        profile: None,
    }
}

fn settling(folder: &Path) -> Settling {
    Settling::of(folder, &selection("ephemeral"), &environment()).unwrap()
}

async fn express(world: &Scripted, template: &Template, settling: &Settling) -> Converged {
    let environment = environment();
    let deployed = look(world, STACK).await.unwrap();
    with_wanted(&environment, template, async |wanted| {
        let wanted = Wanted {
            settling: Some(settling),
            ..*wanted
        };
        converge(&ports(world), &wanted, deployed, &ui(Asks::No)).await
    })
    .await
    .unwrap()
}

/// What the readers would see of the scripted stack: nothing is there before it has settled.
fn sight(world: &Scripted) -> Sight {
    let mut state = world.state();
    if state.settles_after == 0 {
        return Sight::default();
    }
    state.settles_after -= 1;
    Sight {
        findings: vec![finding("Queue", Kind::Deleted, "")],
        waiting: Vec::new(),
    }
}

fn finding(logical_id: &str, kind: Kind, path: &str) -> Finding {
    Finding {
        logical_id: (kind != Kind::Added).then(|| logical_id.to_owned()),
        resource: logical_id.to_lowercase(),
        parent: (kind == Kind::Added).then(|| logical_id.to_owned()),
        type_name: "AWS::SQS::Queue".to_owned(),
        kind,
        path: path.to_owned(),
        expected: None,
        actual: None,
        risk: Risk::LosesEvents,
        who: None,
        when: None,
        revertible: true,
        way_out: None,
        ignored_until: None,
    }
}

fn modes(world: &Scripted) -> Vec<Mode> {
    let state = world.state();
    let sets = state.stacks[STACK].change_sets.values();
    sets.map(|set| set.mode).collect()
}

fn edited() -> Template {
    let mut text: serde_json::Value = serde_json::from_str(&template(0).minified()).unwrap();
    text["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = json!(60);
    Template::parse(&text.to_string()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_in_express_mode_is_waited_for_after_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let settling = settling(folder.path());
    let world = Scripted::default();
    world.state().express_takes = 3;
    let converged = express(&world, &template(0), &settling).await;
    assert_eq!(modes(&world), [Mode::Express]);
    assert_eq!(converged.stack.status.as_str(), "CREATE_COMPLETE");
    assert_eq!(world.state().settles_after, 3);
    let asked = settling.left(&converged.stack.id).unwrap();
    settled(STACK, &asked, &ui(Asks::No), async || Ok(sight(&world)))
        .await
        .unwrap();
    assert_eq!(world.state().settles_after, 0);
    settling.over();
    assert_eq!(settling.left(&converged.stack.id), None);
}

#[tokio::test(start_paused = true)]
async fn an_up_with_nothing_to_do_still_waits_for_what_an_earlier_one_left_unsettled() {
    let folder = tempfile::tempdir().unwrap();
    let settling = settling(folder.path());
    let world = Scripted::default();
    express(&world, &template(0), &settling).await;
    world.writes();
    let again = express(&world, &template(0), &settling).await;
    assert_eq!(world.writes(), Vec::<&str>::new());
    let asked = settling.left(&again.stack.id).unwrap();
    assert_eq!(asked.resources().len(), 3);
    // It is no other stack's, made under the same name later.
    assert_eq!(settling.left("arn:stack/other"), None);
}

#[tokio::test(start_paused = true)]
async fn what_never_settles_is_a_failure_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let settling = settling(folder.path());
    let world = Scripted::default();
    world.state().express_takes = usize::MAX;
    let converged = express(&world, &template(0), &settling).await;
    let asked = settling.left(&converged.stack.id).unwrap();
    let failure = settled(STACK, &asked, &ui(Asks::No), async || Ok(sight(&world)))
        .await
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert_eq!(failure.code, "deploy.unsettled");
    assert!(
        failure
            .message
            .contains("Queue (AWS::SQS::Queue) is not there")
    );
    // What failed is not waited for.
    let mut looks = 0;
    let failure = settled(STACK, &asked, &ui(Asks::No), async || {
        looks += 1;
        Ok(Sight {
            findings: Vec::new(),
            waiting: vec![Waiting {
                logical_id: "Topic".into(),
                type_name: "AWS::SNS::Topic".into(),
                state: "Failed (no such key)".into(),
                failed: true,
            }],
        })
    })
    .await
    .unwrap_err();
    assert!(failure.message.contains("Failed (no such key)"));
    assert_eq!(looks, 1);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_does_not_wait_for_what_somebody_changed_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let settling = settling(folder.path());
    let world = Scripted::default();
    express(&world, &template(0), &settling).await;
    settling.over();
    let converged = express(&world, &edited(), &settling).await;
    let asked: Asked = settling.left(&converged.stack.id).unwrap();
    assert_eq!(asked.resources().into_iter().collect::<Vec<_>>(), ["Queue"]);
    let by_hand = || Sight {
        findings: vec![
            finding("Queue", Kind::Modified, "DelaySeconds"),
            finding("Topic", Kind::Deleted, ""),
            finding("Queue", Kind::Added, ""),
        ],
        waiting: Vec::new(),
    };
    settled(STACK, &asked, &ui(Asks::No), async || Ok(by_hand()))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_region_without_express_mode_gets_the_standard_one() {
    let folder = tempfile::tempdir().unwrap();
    let settling = settling(folder.path());
    let world = Scripted::default();
    world.state().knows_no_express = true;
    express(&world, &template(0), &settling).await;
    assert_eq!(modes(&world), [Mode::Standard]);
}

#[test]
fn only_ephemeral_environments_on_aws_that_are_not_protected_are_left_to_settle() {
    let of = |selection: &Selection, environment: &Environment| {
        Settling::of(Path::new("cache"), selection, environment).is_some()
    };
    let ephemeral = selection("ephemeral");
    assert!(of(&ephemeral, &environment()));
    assert!(!of(&selection("dev"), &environment()));
    let protected = Environment {
        protected: true,
        ..environment()
    };
    assert!(!of(&ephemeral, &protected));
    let local = Environment {
        target: Target::Local,
        ..environment()
    };
    assert!(!of(&ephemeral, &local));
}

/// A deployed stack of which CloudFormation sees some drift.
async fn drifting(drift: &[(&'static str, &[&'static str])]) -> Scripted {
    let world = Scripted::default();
    up(&world, &template(0)).await.unwrap();
    world.state().drifted = drift
        .iter()
        .map(|(id, properties)| (*id, properties.to_vec()))
        .collect();
    world.writes();
    world
}

/// The question, answered; `counting` is what nobody has accepted.
macro_rules! asked {
    ($world:expr, $all:expr, $counting:expr, |$put_back:ident, $drifted:ident| $then:expr) => {{
        let tags = $world.state().stacks[STACK].tags.clone();
        let $drifted = Drifted {
            environment: "dev",
            stack: STACK,
            tags: &tags,
            all: $all,
            counting: $counting,
        };
        let $put_back = ask(&$world, $drifted, Pace::CLOUD, &ui(Asks::No)).await;
        $then
    }};
}

#[tokio::test(start_paused = true)]
async fn a_drift_aware_change_set_puts_back_what_it_covers_and_leaves_the_rest_to_direct_calls() {
    let world = drifting(&[("Queue", &["VisibilityTimeout"]), ("Topic", &[])]).await;
    let all = [
        finding("Queue", Kind::Modified, "VisibilityTimeout"),
        finding("Topic", Kind::Deleted, ""),
        finding("Queue", Kind::Modified, "Policy"),
        finding("Queue", Kind::Added, ""),
    ];
    asked!(world, &all, &all, |put_back, drifted| {
        let put_back = put_back.unwrap();
        let covered: Vec<bool> = all.iter().map(|one| put_back.covers(one)).collect();
        assert_eq!(covered, [true, true, false, false]);
        assert_eq!(
            put_back.steps,
            [
                "by change set: set VisibilityTimeout of Queue",
                "by change set: make Topic again"
            ]
        );
        let quiet = ui(Asks::No);
        carry_out(&world, &put_back, drifted, Pace::CLOUD, &quiet)
            .await
            .unwrap();
    });
    assert_eq!(world.writes(), ["CreateChangeSet", "ExecuteChangeSet"]);
    assert!(world.state().drifted.is_empty());
}

/// What CloudFormation sees of a resource, what differs, and what of it counts.
type Case = (
    &'static str,
    &'static [&'static str],
    Vec<Finding>,
    Vec<Finding>,
);

#[tokio::test(start_paused = true)]
async fn a_change_set_that_would_do_more_than_put_back_is_not_executed() {
    let modified = || finding("Queue", Kind::Modified, "VisibilityTimeout");
    let lost = Finding {
        revertible: false,
        ..finding("Topic", Kind::Deleted, "")
    };
    // Somebody accepted it; it holds what nobody brings back; it is there.
    let cases: [Case; 3] = [
        ("Queue", &["VisibilityTimeout"], vec![modified()], vec![]),
        ("Topic", &[], vec![lost.clone()], vec![lost]),
        ("Topic", &[], vec![modified()], vec![modified()]),
    ];
    for (id, properties, all, counting) in cases {
        let world = drifting(&[(id, properties)]).await;
        asked!(world, &all, &counting, |put_back, _drifted| {
            assert!(put_back.is_none(), "{id}");
        });
        assert_eq!(world.writes(), ["CreateChangeSet", "DeleteChangeSet"]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_change_set_direct_calls_put_back_everything() {
    let all = [finding("Queue", Kind::Modified, "VisibilityTimeout")];
    // CloudFormation sees no drift.
    let world = drifting(&[]).await;
    asked!(world, &all, &all, |put_back, _drifted| {
        assert!(put_back.is_none());
    });
    // It refuses.
    let world = drifting(&[("Queue", &["VisibilityTimeout"])]).await;
    world.state().refuses_change_sets = Some("not supported in this region");
    asked!(world, &all, &all, |put_back, _drifted| {
        assert!(put_back.is_none());
    });
    assert!(!world.writes().contains(&"ExecuteChangeSet"));
}

#[tokio::test(start_paused = true)]
async fn a_change_set_that_fails_is_rolled_back_and_says_so() {
    let all = [finding("Queue", Kind::Modified, "VisibilityTimeout")];
    let world = drifting(&[("Queue", &["VisibilityTimeout"])]).await;
    world.state().fails = Some(("Queue", "throttled"));
    asked!(world, &all, &all, |put_back, drifted| {
        let put_back = put_back.unwrap();
        let quiet = ui(Asks::No);
        let failure = carry_out(&world, &put_back, drifted, Pace::CLOUD, &quiet)
            .await
            .unwrap_err();
        assert_eq!(failure.exit, Exit::Failed);
        assert!(failure.message.contains("throttled"));
    });
    assert!(!world.state().drifted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_declined_change_set_is_deleted() {
    let all = [finding("Queue", Kind::Modified, "VisibilityTimeout")];
    let world = drifting(&[("Queue", &["VisibilityTimeout"])]).await;
    asked!(world, &all, &all, |put_back, _drifted| {
        leave(&world, &put_back.unwrap()).await.unwrap();
    });
    assert_eq!(world.writes(), ["CreateChangeSet", "DeleteChangeSet"]);
}
