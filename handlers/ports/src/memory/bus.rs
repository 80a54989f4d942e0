//! Publishing straight to the bus: what was published stands in the outbox too, marked at once.

use super::Memory;
use crate::api::PublishEvents;
use crate::change::Draft;
use crate::world::Answer;

impl PublishEvents for Memory {
    async fn publish(&self, drafts: &[Draft]) -> Answer<()> {
        self.write("the bus", |inner| {
            inner
                .published
                .extend(drafts.iter().map(|draft| draft.event_id));
            let taken = drafts.iter().map(|draft| draft.event_id);
            inner.sweep.taken.extend(taken);
            inner.outbox.extend_from_slice(drafts);
            Ok(())
        })
        .await
    }
}
