//! Drift detection: reads every resource with bounded concurrency, then compares. The comparing half is pure.

use crate::canonical;
use crate::compare::compare;
use crate::finding::{Finding, Kind, NotChecked, Report, in_order};
use crate::kept;
use crate::live::{Child, Facts, Found, Live, THEIRS_TOO};
use crate::resolve::{Attributes, Place, Resource, Stack, resolve, tail, unknown};
use crate::revert;
use crate::risk;
use crate::tables::{names_of, parts_of, passed_over, reason, unread};
use cfn::Template;
use futures_util::StreamExt;
use requests::Unreachable;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How many resources are read at once.
const AT_ONCE: usize = 16;

/// Where the stack runs: the local cloud keeps less than AWS does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// AWS.
    Aws,
    /// The local cloud.
    Local,
}

/// What was deployed.
#[derive(Debug, Clone)]
pub struct Deployed<'a> {
    /// The stack's template.
    pub template: &'a Template,
    /// Where it is.
    pub place: &'a Place,
    /// Physical ids by logical id.
    pub physical: &'a BTreeMap<String, String>,
    /// The stack's own tags.
    pub tags: &'a BTreeMap<String, String>,
    /// Where it runs.
    pub target: Target,
}

/// What a detection found, and what the findings are about.
#[derive(Debug)]
pub struct Detected {
    /// The stack as it was deployed, resolved.
    pub stack: Stack,
    /// What differs.
    pub report: Report,
    pub(crate) facts: BTreeMap<String, Facts>,
}

impl Detected {
    /// What differs between another template and what was read: of resources that the stack has, and without asking
    /// any service again.
    pub fn compared_with(&self, other: &Deployed<'_>) -> Report {
        let resolved = resolve(
            other.template,
            other.place,
            other.physical,
            &attributes(&self.facts),
            other.tags,
        );
        let stack = Stack {
            target: other.target,
            ..resolved
        };
        judge(&stack, &self.facts, other.target)
    }
}

/// Reads everything and compares it. `progress` hears how many of how many resources are read.
///
/// # Errors
/// When nothing can be reached.
pub async fn detect(
    deployed: &Deployed<'_>,
    live: &impl Live,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Detected, Unreachable> {
    let resolved = |read: &Attributes| {
        let stack = resolve(
            deployed.template,
            deployed.place,
            deployed.physical,
            read,
            deployed.tags,
        );
        Stack {
            target: deployed.target,
            ..stack
        }
    };
    let first = resolved(&Attributes::new());
    let total = first.resources.len();
    let mut facts = BTreeMap::new();
    let mut heard = |done| progress(done, total);
    read(&first, first.resources.iter(), live, &mut facts, &mut heard).await?;
    // What needs another's attribute (a stream's ARN) to be found at all is looked for once that is known.
    let known = attributes(&facts);
    let second = resolved(&known);
    let before = &first.resources;
    let changed = second
        .resources
        .iter()
        .filter(|resource| !before.contains(resource));
    read(&second, changed, live, &mut facts, &mut heard).await?;
    let now_known = attributes(&facts);
    let stack = if now_known == known {
        second
    } else {
        resolved(&now_known)
    };
    let report = judge(&stack, &facts, deployed.target);
    Ok(Detected {
        stack,
        report,
        facts,
    })
}

/// Reads resources, so many at once.
async fn read<'a>(
    stack: &'a Stack,
    resources: impl Iterator<Item = &'a Resource>,
    live: &impl Live,
    facts: &mut BTreeMap<String, Facts>,
    progress: &mut dyn FnMut(usize),
) -> Result<(), Unreachable> {
    let mut reading = futures_util::stream::iter(resources)
        .map(|resource| async move {
            let facts = match reason(&resource.type_name) {
                Some(why) => Facts::NotRead(why.to_owned()),
                None => live.read(stack, resource).await?,
            };
            Ok::<_, Unreachable>((resource.logical_id.clone(), facts))
        })
        .buffer_unordered(AT_ONCE);
    while let Some(read) = reading.next().await {
        let (id, of) = read?;
        facts.insert(id, of);
        progress(facts.len());
    }
    Ok(())
}

/// Attributes by logical id.
fn attributes(facts: &BTreeMap<String, Facts>) -> Attributes {
    let of = facts.iter().filter_map(|(id, facts)| match facts {
        Facts::Found(found) => Some((id.clone(), found.attributes.clone())),
        _ => None,
    });
    of.collect()
}

/// Compares what was deployed with the facts. Pure.
pub fn judge(stack: &Stack, facts: &BTreeMap<String, Facts>, target: Target) -> Report {
    let mut report = Report::default();
    for (logical_id, type_name) in &stack.unmade {
        report.not_checked.push(NotChecked {
            logical_id: logical_id.clone(),
            type_name: type_name.clone(),
            reason: "the stack never made it: it has no physical id".to_owned(),
        });
    }
    for resource in &stack.resources {
        let mut note = |reason: String| {
            report.not_checked.push(NotChecked {
                logical_id: resource.logical_id.clone(),
                type_name: resource.type_name.clone(),
                reason,
            });
        };
        match facts.get(&resource.logical_id) {
            None => note("it was not read".to_owned()),
            Some(Facts::NotRead(why)) => note(why.clone()),
            Some(Facts::Gone) => {
                report.checked += 1;
                report.findings.push(deleted(stack, resource));
            }
            Some(Facts::Found(found)) => {
                report.checked += 1;
                let (findings, notes) = differences(stack, resource, found, target);
                report.findings.extend(findings);
                if !notes.is_empty() {
                    note(notes.into_iter().collect::<Vec<_>>().join("; "));
                }
                let added = found
                    .children
                    .iter()
                    .filter(|child| !is_declared(stack, child, &found.children))
                    .filter(|child| target == Target::Aws || !kept::is_of_the_local_cloud(child))
                    .map(|child| added(resource, child));
                report.findings.extend(added);
            }
        }
    }
    for finding in &mut report.findings {
        finding.way_out = revert::way_out(stack, finding);
    }
    report.not_checked.sort();
    in_order(&mut report.findings);
    report
}

fn deleted(stack: &Stack, resource: &Resource) -> Finding {
    let expected = Value::Object(resource.properties.clone());
    Finding {
        logical_id: Some(resource.logical_id.clone()),
        resource: resource.physical_id.clone(),
        parent: None,
        type_name: resource.type_name.clone(),
        kind: Kind::Deleted,
        path: String::new(),
        risk: risk::of_deleted(&resource.type_name),
        expected: Some(expected),
        actual: None,
        who: None,
        when: None,
        revertible: revert::can_remake(stack, resource),
        way_out: None,
        ignored_until: None,
    }
}

fn added(parent: &Resource, child: &Child) -> Finding {
    Finding {
        logical_id: None,
        resource: child.id.clone(),
        parent: Some(parent.logical_id.clone()),
        type_name: child.type_name.to_owned(),
        kind: Kind::Added,
        path: String::new(),
        expected: None,
        actual: Some(Value::Object(child.properties.clone())),
        risk: risk::of_added(child),
        who: None,
        when: None,
        revertible: revert::can_remove(child.type_name)
            && !child.properties.contains_key(THEIRS_TOO),
        way_out: None,
        ignored_until: None,
    }
}

/// The property differences of a resource that is there, and notes on what could not be compared.
fn differences(
    stack: &Stack,
    resource: &Resource,
    found: &Found,
    target: Target,
) -> (Vec<Finding>, BTreeSet<String>) {
    let type_name = resource.type_name.as_str();
    let mut notes: BTreeSet<String> = passed_over(type_name)
        .map(|(what, why)| format!("{what}: {why}"))
        .collect();
    let mut expected = canonical::properties(&resource.properties);
    let mut actual = canonical::properties(&found.properties);
    told_otherwise(type_name, &mut expected);
    for name in names_of(type_name) {
        expected.remove(*name);
        actual.remove(*name);
    }
    expected.retain(|name, _| match unread(type_name, name) {
        Some(why) => {
            notes.insert(format!("{name}: {why}"));
            actual.remove(name);
            false
        }
        None => true,
    });
    for (name, why) in &found.unread {
        expected.remove(name);
        actual.remove(name);
        notes.insert(format!("{name}: {why}"));
    }
    // CloudFormation puts the stack's tags onto every resource. One that is not there is no difference: not every resource
    // takes them. One that says something else is.
    if let Some(Value::Object(tags)) = actual.get_mut("Tags") {
        if target == Target::Local {
            tags.retain(|key, _| !kept::is_a_tag_of_the_local_cloud(key));
        }
        let told = expected.get("Tags").and_then(Value::as_object);
        tags.retain(|key, value| {
            told.is_some_and(|told| told.contains_key(key))
                || stack.tags.get(key).map(String::as_str) != value.as_str()
        });
        let changed = tags.keys().filter_map(|key| {
            let value = stack.tags.get(key)?;
            let is_told = told.is_some_and(|told| told.contains_key(key));
            (!is_told).then(|| (key.clone(), Value::from(value.as_str())))
        });
        let changed: Map<String, Value> = changed.collect();
        if !changed.is_empty()
            && let Value::Object(told) = expected
                .entry("Tags")
                .or_insert_with(|| Value::Object(Map::new()))
        {
            told.extend(changed);
        }
    }
    let (differences, unresolved) = compare(type_name, &expected, &actual);
    for path in unresolved {
        notes.insert(format!(
            "{path}: what the template refers to could not be resolved"
        ));
    }
    let mut findings = Vec::new();
    for difference in differences {
        let path = difference.path.to_string();
        if target == Target::Local {
            let property = kept::property(&difference.path);
            if let Some(why) = kept::not_kept(type_name, property)
                && is_unset(type_name, property, &actual)
            {
                notes.insert(format!("{property}: {why}"));
                continue;
            }
        }
        let kind = match (&difference.expected, &difference.actual) {
            (None, Some(_)) => Kind::Undeclared,
            _ => Kind::Modified,
        };
        findings.push(Finding {
            logical_id: Some(resource.logical_id.clone()),
            resource: found
                .id
                .clone()
                .unwrap_or_else(|| resource.physical_id.clone()),
            parent: None,
            type_name: type_name.to_owned(),
            kind,
            risk: risk::of_property(type_name, &difference),
            revertible: revert::can_set(stack, resource, &difference.path),
            path,
            expected: difference.expected,
            actual: difference.actual,
            who: None,
            when: None,
            way_out: None,
            ignored_until: None,
        });
    }
    (findings, notes)
}

/// Whether a property is as it is when nobody says anything of it.
fn is_unset(type_name: &str, property: &str, actual: &Map<String, Value>) -> bool {
    let only = actual
        .get(property)
        .map(|value| (property.to_owned(), value.clone()));
    let only: Map<String, Value> = only.into_iter().collect();
    compare(type_name, &Map::new(), &only).0.is_empty()
}

/// Properties that a service tells in another form than the template does.
pub(crate) fn told_otherwise(type_name: &str, expected: &mut Map<String, Value>) {
    match type_name {
        // The archive's key is its content's sha256, which is what Lambda tells of a function's code.
        "AWS::Lambda::Function" => {
            if let Some(code) = expected.remove("Code")
                && let Some(sha256) = code["S3Key"].as_str().and_then(sha256_of_key)
            {
                expected.insert("Code".into(), serde_json::json!({ "Sha256": sha256 }));
            }
        }
        "AWS::StepFunctions::StateMachine" => {
            let own = expected.remove("DefinitionSubstitutions");
            if let Some(definition) = expected.remove("Definition") {
                expected.insert("DefinitionString".into(), definition);
            }
            if let (Some(Value::Object(own)), Some(definition)) =
                (own, expected.get_mut("DefinitionString"))
            {
                let mut text = definition.to_string();
                for (name, value) in own {
                    text =
                        text.replace(&format!("${{{name}}}"), value.as_str().unwrap_or_default());
                }
                if let Ok(filled) = serde_json::from_str(&text) {
                    *definition = filled;
                }
            }
        }
        "AWS::Lambda::EventSourceMapping"
        | "AWS::Lambda::EventInvokeConfig"
        | "AWS::Lambda::Permission" => {
            if let Some(Value::String(name)) = expected.get_mut("FunctionName")
                && !unknown(&Value::String(name.clone()))
            {
                *name = tail(name).to_owned();
            }
        }
        _ => {}
    }
}

/// The sha256 in an artifact's key `handlers/NAME/SHA256.zip`.
fn sha256_of_key(key: &str) -> Option<&str> {
    let sha256 = key.rsplit('/').next()?.strip_suffix(".zip")?;
    let hex = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then_some(sha256)
}

/// Whether the stack knows something that hangs on one of its resources. A second one that says the same as a declared
/// one (`beside` has that under its own id) is somebody's.
pub(crate) fn is_declared(stack: &Stack, child: &Child, beside: &[Child]) -> bool {
    if points_here(stack, child) {
        return false;
    }
    stack
        .of(child.type_name)
        .any(|resource| match has_id(resource, &child.id) {
            Id::Whole => true,
            // What hangs on an API of ours has its own id there; elsewhere a name may be anybody's.
            Id::Last if child.type_name.starts_with("AWS::ApiGatewayV2::") => true,
            Id::Last if parts_of(child.type_name).is_empty() => true,
            Id::Last => is_same_part(resource, child.type_name, &child.properties),
            Id::Other => {
                // The first that says the same is the one that was made again; a second one was added.
                let alike = |other: &Child| {
                    other.type_name == child.type_name
                        && is_same_part(resource, other.type_name, &other.properties)
                };
                let own = |other: &Child| {
                    other.type_name == child.type_name && has_id(resource, &other.id) != Id::Other
                };
                // Nearly none is: what follows is asked of few.
                alike(child)
                    && beside
                        .iter()
                        .find(|other| alike(other))
                        .is_none_or(|first| first.id == child.id)
                    && !beside.iter().any(own)
            }
        })
}

/// Whether it hangs on nothing of ours but points at it: its reader leaves out what is ours.
fn points_here(stack: &Stack, child: &Child) -> bool {
    let on_our_bus = || {
        let bus = child.properties.get("EventBusName").and_then(Value::as_str);
        let mut buses = stack.of("AWS::Events::EventBus");
        bus.is_none_or(|bus| buses.any(|ours| ours.name() == bus))
    };
    match child.type_name {
        "AWS::Scheduler::Schedule" => true,
        "AWS::Events::Rule" => !on_our_bus(),
        _ => false,
    }
}

/// How much of an id is a resource's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    /// All of it.
    Whole,
    /// Its last part, and that is all that is recorded.
    Last,
    /// Nothing.
    Other,
}

/// Compares an id with the one that is recorded, however their parts are joined.
fn has_id(resource: &Resource, id: &str) -> Id {
    let joined = |byte: u8| match byte {
        b'/' | b':' => b'|',
        other => other,
    };
    let (recorded, id) = (resource.physical_id.as_bytes(), id.as_bytes());
    let Some(before) = id.len().checked_sub(recorded.len()) else {
        return Id::Other;
    };
    let (before, end) = id.split_at(before);
    let same = end
        .iter()
        .zip(recorded)
        .all(|(one, other)| joined(*one) == joined(*other));
    match before.last().map(|byte| joined(*byte)) {
        _ if !same => Id::Other,
        None => Id::Whole,
        Some(b'|') => Id::Last,
        Some(_) => Id::Other,
    }
}

/// Whether a declared resource and something that is there are the same part, whatever their ids. What is not known is
/// no such thing: a part that might be ours is not taken for it.
pub fn is_same_part(resource: &Resource, type_name: &str, properties: &Map<String, Value>) -> bool {
    let parts = parts_of(type_name);
    // Only these count, and this is asked of every pair.
    let of = |all: &Map<String, Value>| {
        let own = all
            .iter()
            .filter(|(name, _)| parts.contains(&name.as_str()));
        let mut own: Map<String, Value> = own.map(|(k, v)| (k.clone(), v.clone())).collect();
        told_otherwise(type_name, &mut own);
        own
    };
    let (told, there) = (of(&resource.properties), of(properties));
    !parts.is_empty()
        && parts
            .iter()
            .all(|name| match (told.get(*name), there.get(*name)) {
                (Some(told), Some(there)) => told == there,
                (None, None) => true,
                _ => false,
            })
}
