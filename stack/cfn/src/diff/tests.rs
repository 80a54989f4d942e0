//! The diff on real templates, and its laws on random ones.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::path::Step;
use crate::{KeySchema, RedrivePolicy, Stack, Tag};
use crate::{dynamodb, events, lambda, sns, sqs};

fn of(build: impl Fn(&mut Stack)) -> Template {
    let mut stack = Stack::new("test");
    build(&mut stack);
    stack.synth().template
}

fn queue_with(receives: i64) -> Template {
    of(|stack| {
        let dlq = stack.add("Dlq", sqs::Queue::new());
        let redrive = RedrivePolicy::to(dlq.arn()).max_receive_count(receives);
        stack.add("Queue", sqs::Queue::new().redrive_policy(redrive));
    })
}

fn only(diff: TemplateDiff) -> ResourceChange {
    assert_eq!(diff.changes.len(), 1, "{diff:#?}");
    diff.changes.into_iter().next().unwrap()
}

#[test]
fn an_edited_value_is_named_with_path_before_and_after() {
    let diff = diff(&queue_with(5), &queue_with(6));
    assert_eq!(
        serde_json::to_value(&diff).unwrap(),
        json!({"changes": [{"logical_id": "Queue", "type": "AWS::SQS::Queue", "action": "modify", "properties": [
            {"path": "Properties.RedrivePolicy.maxReceiveCount", "before": 5, "after": 6, "requires_replacement": "Never"}
        ]}], "iam": []})
    );
}

#[test]
fn an_absent_stack_adds_everything_and_the_empty_template_removes_it() {
    let template = queue_with(5);
    assert_eq!(
        diff(&Template::empty(), &template).counts(),
        Counts {
            add: 2,
            ..Counts::default()
        }
    );
    assert_eq!(
        diff(&template, &Template::empty()).counts(),
        Counts {
            remove: 2,
            ..Counts::default()
        }
    );
}

#[test]
fn a_create_only_property_replaces_and_so_does_another_type() {
    let named = |name: &str| of(|stack| drop(stack.add("Q", sqs::Queue::new().queue_name(name))));
    let change = only(diff(&named("a"), &named("b")));
    assert_eq!(change.action, Action::Replace);
    let topic = of(|stack| drop(stack.add("Q", sns::Topic::new().topic_name("a"))));
    let change = only(diff(&named("a"), &topic));
    assert_eq!(
        (change.action, change.type_name.as_str()),
        (Action::Replace, "AWS::SNS::Topic")
    );
    assert_eq!(change.properties[0].path.to_string(), "Type");
}

#[test]
fn what_replaces_only_sometimes_is_said_to() {
    let keyed =
        |key: &str| of(|stack| drop(stack.add("T", dynamodb::Table::new(KeySchema::hash(key)))));
    let change = only(diff(&keyed("a"), &keyed("b")));
    assert_eq!(change.action, Action::Modify);
    assert!(change.may_be_replaced());
}

#[test]
fn a_replacement_goes_on_to_whoever_refers_to_it() {
    let template = |name: &str| {
        of(|stack| {
            let queue = stack.add("Queue", sqs::Queue::new().queue_name(name));
            let code = lambda::FunctionCode::new().s3_key("k");
            let function = stack.add("Function", lambda::Function::new(code, "role"));
            let mapping =
                lambda::EventSourceMapping::new(function.name()).event_source_arn(queue.arn());
            stack.add("Mapping", mapping);
            stack.add(
                "Rule",
                events::Rule::new().targets([events::RuleTarget::new("queue", queue.arn())]),
            );
            let bystander = stack.add("Bystander", sqs::Queue::new());
            stack.options(&bystander).depends_on(&queue);
        })
    };
    let diff = diff(&template("a"), &template("b"));
    let seen: Vec<_> = diff
        .changes
        .iter()
        .map(|c| {
            (
                c.logical_id.as_str(),
                c.action,
                c.causes().into_iter().collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("Mapping", Action::Replace, vec!["Queue"]), // its EventSourceArn is create-only
            ("Queue", Action::Replace, vec![]),
            ("Rule", Action::Modify, vec!["Queue"]),
        ]
    );
    let rule = &diff.changes[2].properties[0];
    assert_eq!(rule.path.to_string(), "Properties.Targets[Id=queue].Arn");
    assert_eq!(
        (&rule.before, rule.requires_replacement),
        (&rule.after, Replacement::Never)
    );
}

#[test]
fn a_replacement_is_shown_with_its_cause_and_all_that_it_leads_to() {
    let template = |name: &str| {
        let resources = json!({
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}}},
            "Watch": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
                "Dimensions": [{"Name": "Mapping", "Value": {"Ref": "Mapping"}}, {"Name": "Queue", "Value": {"Ref": "Queue"}}]}},
            "Own": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
        });
        Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
    };
    let trees = diff(&template("a"), &template("b")).replacements();
    assert_eq!(
        serde_json::to_value(&trees).unwrap(),
        json!([
            {"logical_id": "Own", "type": "AWS::SNS::Topic", "action": "replace", "by": ["Properties.TopicName"]},
            {"logical_id": "Queue", "type": "AWS::SQS::Queue", "action": "replace", "by": ["Properties.QueueName"], "leads_to": [
                {"logical_id": "Mapping", "type": "AWS::Lambda::EventSourceMapping", "action": "replace",
                 "by": ["Properties.EventSourceArn"], "leads_to": [
                    {"logical_id": "Watch", "type": "AWS::CloudWatch::Alarm", "action": "modify",
                     "by": ["Properties.Dimensions[Name=Mapping].Value"]}]},
                {"logical_id": "Watch", "type": "AWS::CloudWatch::Alarm", "action": "modify",
                 "by": ["Properties.Dimensions[Name=Queue].Value"]}]},
        ])
    );
}

#[test]
fn a_note_in_the_template_changes_no_resource() {
    let noted = |text: &str| {
        of(|stack| {
            let queue = stack.add("Q", sqs::Queue::new());
            stack.options(&queue).metadata("Cause", json!(text));
        })
    };
    let change = only(diff(&noted("a"), &noted("b")));
    assert!(change.template_only);
    assert_eq!(change.properties[0].path.to_string(), "Metadata.Cause");
}

#[test]
fn order_matters_only_where_it_means_something() {
    let tagged = |tags: [&str; 2], actions: [&str; 2], layers: [&str; 2]| {
        of(|stack| {
            stack.add(
                "Q",
                sqs::Queue::new().tags(tags.map(|key| Tag::new(key, "x"))),
            );
            let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
            stack.add(
                "B",
                events::Rule::new().event_pattern(json!({"detail": {"Statement": [statement]}})),
            );
            let code = lambda::FunctionCode::new().s3_key("k");
            stack.add("F", lambda::Function::new(code, "role").layers(layers));
        })
    };
    let one = tagged(["a", "b"], ["x", "y"], ["l1", "l2"]);
    assert!(diff(&one, &tagged(["b", "a"], ["y", "x"], ["l1", "l2"])).is_empty());
    let change = only(diff(&one, &tagged(["a", "b"], ["x", "y"], ["l2", "l1"])));
    assert_eq!(change.logical_id, "F");
}

#[test]
fn elements_with_an_identity_are_compared_by_it() {
    let rule = |targets: &[(&str, &str)]| {
        of(|stack| {
            let targets = targets
                .iter()
                .map(|(id, arn)| events::RuleTarget::new(*id, *arn));
            stack.add("R", events::Rule::new().targets(targets));
        })
    };
    let change = only(diff(
        &rule(&[("a", "1"), ("b", "2")]),
        &rule(&[("b", "3"), ("c", "4")]),
    ));
    let paths: Vec<_> = change
        .properties
        .iter()
        .map(|p| p.path.to_string())
        .collect();
    assert_eq!(
        paths,
        [
            "Properties.Targets[Id=a]",
            "Properties.Targets[Id=b].Arn",
            "Properties.Targets[Id=c]"
        ]
    );
}

// Laws.

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..4i64).prop_map(Value::from),
        "[a-c]{1,2}".prop_map(Value::from),
        "[A-C]".prop_map(|id| json!({ "Ref": id })),
        "[A-C]".prop_map(|id| json!({ "Fn::GetAtt": [id, "Arn"] })),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("(Id|Arn|a\\.b|QueueName|[x-z])", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn resource_json() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just("AWS::SQS::Queue"),
        Just("AWS::Events::Rule"),
        Just("Custom::Other")
    ];
    let properties = prop::collection::btree_map("(QueueName|Targets|Tags|[x-z])", tree(), 0..4);
    (kind, properties, prop::option::of(leaf())).prop_map(|(kind, properties, metadata)| {
        let mut resource =
            json!({"Type": kind, "Properties": Value::Object(properties.into_iter().collect())});
        if let Some(metadata) = metadata {
            resource["Metadata"] = json!({ "note": metadata });
        }
        resource
    })
}

fn template_json() -> impl Strategy<Value = Template> {
    let resources = prop::collection::btree_map("[A-D]", resource_json(), 0..4);
    let outputs = prop::collection::btree_map("[O-Q]", leaf(), 0..3);
    (resources, outputs).prop_map(|(resources, outputs)| {
        let section = |members: Vec<(String, Value)>| Value::Object(members.into_iter().collect::<Map<_, _>>());
        let text = json!({"Resources": section(resources.into_iter().collect()), "Outputs": section(outputs.into_iter().collect())});
        Template::parse(&text.to_string()).unwrap()
    })
}

/// Carries a diff's changes out on the old resources.
fn apply(old: &Template, diff: &TemplateDiff) -> Map<String, Value> {
    let mut resources: Map<String, Value> = old
        .resources()
        .map(|(id, value)| (id.to_owned(), value.clone()))
        .collect();
    for change in &diff.changes {
        if change.action == Action::Remove {
            resources.remove(&change.logical_id);
            continue;
        }
        let resource = resources
            .entry(change.logical_id.clone())
            .or_insert_with(|| json!({ "Type": change.type_name }));
        for property in &change.properties {
            put(resource, property.path.steps(), property.after.as_ref());
        }
    }
    resources
}

fn put(value: &mut Value, steps: &[Step], after: Option<&Value>) {
    let Some((step, rest)) = steps.split_first() else {
        *value = after.cloned().unwrap_or(Value::Null);
        return;
    };
    match step {
        Step::Key(key) => {
            if !value.is_object() {
                *value = json!({});
            }
            let members = value.as_object_mut().unwrap();
            if rest.is_empty() && after.is_none() {
                members.remove(key);
            } else {
                put(
                    members.entry(key.clone()).or_insert(Value::Null),
                    rest,
                    after,
                );
            }
        }
        Step::Index(index) => put(&mut value.as_array_mut().unwrap()[*index], rest, after),
        Step::Member { key, value: id } => {
            let elements = value.as_array_mut().unwrap();
            let at = elements
                .iter()
                .position(|element| element[key.as_str()] == **id);
            match (at, rest.is_empty(), after) {
                (Some(at), true, None) => drop(elements.remove(at)),
                (Some(at), _, _) => put(&mut elements[at], rest, after),
                (None, _, _) => elements.push(after.cloned().unwrap()),
            }
        }
    }
}

/// What means the same: a missing section and an empty one, and the order of lists that have none.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let empty = |key: &str, value: &Value| {
                ["Properties", "Metadata"].contains(&key) && *value == json!({})
            };
            let kept = members.iter().filter(|(key, value)| !empty(key, value));
            Value::Object(
                kept.map(|(key, value)| (key.clone(), normal(value)))
                    .collect(),
            )
        }
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.iter().map(normal).collect();
            elements.sort_by_key(Value::to_string);
            Value::Array(elements)
        }
        leaf => leaf.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_template_does_not_differ_from_itself(template in template_json()) {
        prop_assert!(diff(&template, &template).is_empty());
    }

    #[test]
    fn everything_is_new_to_the_empty_template(template in template_json()) {
        let diff = diff(&Template::empty(), &template);
        prop_assert_eq!(diff.counts(), Counts { add: template.resources().count(), ..Counts::default() });
        prop_assert_eq!(diff.outputs.len(), template.outputs().count());
    }

    #[test]
    fn carrying_the_changes_out_gives_the_new_template(old in template_json(), new in template_json()) {
        let applied = apply(&old, &diff(&old, &new));
        let wanted: Map<String, Value> = new.resources().map(|(id, value)| (id.to_owned(), value.clone())).collect();
        prop_assert_eq!(normal(&Value::Object(applied)), normal(&Value::Object(wanted)));
    }

    #[test]
    fn no_difference_means_equal_up_to_order(old in template_json(), new in template_json()) {
        if diff(&old, &new).is_empty() {
            let whole = |template: &Template| normal(&Value::Object(template.members().clone()));
            prop_assert_eq!(whole(&old), whole(&new));
        }
    }
}
