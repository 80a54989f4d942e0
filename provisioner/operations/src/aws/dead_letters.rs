//! Dead-letter queues on SQS, and what their messages go back into: queues and functions.

use super::{WaysBack, service_error};
use crate::deployed::Queue;
use crate::ports::{ServiceError, Trouble};
use crate::redrive::{
    Attribute, AttributeValue, DeadLetters, Depth, Letter, Move, MoveState, Outgoing,
};
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageAttributeValue,
    MessageSystemAttributeName as System, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, QueueAttributeName,
};
use aws_smithy_types::Blob;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::collections::HashMap;
use std::time::Duration;

/// As many as a receive gives.
const BATCH: i32 = 10;

impl DeadLetters for WaysBack {
    async fn depth(&self, queue: &Queue) -> Result<Depth, ServiceError> {
        let answer = self
            .queues()
            .get_queue_attributes()
            .queue_url(&queue.url)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
            .send()
            .await
            .map_err(|why| service_error("looking at", queue.id.clone(), &why))?;
        let number = |name: QueueAttributeName| {
            let text = answer.attributes().and_then(|all| all.get(&name));
            let field = name.as_str();
            text.and_then(|text| text.parse().ok())
                .ok_or_else(|| odd("looking at", queue, &format!("the answer has no `{field}`")))
        };
        Ok(Depth {
            visible: number(QueueAttributeName::ApproximateNumberOfMessages)?,
            held: number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)?,
        })
    }

    async fn receive(
        &self,
        queue: &Queue,
        hold: Duration,
        wait: Duration,
    ) -> Result<Vec<Letter>, ServiceError> {
        let answer = self
            .queues()
            .receive_message()
            .queue_url(&queue.url)
            .max_number_of_messages(BATCH)
            .visibility_timeout(seconds(hold))
            .wait_time_seconds(seconds(wait))
            .message_system_attribute_names(System::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|why| service_error("reading", queue.id.clone(), &why))?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        messages
            .map(|message| {
                letter(message)
                    .map_err(|field| odd("reading", queue, &format!("a message has no `{field}`")))
            })
            .collect()
    }

    async fn give_back(&self, queue: &Queue, receipts: &[String]) -> Result<(), ServiceError> {
        let entries: Result<Vec<_>, _> = receipts
            .iter()
            .enumerate()
            .map(|(index, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(0)
                    .build()
            })
            .collect();
        let entries = entries.map_err(|why| odd("giving back to", queue, &why.to_string()))?;
        self.queues()
            .change_message_visibility_batch()
            .queue_url(&queue.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map(|_| ())
            .map_err(|why| service_error("giving back to", queue.id.clone(), &why))
    }

    async fn delete(&self, queue: &Queue, receipt: &str) -> Result<(), ServiceError> {
        self.queues()
            .delete_message()
            .queue_url(&queue.url)
            .receipt_handle(receipt)
            .send()
            .await
            .map(|_| ())
            .map_err(|why| service_error("deleting from", queue.id.clone(), &why))
    }

    async fn send(&self, queue: &Queue, message: &Outgoing) -> Result<(), ServiceError> {
        let odd = |why: String| odd("sending to", queue, &why);
        let mut request = self
            .queues()
            .send_message()
            .queue_url(&queue.url)
            .message_body(&message.body);
        for (name, value) in &message.attributes {
            let value = attribute_value(value).map_err(odd)?;
            request = request.message_attributes(name, value);
        }
        if let Some(trace) = &message.trace {
            let value = MessageSystemAttributeValue::builder()
                .data_type("String")
                .string_value(trace)
                .build()
                .map_err(|why| odd(why.to_string()))?;
            let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
            request = request.message_system_attributes(name, value);
        }
        request
            .send()
            .await
            .map(|_| ())
            .map_err(|why| service_error("sending to", queue.id.clone(), &why))
    }

    async fn invoke(&self, function: &str, payload: &str) -> Result<(), ServiceError> {
        self.functions()
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(payload.as_bytes()))
            .send()
            .await
            .map(|_| ())
            .map_err(|why| service_error("invoking", function.to_owned(), &why))
    }

    async fn start_move(&self, from: &Queue, to: &Queue) -> Result<Move, ServiceError> {
        let answer = self
            .queues()
            .start_message_move_task()
            .source_arn(self.arn(from).await?)
            .destination_arn(self.arn(to).await?)
            .send()
            .await;
        let Err(error) = answer else {
            return Ok(Move::Started);
        };
        let code = error.code().unwrap_or_default();
        let knows_no_moves = code.contains("InvalidAction") || code.contains("UnknownOperation");
        if knows_no_moves {
            return Ok(Move::Unknown);
        }
        // Why it was refused is only said in words; whether a move is running can be asked.
        let running = |state: &MoveState| state.state == "RUNNING";
        if self.move_state(from).await?.as_ref().is_some_and(running) {
            return Ok(Move::Running);
        }
        if code.contains("UnsupportedOperation") {
            return Ok(Move::Unknown);
        }
        Err(service_error("moving messages of", from.id.clone(), &error))
    }

    async fn move_state(&self, from: &Queue) -> Result<Option<MoveState>, ServiceError> {
        let answer = self
            .queues()
            .list_message_move_tasks()
            .source_arn(self.arn(from).await?)
            .max_results(1)
            .send()
            .await
            .map_err(|why| service_error("following the move of", from.id.clone(), &why))?;
        let newest = answer.results.unwrap_or_default().into_iter().next();
        Ok(newest.map(|task| MoveState {
            moved: u64::try_from(task.approximate_number_of_messages_moved).unwrap_or_default(),
            state: task.status.unwrap_or_default(),
            reason: task.failure_reason,
        }))
    }
}

impl WaysBack {
    async fn arn(&self, queue: &Queue) -> Result<String, ServiceError> {
        let name = QueueAttributeName::QueueArn;
        let answer = self
            .queues()
            .get_queue_attributes()
            .queue_url(&queue.url)
            .attribute_names(name.clone())
            .send()
            .await
            .map_err(|why| service_error("looking at", queue.id.clone(), &why))?;
        let arn = answer.attributes.unwrap_or_default().remove(&name);
        arn.ok_or_else(|| odd("looking at", queue, "the answer has no `QueueArn`"))
    }
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

fn odd(action: &'static str, queue: &Queue, reason: &str) -> ServiceError {
    ServiceError {
        action,
        subject: queue.id.clone(),
        reason: reason.to_owned(),
        trouble: Trouble::Other,
    }
}

fn letter(message: Message) -> Result<Letter, &'static str> {
    let mut system = message.attributes.unwrap_or_default();
    let mut take = |name: System| system.remove(&name);
    let attributes: HashMap<_, _> = message.message_attributes.unwrap_or_default();
    Ok(Letter {
        id: message.message_id.ok_or("MessageId")?,
        receipt: message.receipt_handle.ok_or("ReceiptHandle")?,
        body: message.body.ok_or("Body")?,
        trace: take(System::AwsTraceHeader),
        receives: take(System::ApproximateReceiveCount)
            .and_then(|text| text.parse().ok())
            .ok_or("ApproximateReceiveCount")?,
        sent_ms: take(System::SentTimestamp)
            .and_then(|text| text.parse().ok())
            .ok_or("SentTimestamp")?,
        attributes: attributes
            .into_iter()
            .map(|(name, value)| (name, attribute(value)))
            .collect(),
    })
}

fn attribute(value: MessageAttributeValue) -> Attribute {
    Attribute {
        value: match value.binary_value {
            Some(bytes) => AttributeValue::Bytes(bytes.into_inner()),
            None => AttributeValue::Text(value.string_value.unwrap_or_default()),
        },
        data_type: value.data_type,
    }
}

fn attribute_value(attribute: &Attribute) -> Result<MessageAttributeValue, String> {
    let builder = MessageAttributeValue::builder().data_type(&attribute.data_type);
    match &attribute.value {
        AttributeValue::Text(text) => builder.string_value(text),
        AttributeValue::Bytes(bytes) => builder.binary_value(Blob::new(bytes.clone())),
    }
    .build()
    .map_err(|why| why.to_string())
}
