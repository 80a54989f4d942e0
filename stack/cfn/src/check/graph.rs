//! References that lead nowhere, attributes that don't exist, and resources that wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::path::Path;
use crate::references::references;
use crate::schema::schema;
use crate::template::Template;

pub(super) fn judge(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut edges: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (id, resource) in template.resources() {
        let mut needs = lead_somewhere(template, id, &Path::default(), resource, &mut findings);
        for other in depends_on(resource) {
            if template.resource(other).is_none() {
                let message = format!("{id} depends on {other}, which this stack doesn't have");
                findings.push(
                    Finding::error(Code::DanglingReference, message)
                        .at(id)
                        .path("DependsOn"),
                );
            }
            needs.insert(other.to_owned());
        }
        edges.insert(id, needs);
    }
    for (name, output) in template.outputs() {
        lead_somewhere(template, name, &Path::default(), output, &mut findings);
    }
    findings.extend(cycles(edges));
    findings
}

/// `DependsOn` is a text or a list.
pub(crate) fn depends_on(resource: &Value) -> Vec<&str> {
    match &resource["DependsOn"] {
        Value::String(id) => vec![id],
        Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn lead_somewhere(
    template: &Template,
    id: &str,
    at: &Path,
    value: &Value,
    findings: &mut Vec<Finding>,
) -> BTreeSet<String> {
    let mut needs = BTreeSet::new();
    for reference in references(at, value) {
        let target = template.resource(&reference.id);
        let is_parameter = template
            .section("Parameters")
            .any(|(name, _)| name == reference.id);
        let path = reference.path.to_string();
        let Some(target) = target else {
            if !is_parameter {
                let message = format!(
                    "{path} of {id} refers to {}, which this stack doesn't have",
                    reference.id
                );
                findings.push(
                    Finding::error(Code::DanglingReference, message)
                        .at(id)
                        .path(path),
                );
            }
            continue;
        };
        let known = target["Type"].as_str().and_then(schema);
        if let (Some(attribute), Some(known)) = (&reference.attribute, known)
            && !known.attributes.contains(&attribute.as_str())
        {
            let message = format!(
                "{path} of {id} reads {attribute} of {}, but {} has {:?}",
                reference.id, known.type_name, known.attributes
            );
            findings.push(
                Finding::error(Code::UnknownAttribute, message)
                    .at(id)
                    .path(path),
            );
        }
        needs.insert(reference.id);
    }
    needs
}

/// One finding a cycle: what neither leads to the end nor comes from the start goes round.
fn cycles(mut edges: BTreeMap<&str, BTreeSet<String>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    loop {
        let before = edges.len();
        let left: BTreeSet<String> = edges.keys().map(|id| (*id).to_owned()).collect();
        edges.retain(|_, needs| needs.iter().any(|need| left.contains(need)));
        if edges.len() < before {
            continue;
        }
        let Some(start) = edges.keys().next().copied() else {
            return findings;
        };
        let ring = walk(&edges, start);
        let message = format!(
            "these wait for each other: {} -> {}",
            ring.join(" -> "),
            ring.first().map_or("", String::as_str)
        );
        findings.push(
            Finding::error(Code::DependencyCycle, message)
                .at(ring.first().map_or(start, String::as_str)),
        );
        edges.retain(|id, _| !ring.iter().any(|member| member == id));
    }
}

/// Follows the first need that is left until an id comes up again.
fn walk(edges: &BTreeMap<&str, BTreeSet<String>>, start: &str) -> Vec<String> {
    let mut trail = vec![start.to_owned()];
    loop {
        let last = trail.last().map_or(start, String::as_str);
        let next = edges
            .get(last)
            .and_then(|needs| needs.iter().find(|need| edges.contains_key(need.as_str())));
        let Some(next) = next.cloned() else {
            return trail;
        };
        if let Some(seen) = trail.iter().position(|id| *id == next) {
            return trail.split_off(seen);
        }
        trail.push(next);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Handle, LogicalId, Stack, Template, check, sqs};

    #[test]
    fn a_reference_to_nothing_is_found_in_resources_and_outputs() {
        let mut stack = Stack::new("test");
        let nowhere: Handle<sqs::Queue> = Handle::to("Nowhere");
        let queue = stack.add("Queue", sqs::Queue::new().queue_name(nowhere.queue_name()));
        stack.options(&queue).depends_on(LogicalId::from("Absent"));
        stack.output("Url", nowhere.url());
        let findings = stack.synth().findings;
        let texts: Vec<_> = findings
            .iter()
            .map(|f| format!("{} {:?} {:?}", f.code.as_str(), f.logical_id, f.path))
            .collect();
        assert_eq!(
            texts,
            [
                r#"CFN007 Some("Queue") Some("DependsOn")"#,
                r#"CFN007 Some("Queue") Some("Properties.QueueName")"#,
                r#"CFN007 Some("Url") Some("Value")"#,
            ]
        );
        assert!(findings.iter().all(|finding| finding.source.is_some()));
    }

    #[test]
    fn an_attribute_that_the_type_lacks_is_found() {
        let text = r#"{"Resources":{"Q":{"Type":"AWS::SQS::Queue"},
            "P":{"Type":"AWS::Custom::X","Properties":{"A":{"Fn::GetAtt":["Q","Ard"]}}}}}"#;
        let findings = check::template(&Template::parse(text).unwrap_or_default());
        assert_eq!(findings.len(), 1);
        assert!(
            findings
                .iter()
                .all(|f| f.code.as_str() == "CFN008" && f.message.contains("Ard"))
        );
    }

    #[test]
    fn every_cycle_is_one_finding() {
        let text = r#"{"Resources":{
            "A":{"Type":"T","Properties":{"x":{"Ref":"B"}}}, "B":{"Type":"T","DependsOn":"A"},
            "C":{"Type":"T","Properties":{"x":{"Fn::Sub":"${C}"}}}, "D":{"Type":"T","DependsOn":["A","E"]}, "E":{"Type":"T"}}}"#;
        let findings = check::template(&Template::parse(text).unwrap_or_default());
        let texts: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(
            texts,
            [
                "these wait for each other: A -> B -> A",
                "these wait for each other: C -> C"
            ]
        );
    }
}
