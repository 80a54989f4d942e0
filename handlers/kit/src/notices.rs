//! Notices to vendors: one message on the topic, with what a subscriber filters and deduplicates by as attributes.

use crate::store::unavailable;
use crate::world::World;
use aws_sdk_sns::types::MessageAttributeValue;
use contracts::{Needs, needs};
use ports::{Answer, Notice, PortError, SendNotices};

impl<H: Needs<needs::SendNotices>> SendNotices for World<H> {
    async fn send_notice(&self, notice: &Notice) -> Answer<()> {
        let message = serde_json::json!({
            "vendorId": notice.vendor_id,
            "invoiceId": notice.invoice_id,
            "eventType": notice.event_type,
            "eventId": notice.event_id,
        });
        self.shared
            .topics
            .publish()
            .topic_arn(&self.shared.settings.topic)
            .message(message.to_string())
            .message_attributes("eventType", attribute(notice.event_type)?)
            .message_attributes("vendorId", attribute(&notice.vendor_id.to_string())?)
            .message_attributes("eventId", attribute(&notice.event_id.to_string())?)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| {
                let subject = format!("{} of invoice {}", notice.event_type, notice.invoice_id);
                unavailable("sending the notice", subject, &error)
            })
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, PortError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| PortError::Unavailable {
            action: "building",
            subject: "a notice".into(),
            reason: error.to_string(),
        })
}
