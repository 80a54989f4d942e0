//! What the tests share: the environments as the project's files declare them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking; each test file uses a part"
)]

use stack::{Artifacts, Environment, Graph, Kind, Synthesised, synth};
use std::path::PathBuf;

/// Every environment file of the project.
pub const ENVIRONMENTS: [&str; 5] = ["dev", "ephemeral", "local", "prod", "staging"];

pub fn environment(name: &str) -> Environment {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../environments")
        .join(format!("{name}.yaml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut environment: Environment =
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    environment.name = name.to_owned();
    if name == "ephemeral" {
        environment.kind = Kind::Ephemeral;
    }
    environment
}

pub fn synthesised(name: &str) -> Synthesised {
    synth_of(&environment(name), &Graph::declared())
}

pub fn synth_of(environment: &Environment, graph: &Graph) -> Synthesised {
    let artifacts = Artifacts::placeholder(&environment.account, &environment.region);
    synth(environment, &artifacts, graph)
}

/// The key of a reaper's archive, as if it were published.
pub fn reaper_key() -> String {
    Artifacts::key("reaper", &"0".repeat(64))
}
