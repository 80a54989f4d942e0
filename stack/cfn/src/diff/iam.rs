//! Who may do what to which, before and after: statements of roles, resource policies and function permissions,
//! flattened to one grant a principal, action and resource.
//!
//! A grant that another one already covers (the same under a wildcard) is no news. What a managed policy of elsewhere
//! holds isn't known here: attaching one is a grant of its own. A permissions boundary is a denial: lifting or exchanging
//! one broadens its role. A route or function URL that asks nobody who they are lets everybody call it. A type that isn't
//! known here counts by the policy documents in its properties.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::policy::Effect;
use crate::template::Template;

/// Whether something more became possible, or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// An allow came, or a deny went.
    Broadened,
    /// An allow went, or a deny came.
    Narrowed,
}

impl Change {
    /// The change's name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broadened => "broadened",
            Self::Narrowed => "narrowed",
        }
    }
}

/// A grant that came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct IamChange {
    /// Who: a role's logical id, or the principal that a resource policy names.
    pub role: String,
    /// What, such as `sqs:SendMessage`; `!x` stands for everything but x.
    pub action: String,
    /// On what, with references as `${LogicalId.Attribute}`.
    pub resource: String,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// More or less.
    pub change: Change,
    /// The statement's condition as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    deny: bool,
    role: String,
    action: String,
    resource: String,
}

/// A grant to the conditions under which it holds; "" is none.
type Grants = BTreeMap<Grant, BTreeSet<String>>;

pub(super) fn diff(old: &Template, new: &Template) -> Vec<IamChange> {
    let lifted = boundaries(old, new);
    let (old, new) = (grants(old), grants(new));
    let mut changes = gone(&old, &new, true);
    changes.extend(gone(&new, &old, false));
    changes.extend(lifted);
    changes.sort();
    changes
}

/// Boundaries that came or went, of roles and users that stay. One that goes with its role broadens nothing.
fn boundaries(old: &Template, new: &Template) -> Vec<IamChange> {
    let mut changes = Vec::new();
    for (id, before) in old.resources() {
        let Some(after) = new.resource(id) else {
            continue;
        };
        let [before, after] =
            [before, after].map(|resource| &resource["Properties"]["PermissionsBoundary"]);
        if before == after {
            continue;
        }
        for (boundary, change) in [(before, Change::Broadened), (after, Change::Narrowed)] {
            if !boundary.is_null() {
                changes.push(IamChange {
                    role: id.to_owned(),
                    action: "permissions-boundary".to_owned(),
                    resource: text(boundary),
                    effect: Effect::Deny.as_str(),
                    change,
                    condition: None,
                });
            }
        }
    }
    changes
}

/// What `from` has and `to` doesn't cover. `lost` says whether `from` is the older one.
fn gone(from: &Grants, to: &Grants, lost: bool) -> Vec<IamChange> {
    let mut changes = Vec::new();
    for (grant, conditions) in from {
        for condition in conditions
            .iter()
            .filter(|condition| !covered(grant, condition, to))
        {
            let change = if lost == grant.deny {
                Change::Broadened
            } else {
                Change::Narrowed
            };
            changes.push(IamChange {
                role: grant.role.clone(),
                action: grant.action.clone(),
                resource: grant.resource.clone(),
                effect: if grant.deny {
                    Effect::Deny
                } else {
                    Effect::Allow
                }
                .as_str(),
                change,
                condition: Some(condition.clone()).filter(|condition| !condition.is_empty()),
            });
        }
    }
    changes
}

fn covered(grant: &Grant, condition: &str, by: &Grants) -> bool {
    by.iter().any(|(other, conditions)| {
        other.deny == grant.deny
            && glob(&other.role, &grant.role)
            && glob(
                &other.action.to_ascii_lowercase(),
                &grant.action.to_ascii_lowercase(),
            )
            && glob(&other.resource, &grant.resource)
            && (conditions.contains("") || conditions.contains(condition))
    })
}

/// IAM's wildcards: `*` is any text, `?` any character.
fn glob(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = &pattern[1..];
            rest.is_empty()
                || text.char_indices().any(|(at, _)| glob(rest, &text[at..]))
                || glob(rest, "")
        }
        (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
            glob(&pattern[wanted.len_utf8()..], &text[found.len_utf8()..])
        }
        _ => false,
    }
}

fn grants(template: &Template) -> Grants {
    let mut grants = Grants::new();
    for (id, resource) in template.resources() {
        let properties = &resource["Properties"];
        let itself = format!("${{{id}.Arn}}");
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
                document(
                    &mut grants,
                    None,
                    Some(&itself),
                    &properties["AssumeRolePolicyDocument"],
                );
                for policy in list(&properties["Policies"]) {
                    document(&mut grants, Some(id), None, &policy["PolicyDocument"]);
                }
                for policy in list(&properties["ManagedPolicyArns"]) {
                    insert(&mut grants, false, id, "managed-policy", &text(policy), "");
                }
            }
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
                if resource["Type"] == "AWS::IAM::ManagedPolicy" {
                    // Whoever attaches it by reference isn't named in it.
                    document(&mut grants, Some(id), None, &properties["PolicyDocument"]);
                }
                for holder in ["Roles", "Users", "Groups"]
                    .into_iter()
                    .flat_map(|kind| list(&properties[kind]))
                {
                    let name = holder["Ref"]
                        .as_str()
                        .map_or_else(|| text(holder), str::to_owned);
                    document(
                        &mut grants,
                        Some(&name),
                        None,
                        &properties["PolicyDocument"],
                    );
                }
            }
            "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" | "AWS::S3::BucketPolicy" => {
                document(&mut grants, None, None, &properties["PolicyDocument"]);
            }
            "AWS::KMS::Key" => document(&mut grants, None, Some(&itself), &properties["KeyPolicy"]),
            "AWS::Events::EventBus" => {
                document(&mut grants, None, Some(&itself), &properties["Policy"])
            }
            "AWS::DynamoDB::Table" => {
                document(
                    &mut grants,
                    None,
                    Some(&itself),
                    &properties["ResourcePolicy"]["PolicyDocument"],
                );
            }
            "AWS::Lambda::Permission" => permission(&mut grants, properties),
            "AWS::ApiGatewayV2::Route" => {
                // API Gateway reads an absent type as `NONE`.
                if lets_anybody_in(&properties["AuthorizationType"]) {
                    insert(&mut grants, false, "*", "execute-api:Invoke", &itself, "");
                }
            }
            "AWS::Lambda::Url" => {
                if lets_anybody_in(&properties["AuthType"]) {
                    let function = text(&properties["TargetFunctionArn"]);
                    let action = "lambda:InvokeFunctionUrl";
                    insert(&mut grants, false, "*", action, &function, "");
                }
            }
            "AWS::Logs::ResourcePolicy" => written(&mut grants, &properties["PolicyDocument"]),
            "AWS::Events::EventBusPolicy" => document(&mut grants, None, None, properties),
            "AWS::IAM::RolePolicy" | "AWS::IAM::UserPolicy" | "AWS::IAM::GroupPolicy" => {
                let holders = ["RoleName", "UserName", "GroupName"];
                for holder in holders.map(|name| &properties[name]) {
                    let name = holder["Ref"]
                        .as_str()
                        .map_or_else(|| text(holder), str::to_owned);
                    if !holder.is_null() {
                        let policy = &properties["PolicyDocument"];
                        document(&mut grants, Some(&name), None, policy);
                    }
                }
            }
            _ => {
                for policy in properties.as_object().into_iter().flatten() {
                    document(&mut grants, None, Some(&itself), policy.1);
                }
            }
        }
    }
    grants
}

/// What isn't said literally may be `NONE`.
fn lets_anybody_in(authorization: &Value) -> bool {
    authorization.as_str().is_none_or(|kind| kind == "NONE")
}

/// A policy that is a string of JSON. One that can't be read here counts as a grant of its own, so that a change shows.
fn written(grants: &mut Grants, policy: &Value) {
    let parsed = policy.as_str().map(serde_json::from_str::<Value>);
    match parsed {
        Some(Ok(policy)) => document(grants, None, None, &policy),
        _ => insert(grants, false, "?", "unreadable-policy", &text(policy), ""),
    }
}

/// A statement of a function's resource policy, as CloudFormation spells it.
fn permission(grants: &mut Grants, properties: &Value) {
    let keys = [
        "SourceArn",
        "SourceAccount",
        "PrincipalOrgID",
        "EventSourceToken",
        "FunctionUrlAuthType",
    ];
    let conditions: Vec<String> = keys
        .into_iter()
        .filter(|key| !properties[*key].is_null())
        .map(|key| format!("{key}={}", text(&properties[key])))
        .collect();
    let (who, action) = (text(&properties["Principal"]), text(&properties["Action"]));
    insert(
        grants,
        false,
        &who,
        &action,
        &text(&properties["FunctionName"]),
        &conditions.join(" "),
    );
}

/// `holder` is who holds an identity policy; `itself` the resource that a `*` in its own policy means.
fn document(grants: &mut Grants, holder: Option<&str>, itself: Option<&str>, document: &Value) {
    for statement in list(&document["Statement"]) {
        let deny = statement["Effect"] == "Deny";
        let condition = if statement["Condition"].is_null() {
            String::new()
        } else {
            statement["Condition"].to_string()
        };
        let roles = holder.map_or_else(|| principals(statement), |holder| vec![holder.to_owned()]);
        let mut resources = members(statement, "Resource", "NotResource");
        if let Some(itself) = itself {
            resources
                .iter_mut()
                .filter(|resource| *resource == "*")
                .for_each(|resource| itself.clone_into(resource));
            if resources.is_empty() {
                resources.push(itself.to_owned());
            }
        }
        for role in &roles {
            for action in members(statement, "Action", "NotAction") {
                for resource in &resources {
                    insert(grants, deny, role, &action, resource, &condition);
                }
            }
        }
    }
}

fn insert(
    grants: &mut Grants,
    deny: bool,
    role: &str,
    action: &str,
    resource: &str,
    condition: &str,
) {
    let grant = Grant {
        deny,
        role: role.into(),
        action: action.into(),
        resource: resource.into(),
    };
    grants
        .entry(grant)
        .or_default()
        .insert(condition.to_owned());
}

fn principals(statement: &Value) -> Vec<String> {
    let (spelled, sign) = match &statement["Principal"] {
        Value::Null => (&statement["NotPrincipal"], "!"),
        principal => (principal, ""),
    };
    let named: Vec<&Value> = match spelled {
        Value::Object(kinds) if crate::references::intrinsic(spelled).is_none() => {
            kinds.values().flat_map(list).collect()
        }
        other => list(other),
    };
    named
        .into_iter()
        .map(|name| format!("{sign}{}", text(name)))
        .collect()
}

fn members(statement: &Value, key: &str, negated: &str) -> Vec<String> {
    let plain = list(&statement[key]).into_iter().map(text);
    plain
        .chain(
            list(&statement[negated])
                .into_iter()
                .map(|value| format!("!{}", text(value))),
        )
        .collect()
}

/// A list, or the one value that IAM lets stand for a list of one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// A value for people: references as `${LogicalId.Attribute}`.
fn text(value: &Value) -> String {
    match (crate::references::intrinsic(value), value) {
        (Some(("Ref", Value::String(id))), _) => format!("${{{id}}}"),
        (Some(("Fn::GetAtt", Value::Array(parts))), _) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            format!("${{{}}}", parts.join("."))
        }
        (Some(("Fn::Sub", Value::String(text))), _) => text.clone(),
        (Some(("Fn::Join", Value::Array(parts))), _) => match parts.as_slice() {
            [Value::String(delimiter), Value::Array(values)] => {
                values.iter().map(text).collect::<Vec<_>>().join(delimiter)
            }
            _ => value.to_string(),
        },
        (None, Value::String(text)) => text.clone(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_iam_says() {
        for (pattern, subject) in [
            ("sqs:*", "sqs:SendMessage"),
            ("*", ""),
            ("a?c*", "abc"),
            ("*b", "aab"),
            ("a", "a"),
        ] {
            assert!(glob(pattern, subject), "{pattern} {subject}");
        }
        for (pattern, subject) in [
            ("sqs:*", "sns:Publish"),
            ("a?", "a"),
            ("*b", "ba"),
            ("", "a"),
        ] {
            assert!(!glob(pattern, subject), "{pattern} {subject}");
        }
    }
}
