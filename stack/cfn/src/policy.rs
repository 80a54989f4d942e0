//! IAM policy documents, typed and rendered canonically: sorted actions and resources, one spelling for one meaning.
//!
//! Why a statement is there (which need, which edge) is no part of a policy and not kept here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::property::Property;
use crate::val::Val;

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

impl Effect {
    /// The effect's name in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// Who a resource policy speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// Everybody: `"*"`.
    All,
    /// An AWS service, such as `events.amazonaws.com`.
    Service(Val<String>),
    /// An account, role or user, by ARN.
    Aws(Val<String>),
}

impl Principal {
    /// An AWS service, such as `events.amazonaws.com`.
    pub fn service(name: impl Into<Val<String>>) -> Self {
        Self::Service(name.into())
    }

    /// An account, role or user, by ARN.
    pub fn aws(arn: impl Into<Val<String>>) -> Self {
        Self::Aws(arn.into())
    }

    /// The account that the stack is in.
    pub fn this_account() -> Self {
        Self::Aws(crate::val::global_arn("iam", "root"))
    }
}

/// One statement: effect, who, what, on what, when.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    effect: Effect,
    sid: Option<String>,
    principals: Vec<Principal>,
    actions: BTreeSet<String>,
    resources: Vec<Val<String>>,
    conditions: BTreeMap<String, BTreeMap<String, Vec<Val<String>>>>,
}

impl Statement {
    /// Allows what follows.
    pub fn allow() -> Self {
        Self::new(Effect::Allow)
    }

    /// Denies what follows.
    pub fn deny() -> Self {
        Self::new(Effect::Deny)
    }

    fn new(effect: Effect) -> Self {
        Self {
            effect,
            sid: None,
            principals: Vec::new(),
            actions: BTreeSet::new(),
            resources: Vec::new(),
            conditions: BTreeMap::new(),
        }
    }

    /// The statement's id inside its document: letters and digits.
    pub fn sid(self, sid: impl Into<String>) -> Self {
        Self {
            sid: Some(sid.into()),
            ..self
        }
    }

    /// Adds a principal. Identity policies (of roles) have none.
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principals.push(principal);
        self
    }

    /// Adds an action, such as `sqs:SendMessage`.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.actions.insert(action.into());
        self
    }

    /// Adds actions.
    pub fn actions(mut self, actions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// Adds a resource's ARN. Trust policies (who may assume a role) have none.
    pub fn on(mut self, resource: impl Into<Val<String>>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// Adds a condition. Conditions are joined by AND; several values under one operator and key by OR.
    pub fn when(mut self, operator: &str, key: &str, value: impl Into<Val<String>>) -> Self {
        let keys = self.conditions.entry(operator.to_owned()).or_default();
        keys.entry(key.to_owned()).or_default().push(value.into());
        self
    }

    /// Whether it allows or denies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The actions, sorted.
    pub fn action_names(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(String::as_str)
    }

    /// The resources, in the order in which they were added.
    pub fn resources(&self) -> &[Val<String>] {
        &self.resources
    }
}

impl Property for Statement {
    fn into_value(self) -> Value {
        let mut statement = Map::new();
        statement.insert("Effect".into(), self.effect.as_str().into());
        if let Some(sid) = self.sid {
            statement.insert("Sid".into(), sid.into());
        }
        if !self.principals.is_empty() {
            statement.insert("Principal".into(), principals(self.principals));
        }
        statement.insert(
            "Action".into(),
            one_or_sorted(self.actions.into_iter().map(Value::String)),
        );
        if !self.resources.is_empty() {
            statement.insert(
                "Resource".into(),
                one_or_sorted(self.resources.into_iter().map(Property::into_value)),
            );
        }
        if !self.conditions.is_empty() {
            let conditions = self.conditions.into_iter().map(|(operator, keys)| {
                let keys = keys
                    .into_iter()
                    .map(|(key, values)| {
                        (
                            key,
                            one_or_sorted(values.into_iter().map(Property::into_value)),
                        )
                    })
                    .collect();
                (operator, Value::Object(keys))
            });
            statement.insert("Condition".into(), Value::Object(conditions.collect()));
        }
        Value::Object(statement)
    }
}

fn principals(all: Vec<Principal>) -> Value {
    let (mut services, mut identities) = (Vec::new(), Vec::new());
    for principal in all {
        match principal {
            Principal::All => return json!("*"),
            Principal::Service(name) => services.push(name.into_value()),
            Principal::Aws(arn) => identities.push(arn.into_value()),
        }
    }
    let mut principals = Map::new();
    for (kind, members) in [("AWS", identities), ("Service", services)] {
        if !members.is_empty() {
            principals.insert(kind.into(), one_or_sorted(members.into_iter()));
        }
    }
    Value::Object(principals)
}

/// IAM takes one value or a list for one; a single value is written bare, several sorted and once each.
fn one_or_sorted(values: impl Iterator<Item = Value>) -> Value {
    let mut sorted: BTreeMap<String, Value> =
        values.map(|value| (value.to_string(), value)).collect();
    if sorted.len() == 1
        && let Some((_, only)) = sorted.pop_first()
    {
        return only;
    }
    Value::Array(sorted.into_values().collect())
}

/// A policy document, version 2012-10-17.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

impl PolicyDocument {
    /// A document of these statements, in this order.
    pub fn of(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self {
            statements: statements.into_iter().collect(),
        }
    }

    /// A role's trust policy: this service may assume it.
    pub fn assumed_by(service: impl Into<Val<String>>) -> Self {
        Self::of([Statement::allow()
            .principal(Principal::service(service))
            .action("sts:AssumeRole")])
    }

    /// Adds a statement at the end.
    pub fn push(&mut self, statement: Statement) {
        self.statements.push(statement);
    }

    /// The statements in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl FromIterator<Statement> for PolicyDocument {
    fn from_iter<I: IntoIterator<Item = Statement>>(statements: I) -> Self {
        Self::of(statements)
    }
}

impl Property for PolicyDocument {
    fn into_value(self) -> Value {
        let statements: Vec<Value> = self
            .statements
            .into_iter()
            .map(Property::into_value)
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_one_spelling_whatever_the_order_of_its_parts() {
        let one = Statement::allow()
            .actions(["b:Y", "a:X", "b:Y"])
            .on("r2")
            .on("r1");
        let other = Statement::allow().actions(["a:X", "b:Y"]).on("r1").on("r2");
        assert_eq!(one.clone().into_value(), other.into_value());
        assert_eq!(
            one.into_value(),
            json!({"Effect": "Allow", "Action": ["a:X", "b:Y"], "Resource": ["r1", "r2"]})
        );
    }

    #[test]
    fn a_resource_policy_names_its_principals_and_conditions() {
        let statement = Statement::deny()
            .sid("TlsOnly")
            .principal(Principal::All)
            .action("sqs:*")
            .on("arn")
            .when("Bool", "aws:SecureTransport", "false");
        assert_eq!(
            statement.into_value(),
            json!({"Effect": "Deny", "Sid": "TlsOnly", "Principal": "*", "Action": "sqs:*", "Resource": "arn",
                   "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        );
        assert_eq!(
            PolicyDocument::assumed_by("lambda.amazonaws.com").into_value(),
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
        );
    }
}
