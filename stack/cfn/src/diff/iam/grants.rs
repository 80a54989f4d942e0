//! The grants that a template makes, one a principal, action and resource.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cover::Named;
use crate::references::intrinsic;
use crate::template::Template;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub deny: bool,
    pub who: Named,
    pub action: Named,
    pub resource: Named,
}

/// A grant to the conditions under which it holds; "" is none.
pub(super) type Grants = BTreeMap<Grant, BTreeSet<String>>;

pub(super) fn grants(template: &Template) -> Grants {
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
                    allow(&mut grants, id, "managed-policy", &text(policy));
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
                    allow(&mut grants, "*", "execute-api:Invoke", &itself);
                }
            }
            "AWS::ApiGatewayV2::Authorizer" => authorizer(&mut grants, properties),
            "AWS::Lambda::Url" => {
                if lets_anybody_in(&properties["AuthType"]) {
                    let function = text(&properties["TargetFunctionArn"]);
                    let action = "lambda:InvokeFunctionUrl";
                    allow(&mut grants, "*", action, &function);
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
        _ => allow(grants, "?", "unreadable-policy", &text(policy)),
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
    let grant = Grant {
        deny: false,
        who: Named::This(text(&properties["Principal"])),
        action: Named::This(text(&properties["Action"])),
        resource: Named::This(text(&properties["FunctionName"])),
    };
    grants
        .entry(grant)
        .or_default()
        .insert(conditions.join(" "));
}

/// Who holds a token of this issuer for one of these audiences may call whatever asks this authorizer.
fn authorizer(grants: &mut Grants, properties: &Value) {
    let tokens = &properties["JwtConfiguration"];
    let issuer = text(&tokens["Issuer"]);
    for audience in list(&tokens["Audience"]) {
        let who = format!("tokens of {issuer} for {}", text(audience));
        let api = format!("{} (JWT)", text(&properties["ApiId"]));
        allow(grants, &who, "execute-api:Invoke", &api);
    }
    let function = &properties["AuthorizerUri"];
    if !function.is_null() {
        let who = format!("whom {} lets in", text(function));
        allow(
            grants,
            &who,
            "execute-api:Invoke",
            &text(&properties["ApiId"]),
        );
    }
}

/// `holder` is who holds an identity policy; `itself` the resource that a `*` in its own policy means.
fn document(grants: &mut Grants, holder: Option<&str>, itself: Option<&str>, document: &Value) {
    for statement in list(&document["Statement"]) {
        if intrinsic(statement).is_some() {
            let who = holder.unwrap_or("?");
            allow(grants, who, "unreadable-policy", &text(statement));
            continue;
        }
        let deny = statement["Effect"] == "Deny";
        let condition = if statement["Condition"].is_null() {
            String::new()
        } else {
            statement["Condition"].to_string()
        };
        let holders = match holder {
            Some(holder) => vec![holder.into()],
            None => named(
                &spelled_out(statement, "Principal"),
                &spelled_out(statement, "NotPrincipal"),
            ),
        };
        let mut resources = elements(statement, "Resource", "NotResource");
        if let Some(itself) = itself {
            let everything = Named::from("*");
            resources
                .iter_mut()
                .filter(|resource| **resource == everything)
                .for_each(|resource| *resource = itself.into());
            if resources.is_empty() {
                resources.push(itself.into());
            }
        }
        for who in &holders {
            for action in elements(statement, "Action", "NotAction") {
                for resource in &resources {
                    let grant = Grant {
                        deny,
                        who: who.clone(),
                        action: action.clone(),
                        resource: resource.clone(),
                    };
                    let conditions = grants.entry(grant).or_default();
                    conditions.insert(condition.clone());
                }
            }
        }
    }
}

/// An unconditional grant.
fn allow(grants: &mut Grants, who: &str, action: &str, resource: &str) {
    let grant = Grant {
        deny: false,
        who: who.into(),
        action: action.into(),
        resource: resource.into(),
    };
    grants.entry(grant).or_default().insert(String::new());
}

/// The principals of a statement, of whatever kind.
fn spelled_out(statement: &Value, key: &str) -> Vec<String> {
    let principals: Vec<&Value> = match &statement[key] {
        Value::Object(kinds) if intrinsic(&statement[key]).is_none() => {
            kinds.values().flat_map(list).collect()
        }
        other => list(other),
    };
    principals.into_iter().map(text).collect()
}

fn elements(statement: &Value, key: &str, negated: &str) -> Vec<Named> {
    let texts = |key| -> Vec<String> { list(&statement[key]).into_iter().map(text).collect() };
    named(&texts(key), &texts(negated))
}

/// Each of the first apart; of the second none, which is one.
fn named(these: &[String], left_out: &[String]) -> Vec<Named> {
    let mut found: Vec<Named> = these.iter().map(|name| name.as_str().into()).collect();
    if !left_out.is_empty() {
        found.push(Named::all_but(left_out.iter().map(String::as_str)));
    }
    found
}

/// A list, or the one value that IAM lets stand for a list of one.
pub(super) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// A value for people: references as `${LogicalId.Attribute}`.
pub(super) fn text(value: &Value) -> String {
    match (intrinsic(value), value) {
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
