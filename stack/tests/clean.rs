//! Every environment, as its file declares it, synthesises without a fault.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use cfn::Severity;
use common::{ENVIRONMENTS, environment, synthesised};
use stack::{Parity, Target};

#[test]
fn every_environment_synthesises_without_a_fault() {
    for name in ENVIRONMENTS {
        let mut findings = synthesised(name).findings;
        findings.retain(|finding| finding.severity > Severity::Note);
        assert_eq!(findings, [], "{name}");
    }
}

#[test]
fn only_a_local_deploy_needs_parity() {
    for name in ENVIRONMENTS {
        let local = environment(name).target == Target::Local;
        assert_eq!(!synthesised(name).parity.is_empty(), local, "{name}");
    }
    assert!(synthesised("local").parity.contains(&Parity::TimeToLive {
        table: "IdempotencyTable".into(),
        attribute: "expires_at".into(),
    }));
}

#[test]
fn reserved_concurrency_reaches_the_template_and_the_parity_step() {
    let mut environment = environment("local");
    environment.capacity.reserved_concurrency = Some(7);
    let synthesised = common::synth_of(&environment, &stack::Graph::declared());
    for handler in contracts::ALL_HANDLERS {
        let function = format!("{}Function", handler.id);
        let resource = synthesised.template.resource(&function).unwrap();
        assert_eq!(resource["Properties"]["ReservedConcurrentExecutions"], 7);
        assert!(synthesised.parity.contains(&Parity::ReservedConcurrency {
            function,
            executions: 7
        }));
    }
}

#[test]
fn nothing_that_the_local_cloud_refuses_is_left_in_its_template() {
    let local = synthesised("local");
    for (id, resource) in local.template.resources() {
        let refused = stack::REFUSED
            .iter()
            .any(|(kind, _)| resource["Type"] == **kind);
        assert!(!refused, "{id}");
    }
}

#[test]
fn tls_only_statements_are_left_out_locally_and_said_so() {
    let mut prod = environment("prod");
    let on_aws = common::synth_of(&prod, &stack::Graph::declared());
    prod.target = Target::Local;
    let local = common::synth_of(&prod, &stack::Graph::declared());
    let condition = "aws:SecureTransport";
    assert!(on_aws.template.minified().contains(condition) && on_aws.omitted.is_empty());
    assert!(!local.template.minified().contains(condition));
    let guarded = |kind: &str| {
        on_aws
            .template
            .resources()
            .filter(|(_, r)| r["Type"] == kind)
            .count()
    };
    let policies = [
        "AWS::SQS::QueuePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::S3::BucketPolicy",
    ];
    let said = local
        .omitted
        .iter()
        .filter(|left| policies.contains(&left.type_name.as_str()));
    assert_eq!(
        said.count(),
        policies.into_iter().map(guarded).sum::<usize>()
    );
    assert!(!local.has_errors() && !on_aws.has_errors());
}
