//! The whole comparison on scripted facts, and what every type of the deployed templates must have.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod judging;
mod reading;
mod reverting;

use crate::{Place, Stack};
use cfn::Template;
use std::collections::BTreeMap;

/// The committed template of an environment.
pub(crate) fn golden(environment: &str) -> Template {
    let path = format!(
        "{}/../../stack/tests/golden/{environment}.template.json",
        env!("CARGO_MANIFEST_DIR")
    );
    Template::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn place() -> Place {
    Place {
        partition: "aws".into(),
        region: "eu-central-1".into(),
        account: "111122223333".into(),
        stack_name: "invoicing-test".into(),
        stack_id: "arn:aws:cloudformation:eu-central-1:111122223333:stack/invoicing-test/1".into(),
    }
}

/// Physical ids in each type's own form.
fn physical(template: &Template) -> BTreeMap<String, String> {
    let of = |id: &str, type_name: &str| match type_name {
        "AWS::SQS::Queue" => format!("https://sqs.eu-central-1.amazonaws.com/111122223333/{id}"),
        "AWS::SNS::Topic" => format!("arn:aws:sns:eu-central-1:111122223333:{id}"),
        "AWS::SNS::Subscription" => format!("arn:aws:sns:eu-central-1:111122223333:topic:{id}"),
        "AWS::StepFunctions::StateMachine" => {
            format!("arn:aws:states:eu-central-1:111122223333:stateMachine:{id}")
        }
        "AWS::Events::Rule" => format!("bus|{id}"),
        _ => id.to_owned(),
    };
    template
        .resources()
        .map(|(id, resource)| (id.to_owned(), of(id, resource["Type"].as_str().unwrap())))
        .collect()
}

pub(crate) fn deployed(template: &Template) -> Stack {
    crate::resolve(
        template,
        &place(),
        &physical(template),
        &BTreeMap::new(),
        &BTreeMap::new(),
    )
}
