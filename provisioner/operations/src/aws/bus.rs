//! The event bus: one entry a call; an entry that was not taken is an answer, not an error of the call.

use super::{Remote, service_error};
use crate::event::EventEntry;
use crate::ports::{Bus, BusAnswer, ServiceError, Trouble};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

impl Bus for Remote {
    async fn put(&self, entry: &EventEntry) -> Result<BusAnswer, ServiceError> {
        let bus = &self.endpoints.event_bus;
        let subject = || format!("event {} on bus {bus}", entry.detail_type);
        let client = self
            .bus
            .get_or_init(|| aws_sdk_eventbridge::Client::new(&self.config));
        let put = PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .detail(&entry.detail)
            .build();
        let answer = client
            .put_events()
            .entries(put)
            .send()
            .await
            .map_err(|why| service_error("publishing", subject(), &why))?;
        let odd = |reason: &str| ServiceError {
            action: "publishing",
            subject: subject(),
            reason: reason.to_owned(),
            trouble: Trouble::Other,
        };
        let mut entries = answer.entries.unwrap_or_default().into_iter();
        let result = entries
            .next()
            .ok_or_else(|| odd("the answer has no `Entries`"))?;
        if answer.failed_entry_count > 0 || result.error_code.is_some() {
            return Ok(BusAnswer::Refused {
                code: result.error_code.unwrap_or_else(|| "no code".to_owned()),
                message: result.error_message.unwrap_or_default(),
            });
        }
        result
            .event_id
            .map(|event_id| BusAnswer::Taken { event_id })
            .ok_or_else(|| odd("the answer has no `EventId`"))
    }
}
