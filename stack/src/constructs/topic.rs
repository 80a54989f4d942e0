//! Topics: encrypted, TLS only, who may publish; and an inbox's subscription with its own dead-letter queue (R8).

use super::Site;
use super::dead_letters::{WayBack, dead_letter_queue};
use super::policies::{SNS, sends, tls_only};
use crate::ids;
use cfn::{Handle, PolicyDocument, RedrivePolicy, Statement, sns};

/// Adds a topic and its policy. `publishers` lets services in; roles come in by their own policies.
pub(crate) fn topic(
    site: &mut Site<'_>,
    id: &str,
    publishers: impl FnOnce(&Handle<sns::Topic>) -> Option<Statement>,
) -> Handle<sns::Topic> {
    let topic = site.stack.add(
        id,
        sns::Topic::new().kms_master_key_id(ids::messaging_key().arn()),
    );
    let statements = publishers(&topic)
        .into_iter()
        .chain([tls_only("sns:Publish", [topic.arn()])]);
    site.stack.add(
        format!("{id}Policy"),
        sns::TopicPolicy::new(PolicyDocument::of(statements), [topic.arn()]),
    );
    topic
}

/// Subscribes an inbox: raw, so that the handler reads the same envelope on every route.
pub(crate) fn subscribe(site: &mut Site<'_>, topic: &Handle<sns::Topic>, inbox: &str) {
    let queue = ids::queue(inbox);
    let dlq = dead_letter_queue(
        site,
        &ids::subscription_dlq(inbox),
        WayBack::SendTo(queue.logical_id().as_str()),
        |dlq| Some(sends(SNS, &dlq.arn(), [topic.arn()])),
    );
    site.stack.add(
        format!("{inbox}Subscription"),
        sns::Subscription::new("sqs", topic.arn())
            .endpoint(queue.arn())
            .raw_message_delivery(true)
            .redrive_policy(RedrivePolicy::to(dlq.arn())),
    );
}
