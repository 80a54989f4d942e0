//! Queues and functions in memory, a stack around them, and a script of what goes wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)] // test code

use super::letter::{Attribute, AttributeValue, Letter};
use super::ports::{Answer, DeadLetters, Depth, Move, MoveState, Outgoing, StreamRecords};
use crate::deployed::{Bucket, Deployed, Queue};
use crate::ports::{Pace, ServiceError, Trouble};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

pub(crate) const REGION: &str = "arn:aws:events:eu-central-1:000000000000";

/// Messages by queue; those that somebody holds are marked with the receipt.
#[derive(Default)]
pub(crate) struct FakeQueues {
    messages: Mutex<BTreeMap<String, Vec<(Letter, bool)>>>,
    /// What was sent, by queue.
    pub sent: Mutex<Vec<(String, Outgoing)>>,
    /// What was invoked, by function.
    pub invoked: Mutex<Vec<(String, String)>>,
    /// Calls that fail, by their action.
    pub broken: Mutex<Vec<&'static str>>,
    /// How many receives work before they fail; all when none.
    pub receives: Mutex<Option<u32>>,
    /// What `start_move` answers; unknown when empty.
    pub moves: Mutex<VecDeque<Move>>,
    /// How a move stands at each look.
    pub states: Mutex<VecDeque<Result<MoveState, ServiceError>>>,
    /// What a function that must answer answers; done when empty.
    pub answers: Mutex<VecDeque<Answer>>,
    clock: Mutex<Duration>,
}

pub(crate) fn trouble(action: &'static str, trouble: Trouble) -> ServiceError {
    ServiceError {
        action,
        subject: "fake".to_owned(),
        reason: "scripted".to_owned(),
        trouble,
    }
}

impl FakeQueues {
    /// Puts a message into a queue.
    pub fn hold(&self, queue: &str, letter: Letter) {
        let mut messages = self.messages.lock().unwrap();
        messages
            .entry(queue.to_owned())
            .or_default()
            .push((letter, false));
    }

    /// The ids of the messages that anybody could receive now.
    pub fn visible(&self, queue: &str) -> Vec<String> {
        let messages = self.messages.lock().unwrap();
        let all = messages.get(queue).into_iter().flatten();
        all.filter(|(_, held)| !held)
            .map(|(letter, _)| letter.id.clone())
            .collect()
    }

    pub fn breaks(&self, action: &'static str) {
        self.broken.lock().unwrap().push(action);
    }

    pub fn mend(&self) {
        self.broken.lock().unwrap().clear();
    }

    fn check(&self, action: &'static str) -> Result<(), ServiceError> {
        if self.broken.lock().unwrap().contains(&action) {
            return Err(trouble(action, Trouble::Unavailable));
        }
        Ok(())
    }
}

impl DeadLetters for FakeQueues {
    async fn depth(&self, queue: &Queue) -> Result<Depth, ServiceError> {
        let messages = self.messages.lock().unwrap();
        let all = messages.get(&queue.id).map_or(&[][..], Vec::as_slice);
        let held = all.iter().filter(|(_, held)| *held).count() as u64;
        Ok(Depth {
            visible: all.len() as u64 - held,
            held,
        })
    }

    async fn receive(
        &self,
        queue: &Queue,
        _: Duration,
        _: Duration,
    ) -> Result<Vec<Letter>, ServiceError> {
        if let Some(left) = self.receives.lock().unwrap().as_mut() {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| trouble("receive", Trouble::Unavailable))?;
        }
        let mut messages = self.messages.lock().unwrap();
        let all = messages.entry(queue.id.clone()).or_default();
        let free = all.iter_mut().filter(|(_, held)| !held).take(10);
        Ok(free
            .map(|(letter, held)| {
                *held = true;
                letter.receives += 1;
                letter.receipt = format!("{}#{}", letter.id, letter.receives);
                letter.clone()
            })
            .collect())
    }

    async fn give_back(&self, queue: &Queue, receipts: &[String]) -> Result<(), ServiceError> {
        self.check("give back")?;
        assert!(receipts.len() <= 10, "a batch has at most ten");
        let mut messages = self.messages.lock().unwrap();
        for (letter, held) in messages.entry(queue.id.clone()).or_default() {
            if receipts.contains(&letter.receipt) {
                *held = false;
            }
        }
        Ok(())
    }

    async fn delete(&self, queue: &Queue, receipt: &str) -> Result<(), ServiceError> {
        self.check("delete")?;
        let mut messages = self.messages.lock().unwrap();
        let all = messages.entry(queue.id.clone()).or_default();
        all.retain(|(letter, _)| letter.receipt != receipt);
        Ok(())
    }

    async fn send(&self, queue: &Queue, message: &Outgoing) -> Result<(), ServiceError> {
        self.check("send")?;
        let mut sent = self.sent.lock().unwrap();
        sent.push((queue.id.clone(), message.clone()));
        Ok(())
    }

    async fn invoke(&self, function: &str, payload: &str) -> Result<(), ServiceError> {
        self.check("invoke")?;
        let mut invoked = self.invoked.lock().unwrap();
        invoked.push((function.to_owned(), payload.to_owned()));
        Ok(())
    }

    async fn start_move(&self, _: &Queue, _: &Queue) -> Result<Move, ServiceError> {
        Ok(self
            .moves
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Move::Unknown))
    }

    async fn move_state(&self, _: &Queue) -> Result<Option<MoveState>, ServiceError> {
        self.states.lock().unwrap().pop_front().transpose()
    }
}

impl StreamRecords for FakeQueues {
    async fn keys(&self, bucket: &Bucket, most: usize) -> Result<Vec<String>, ServiceError> {
        let messages = self.messages.lock().unwrap();
        let all = messages.get(&bucket.id).into_iter().flatten();
        Ok(all
            .map(|(letter, _)| letter.id.clone())
            .take(most)
            .collect())
    }

    async fn read(&self, bucket: &Bucket, key: &str) -> Result<Option<Letter>, ServiceError> {
        let messages = self.messages.lock().unwrap();
        let mut all = messages.get(&bucket.id).into_iter().flatten();
        Ok(all
            .find(|(letter, _)| letter.id == key)
            .map(|(letter, _)| letter.clone()))
    }

    async fn ask(&self, function: &str, payload: &str) -> Result<Answer, ServiceError> {
        self.invoke(function, payload).await?;
        let scripted = self.answers.lock().unwrap().pop_front();
        Ok(scripted.unwrap_or(Answer::Done))
    }

    async fn remove(&self, bucket: &Bucket, key: &str) -> Result<(), ServiceError> {
        self.check("delete")?;
        let mut messages = self.messages.lock().unwrap();
        let all = messages.entry(bucket.id.clone()).or_default();
        all.retain(|(letter, _)| letter.id != key);
        Ok(())
    }
}

impl Pace for FakeQueues {
    fn now(&self) -> Duration {
        *self.clock.lock().unwrap()
    }

    async fn pause(&self, pause: Duration) {
        *self.clock.lock().unwrap() += pause;
    }
}

/// A stack with a dead-letter queue of every kind.
pub(crate) fn stack() -> Deployed {
    let dlq = |way: Value| json!({ "Type": "AWS::SQS::Queue", "Metadata": { "WayBack": way } });
    let arn = |id: &str| json!({ "Fn::GetAtt": [id, "Arn"] });
    let rule = |target: Value| json!({ "Type": "AWS::Events::Rule", "Properties": { "Targets": [{ "Arn": target }] } });
    let subscription = |queue: &str| {
        json!({ "Type": "AWS::SNS::Subscription", "Properties": {
            "Protocol": "sqs", "TopicArn": { "Ref": "ValidatedTopic" }, "Endpoint": arn(queue),
        } })
    };
    let template = json!({ "Resources": {
        "PaymentFunction": { "Type": "AWS::Lambda::Function" },
        "ValidationQueue": { "Type": "AWS::SQS::Queue" },
        "ComplianceQueue": { "Type": "AWS::SQS::Queue" },
        "AuditQueue": { "Type": "AWS::SQS::Queue" },
        "ValidatedTopic": { "Type": "AWS::SNS::Topic" },
        "ComplianceSubscription": subscription("ComplianceQueue"),
        "AuditSubscription": subscription("AuditQueue"),
        "ApprovedToPaymentRule": rule(arn("PaymentFunction")),
        "ValidationQueueDlq": dlq(json!({ "kind": "move", "to": "ValidationQueue" })),
        "PaymentUndeliveredDlq": dlq(json!({ "kind": "send", "to": "PaymentFunction" })),
        "ValidatedUndeliveredDlq": dlq(json!({ "kind": "send", "to": "ValidatedTopic" })),
        "ComplianceSubscriptionDlq": dlq(json!({ "kind": "send", "to": "ComplianceQueue" })),
        "BusUndeliveredDlq": dlq(json!({ "kind": "send-named" })),
        "PaymentFailuresDlq": dlq(json!({ "kind": "invoke", "to": "PaymentFunction" })),
        "AuditFunction": { "Type": "AWS::Lambda::Function" },
        "StreamFailures": { "Type": "AWS::S3::Bucket", "Metadata": {
            "WayBack": { "kind": "records", "to": "AuditFunction" },
        } },
        "OtherDlq": dlq(json!({ "kind": "by-hand", "to": "ValidationQueue" })),
    } });
    let resources = template["Resources"].as_object().unwrap().keys();
    let physical = resources.map(|id| {
        let physical = match template["Resources"][id]["Type"].as_str().unwrap() {
            "AWS::SQS::Queue" => format!("https://sqs.example/000000000000/stack-{id}-X"),
            "AWS::SNS::Topic" => format!("arn:aws:sns:eu-central-1:000000000000:stack-{id}-X"),
            "AWS::Events::Rule" => format!("bus|stack-{id}-X"),
            _ => format!("stack-{id}-X"),
        };
        (id.clone(), physical)
    });
    Deployed::read(&template.to_string(), &physical.collect()).unwrap()
}

pub(crate) const EVENT: &str = "11111111-1111-5111-8111-111111111111";
pub(crate) const INVOICE: &str = "22222222-2222-5222-8222-222222222222";
pub(crate) const CORRELATION: &str = "33333333-3333-5333-8333-333333333333";

/// An event as a rule delivers it. The data is what nobody may ever print.
pub(crate) fn event(event_id: &str) -> Value {
    json!({
        "id": "e", "source": "invoicing.compliance", "detail-type": "InvoiceApproved",
        "detail": {
            "metadata": { "eventId": event_id, "invoiceId": INVOICE, "correlationId": CORRELATION },
            "data": { "secret": "1234.56 EUR" },
        },
    })
}

/// A message with this body, the `sent`th of its queue.
pub(crate) fn letter(id: &str, sent: u64, body: impl ToString) -> Letter {
    Letter {
        id: id.to_owned(),
        receipt: String::new(),
        body: body.to_string(),
        attributes: BTreeMap::new(),
        trace: Some("Root=1-2-3".to_owned()),
        receives: 0,
        sent_ms: sent,
    }
}

/// The message with attributes of texts.
pub(crate) fn with(mut letter: Letter, attributes: &[(&str, &str)]) -> Letter {
    let attributes = attributes.iter().map(|(name, value)| {
        let value = Attribute {
            data_type: "String".to_owned(),
            value: AttributeValue::Text((*value).to_owned()),
        };
        ((*name).to_owned(), value)
    });
    letter.attributes.extend(attributes);
    letter
}
