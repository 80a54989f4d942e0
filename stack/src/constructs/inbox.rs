//! An inbox: a handler's queue, its dead-letter queue, who may send to it (R7, R8).

use super::Site;
use super::dead_letters::{WayBack, dead_letter_queue};
use super::policies::{EVENTBRIDGE, SNS, sends, tls_only};
use crate::graph::Path;
use crate::{ids, numbers};
use cfn::{Handle, PolicyDocument, RedrivePolicy, Statement, sqs};
use contracts::HandlerSpec;

/// Adds the inbox that `handler` polls.
pub(crate) fn inbox(site: &mut Site<'_>, inbox: &str, handler: &HandlerSpec) -> Handle<sqs::Queue> {
    let id = ids::queue(inbox);
    let dlq = dead_letter_queue(
        site,
        &ids::queue_dlq(inbox),
        WayBack::MoveTo(id.logical_id().as_str()),
        |_| None,
    );
    let max_receives = site.environment.capacity.max_receives;
    let queue = site.stack.add(
        id.logical_id().as_str(),
        sqs::Queue::new()
            .kms_master_key_id(ids::messaging_key().arn())
            .message_retention_period(numbers::QUEUE_RETENTION_SECONDS)
            .visibility_timeout(numbers::visibility_seconds(handler))
            .redrive_policy(RedrivePolicy::to(dlq.arn()).max_receive_count(max_receives)),
    );
    let statements = senders(site, inbox, &queue)
        .into_iter()
        .chain([tls_only("sqs:*", [queue.arn()])]);
    site.stack.add(
        format!("{}Policy", id.logical_id()),
        sqs::QueuePolicy::new(PolicyDocument::of(statements), [queue.url()]),
    );
    queue
}

/// Who may send: the rules of the lanes that come straight, the topics of those that don't.
fn senders(site: &Site<'_>, inbox: &str, queue: &Handle<sqs::Queue>) -> Vec<Statement> {
    let (mut rules, mut topics) = (Vec::new(), Vec::new());
    for lane in &site.graph.lanes {
        let (sources, source) = match lane.path {
            Path::Queue { inbox: id } if id == inbox => (&mut rules, ids::rule(lane.id).arn()),
            Path::Topic { topic, inbox: id } if id == inbox => {
                (&mut topics, ids::topic(topic).arn())
            }
            _ => continue,
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    [(EVENTBRIDGE, rules), (SNS, topics)]
        .into_iter()
        .filter(|(_, sources)| !sources.is_empty())
        .map(|(service, sources)| sends(service, &queue.arn(), sources))
        .collect()
}
