//! What others point at our resources: rules of other buses, schedules, pipes, subscriptions of other topics. One list of the
//! account a kind serves every resource.
//!
//! Not looked at, on purpose: what other stacks declare (it is reviewed where it is declared), and integrations of other
//! APIs (they need a permission or a role of ours, and those are read).

use super::shape::pick;
use super::{Answer, Readers, part};
use crate::live::Found;
use crate::resolve::Stack;
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
        let id = format!("{}|{}", text(rule, "EventBusName"), text(rule, "Name"));
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
            let told = pick(schedule, &["Name", "GroupName", "State", "Target"]);
            found.child("AWS::Scheduler::Schedule", format!("{group}/{name}"), told);
        }
    }
    for pipe in list(&pipes) {
        if here(&pipe["Source"]) || here(&pipe["Target"]) {
            let told = pick(pipe, &["Name", "Source", "Target", "DesiredState"]);
            found.child("AWS::Pipes::Pipe", text(pipe, "Name"), told);
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
            let told = pick(subscription, &["TopicArn", "Protocol", "Endpoint"]);
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
    list(&tagged).any(|one| {
        one["ResourceARN"] == bus["Arn"]
            && list(&one["Tags"]).any(|tag| tag["Key"] == "aws:cloudformation:stack-name")
    })
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
