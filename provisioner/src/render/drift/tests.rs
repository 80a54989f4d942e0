//! One report with every kind of finding, kept as it looks; and what holds for every report.

use super::{document, human, markdown};
use crate::ui::Colour;
use ::drift::{Finding, Kind, NotChecked, Report, Risk};
use serde_json::{Value, json};

fn finding(logical_id: &str, type_name: &str, kind: Kind, risk: Risk) -> Finding {
    Finding {
        logical_id: (kind != Kind::Added).then(|| logical_id.to_owned()),
        resource: format!("invoicing-dev-{}", logical_id.to_lowercase()),
        parent: (kind == Kind::Added).then(|| logical_id.to_owned()),
        type_name: type_name.to_owned(),
        kind,
        path: String::new(),
        expected: None,
        actual: None,
        risk,
        who: None,
        when: None,
        revertible: true,
        way_out: None,
        ignored_until: None,
    }
}

fn unread(logical_id: &str, type_name: &str, reason: &str) -> NotChecked {
    NotChecked {
        logical_id: logical_id.to_owned(),
        type_name: type_name.to_owned(),
        reason: reason.to_owned(),
    }
}

fn policy(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

/// Every kind and every risk, with what breaks tables, fences and mentions people.
fn rich() -> Report {
    let dropped = "the local cloud accepts and drops it";
    Report {
        checked: 310,
        not_checked: vec![
            unread(
                "Bus",
                "AWS::Events::EventBus",
                &format!("LogConfig: {dropped}; KmsKeyIdentifier: {dropped}"),
            ),
            unread(
                "DocumentBucket",
                "AWS::S3::Bucket",
                &format!("BucketEncryption: {dropped}"),
            ),
            unread(
                "PortalFunction",
                "AWS::Lambda::Function",
                &format!("KmsKeyArn: {dropped}"),
            ),
            unread(
                "PaymentFunction",
                "AWS::Lambda::Function",
                &format!("KmsKeyArn: {dropped}"),
            ),
            unread(
                "Ledger",
                "AWS::DynamoDB::Table",
                "the stack never made it: it has no physical id",
            ),
        ],
        findings: vec![
            Finding {
                path: "Policies[PolicyName=quick`fix]".to_owned(),
                actual: Some(
                    json!({"PolicyName": "quick`fix", "PolicyDocument": policy("dynamodb:*").to_string()}),
                ),
                who: Some("arn:aws:iam::111122223333:user/ann".to_owned()),
                when: Some("2026-11-22T21:00:00Z".to_owned()),
                ..finding(
                    "PortalRole",
                    "AWS::IAM::Role",
                    Kind::Undeclared,
                    Risk::WidensAccess,
                )
            },
            Finding {
                resource: "bus|spy".to_owned(),
                actual: Some(
                    json!({"EventPattern": "{\"source\":[{\"prefix\":\"\"}]}", "Description": "```\n@team #12"}),
                ),
                ..finding("Bus", "AWS::Events::Rule", Kind::Added, Risk::WidensAccess)
            },
            Finding {
                path: "PolicyDocument".to_owned(),
                expected: Some(policy("sqs:SendMessage")),
                actual: Some(policy("sqs:*")),
                ..finding(
                    "IntakePolicy",
                    "AWS::SQS::QueuePolicy",
                    Kind::Modified,
                    Risk::WidensAccess,
                )
            },
            Finding {
                revertible: false,
                way_out: Some("restore it under its name, from a backup".to_owned()),
                ..finding(
                    "InvoicesTable",
                    "AWS::DynamoDB::Table",
                    Kind::Deleted,
                    Risk::LosesData,
                )
            },
            Finding {
                path: "Enabled".to_owned(),
                expected: Some(json!(true)),
                actual: Some(json!(false)),
                ..finding(
                    "ValidationMapping",
                    "AWS::Lambda::EventSourceMapping",
                    Kind::Modified,
                    Risk::LosesEvents,
                )
            },
            Finding {
                path: "Tags.owner".to_owned(),
                expected: Some(json!("finance | @team")),
                actual: None,
                ignored_until: Some("2026-12-31".to_owned()),
                ..finding(
                    "Bus",
                    "AWS::Events::EventBus",
                    Kind::Modified,
                    Risk::Cosmetic,
                )
            },
        ],
        adopted: 2,
    }
}

#[test]
fn a_rich_report_for_people() {
    let report = rich();
    let put_back = ["set RetentionInDays of PaymentLogs".to_owned()];
    insta::assert_snapshot!(human(
        &document("dev", "invoicing-dev", &report, &put_back, &[]),
        Colour::Plain
    ));
}

#[test]
fn a_rich_report_for_a_pull_request() {
    let report = rich();
    insta::assert_snapshot!(markdown(&document(
        "dev",
        "invoicing-dev",
        &report,
        &[],
        &[]
    )));
}

#[test]
fn a_report_without_findings_says_so_and_asks_for_nothing() {
    let report = Report {
        findings: Vec::new(),
        ..rich()
    };
    let document = document("dev", "invoicing-dev", &report, &[], &[]);
    for text in [human(&document, Colour::Plain), markdown(&document)] {
        assert!(
            text.contains("is as it was deployed") && text.contains("2 adopted"),
            "{text}"
        );
        assert!(!text.contains("--revert"), "{text}");
    }
}

#[test]
fn colour_repeats_the_risk_and_carries_nothing() {
    let report = rich();
    let document = document("dev", "invoicing-dev", &report, &[], &[]);
    let coloured = human(&document, Colour::Ansi);
    let bare = ["\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[0m"]
        .iter()
        .fold(coloured.clone(), |text, code| text.replace(code, ""));
    assert_ne!(coloured, bare);
    assert_eq!(bare, human(&document, Colour::Plain));
}

#[test]
fn however_much_differs_it_fits_into_a_comment_with_the_worst_first_and_how_to_go_on() {
    let many = (0..3000).map(|number| Finding {
        path: format!("Policies[PolicyName=p{number}]"),
        actual: Some(json!({"PolicyDocument": policy(&"x".repeat(number % 700))})),
        ..finding(
            "PortalRole",
            "AWS::IAM::Role",
            Kind::Undeclared,
            Risk::WidensAccess,
        )
    });
    let report = Report {
        findings: many.collect(),
        ..rich()
    };
    let text = markdown(&document("dev", "invoicing-dev", &report, &[], &[]));
    assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
    for part in [
        "differs in 3000 things",
        "are left out",
        "provision drift --env dev --revert",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn a_value_never_ends_its_fence_nor_its_cell() {
    let report = rich();
    let text = markdown(&document("dev", "invoicing-dev", &report, &[], &[]));
    let fences = text.lines().filter(|line| line.starts_with("```"));
    assert_eq!(fences.clone().count() % 2, 0, "{text}");
    assert!(
        fences.clone().any(|line| line.starts_with("````diff")),
        "{text}"
    );
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let rows = text.lines().filter(|line| line.starts_with("| "));
    assert!(
        rows.clone().count() >= 4 && rows.clone().all(|row| cells(row) == 4),
        "{text}"
    );
}
