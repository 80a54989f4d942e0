//! What else decides who may do what: boundaries of roles, blocks of public access, and which role something takes on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::grants::{list, text};
use super::{Change, IamChange};
use crate::policy::Effect;
use crate::template::Template;

/// The properties by which a resource takes on a role.
const ROLES: [&str; 4] = ["Role", "RoleArn", "CredentialsArn", "ExecutionRoleArn"];

pub(super) fn changes(old: &Template, new: &Template) -> Vec<IamChange> {
    let mut changes = Vec::new();
    for (id, before) in old.resources() {
        let Some(after) = new.resource(id) else {
            continue;
        };
        let (before, after) = (denials(id, before), denials(id, after));
        // One that goes with its resource broadens nothing.
        changes.extend(only(&before, &after, Change::Broadened));
        changes.extend(only(&after, &before, Change::Narrowed));
    }
    let (before, after) = (taken_on(old), taken_on(new));
    for (from, to, other, change) in [
        (&after, &before, old, Change::Broadened),
        (&before, &after, new, Change::Narrowed),
    ] {
        let news = from.iter().filter(|(guard, _)| !to.contains_key(guard));
        for (guard, role) in news {
            // A resource that comes together with its role has no more than what is shown of the role.
            let together = other.resource(&guard.0).is_none()
                && role
                    .as_ref()
                    .is_some_and(|role| other.resource(role).is_none());
            if !together {
                changes.push(guard_change(guard, Effect::Allow, change));
            }
        }
    }
    changes
}

/// Who, what, on which.
type Guard = (String, String, String);

/// Roles that are taken on, with the logical id of each, where it is of this template.
type Taken = BTreeMap<Guard, Option<String>>;

fn only(from: &[Guard], to: &[Guard], change: Change) -> Vec<IamChange> {
    let gone = from.iter().filter(|guard| !to.contains(guard));
    gone.map(|guard| guard_change(guard, Effect::Deny, change))
        .collect()
}

fn guard_change((role, action, resource): &Guard, effect: Effect, change: Change) -> IamChange {
    IamChange {
        role: role.clone(),
        action: action.clone(),
        resource: resource.clone(),
        effect: effect.as_str(),
        change,
        condition: None,
        otherwise: None,
    }
}

/// A resource's boundary, and its block of public access.
fn denials(id: &str, resource: &Value) -> Vec<Guard> {
    let properties = &resource["Properties"];
    let mut found = Vec::new();
    let boundary = &properties["PermissionsBoundary"];
    if !boundary.is_null() {
        found.push((
            id.to_owned(),
            "permissions-boundary".to_owned(),
            text(boundary),
        ));
    }
    let blocks = properties["PublicAccessBlockConfiguration"].as_object();
    for (block, on) in blocks.into_iter().flatten() {
        if *on != false && *on != "false" {
            found.push((
                "*".to_owned(),
                format!("public-access:{block}"),
                format!("${{{id}.Arn}}"),
            ));
        }
    }
    found
}

fn taken_on(template: &Template) -> Taken {
    let mut found = Taken::new();
    for (id, resource) in template.resources() {
        roles(&resource["Properties"], &mut |role| {
            let guard = (id.to_owned(), "sts:AssumeRole".to_owned(), text(role));
            let reference = role["Ref"]
                .as_str()
                .or_else(|| role["Fn::GetAtt"][0].as_str());
            found.insert(guard, reference.map(str::to_owned));
        });
    }
    found
}

fn roles<'a>(value: &'a Value, found: &mut impl FnMut(&'a Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if ROLES.contains(&name.as_str()) && list(member).len() == 1 {
                    found(member);
                } else {
                    roles(member, found);
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| roles(element, found)),
        _ => {}
    }
}
