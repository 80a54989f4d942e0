//! A table's changes, followed by a function in their order: retries that end, failures by record, and a bucket for what
//! a function failed on for good (R7, R8, R9). A bucket, since a queue would get the records' positions and not what
//! they say, and a stream forgets them after a day.

use super::Site;
use super::policies::tls_only;
use crate::shared::documents::{encryption, private_bucket, records_expire, unfinished_uploads};
use crate::{ids, numbers};
use cfn::lambda::{
    EventSourceMapping, EventSourceMappingDestinationConfig, EventSourceMappingFilter,
    EventSourceMappingFilterCriteria, EventSourceMappingFunctionResponseTypes,
    EventSourceMappingMetrics, EventSourceMappingMetricsConfig, EventSourceMappingOnFailure,
};
use cfn::s3::{BucketLifecycleConfiguration, BucketPolicy};
use cfn::{PolicyDocument, sub};
use contracts::HandlerSpec;
use contracts::tables::{Table, keys};
use serde_json::json;

/// Lets a handler follow a table. One batch at a time a shard: versions are told in their order.
pub(crate) fn stream(site: &mut Site<'_>, handler: &HandlerSpec, table: Table) {
    let failures = EventSourceMappingOnFailure::new().destination(ids::stream_failures().arn());
    let mapping = EventSourceMapping::new(ids::function(handler.id).name())
        .event_source_arn(ids::table(table).stream_arn())
        .starting_position("TRIM_HORIZON")
        .batch_size(numbers::STREAM_BATCH)
        .maximum_batching_window_in_seconds(numbers::BATCHING_WINDOW_SECONDS)
        .parallelization_factor(1)
        .bisect_batch_on_function_error(true)
        .maximum_retry_attempts(numbers::STREAM_RETRIES)
        .maximum_record_age_in_seconds(numbers::STREAM_RECORD_AGE_SECONDS)
        .function_response_types([EventSourceMappingFunctionResponseTypes::ReportBatchItemFailures])
        .destination_config(EventSourceMappingDestinationConfig::new().on_failure(failures))
        .filter_criteria(heads_only(table))
        // Counts what went to the bucket: its alarm's metric.
        .metrics_config(
            EventSourceMappingMetricsConfig::new().metrics([EventSourceMappingMetrics::EventCount]),
        )
        .enabled(true);
    site.stack
        .add(ids::stream_mapping(handler.id, table), mapping);
}

/// Only the head of a vendor or invoice wakes anybody: one change a version, whatever else its transaction wrote. By its
/// key, so that a head that is taken away is told too.
fn heads_only(table: Table) -> EventSourceMappingFilterCriteria {
    let heads = table.spec().sort_key.map(|sort_key| {
        let pattern = json!({ "dynamodb": { "Keys": { sort_key: { "S": [keys::HEAD] } } } });
        EventSourceMappingFilter::new().pattern(pattern.to_string())
    });
    EventSourceMappingFilterCriteria::new().filters(heads)
}

/// Adds the bucket of the changes that functions failed on, where any handler follows a table. What rests there is
/// missing from the audit trail: it is kept as long as records are.
pub(crate) fn stream_failures(site: &mut Site<'_>) {
    let Some((_, handler)) = site.graph.followed().next() else {
        return;
    };
    let bucket = site.stack.add(
        ids::STREAM_FAILURES,
        private_bucket(encryption(ids::data_key().arn())).lifecycle_configuration(
            BucketLifecycleConfiguration::new([
                records_expire(&site.environment.retention),
                unfinished_uploads(),
            ]),
        ),
    );
    site.stateful(&bucket);
    let function = ids::function(handler.id);
    site.stack.options(&bucket).metadata(
        "WayBack",
        json!({ "kind": "records", "to": function.logical_id().as_str() }),
    );
    site.stack.add(
        format!("{}Policy", ids::STREAM_FAILURES),
        BucketPolicy::new(
            bucket.name(),
            PolicyDocument::of([tls_only("s3:*", [bucket.arn(), sub!(bucket.arn(), "/*")])]),
        ),
    );
}
