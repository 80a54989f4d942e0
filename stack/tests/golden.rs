//! Goldens: the template of every environment, the routes, the grants. `GOLDEN=write cargo test -p stack --test golden`
//! writes them; a change of a golden belongs in the commit that causes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use common::{ENVIRONMENTS, environment, reaper_key, synthesised};
use std::path::PathBuf;

fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("GOLDEN").is_some_and(|mode| mode == "write") {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (expected, actual)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(actual, expected, "{name}, line {}", number + 1);
    }
    assert_eq!(
        actual.lines().count(),
        expected.lines().count(),
        "{name}: lines"
    );
}

#[test]
fn the_template_of_every_environment_is_the_golden() {
    for name in ENVIRONMENTS {
        golden(
            &format!("{name}.template.json"),
            &synthesised(name).template.pretty(),
        );
    }
}

#[test]
fn the_bootstrap_template_is_the_golden() {
    let dev = environment("dev");
    let template = stack::bootstrap(&dev.account, &dev.region);
    golden("bootstrap.template.json", &template.pretty());
    let template = stack::bootstrap_with_reaper(&environment("ephemeral"), &reaper_key());
    golden("bootstrap-ephemeral.template.json", &template.pretty());
}

#[test]
fn routes_and_grants_are_the_goldens() {
    let dev = synthesised("dev");
    golden("routes.txt", &dev.routes);
    golden("grants.txt", &dev.grants);
}

#[test]
fn the_page_on_the_surge_is_the_golden() {
    let page = stack::surge::page(&stack::Graph::declared(), &environment("prod"));
    golden("../../../docs/surge.md", &page);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for name in ENVIRONMENTS {
        let (one, other) = (synthesised(name), synthesised(name));
        assert_eq!(one.template.minified(), other.template.minified());
        assert_eq!(one.grants, other.grants);
    }
}
