//! Access, broadened and narrowed: on real templates, and its invariant on random ones.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::diff::diff;
use crate::{PolicyDocument, Principal, Stack, Statement, Template, iam as roles, kms, lambda};

fn of(build: impl Fn(&mut Stack)) -> Template {
    let mut stack = Stack::new("test");
    build(&mut stack);
    stack.synth().template
}

fn iam_changes(old: &Template, new: &Template) -> Vec<String> {
    let changes = diff(old, new).iam.into_iter();
    changes
        .map(|c| {
            format!(
                "{} {} {} {} {}",
                c.change.as_str(),
                c.effect,
                c.role,
                c.action,
                c.resource
            )
        })
        .collect()
}

fn role(statements: impl Fn() -> Vec<Statement>) -> Template {
    of(|stack| {
        let policy = roles::RolePolicy::new("p", PolicyDocument::of(statements()));
        let trust = PolicyDocument::assumed_by("lambda.amazonaws.com");
        stack.add("Role", roles::Role::new(trust).policies([policy]));
    })
}

#[test]
fn broadening_and_narrowing_are_told_apart() {
    let read = || vec![Statement::allow().actions(["sqs:ReceiveMessage"]).on("q")];
    let all = || vec![Statement::allow().action("sqs:*").on("q")];
    let conditional = || {
        vec![
            Statement::allow()
                .action("sqs:ReceiveMessage")
                .on("q")
                .when("Bool", "k", "true"),
        ]
    };
    let denied = || {
        vec![
            Statement::allow().action("sqs:ReceiveMessage").on("q"),
            Statement::deny().action("*").on("q"),
        ]
    };
    assert_eq!(
        iam_changes(&role(read), &role(all)),
        ["broadened Allow Role sqs:* q"]
    );
    assert_eq!(
        iam_changes(&role(all), &role(read)),
        ["narrowed Allow Role sqs:* q"]
    );
    assert_eq!(
        iam_changes(&role(read), &role(conditional)),
        ["narrowed Allow Role sqs:ReceiveMessage q"]
    );
    assert_eq!(
        iam_changes(&role(conditional), &role(read)),
        ["broadened Allow Role sqs:ReceiveMessage q"]
    );
    assert_eq!(
        iam_changes(&role(read), &role(denied)),
        ["narrowed Deny Role * q"]
    );
    assert_eq!(
        iam_changes(&role(denied), &role(read)),
        ["broadened Deny Role * q"]
    );
}

#[test]
fn resource_policies_and_function_permissions_are_grants_too() {
    let bare = of(|stack| drop(stack.add("Key", kms::Key::new())));
    let open = of(|stack| {
        let events = || Principal::service("events.amazonaws.com");
        let policy = PolicyDocument::of([Statement::allow()
            .principal(events())
            .action("kms:Decrypt")
            .on("*")]);
        stack.add("Key", kms::Key::new().key_policy(policy));
        stack.add(
            "Permission",
            lambda::Permission::new("fn", "lambda:InvokeFunction", "events.amazonaws.com")
                .source_arn("arn:aws:x"),
        );
    });
    assert_eq!(
        iam_changes(&bare, &open),
        [
            "broadened Allow events.amazonaws.com kms:Decrypt ${Key.Arn}",
            "broadened Allow events.amazonaws.com lambda:InvokeFunction fn"
        ]
    );
    assert_eq!(
        diff(&bare, &open).iam[1].condition.as_deref(),
        Some("SourceArn=arn:aws:x")
    );
}

fn resource(kind: &str, properties: Value) -> Template {
    let text = json!({ "Resources": { "X": { "Type": kind, "Properties": properties } } });
    Template::parse(&text.to_string()).unwrap()
}

#[test]
fn a_boundary_that_goes_or_changes_broadens_and_one_that_comes_narrows() {
    let role =
        |boundary: Value| resource("AWS::IAM::Role", json!({ "PermissionsBoundary": boundary }));
    let (none, a, b) = (role(Value::Null), role("a".into()), role("b".into()));
    let lifted = "broadened Deny X permissions-boundary a";
    assert_eq!(iam_changes(&a, &none), [lifted]);
    assert_eq!(
        iam_changes(&none, &a),
        ["narrowed Deny X permissions-boundary a"]
    );
    assert_eq!(
        iam_changes(&a, &b),
        [lifted, "narrowed Deny X permissions-boundary b"]
    );
    assert!(iam_changes(&a, &Template::empty()).is_empty());
}

#[test]
fn a_route_or_function_url_that_asks_nobody_lets_everybody_in() {
    let route = |kind: Value| {
        resource(
            "AWS::ApiGatewayV2::Route",
            json!({ "AuthorizationType": kind }),
        )
    };
    let open = "broadened Allow * execute-api:Invoke ${X.Arn}";
    let guarded = route("AWS_IAM".into());
    assert_eq!(iam_changes(&guarded, &route("NONE".into())), [open]);
    assert_eq!(iam_changes(&guarded, &route(Value::Null)), [open]);
    assert_eq!(iam_changes(&route("JWT".into()), &guarded), [""; 0]);
    let closed = "narrowed Allow * execute-api:Invoke ${X.Arn}";
    assert_eq!(iam_changes(&route("NONE".into()), &guarded), [closed]);
    let url = |kind: &str| {
        let properties = json!({ "AuthType": kind, "TargetFunctionArn": "fn" });
        resource("AWS::Lambda::Url", properties)
    };
    assert_eq!(
        iam_changes(&url("AWS_IAM"), &url("NONE")),
        ["broadened Allow * lambda:InvokeFunctionUrl fn"]
    );
}

#[test]
fn policies_of_every_other_type_are_read_where_they_stand() {
    let policy = json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "a:B", "Resource": "r" } });
    let own = json!({ "Statement": { "Effect": "Allow", "Action": "a:B", "Resource": "r" } });
    let none = Template::empty();
    for (kind, properties, who) in [
        (
            "AWS::Logs::ResourcePolicy",
            json!({ "PolicyDocument": policy.to_string() }),
            "*",
        ),
        ("AWS::Events::EventBusPolicy", policy.clone(), "*"),
        (
            "AWS::SecretsManager::ResourcePolicy",
            json!({ "ResourcePolicy": policy }),
            "*",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            json!({ "PolicyDocument": own }),
            "X",
        ),
        (
            "AWS::IAM::RolePolicy",
            json!({ "PolicyDocument": own, "RoleName": "w" }),
            "w",
        ),
    ] {
        let wanted = format!("broadened Allow {who} a:B r");
        assert_eq!(
            iam_changes(&none, &resource(kind, properties)),
            [wanted],
            "{kind}"
        );
    }
    let unread = json!({ "PolicyDocument": { "Fn::Sub": "{${A}" } });
    assert_eq!(
        iam_changes(&none, &resource("AWS::Logs::ResourcePolicy", unread)),
        ["broadened Allow ? unreadable-policy {${A}"]
    );
}

#[test]
fn a_condition_that_goes_broadens_and_says_what_held_before() {
    let with = |condition: Option<&str>| {
        role(|| {
            let statement = Statement::allow().action("sqs:SendMessage").on("q");
            vec![match condition {
                Some(value) => statement.when("StringEquals", "k", value),
                None => statement,
            }]
        })
    };
    let changes = diff(&with(Some("a")), &with(None)).iam;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].change, crate::diff::Change::Broadened);
    assert_eq!(changes[0].condition, None);
    assert_eq!(
        changes[0].otherwise.as_deref(),
        Some(r#"{"StringEquals":{"k":"a"}}"#)
    );
    // Which of two conditions lets more through isn't judged: one comes, one goes.
    assert_eq!(
        iam_changes(&with(Some("a")), &with(Some("b"))),
        [
            "broadened Allow Role sqs:SendMessage q",
            "narrowed Allow Role sqs:SendMessage q"
        ]
    );
}

#[test]
fn leaving_less_out_broadens() {
    let policy = |left_out: &[&str]| {
        let statement = json!({"Effect": "Allow", "NotAction": left_out, "Resource": "*"});
        resource(
            "AWS::IAM::ManagedPolicy",
            json!({ "PolicyDocument": { "Statement": [statement] } }),
        )
    };
    let (two, one) = (policy(&["iam:*", "sts:*"]), policy(&["iam:*"]));
    assert_eq!(iam_changes(&two, &one), ["broadened Allow X !iam:* *"]);
    assert_eq!(iam_changes(&one, &two), ["narrowed Allow X !iam:* *"]);
    assert_eq!(
        iam_changes(&policy(&["s3:*"]), &policy(&["s3:GetObject"])),
        ["broadened Allow X !s3:GetObject *"]
    );
}

#[test]
fn whoever_may_assume_a_role_is_shown() {
    let trusted = |who: Value| {
        let trust = json!({"Statement": [{"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}]});
        resource(
            "AWS::IAM::Role",
            json!({ "AssumeRolePolicyDocument": trust }),
        )
    };
    let ours = trusted(json!({ "Service": "lambda.amazonaws.com" }));
    let wide = trusted(
        json!({ "Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::999988887777:root" }),
    );
    assert_eq!(
        iam_changes(&ours, &wide),
        ["broadened Allow arn:aws:iam::999988887777:root sts:AssumeRole ${X.Arn}"]
    );
}

#[test]
fn whoever_takes_on_another_role_gets_its_access() {
    let with = |role: &str, roles: &[&str]| {
        let mut resources = json!({
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": [role, "Arn"]}}},
        });
        for role in roles {
            resources[*role] = json!({"Type": "AWS::IAM::Role", "Properties": {}});
        }
        Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
    };
    let (a, b) = (with("A", &["A", "B"]), with("B", &["A", "B"]));
    assert_eq!(
        iam_changes(&a, &b),
        [
            "narrowed Allow F sts:AssumeRole ${A.Arn}",
            "broadened Allow F sts:AssumeRole ${B.Arn}"
        ]
    );
    // It comes with its role: what the role may do says it all.
    assert_eq!(iam_changes(&Template::empty(), &a), [""; 0]);
    // It comes for a role that was there.
    let mut alone = a.members().clone();
    alone["Resources"].as_object_mut().unwrap().remove("F");
    let alone = Template::parse(&Value::Object(alone).to_string()).unwrap();
    assert_eq!(
        iam_changes(&alone, &a),
        ["broadened Allow F sts:AssumeRole ${A.Arn}"]
    );
}

#[test]
fn a_block_of_public_access_that_goes_broadens() {
    let bucket = |on: bool| {
        let block = json!({"BlockPublicAcls": true, "RestrictPublicBuckets": on});
        resource(
            "AWS::S3::Bucket",
            json!({ "PublicAccessBlockConfiguration": block }),
        )
    };
    let lifted = "broadened Deny * public-access:RestrictPublicBuckets ${X.Arn}";
    assert_eq!(iam_changes(&bucket(true), &bucket(false)), [lifted]);
}

#[test]
fn an_authorizer_lets_in_whom_its_issuer_names() {
    let issued = |issuer: &str, audience: &[&str]| {
        let tokens = json!({"Issuer": issuer, "Audience": audience});
        resource(
            "AWS::ApiGatewayV2::Authorizer",
            json!({ "ApiId": "api", "JwtConfiguration": tokens }),
        )
    };
    assert_eq!(
        iam_changes(&issued("a", &["x"]), &issued("a", &["x", "y"])),
        ["broadened Allow tokens of a for y execute-api:Invoke api (JWT)"]
    );
}

#[test]
fn a_statement_that_is_decided_at_deployment_shows_when_it_changes() {
    let chosen = |condition: &str| {
        let statement =
            json!({ "Fn::If": [condition, {"Effect": "Allow"}, {"Ref": "AWS::NoValue"}] });
        resource(
            "AWS::SQS::QueuePolicy",
            json!({ "PolicyDocument": { "Statement": [statement] } }),
        )
    };
    assert_eq!(iam_changes(&chosen("a"), &chosen("a")), [""; 0]);
    assert_eq!(iam_changes(&chosen("a"), &chosen("b")).len(), 2);
}

// The invariant, against IAM's own rules over everything that can be asked for in a small world.

const WHO: [&str; 2] = ["p", "q"];
const ACTIONS: [&str; 3] = ["a:X", "a:Y", "b:X"];
const RESOURCES: [&str; 3] = ["r1", "r2", "s1"];
const CONDITIONS: [&str; 2] = ["c", "d"];

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(prop::sample::select(of), 1..3).prop_map(Value::from)
}

fn statement() -> impl Strategy<Value = Value> {
    (
        prop::sample::select(&["Allow", "Deny"][..]),
        (any::<bool>(), some(&["p", "q", "*"])),
        (any::<bool>(), some(&["a:X", "A:y", "a:*", "b:?", "*"])),
        (any::<bool>(), some(&["r1", "r2", "r*", "?1", "*"])),
        prop::option::of(prop::sample::select(&CONDITIONS[..])),
    )
        .prop_map(|(effect, who, action, resource, condition)| {
            let mut statement = json!({ "Effect": effect });
            for (key, (negated, values)) in [
                ("Principal", who),
                ("Action", action),
                ("Resource", resource),
            ] {
                statement[if negated {
                    format!("Not{key}")
                } else {
                    key.to_owned()
                }] = values;
            }
            if let Some(condition) = condition {
                statement["Condition"] = json!({ "Bool": { condition: "true" } });
            }
            statement
        })
}

fn policies() -> impl Strategy<Value = Template> {
    prop::collection::vec(statement(), 0..4).prop_map(|statements| {
        resource(
            "AWS::SQS::QueuePolicy",
            json!({ "PolicyDocument": { "Statement": statements } }),
        )
    })
}

/// IAM's wildcards, written without the code under test.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.as_bytes().first() {
        None => text.is_empty(),
        Some(b'*') => (0..=text.len()).any(|at| fits(&pattern[1..], &text[at..])),
        Some(first) => {
            let same = text
                .as_bytes()
                .first()
                .is_some_and(|c| *first == b'?' || c == first);
            same && fits(&pattern[1..], &text[1..])
        }
    }
}

struct Asked {
    who: &'static str,
    action: &'static str,
    resource: &'static str,
    holding: Vec<&'static str>,
}

fn everything() -> Vec<Asked> {
    let mut all = Vec::new();
    for who in WHO {
        for action in ACTIONS {
            for resource in RESOURCES {
                for holding in [vec![], vec!["c"], vec!["d"], vec!["c", "d"]] {
                    all.push(Asked {
                        who,
                        action,
                        resource,
                        holding,
                    });
                }
            }
        }
    }
    all
}

/// Whether a statement with this effect applies.
fn applies(policies: &Template, effect: &str, asked: &Asked) -> bool {
    let statements =
        policies.resource("X").unwrap()["Properties"]["PolicyDocument"]["Statement"].clone();
    statements.as_array().unwrap().iter().any(|statement| {
        let names = |key: &str, text: &str| {
            let any = |values: &Value| {
                let lower = |value: &Value| value.as_str().unwrap().to_ascii_lowercase();
                let mut values = values.as_array().unwrap().iter();
                values.any(|value| fits(&lower(value), &text.to_ascii_lowercase()))
            };
            match statement.get(key) {
                Some(values) => any(values),
                None => !any(&statement[format!("Not{key}")]),
            }
        };
        statement["Effect"] == effect
            && names("Principal", asked.who)
            && names("Action", asked.action)
            && names("Resource", asked.resource)
            && match statement.get("Condition") {
                None => true,
                Some(condition) => asked
                    .holding
                    .iter()
                    .any(|key| condition["Bool"].get(*key).is_some()),
            }
    })
}

/// Whether a shown change speaks of it.
fn speaks_of(change: &crate::diff::IamChange, asked: &Asked) -> bool {
    let names = |shown: &str, text: &str| match shown.strip_prefix('!') {
        Some(left_out) => !left_out.split(',').any(|pattern| fits(pattern, text)),
        None => fits(shown, text),
    };
    names(&change.role, asked.who)
        && names(
            &change.action.to_ascii_lowercase(),
            &asked.action.to_ascii_lowercase(),
        )
        && names(&change.resource, asked.resource)
        && change.condition.as_ref().is_none_or(|condition| {
            asked
                .holding
                .iter()
                .any(|key| condition.contains(&format!("\"{key}\"")))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_possible_is_shown_as_broadened_and_what_ends_as_narrowed(old in policies(), new in policies()) {
        let changes = diff(&old, &new).iam;
        for asked in everything() {
            for effect in ["Allow", "Deny"] {
                let (before, after) = (applies(&old, effect, &asked), applies(&new, effect, &asked));
                if before == after {
                    continue;
                }
                let wanted = if after == (effect == "Allow") { "broadened" } else { "narrowed" };
                let shown = changes.iter().any(|change| {
                    change.effect == effect && change.change.as_str() == wanted && speaks_of(change, &asked)
                });
                prop_assert!(shown, "{wanted} {effect} {} {} {} {:?}\n{changes:#?}", asked.who, asked.action, asked.resource, asked.holding);
            }
        }
    }
}
