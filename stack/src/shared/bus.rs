//! The central bus: encrypted, with a dead-letter queue for events that it can't encrypt or decrypt (R8, R19).

use crate::constructs::Site;
use crate::constructs::dead_letters::{WayBack, dead_letter_queue};
use crate::constructs::policies::{EVENTBRIDGE, sends};
use crate::ids;
use cfn::events::{
    EventBus, EventBusDeadLetterConfig, EventBusIncludeDetail, EventBusLevel, EventBusLogConfig,
};
use contracts::wiring::outputs;

pub(super) fn bus(site: &mut Site<'_>) {
    let dlq = dead_letter_queue(site, ids::BUS_DLQ, WayBack::SendToNamed, |dlq| {
        Some(sends(EVENTBRIDGE, &dlq.arn(), [ids::bus().arn()]))
    });
    let bus = site.stack.add(
        ids::BUS,
        EventBus::new(site.environment.stack_name())
            .description("Every event of the invoicing system")
            .kms_key_identifier(ids::data_key().arn())
            .dead_letter_config(EventBusDeadLetterConfig::new().arn(dlq.arn()))
            .log_config(
                EventBusLogConfig::new()
                    .level(EventBusLevel::Error)
                    .include_detail(EventBusIncludeDetail::None),
            ),
    );
    site.stack
        .output(outputs::EVENT_BUS, bus.name())
        .description("Name of the event bus");
}
