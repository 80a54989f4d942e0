//! CloudFormation's and the services' limits that no resource schema states.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::finding::{Code, Finding, Severity};
use crate::path::{Path, Step};
use crate::references::{intrinsic, placeholders};
use crate::template::Template;

/// CloudFormation: resources a template.
const RESOURCES: usize = 500;
/// CloudFormation: outputs a template.
const OUTPUTS: usize = 200;
/// CloudFormation: bytes of a template in S3.
const TEMPLATE_BYTES: usize = 1_000_000;
/// CloudFormation: bytes of a template in the request itself.
const INLINE_BYTES: usize = 51_200;
/// IAM: characters of all inline policies of a role, white space not counted.
const ROLE_POLICIES: usize = 10_240;
/// Lambda: bytes of a function's environment.
const ENVIRONMENT: usize = 4_096;
/// EventBridge: characters of an event pattern.
const PATTERN: usize = 4_096;
/// EventBridge: targets a rule.
const TARGETS: usize = 5;
/// CloudWatch: alarms that one composite alarm watches.
const CHILDREN: usize = 100;
/// What an unresolved value is counted as: about an ARN with a generated name.
const UNRESOLVED: usize = 90;

/// Names whose services are stricter than the schemas: type, property, characters.
const NAMES: [(&str, &str, usize); 7] = [
    ("AWS::SQS::Queue", "QueueName", 80),
    ("AWS::Lambda::Function", "FunctionName", 64),
    ("AWS::DynamoDB::Table", "TableName", 255),
    ("AWS::S3::Bucket", "BucketName", 63),
    ("AWS::ApiGatewayV2::Api", "Name", 128),
    ("AWS::ApiGatewayV2::Stage", "StageName", 128),
    ("AWS::CloudWatch::Alarm", "AlarmName", 255),
];

pub(super) fn judge(template: &Template) -> Vec<Finding> {
    let mut findings = whole(template);
    for (id, resource) in template.resources() {
        let properties = &resource["Properties"];
        let kind = resource["Type"].as_str().unwrap_or_default();
        match kind {
            "AWS::Events::Rule" => findings.extend(rule(id, properties)),
            "AWS::Lambda::Function" => findings.extend(environment(id, properties)),
            "AWS::CloudWatch::CompositeAlarm" => findings.extend(children(id, properties)),
            _ => {}
        }
        for (_, property, most) in NAMES.iter().filter(|(of, _, _)| *of == kind) {
            let length = properties[*property]
                .as_str()
                .map_or(0, |name| name.chars().count());
            if length > *most {
                let message =
                    format!("{property} of {id} has {length} characters; {kind} allows {most}");
                findings.push(
                    Finding::error(Code::NameTooLong, message)
                        .at(id)
                        .path(format!("Properties.{property}")),
                );
            }
        }
    }
    for (id, resource) in template.resources() {
        nulls(id, &Path::default(), resource, &mut findings);
    }
    findings.extend(roles(template));
    findings
}

/// CloudFormation: "'null' values are not allowed in templates", at any depth.
fn nulls(id: &str, path: &Path, value: &Value, findings: &mut Vec<Finding>) {
    match value {
        Value::Null => {
            let message = format!("{path} of {id} is null: leave it out, or say it in a text");
            let finding = Finding::error(Code::NullValue, message).at(id);
            findings.push(finding.path(path.to_string()));
        }
        Value::Object(members) => {
            for (key, member) in members {
                nulls(id, &path.key(key), member, findings);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                nulls(id, &path.join(Step::Index(index)), element, findings);
            }
        }
        _ => {}
    }
}

fn whole(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (resources, outputs) = (template.resources().count(), template.outputs().count());
    if resources > RESOURCES {
        let message =
            format!("the template has {resources} resources; CloudFormation allows {RESOURCES}");
        findings.push(Finding::error(Code::TooManyResources, message));
    }
    if outputs > OUTPUTS {
        let message =
            format!("the template has {outputs} outputs; CloudFormation allows {OUTPUTS}");
        findings.push(Finding::error(Code::TooManyOutputs, message));
    }
    let bytes = template.minified().len();
    if bytes > TEMPLATE_BYTES {
        let message =
            format!("the template has {bytes} bytes; CloudFormation allows {TEMPLATE_BYTES}");
        findings.push(Finding::error(Code::TemplateTooLarge, message));
    } else if bytes > INLINE_BYTES {
        let message = format!(
            "the template has {bytes} bytes; above {INLINE_BYTES} it goes to CloudFormation through S3"
        );
        findings.push(Finding::error(Code::TemplateTooLarge, message).severity(Severity::Note));
    }
    findings
}

fn rule(id: &str, properties: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pattern = &properties["EventPattern"];
    let length = if pattern.is_null() {
        0
    } else {
        pattern.to_string().chars().count()
    };
    if length > PATTERN {
        let message = format!(
            "the event pattern of {id} has {length} characters; EventBridge allows {PATTERN}"
        );
        findings.push(
            Finding::error(Code::PatternTooLong, message)
                .at(id)
                .path("Properties.EventPattern"),
        );
    }
    let targets = properties["Targets"].as_array().map_or(0, Vec::len);
    if targets > TARGETS {
        let message = format!("{id} has {targets} targets; EventBridge allows {TARGETS} a rule");
        findings.push(
            Finding::error(Code::TooManyTargets, message)
                .at(id)
                .path("Properties.Targets"),
        );
    }
    findings
}

fn environment(id: &str, properties: &Value) -> Option<Finding> {
    let variables = properties["Environment"]["Variables"].as_object()?;
    let bytes: usize = variables
        .iter()
        .map(|(name, value)| name.len() + length(value))
        .sum();
    let message =
        format!("the environment of {id} has about {bytes} bytes; Lambda allows {ENVIRONMENT}");
    (bytes > ENVIRONMENT).then(|| {
        Finding::error(Code::EnvironmentTooLarge, message)
            .at(id)
            .path("Properties.Environment.Variables")
    })
}

fn children(id: &str, properties: &Value) -> Option<Finding> {
    let count = properties["AlarmRule"]
        .to_string()
        .matches("ALARM(")
        .count();
    let message = format!("{id} watches {count} alarms; CloudWatch allows {CHILDREN}");
    (count > CHILDREN).then(|| {
        Finding::error(Code::TooManyChildren, message)
            .at(id)
            .path("Properties.AlarmRule")
    })
}

/// A role's own policies and those that `AWS::IAM::Policy` attaches to it count together.
fn roles(template: &Template) -> Vec<Finding> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, resource) in template.resources() {
        let properties = &resource["Properties"];
        match resource["Type"].as_str() {
            Some("AWS::IAM::Role") => {
                let policies = properties["Policies"].as_array().into_iter().flatten();
                *sizes.entry(id).or_default() += policies
                    .map(|policy| length(&policy["PolicyDocument"]))
                    .sum::<usize>();
            }
            Some("AWS::IAM::Policy") => {
                for role in properties["Roles"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|role| role["Ref"].as_str())
                {
                    *sizes.entry(role).or_default() += length(&properties["PolicyDocument"]);
                }
            }
            _ => {}
        }
    }
    let long = sizes.into_iter().filter(|(_, size)| *size > ROLE_POLICIES);
    long.map(|(role, size)| {
        let message =
            format!("the inline policies of {role} have about {size} characters together; IAM allows {ROLE_POLICIES}");
        Finding::error(Code::RolePolicyTooLong, message).at(role).path("Properties.Policies")
    })
    .collect()
}

/// About how long a value's JSON is once CloudFormation has resolved it; a bare text counts without its quotes.
fn length(value: &Value) -> usize {
    match (intrinsic(value), value) {
        (Some(("Fn::Sub", Value::String(text))), _) => {
            let placeholders = placeholders(text);
            let spelled: usize = placeholders
                .iter()
                .map(|name| name.len() + "${}".len())
                .sum();
            let pseudo = placeholders
                .iter()
                .filter(|name| name.starts_with("AWS::"))
                .count();
            text.len() - spelled + pseudo * 12 + (placeholders.len() - pseudo) * UNRESOLVED
        }
        (Some(_), _) => UNRESOLVED,
        (None, Value::String(text)) => text.len(),
        (None, Value::Array(elements)) => {
            elements
                .iter()
                .map(|element| length(element) + 3)
                .sum::<usize>()
                + 2
        }
        (None, Value::Object(members)) => {
            members
                .iter()
                .map(|(key, member)| key.len() + length(member) + 6)
                .sum::<usize>()
                + 2
        }
        (None, scalar) => scalar.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{PolicyDocument, Stack, Statement, Val, events, iam, lambda, sqs};

    fn codes(stack: &Stack) -> Vec<&'static str> {
        stack
            .synth()
            .findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect()
    }

    #[test]
    fn r28_rule_limits_are_checks() {
        let mut stack = Stack::new("test");
        let targets = (0..6).map(|n| events::RuleTarget::new(format!("t{n}"), "arn"));
        let pattern = json!({"detail-type": vec!["InvoiceSubmitted"; 300]});
        stack.add(
            "Rule",
            events::Rule::new().event_pattern(pattern).targets(targets),
        );
        assert_eq!(codes(&stack), ["CFN012", "CFN013"]);
    }

    #[test]
    fn r28_role_policies_count_together_with_attached_ones() {
        let statements = |count: usize| {
            PolicyDocument::of((0..count).map(|_| {
                Statement::allow()
                    .action("sqs:SendMessage")
                    .on("x".repeat(90))
            }))
        };
        let mut stack = Stack::new("test");
        let own = iam::RolePolicy::new("own", statements(30));
        let role = stack.add(
            "Role",
            iam::Role::new(PolicyDocument::assumed_by("lambda.amazonaws.com")).policies([own]),
        );
        assert_eq!(codes(&stack), Vec::<&str>::new());
        stack.add(
            "More",
            iam::Policy::new("more", statements(50)).roles([role.name()]),
        );
        assert_eq!(codes(&stack), ["CFN010"]);
    }

    #[test]
    fn r28_environment_and_names_are_checks() {
        let code = lambda::FunctionCode::new()
            .s3_bucket("bucket")
            .s3_key("key");
        let variables = lambda::FunctionEnvironment::new().variables([("A", "x".repeat(4_096))]);
        let mut stack = Stack::new("test");
        stack.add(
            "Function",
            lambda::Function::new(code, "arn").environment(variables),
        );
        stack.add("Queue", sqs::Queue::new().queue_name("q".repeat(81)));
        assert_eq!(codes(&stack), ["CFN011", "CFN014"]);
    }

    #[test]
    fn r28_a_composite_alarm_watches_100_alarms_at_most() {
        let rule = |children: usize| {
            let all: Vec<String> = (0..children).map(|n| format!("ALARM(\"a{n}\")")).collect();
            all.join(" OR ")
        };
        let mut stack = Stack::new("test");
        stack.add("Fits", crate::cloudwatch::CompositeAlarm::new(rule(100)));
        assert_eq!(codes(&stack), Vec::<&str>::new());
        stack.add("Broken", crate::cloudwatch::CompositeAlarm::new(rule(101)));
        assert_eq!(codes(&stack), ["CFN015"]);
    }

    #[test]
    fn r28_counts_and_sizes_are_checks() {
        let mut stack = Stack::new("test");
        for n in 0..501 {
            stack.add(
                format!("Q{n}"),
                sqs::Queue::new().queue_name(format!("{n}{}", "q".repeat(60))),
            );
        }
        for n in 0..201 {
            stack.output(format!("O{n}"), "x");
        }
        let findings = stack.synth().findings;
        let found: Vec<_> = findings
            .iter()
            .map(|f| (f.code.as_str(), f.severity))
            .collect();
        assert_eq!(
            found,
            [
                ("CFN004", Severity::Error),
                ("CFN005", Severity::Note),
                ("CFN006", Severity::Error)
            ]
        );
    }

    #[test]
    fn a_null_is_refused_wherever_it_stands() {
        let mut stack = Stack::new("test");
        let pattern = json!({"detail": {"end": [null]}});
        let rule = crate::events::Rule::new().event_pattern(pattern);
        stack.add("Rule", rule);
        let findings = stack.synth().findings;
        let found: Vec<_> = findings
            .iter()
            .map(|f| (f.code.as_str(), f.path.as_deref()))
            .collect();
        assert_eq!(
            found,
            [("CFN029", Some("Properties.EventPattern.detail.end[0]"))]
        );
    }

    #[test]
    fn unresolved_values_count_as_an_arn() {
        let value = serde_json::to_value(Val::<String>::import("x")).unwrap_or_default();
        assert_eq!(length(&value), UNRESOLVED);
        assert_eq!(length(&json!({"Fn::Sub": "a${AWS::Region}b"})), 14);
    }
}
