//! What others point at our resources: rules of other buses, schedules, pipes, subscriptions of other topics. One list of the
//! account a kind serves every resource.
//!
//! Not looked at, on purpose: what other stacks declare (it is reviewed where it is declared, and removed there), and integrations of other
//! APIs (they need a permission or a role of ours, and those are read).

use super::shape::pick;
use super::{Answer, Readers, part};
use crate::live::{Found, THEIRS_TOO};
use crate::resolve::{Stack, tail};
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::rc::Rc;

/// Targets are listed rule by rule: in an account with more foreign rules than these the rest is not looked at.
const MOST_RULES: usize = 100;

/// Adds to a resource what points at it. A list that is refused is noted on the bus, see [`refused`].
pub async fn at<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    arn: &str,
    found: &mut Found,
) -> Result<(), Trouble> {
    if arn.is_empty() {
        return Ok(());
    }
    let (rules, schedules, pipes, subscriptions) = tokio::join!(
        rules(readers, stack),
        schedules(readers),
        pipes(readers),
        subscriptions(readers),
    );
    let (rules, schedules) = (some(rules)?, some(schedules)?);
    let (pipes, subscriptions) = (some(pipes)?, some(subscriptions)?);
    let here = |value: &Value| points_at(value, arn);
    for rule in list(&rules) {
        let of_ours: Vec<&Value> = targets(rule)
            .filter(|target| here(&target["Arn"]))
            .collect();
        if of_ours.is_empty() {
            continue;
        }
        let (bus, name) = (text(rule, "EventBusName"), text(rule, "Name"));
        let whose = whose(readers, stack, ("events", text(rule, "Arn")), name).await?;
        if whose == Whose::AnotherStacks {
            continue;
        }
        let mut told = pick(
            rule,
            &[
                "Name",
                "EventBusName",
                "EventPattern",
                "ScheduleExpression",
                "State",
            ],
        );
        let others = targets(rule).count() - of_ours.len();
        told["Targets"] = of_ours.into_iter().cloned().collect();
        if others > 0 {
            told["OtherTargets"] = others.into();
        }
        mark(&mut told, whose);
        let id = format!("{bus}|{name}");
        found.child("AWS::Events::Rule", id, told);
    }
    for schedule in list(&schedules) {
        let (group, name) = (text(schedule, "GroupName"), text(schedule, "Name"));
        let ours = || {
            let mut all = stack.of("AWS::Scheduler::Schedule");
            all.any(|ours| {
                ours.name() == name && ours.text("GroupName").unwrap_or("default") == group
            })
        };
        if here(&schedule["Target"]["Arn"]) && !ours() {
            let mut told = pick(schedule, &["Name", "GroupName", "State", "Target"]);
            mark(&mut told, named(stack, name).max(named(stack, group)));
            found.child("AWS::Scheduler::Schedule", format!("{group}/{name}"), told);
        }
    }
    for pipe in list(&pipes) {
        if here(&pipe["Source"]) || here(&pipe["Target"]) {
            let name = text(pipe, "Name");
            let whose = whose(readers, stack, ("pipes", text(pipe, "Arn")), name).await?;
            if whose == Whose::AnotherStacks {
                continue;
            }
            let mut told = pick(pipe, &["Name", "Source", "Target", "DesiredState"]);
            mark(&mut told, whose);
            found.child("AWS::Pipes::Pipe", name, told);
        }
    }
    for subscription in list(&subscriptions) {
        let topic = &subscription["TopicArn"];
        let ours = || {
            stack
                .of("AWS::SNS::Topic")
                .any(|ours| *topic == *ours.physical_id)
        };
        if here(&subscription["Endpoint"]) && !ours() {
            let mut told = pick(subscription, &["TopicArn", "Protocol", "Endpoint"]);
            mark(
                &mut told,
                named(stack, tail(text(subscription, "TopicArn"))),
            );
            found.child(
                "AWS::SNS::Subscription",
                text(subscription, "SubscriptionArn"),
                told,
            );
        }
    }
    Ok(())
}

/// Notes which of these lists could not be had: once, on the bus.
pub async fn refused<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    found: &mut Found,
) -> Result<(), Trouble> {
    let lists = [
        ("rules of other buses", rules(readers, stack).await),
        ("schedules of others", schedules(readers).await),
        ("pipes", pipes(readers).await),
        (
            "subscriptions of other topics",
            subscriptions(readers).await,
        ),
    ];
    for (name, answer) in lists {
        if answer.is_err() {
            part(found, name, answer)?;
        }
    }
    Ok(())
}

/// Whose something is that points at ours, by all that can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    /// Somebody's who made it by hand.
    Anyones,
    /// Nobody could tell whether a stack declares it.
    Untold,
    /// Another environment's, by its name.
    AnotherEnvironments,
    /// A stack declares it: CloudFormation alone can write that tag.
    AnotherStacks,
}

/// By the tags of everything of its service: one list for the account, and only where something points at ours.
async fn whose<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    (service, arn): (&str, &str),
    name: &str,
) -> Result<Whose, Trouble> {
    match readers.every_tag_of(service).await {
        Ok(tagged) if is_of_a_stack(&tagged, arn) => Ok(Whose::AnotherStacks),
        Ok(_) => Ok(named(stack, name)),
        Err(Trouble::Unreachable(unreachable)) => Err(unreachable.into()),
        Err(_) => Ok(Whose::Untold.max(named(stack, name))),
    }
}

/// By a name alone: environments differ in what follows the first part of their stacks' names.
fn named(stack: &Stack, name: &str) -> Whose {
    let own = stack.place.stack_name.as_str();
    let project = own.split('-').next().unwrap_or(own);
    let begins = |with: &str| {
        let rest = name.strip_prefix(with);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    if begins(project) && !begins(own) {
        Whose::AnotherEnvironments
    } else {
        Whose::Anyones
    }
}

/// Says of what may be another's why it is not removed.
fn mark(told: &mut Value, whose: Whose) {
    let why = match whose {
        Whose::Anyones | Whose::AnotherStacks => return,
        Whose::Untold => {
            "whether another stack declares it could not be read (`tag:GetResources`): if none does, remove it by hand"
        }
        Whose::AnotherEnvironments => {
            "by its name it is another environment's: change it there, or remove it by hand if it is nobody's"
        }
    };
    told[THEIRS_TOO] = why.into();
}

/// Whether CloudFormation's own tag is on it.
fn is_of_a_stack(tagged: &Value, arn: &str) -> bool {
    list(tagged).any(|one| {
        one["ResourceARN"] == arn
            && list(&one["Tags"]).any(|tag| tag["Key"] == "aws:cloudformation:stack-name")
    })
}

/// A function is also pointed at by one of its versions or aliases, a bus by an ARN only.
fn points_at(value: &Value, arn: &str) -> bool {
    value.as_str().is_some_and(|there| {
        there == arn
            || arn.contains(":lambda:")
                && there
                    .strip_prefix(arn)
                    .is_some_and(|rest| rest.starts_with(':'))
    })
}

/// Nothing where a list was refused; no answer at all is a failure.
fn some(answer: Answer) -> Result<Rc<Value>, Trouble> {
    match answer {
        Ok(value) => Ok(value),
        Err(Trouble::Unreachable(unreachable)) => Err(unreachable.into()),
        Err(_) => Ok(Rc::new(Value::Null)),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn targets(rule: &Value) -> impl Iterator<Item = &Value> {
    list(&rule["Targets"])
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Rules of the buses that no stack declares, with their targets.
async fn rules<A: Api>(readers: &Readers<A>, stack: &Stack) -> Answer {
    readers
        .kept("rules of other buses".to_owned(), async {
            let buses = Call::new(Service::Events, "ListEventBuses", json!({ "Limit": 100 }));
            let token = ("NextToken", "NextToken");
            let buses = readers.pages(buses, "EventBuses", token).await?;
            let mut rules = Vec::new();
            for bus in list(&buses) {
                if declared(readers, stack, bus).await {
                    continue;
                }
                let name = text(bus, "Name");
                let listed = super::events::rules(readers, name).await?;
                let unmanaged = list(&listed).filter(|rule| rule["ManagedBy"].is_null());
                for rule in unmanaged {
                    if rules.len() == MOST_RULES {
                        break;
                    }
                    let mut rule = rule.clone();
                    let targets =
                        super::events::targets(readers, name, text(&rule, "Name")).await?;
                    rule["EventBusName"] = name.into();
                    rule["Targets"] = Value::clone(&targets);
                    rules.push(rule);
                }
            }
            Ok(Rc::new(Value::Array(rules)))
        })
        .await
}

/// Whether a stack made a bus: ours, or another's that has its own drift. The default bus is nobody's.
async fn declared<A: Api>(readers: &Readers<A>, stack: &Stack, bus: &Value) -> bool {
    let name = text(bus, "Name");
    if name == "default"
        || stack
            .of("AWS::Events::EventBus")
            .any(|ours| ours.name() == name)
    {
        return name != "default";
    }
    let tagged = readers.every_tag_of("events").await;
    let Ok(tagged) = tagged else { return false };
    is_of_a_stack(&tagged, text(bus, "Arn"))
}

async fn schedules<A: Api>(readers: &Readers<A>) -> Answer {
    readers
        .paths(
            (Service::Scheduler, "ListSchedules"),
            "/schedules?MaxResults=100",
            ("Schedules", "NextToken"),
            "NextToken",
        )
        .await
}

async fn pipes<A: Api>(readers: &Readers<A>) -> Answer {
    readers
        .paths(
            (Service::Pipes, "ListPipes"),
            "/v1/pipes?Limit=100",
            ("Pipes", "NextToken"),
            "NextToken",
        )
        .await
}

async fn subscriptions<A: Api>(readers: &Readers<A>) -> Answer {
    let call = Call::new(Service::Sns, "ListSubscriptions", json!({}));
    readers
        .pages(call, "Subscriptions", ("NextToken", "NextToken"))
        .await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::revert::can_remove;
    use crate::tests::{deployed, golden};
    use std::collections::BTreeMap;

    const BUS: &str = "arn:aws:events:eu-central-1:111122223333:event-bus/invoicing-test";

    /// An account in which a rule of the default bus, a pipe, a schedule and a subscription point at the bus.
    struct Account {
        name: &'static str,
        tags: Option<Value>,
    }

    impl Api for Account {
        async fn call(&self, call: &Call) -> Result<Value, Trouble> {
            let name = self.name;
            Ok(match call.operation {
                "ListEventBuses" => json!({"EventBuses": [{"Name": "default"}]}),
                "ListRules" => json!({"Rules": [{"Name": name, "Arn": format!("rule/{name}")}]}),
                "ListTargetsByRule" => json!({"Targets": [{"Id": "1", "Arn": BUS}]}),
                "ListPipes" => {
                    json!({"Pipes": [{"Name": name, "Arn": format!("pipe/{name}"), "Target": BUS}]})
                }
                "ListSchedules" => json!({"Schedules":
                    [{"Name": name, "GroupName": "default", "Target": {"Arn": BUS}}]}),
                "ListSubscriptions" => json!({"Subscriptions":
                    [{"SubscriptionArn": "s", "TopicArn": format!("arn:aws:sns:r:a:{name}"), "Endpoint": BUS}]}),
                "GetResources" if self.tags.is_some() => {
                    json!({"ResourceTagMappingList": self.tags})
                }
                operation => {
                    return Err(Trouble::Refused {
                        call: operation.into(),
                        code: "AccessDeniedException".into(),
                        message: "not you".into(),
                    });
                }
            })
        }
    }

    /// What points at the bus, and whether it would be removed.
    async fn seen(name: &'static str, tags: Option<Value>) -> BTreeMap<&'static str, bool> {
        let readers = Readers::new(Account { name, tags });
        let mut found = Found::default();
        let stack = deployed(&golden("prod"));
        at(&readers, &stack, BUS, &mut found).await.unwrap();
        let removed = |child: &crate::live::Child| {
            can_remove(child.type_name) && !child.properties.contains_key(THEIRS_TOO)
        };
        let children = found.children.iter();
        children
            .map(|child| (child.type_name, removed(child)))
            .collect()
    }

    const RULE: &str = "AWS::Events::Rule";
    const PIPE: &str = "AWS::Pipes::Pipe";
    const SCHEDULE: &str = "AWS::Scheduler::Schedule";
    const SUBSCRIPTION: &str = "AWS::SNS::Subscription";

    #[tokio::test]
    async fn what_somebody_made_by_hand_is_removed() {
        let all = [RULE, PIPE, SCHEDULE, SUBSCRIPTION].map(|of| (of, true));
        for name in ["spy", "invoicing-test-spy", "invoicingspy"] {
            assert_eq!(seen(name, Some(json!([]))).await, all.into(), "{name}");
        }
    }

    #[tokio::test]
    async fn what_another_stack_declares_is_not_looked_at() {
        let tags = json!([{"Key": "aws:cloudformation:stack-name", "Value": "theirs"}]);
        let of = |arn: &str| json!({"ResourceARN": arn, "Tags": tags});
        let tagged = json!([of("rule/feed"), of("pipe/feed")]);
        assert_eq!(
            seen("feed", Some(tagged)).await,
            [(SCHEDULE, true), (SUBSCRIPTION, true)].into()
        );
    }

    #[tokio::test]
    async fn what_may_be_anothers_is_told_and_not_removed() {
        let all = [RULE, PIPE, SCHEDULE, SUBSCRIPTION].map(|of| (of, false));
        for name in ["invoicing-prod-feed", "invoicing-test2"] {
            assert_eq!(seen(name, Some(json!([]))).await, all.into(), "{name}");
        }
        let untold = [
            (RULE, false),
            (PIPE, false),
            (SCHEDULE, true),
            (SUBSCRIPTION, true),
        ];
        assert_eq!(seen("feed", None).await, untold.into());
    }
}
