//! The numbered requirements that show on the template, each over every resource of the kind in every environment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod data;
mod delivery;
mod machines;
mod observability;
mod security;

use cfn::Template;
use common::{ENVIRONMENTS, environment, synthesised};
use serde_json::Value;
use stack::Environment;

const DAY: u64 = 86_400;

/// Every resource of a type in every environment, with where it is for messages; never none.
fn each(kind: &str, mut judge: impl FnMut(&str, &Value, &Template, &Environment)) {
    for name in ENVIRONMENTS {
        let template = synthesised(name).template;
        let environment = environment(name);
        let mut count = 0;
        for (id, resource) in template.resources().filter(|(_, r)| r["Type"] == kind) {
            judge(id, &resource["Properties"], &template, &environment);
            count += 1;
        }
        assert!(count > 0, "{name} has no {kind}");
    }
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
fn id(value: &Value) -> &str {
    value["Ref"]
        .as_str()
        .or_else(|| value["Fn::GetAtt"][0].as_str())
        .unwrap_or_else(|| panic!("no reference: {value}"))
}

fn properties<'a>(template: &'a Template, value: &Value) -> &'a Value {
    &template.resource(id(value)).unwrap()["Properties"]
}

fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn role_statements(role: &Value) -> &[Value] {
    role["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap()
}
