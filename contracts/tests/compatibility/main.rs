//! R22: an event's version is a promise. Its committed schema only ever grows, and every event that was ever stored is still
//! read.
//!
//! `GOLDEN=write cargo test -p contracts --test compatibility` writes what is new, and refuses what would break a reader of
//! the version: that is a new version. Stored samples are written once and never again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod additive;
mod samples;

use additive::breaks;
use contracts::EventSpec;
use contracts::events::ALL_EVENTS;
use serde_json::Value;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn writing() -> bool {
    std::env::var_os("GOLDEN").is_some_and(|mode| mode == "write")
}

fn snapshot_of(event: &EventSpec) -> PathBuf {
    folder("schemas").join(format!("{}-v{}.json", event.name, event.version))
}

fn text(schema: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).unwrap())
}

#[test]
fn r22_a_version_of_a_schema_only_grows() {
    for event in ALL_EVENTS {
        let path = snapshot_of(event);
        let now = (event.schema)();
        let committed = std::fs::read_to_string(&path).ok();
        if let Some(committed) = &committed {
            let committed: Value = serde_json::from_str(committed).unwrap();
            let broken = breaks(&committed, &now);
            assert!(
                broken.is_empty(),
                "{} v{} would break its readers, so it needs a new version:\n{}",
                event.name,
                event.version,
                broken.join("\n")
            );
        }
        if writing() {
            std::fs::write(&path, text(&now)).unwrap();
        } else {
            assert_eq!(
                committed.as_deref(),
                Some(text(&now).as_str()),
                "{}: write it with GOLDEN=write",
                path.display()
            );
        }
    }
}

#[test]
fn r22_no_snapshot_is_of_an_event_that_is_gone() {
    let known: Vec<_> = ALL_EVENTS.iter().map(snapshot_of).collect();
    for entry in std::fs::read_dir(folder("schemas")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            known.contains(&path),
            "{}: a version that was published is kept, and read",
            path.display()
        );
    }
}
