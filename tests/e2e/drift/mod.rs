//! Changes made by hand behind the stack's back: each is found, explained, put back, and then nothing is said any more.

mod changes;

use crate::environment::{Deployed, apart};
use changes::{Change, Scene};
use drift::{Api, Call};
use requests::Signed;
use serde_json::Value;

/// What `drift` says, with the exit code that fits it.
fn looked(deployed: &Deployed) -> Value {
    let report = deployed.json(&["drift"], &[0, 2]);
    let counting = findings(&report);
    let counting = counting
        .iter()
        .any(|finding| finding["ignored_until"].is_null());
    let run = deployed.run(&["drift"]);
    assert_eq!(run.code, if counting { 2 } else { 0 }, "{run}");
    report
}

fn findings(report: &Value) -> Vec<Value> {
    report["findings"].as_array().unwrap().clone()
}

async fn make(cloud: &Signed, name: &str, calls: &[Call]) {
    for call in calls {
        if let Err(trouble) = cloud.call(call).await {
            panic!("{name}: {trouble}");
        }
    }
}

fn fits(finding: &Value, change: &Change) -> bool {
    let owner = if finding["logical_id"].is_null() {
        &finding["parent"]
    } else {
        &finding["logical_id"]
    };
    owner == change.owner
        // Some changes show as several findings of different kinds.
        && (change.kind.is_empty() || finding["kind"] == change.kind)
        && finding["path"]
            .as_str()
            .is_some_and(|path| path.starts_with(change.path))
}

#[tokio::test]
async fn every_change_by_hand_is_found_explained_and_put_back_and_then_there_is_silence() {
    let deployed = apart("drifting", "666677778888");
    let fresh = looked(&deployed);
    assert_eq!(findings(&fresh), Vec::<Value>::new(), "a fresh environment");
    assert!(
        fresh["checked"].as_u64().unwrap() > 150,
        "{}",
        fresh["checked"]
    );
    for note in fresh["not_checked"].as_array().unwrap() {
        assert!(!note["reason"].as_str().unwrap().is_empty(), "{note}");
    }
    let clients = deployed.clients();
    let cloud = Signed::new(&clients.config).await.unwrap();
    let scene = Scene::of(&deployed).await;
    let changes = changes::all(&scene);
    let kinds: std::collections::BTreeSet<_> = changes
        .iter()
        .map(|change| (change.kind, change.owner, change.path))
        .collect();
    assert!(kinds.len() >= 90, "only {} kinds of change", kinds.len());
    let mut faults = Vec::new();
    for round in changes::rounds(changes)
        .into_iter()
        .chain(changes::gone(&scene))
    {
        for change in &round {
            make(&cloud, change.name, &change.calls).await;
        }
        let found = findings(&deployed.json(&["drift"], &[2]));
        for change in &round {
            let fitting = found.iter().find(|finding| fits(finding, change));
            let fault = match fitting {
                None => "was not found".to_owned(),
                Some(finding) if finding["risk"] != change.risk => {
                    format!("has the risk {}", finding["risk"])
                }
                Some(finding) if finding["revertible"] != true => "can't be put back".to_owned(),
                Some(_) => continue,
            };
            faults.push(format!("{} {fault}", change.name));
        }
        let reverted = deployed.run(&["drift", "--revert", "--yes"]);
        if reverted.code != 0 {
            faults.push(reverted.to_string());
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(findings(&looked(&deployed)), Vec::<Value>::new());
}

#[tokio::test]
async fn a_difference_can_be_ignored_until_a_day_or_adopted_as_it_is() {
    let deployed = apart("accepting", "666677778889");
    let clients = deployed.clients();
    let cloud = Signed::new(&clients.config).await.unwrap();
    let scene = Scene::of(&deployed).await;
    make(
        &cloud,
        "a changed queue",
        &[changes::visibility(&scene, "7")],
    )
    .await;
    assert_eq!(findings(&looked(&deployed)).len(), 1);

    // A revert needs somebody's word, and a day must be one.
    let refused = deployed.json(&["drift", "--revert"], &[3]);
    assert_eq!(refused["error"]["code"], "approval.nobody");
    let place = "ValidationQueue:VisibilityTimeout";
    for (place, until) in [
        (place, "2000-01-01"),
        (place, "soon"),
        ("Nothing", "2999-12-31"),
    ] {
        deployed.json(&["drift", "--ignore", place, "--until", until], &[3]);
    }
    let ignored = deployed.json(&["drift", "--ignore", place, "--until", "2999-12-31"], &[0]);
    assert_eq!(findings(&ignored)[0]["ignored_until"], "2999-12-31");
    assert_eq!(findings(&looked(&deployed)).len(), 1);

    // The file's day is over: it counts again.
    let file = deployed.accepted_drift();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("2999-12-31", "2020-01-01")).unwrap();
    assert_eq!(
        looked(&deployed)["findings"][0]["ignored_until"],
        Value::Null
    );

    deployed.json(&["drift", "--adopt"], &[0]);
    assert_eq!(findings(&looked(&deployed)), Vec::<Value>::new());
    // Adopted is this value, not any.
    make(&cloud, "another value", &[changes::visibility(&scene, "8")]).await;
    assert_eq!(findings(&looked(&deployed)).len(), 1);
    let markdown = deployed.run(&["drift", "--output", "markdown"]);
    assert_eq!(markdown.code, 2);
    assert!(
        markdown
            .stdout
            .contains("- `ValidationQueue` `VisibilityTimeout`: wanted `180`, actual `8`"),
        "{markdown}"
    );
}
