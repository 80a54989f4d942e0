//! A stack in the making: resources under logical ids, with their options, and outputs. Faults are collected, not thrown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::check;
use crate::finding::{Code, Finding, Source};
use crate::handle::{Handle, LogicalId, Resource};
use crate::property::{Json, Property};
use crate::schema::{Tagging, schema};
use crate::template::Template;
use crate::val::Val;

/// What becomes of a resource that leaves the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// It is deleted.
    Delete,
    /// It stays in the account.
    Retain,
    /// It stays, unless the operation that created it is rolled back.
    RetainExceptOnCreate,
    /// It is deleted and leaves a snapshot, where its type can.
    Snapshot,
}

impl DeletionPolicy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
            Self::Snapshot => "Snapshot",
        }
    }
}

/// What a resource carries beside its properties.
#[derive(Clone, Debug, Default)]
pub struct Options {
    depends_on: Vec<LogicalId>,
    deletion: Option<DeletionPolicy>,
    replacement: Option<DeletionPolicy>,
    metadata: Map<String, Value>,
}

impl Options {
    /// Creates this resource after that one. References order by themselves; this is for what has none.
    pub fn depends_on(&mut self, other: impl AsRef<LogicalId>) -> &mut Self {
        self.depends_on.push(other.as_ref().clone());
        self
    }

    /// What becomes of it when it leaves the stack (`DeletionPolicy`).
    pub fn deletion_policy(&mut self, policy: DeletionPolicy) -> &mut Self {
        self.deletion = Some(policy);
        self
    }

    /// What becomes of the old one when it is replaced (`UpdateReplacePolicy`). `RetainExceptOnCreate` doesn't exist
    /// there and is written as `Retain`.
    pub fn update_replace_policy(&mut self, policy: DeletionPolicy) -> &mut Self {
        self.replacement = Some(match policy {
            DeletionPolicy::RetainExceptOnCreate => DeletionPolicy::Retain,
            other => other,
        });
        self
    }

    /// Keeps the resource whatever happens: both policies `Retain`.
    pub fn retain(&mut self) -> &mut Self {
        self.deletion_policy(DeletionPolicy::Retain)
            .update_replace_policy(DeletionPolicy::Retain)
    }

    /// A note in the template. Changing it changes no resource.
    pub fn metadata(&mut self, key: impl Into<String>, value: impl Into<Json>) -> &mut Self {
        self.metadata.insert(key.into(), value.into().into_value());
        self
    }
}

/// A stack's output.
#[derive(Clone, Debug)]
pub struct Output {
    value: Val<String>,
    description: Option<String>,
    export: Option<Val<String>>,
}

impl Output {
    /// What it is for.
    pub fn description(&mut self, text: impl Into<String>) -> &mut Self {
        self.description = Some(text.into());
        self
    }

    /// Under which name other stacks of the account and region may import it.
    pub fn export(&mut self, name: impl Into<Val<String>>) -> &mut Self {
        self.export = Some(name.into());
        self
    }

    fn to_value(&self) -> Value {
        let mut output = Map::new();
        output.insert("Value".into(), self.value.clone().into_value());
        if let Some(text) = &self.description {
            output.insert("Description".into(), text.as_str().into());
        }
        if let Some(name) = &self.export {
            output.insert("Export".into(), json!({ "Name": name }));
        }
        Value::Object(output)
    }
}

#[derive(Debug)]
struct Entry {
    type_name: &'static str,
    properties: Value,
    source: Source,
}

/// A resource as the stack holds it: what checks look at.
#[derive(Clone, Copy, Debug)]
pub struct ResourceView<'a> {
    /// Its name inside the template.
    pub id: &'a LogicalId,
    /// Such as `AWS::SQS::Queue`.
    pub type_name: &'static str,
    /// The properties as template JSON, without the stack's tags.
    pub properties: &'a Value,
    /// Where it was declared.
    pub source: Source,
}

/// A template and what there is to say about it.
#[derive(Debug)]
pub struct Synthesis {
    /// The template, also when there are findings.
    pub template: Template,
    /// All of them at once, sorted.
    pub findings: Vec<Finding>,
}

/// A stack in the making.
#[derive(Debug)]
pub struct Stack {
    description: String,
    metadata: Map<String, Value>,
    tags: BTreeMap<String, String>,
    entries: BTreeMap<LogicalId, Entry>,
    options: BTreeMap<LogicalId, Options>,
    outputs: BTreeMap<String, (Output, Source)>,
    faults: Vec<Finding>,
}

impl Stack {
    /// An empty stack with a description of up to 1,024 bytes.
    pub fn new(description: impl Into<String>) -> Self {
        Self {
            description: description.into(),
            metadata: Map::new(),
            tags: BTreeMap::new(),
            entries: BTreeMap::new(),
            options: BTreeMap::new(),
            outputs: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// Adds a resource under a logical id: 1 to 255 letters and digits. A bad or taken id is a finding at synth, which
    /// names the caller's line; the first resource under an id stays.
    #[track_caller]
    pub fn add<R: Resource>(&mut self, id: impl AsRef<str>, resource: R) -> Handle<R> {
        let id = LogicalId::from(id.as_ref());
        let source = Source::caller();
        self.judge_name(id.as_str(), "logical id", source);
        if let Some(first) = self.entries.get(&id) {
            let message = format!(
                "the logical id {id} is taken by the {} declared at {}",
                first.type_name, first.source
            );
            self.faults.push(
                Finding::error(Code::DuplicateLogicalId, message)
                    .at(id.as_str())
                    .source(source),
            );
        } else {
            let entry = Entry {
                type_name: R::TYPE,
                properties: resource.into_properties(),
                source,
            };
            self.entries.insert(id.clone(), entry);
        }
        Handle::to(id)
    }

    /// What a resource carries beside its properties.
    pub fn options(&mut self, resource: impl AsRef<LogicalId>) -> &mut Options {
        self.options.entry(resource.as_ref().clone()).or_default()
    }

    /// Adds an output. A bad or taken name is a finding at synth.
    #[track_caller]
    pub fn output(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Val<String>>,
    ) -> &mut Output {
        let (name, source) = (name.into(), Source::caller());
        self.judge_name(&name, "output name", source);
        if let Some((_, first)) = self.outputs.get(&name) {
            let message = format!("the output {name} is already declared at {first}");
            self.faults.push(
                Finding::error(Code::DuplicateLogicalId, message)
                    .at(&name)
                    .source(source),
            );
        }
        let output = Output {
            value: value.into(),
            description: None,
            export: None,
        };
        &mut self.outputs.entry(name).or_insert((output, source)).0
    }

    /// A note in the template's own `Metadata`.
    pub fn metadata(&mut self, key: impl Into<String>, value: impl Into<Json>) {
        self.metadata.insert(key.into(), value.into().into_value());
    }

    /// A tag for every resource whose type can carry tags. A tag that a resource sets itself stays as it is.
    pub fn tag(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.tags.insert(key.into(), value.into());
    }

    /// The resources by logical id.
    pub fn resources(&self) -> impl Iterator<Item = ResourceView<'_>> {
        self.entries.iter().map(|(id, entry)| ResourceView {
            id,
            type_name: entry.type_name,
            properties: &entry.properties,
            source: entry.source,
        })
    }

    /// Where a resource was declared.
    pub fn source(&self, id: &str) -> Option<Source> {
        self.entries
            .get(&LogicalId::from(id))
            .map(|entry| entry.source)
    }

    /// Renders the template and judges it: limits, schema bounds, references, cycles. All findings at once.
    pub fn synth(&self) -> Synthesis {
        let template = self.render();
        let mut findings = self.faults.clone();
        for mut finding in check::template(&template) {
            if let Some(id) = &finding.logical_id {
                let output = || self.outputs.get(id).map(|(_, source)| *source);
                finding.source = self.source(id).or_else(output);
            }
            findings.push(finding);
        }
        findings.sort();
        Synthesis { template, findings }
    }

    fn judge_name(&mut self, name: &str, kind: &str, source: Source) {
        let fits =
            (1..=255).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !fits {
            let message = format!("the {kind} {name:?} isn't 1 to 255 letters and digits");
            self.faults.push(
                Finding::error(Code::InvalidLogicalId, message)
                    .at(name)
                    .source(source),
            );
        }
    }

    fn render(&self) -> Template {
        let mut members = Map::new();
        members.insert("AWSTemplateFormatVersion".into(), "2010-09-09".into());
        members.insert("Description".into(), self.description.as_str().into());
        if !self.metadata.is_empty() {
            members.insert("Metadata".into(), Value::Object(self.metadata.clone()));
        }
        let resources = self
            .entries
            .iter()
            .map(|(id, entry)| (id.to_string(), self.render_resource(id, entry)));
        members.insert("Resources".into(), Value::Object(resources.collect()));
        if !self.outputs.is_empty() {
            let outputs = self
                .outputs
                .iter()
                .map(|(name, (output, _))| (name.clone(), output.to_value()));
            members.insert("Outputs".into(), Value::Object(outputs.collect()));
        }
        Template::of(members)
    }

    fn render_resource(&self, id: &LogicalId, entry: &Entry) -> Value {
        let mut resource = Map::new();
        resource.insert("Type".into(), entry.type_name.into());
        let mut properties = entry.properties.clone();
        apply_tags(entry.type_name, &mut properties, &self.tags);
        if properties
            .as_object()
            .is_some_and(|members| !members.is_empty())
        {
            resource.insert("Properties".into(), properties);
        }
        let Some(options) = self.options.get(id) else {
            return Value::Object(resource);
        };
        if !options.depends_on.is_empty() {
            let mut ids: Vec<_> = options
                .depends_on
                .iter()
                .map(LogicalId::to_string)
                .collect();
            ids.sort();
            ids.dedup();
            resource.insert("DependsOn".into(), ids.into());
        }
        let policies = [
            ("DeletionPolicy", options.deletion),
            ("UpdateReplacePolicy", options.replacement),
        ];
        for (name, policy) in policies {
            if let Some(policy) = policy {
                resource.insert(name.into(), policy.as_str().into());
            }
        }
        if !options.metadata.is_empty() {
            resource.insert("Metadata".into(), Value::Object(options.metadata.clone()));
        }
        Value::Object(resource)
    }
}

/// Adds the tags that the resource doesn't set itself, in the shape that its type wants.
fn apply_tags(type_name: &str, properties: &mut Value, tags: &BTreeMap<String, String>) {
    let Some(tagging) = schema(type_name).and_then(|schema| schema.tagging) else {
        return;
    };
    let Some(properties) = properties.as_object_mut().filter(|_| !tags.is_empty()) else {
        return;
    };
    match tagging {
        Tagging::List => {
            let own = properties.entry("Tags").or_insert_with(|| json!([]));
            let Some(own) = own.as_array_mut() else {
                return;
            };
            for (key, value) in tags {
                if !own.iter().any(|tag| tag["Key"] == **key) {
                    own.push(json!({ "Key": key, "Value": value }));
                }
            }
            own.sort_by_key(|tag| tag["Key"].to_string());
        }
        Tagging::Map => {
            let own = properties.entry("Tags").or_insert_with(|| json!({}));
            let Some(own) = own.as_object_mut() else {
                return;
            };
            for (key, value) in tags {
                own.entry(key.clone())
                    .or_insert_with(|| value.as_str().into());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::{Code, apigatewayv2, events, kms, sqs};

    #[test]
    fn a_stack_reads_like_its_template() {
        let mut stack = Stack::new("test");
        let key = stack.add("MessagingKey", kms::Key::new().enable_key_rotation(true));
        let bus = stack.add("Bus", events::EventBus::new("invoices"));
        let queue = stack.add(
            "ValidationQueue",
            sqs::Queue::new()
                .visibility_timeout(180)
                .kms_master_key_id(key.arn()),
        );
        stack.add(
            "SubmittedRule",
            events::Rule::new()
                .event_bus_name(bus.name())
                .event_pattern(json!({"detail-type": ["InvoiceSubmitted"]}))
                .targets([events::RuleTarget::new("queue", queue.arn())]),
        );
        stack
            .options(&queue)
            .depends_on(&bus)
            .retain()
            .metadata("Cause", json!("lane"));
        stack
            .output("QueueUrl", queue.queue_url())
            .description("for tests");
        let synthesis = stack.synth();
        assert_eq!(synthesis.findings, []);
        assert_eq!(
            synthesis.template.resource("SubmittedRule").unwrap(),
            &json!({"Type": "AWS::Events::Rule", "Properties": {
                "EventBusName": {"Ref": "Bus"}, "EventPattern": {"detail-type": ["InvoiceSubmitted"]},
                "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["ValidationQueue", "Arn"]}}]}})
        );
        assert_eq!(
            synthesis.template.resource("ValidationQueue").unwrap(),
            &json!({"Type": "AWS::SQS::Queue", "DependsOn": ["Bus"], "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain", "Metadata": {"Cause": "lane"}, "Properties": {
                "KmsMasterKeyId": {"Fn::GetAtt": ["MessagingKey", "Arn"]}, "VisibilityTimeout": 180}})
        );
        assert_eq!(
            synthesis.template.outputs().next().unwrap(),
            (
                "QueueUrl",
                &json!({"Value": {"Fn::GetAtt": ["ValidationQueue", "QueueUrl"]}, "Description": "for tests"})
            )
        );
    }

    #[test]
    fn bad_and_taken_ids_are_findings_with_their_line() {
        let mut stack = Stack::new("test");
        stack.add("Queue", sqs::Queue::new());
        stack.add("Queue", sqs::Queue::new());
        stack.add("not-an-id", sqs::Queue::new());
        let findings = stack.synth().findings;
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::InvalidLogicalId, Code::DuplicateLogicalId]);
        assert!(
            findings
                .iter()
                .all(|finding| finding.source.unwrap().file.ends_with("stack.rs"))
        );
    }

    #[test]
    fn tags_reach_every_type_that_takes_them_in_its_own_shape() {
        let mut stack = Stack::new("test");
        stack.tag("owner", "finance");
        stack.tag("env", "dev");
        stack.add(
            "Queue",
            sqs::Queue::new().tags([crate::Tag::new("env", "mine")]),
        );
        stack.add("Api", apigatewayv2::Api::new().name("api"));
        stack.add(
            "Policy",
            sqs::QueuePolicy::new(crate::PolicyDocument::default(), ["url"]),
        );
        let template = stack.synth().template;
        assert_eq!(
            template.resource("Queue").unwrap()["Properties"]["Tags"],
            json!([{"Key": "env", "Value": "mine"}, {"Key": "owner", "Value": "finance"}])
        );
        assert_eq!(
            template.resource("Api").unwrap()["Properties"]["Tags"],
            json!({"env": "dev", "owner": "finance"})
        );
        assert_eq!(
            template.resource("Policy").unwrap()["Properties"].get("Tags"),
            None
        );
    }
}
