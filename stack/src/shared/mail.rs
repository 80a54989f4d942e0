//! Mail to people: subscriptions of the topics for people, from the environment file. What is told to approvers and what to vendors
//! goes over one topic and is told apart by its event type.

use crate::constructs::Site;
use crate::constructs::dead_letters::{WayBack, dead_letter_queue};
use crate::constructs::policies::{SNS, sends};
use cfn::{Handle, RedrivePolicy, sns, sqs};
use serde_json::{Value, json};

/// What approvers are told, as the notices' attribute `eventType` has it. Vendors are told everything else.
const ASKED: [&str; 2] = ["DecisionAsked", "DecisionReminder"];

/// Subscribes the environment's addresses to the topics.
pub(super) fn mail(site: &mut Site<'_>, notices: &Handle<sns::Topic>, alerts: &Handle<sns::Topic>) {
    let mail = site.environment.mail.clone();
    let asked = json!({ "eventType": ASKED });
    let told = json!({ "eventType": [{ "anything-but": ASKED }] });
    subscribe(site, notices, "Notices", &mail.notices, Some(told));
    subscribe(site, notices, "Approvals", &mail.approvals, Some(asked));
    subscribe(site, alerts, "Alerts", &mail.alerts, None);
}

fn subscribe(
    site: &mut Site<'_>,
    topic: &Handle<sns::Topic>,
    list: &str,
    addresses: &[String],
    filter: Option<Value>,
) {
    if addresses.is_empty() {
        return;
    }
    let dlq = undelivered(site, topic, list);
    for address in addresses {
        let mut subscription = sns::Subscription::new("email", topic.arn())
            .endpoint(address)
            .redrive_policy(RedrivePolicy::to(dlq.arn()));
        if let Some(filter) = &filter {
            subscription = subscription.filter_policy(filter.clone());
        }
        site.stack.add(id(list, address), subscription);
    }
}

fn undelivered(site: &mut Site<'_>, topic: &Handle<sns::Topic>, list: &str) -> Handle<sqs::Queue> {
    dead_letter_queue(
        site,
        &format!("{list}MailDlq"),
        WayBack::SendTo(topic.logical_id().as_str()),
        |dlq| Some(sends(SNS, &dlq.arn(), [topic.arn()])),
    )
}

/// `Alerts`, `on.call@example.com` -> `AlertsMailOnCallExampleCom`.
fn id(list: &str, address: &str) -> String {
    let words = address.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    format!("{list}Mail{}", words.collect::<String>())
}
