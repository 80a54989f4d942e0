//! Readers on scripted answers, and that every type has one.

use super::{deployed, golden};
use crate::{
    Api, Call, Deployed, Facts, Live, REASONS, Readers, TYPES, Target, Trouble, Unreachable, detect,
};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Answers by operation; what is not scripted is not there.
#[derive(Default)]
struct Scripted {
    answers: BTreeMap<&'static str, Value>,
    refused: Option<&'static str>,
    calls: RefCell<Vec<String>>,
}

impl Api for Scripted {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        self.calls.borrow_mut().push(call.to_string());
        if self.refused == Some(call.operation) {
            return Err(Trouble::Refused {
                call: call.to_string(),
                code: "AccessDeniedException".into(),
                message: "not you".into(),
            });
        }
        self.answers
            .get(call.operation)
            .cloned()
            .ok_or_else(|| Trouble::Refused {
                call: call.to_string(),
                code: "ResourceNotFoundException".into(),
                message: "gone".into(),
            })
    }
}

#[test]
fn every_type_of_every_environment_has_a_reader_or_a_written_reason() {
    for environment in ["local", "dev", "staging", "prod", "ephemeral"] {
        for (id, resource) in golden(environment).resources() {
            let type_name = resource["Type"].as_str().unwrap();
            let known =
                TYPES.contains(&type_name) || REASONS.iter().any(|(of, _)| *of == type_name);
            assert!(known, "{environment}: nothing reads {id}, a {type_name}");
        }
    }
}

#[tokio::test]
async fn a_queue_and_its_policy_cost_one_request_for_their_attributes() {
    let stack = deployed(&golden("prod"));
    let readers = Readers::new(Scripted {
        answers: BTreeMap::from([
            (
                "GetQueueAttributes",
                json!({"Attributes": {"QueueArn": "arn:q", "VisibilityTimeout": "120",
                       "Policy": "{\"Statement\":[]}"}}),
            ),
            ("ListQueueTags", json!({"Tags": {"owner": "us"}})),
            (
                "ListEventSourceMappings",
                json!({"EventSourceMappings": []}),
            ),
        ]),
        ..Scripted::default()
    });
    let of = |id: &str| {
        let mut all = stack.resources.iter();
        all.find(|resource| resource.logical_id == id).unwrap()
    };
    let Facts::Found(queue) = readers.read(&stack, of("ComplianceQueue")).await.unwrap() else {
        panic!("not found");
    };
    assert_eq!(queue.properties["VisibilityTimeout"], "120");
    assert_eq!(queue.properties["Tags"], json!({"owner": "us"}));
    assert!(matches!(
        readers
            .read(&stack, of("ComplianceQueuePolicy"))
            .await
            .unwrap(),
        Facts::Found(_)
    ));
    let calls = readers.api().calls.borrow();
    let attributes = calls
        .iter()
        .filter(|call| call.ends_with("GetQueueAttributes"));
    assert_eq!(attributes.count(), 1);
}

#[tokio::test]
async fn what_a_service_does_not_know_is_gone_and_what_it_refuses_is_not_read() {
    let template = golden("prod");
    let physical = super::physical(&template);
    let deployed = Deployed {
        template: &template,
        place: &super::place(),
        physical: &physical,
        tags: &BTreeMap::new(),
        target: Target::Aws,
    };
    let nothing = Readers::new(Scripted {
        refused: Some("DescribeKey"),
        ..Scripted::default()
    });
    let mut seen = 0;
    let detected = detect(&deployed, &nothing, &mut |done, _| seen = done)
        .await
        .unwrap();
    assert_eq!(seen, physical.len());
    let kinds: Vec<_> = detected
        .report
        .findings
        .iter()
        .map(|finding| finding.kind)
        .collect();
    assert!(kinds.iter().all(|kind| *kind == crate::Kind::Deleted));
    let unread: Vec<_> = detected
        .report
        .not_checked
        .iter()
        .map(|note| note.logical_id.as_str())
        .collect();
    assert_eq!(unread, ["DataKey", "MessagingKey"]);
    assert!(
        detected.report.not_checked[0]
            .reason
            .contains("AccessDeniedException")
    );
}

#[tokio::test]
async fn no_answer_at_all_is_a_failure_and_no_report() {
    struct Silent;
    impl Api for Silent {
        async fn call(&self, call: &Call) -> Result<Value, Trouble> {
            Err(Unreachable {
                what: call.to_string(),
                why: "connection refused".into(),
            }
            .into())
        }
    }
    let template = golden("prod");
    let deployed = Deployed {
        template: &template,
        place: &super::place(),
        physical: &super::physical(&template),
        tags: &BTreeMap::new(),
        target: Target::Aws,
    };
    assert!(
        detect(&deployed, &Readers::new(Silent), &mut |_, _| ())
            .await
            .is_err()
    );
}
