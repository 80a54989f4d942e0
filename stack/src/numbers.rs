//! The numbers of delivery, said once: retention, retries, leases. R7, R8, R11 and R12 are arithmetic on these.

use crate::environment::Environment;
use contracts::HandlerSpec;

/// One day in seconds.
const DAY: u32 = 86_400;

/// How long a source queue keeps a message.
pub(crate) const QUEUE_RETENTION_SECONDS: u32 = 4 * DAY;

/// How long a dead-letter queue keeps a message: SQS's maximum, longer than any source's (R7).
pub(crate) const DLQ_RETENTION_SECONDS: u32 = 14 * DAY;

/// How long a queue waits to fill a batch. Batches of at most 10 need no window, and a window costs latency.
pub(crate) const BATCHING_WINDOW_SECONDS: u32 = 0;

/// Visibility timeout in function timeouts: AWS's advice, room for throttled invocations (R7).
pub(crate) const VISIBILITY_TIMEOUTS: u32 = 6;

/// How long EventBridge tries a target: its maximum.
pub(crate) const RULE_EVENT_AGE_SECONDS: u32 = DAY;

/// How often EventBridge tries a target: its maximum.
pub(crate) const RULE_RETRIES: u32 = 185;

/// How long Lambda keeps an asynchronous event: its maximum.
pub(crate) const ASYNC_EVENT_AGE_SECONDS: u32 = DAY / 4;

/// How often Lambda tries an asynchronous event again: its maximum.
pub(crate) const ASYNC_RETRIES: u32 = 2;

/// Changes a batch: a shard has one batch at a time, and changes of different vendors and invoices are told side by side.
pub(crate) const STREAM_BATCH: u32 = 100;

/// How often a batch of a table's changes is tried again: a few minutes, while its shard waits behind it.
pub(crate) const STREAM_RETRIES: u32 = 10;

/// How old a table's change may be before its mapping gives it up: well before the stream forgets it after a day.
pub(crate) const STREAM_RECORD_AGE_SECONDS: u32 = DAY / 4;

/// How often Scheduler tries to wake a function again.
pub(crate) const TICK_RETRIES: u32 = 3;

/// How long Scheduler tries to wake a function: by then the clock has come round several times.
pub(crate) const TICK_AGE_SECONDS: u32 = 300;

/// How often Scheduler wakes the reaper again where Lambda took nothing: as often as it can.
pub(crate) const EXPIRY_RETRIES: u32 = 185;

/// How long it tries: an environment that is a day late costs little.
pub(crate) const EXPIRY_AGE_SECONDS: u32 = DAY;

/// When Lambda tries an asynchronous event again for the first time, at the earliest (R12).
pub(crate) const ASYNC_FIRST_RETRY_SECONDS: u32 = 60;

/// How much longer than its function's timeout a claim is held: clocks and the way back to the table.
const LEASE_MARGIN_SECONDS: u32 = 5;

/// Visibility timeout of an inbox (R7).
pub(crate) const fn visibility_seconds(handler: &HandlerSpec) -> u32 {
    VISIBILITY_TIMEOUTS * handler.timeout_seconds + BATCHING_WINDOW_SECONDS
}

/// How long a claim in progress is held: longer than the function can run, shorter than the first redelivery (R12).
pub(crate) const fn lease_seconds(handler: &HandlerSpec) -> u32 {
    handler.timeout_seconds + LEASE_MARGIN_SECONDS
}

/// How long a finished claim is remembered (R11): as long as an event can come again. That is the archive, then the
/// longest way through rule and function or queue, then the dead-letter queue that a person redrives from, and a day.
pub(crate) const fn claim_seconds(environment: &Environment) -> u32 {
    environment.retention.archive_days * DAY
        + RULE_EVENT_AGE_SECONDS
        + QUEUE_RETENTION_SECONDS
        + DLQ_RETENTION_SECONDS
        + DAY
}
