//! Event source mapping: a function polls its inbox, reports failures message by message, and is bounded (R7).

use super::Site;
use crate::{ids, numbers};
use cfn::lambda::{
    EventSourceMapping, EventSourceMappingFunctionResponseTypes, EventSourceMappingScalingConfig,
};

/// Lets `handler` poll `inbox`.
pub(crate) fn mapping(site: &mut Site<'_>, inbox: &str, handler: &str) {
    let capacity = &site.environment.capacity;
    let mapping = EventSourceMapping::new(ids::function(handler).name())
        .event_source_arn(ids::queue(inbox).arn())
        .batch_size(capacity.batch_size)
        .maximum_batching_window_in_seconds(numbers::BATCHING_WINDOW_SECONDS)
        .function_response_types([EventSourceMappingFunctionResponseTypes::ReportBatchItemFailures])
        .scaling_config(
            EventSourceMappingScalingConfig::new().maximum_concurrency(capacity.queue_concurrency),
        )
        .enabled(true);
    site.stack.add(format!("{inbox}Mapping"), mapping);
}
