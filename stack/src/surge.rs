//! What the graph needs at a rate of events: invocations, concurrency, table writes, the bus's quotas. Arithmetic on the graph and
//! on the numbers below; what was measured and what is only assumed is said with each.

use crate::environment::Environment;
use crate::graph::{Graph, Lane, Path};
use contracts::lifecycle::TRANSITIONS;
use contracts::needs::Need;
use contracts::tables::{SHARDS, Table};
use contracts::{HandlerSpec, State};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Month end of the design: 60,000 events a minute.
pub const MONTH_END: u32 = 1_000;
/// The same after growing by 40 %.
pub const MONTH_END_GROWN: u32 = 1_400;

/// How long one message takes, in milliseconds. An assumption on the safe side: a warm function on the local cloud takes 60 to
/// 100 ms, with every service on the same machine.
const MESSAGE_MS: u32 = 250;
/// Messages of a batch are worked on side by side: a batch takes twice as long as a message.
const BATCH_MS: u32 = 2 * MESSAGE_MS;
/// Where an event must be visible after it happened.
const VISIBLE_SECONDS: u32 = 120;

/// EventBridge's quota of PutEvents requests a second in eu-central-1 (default, adjustable).
const PUT_EVENTS_QUOTA: u32 = 2_400;
/// EventBridge's quota of invocations a second in eu-central-1 (default, adjustable).
const INVOCATIONS_QUOTA: u32 = 4_500;
/// Lambda's concurrent executions of an account (default, adjustable).
const CONCURRENCY_QUOTA: u32 = 1_000;
/// Write units a second that a new on-demand table takes at once.
const NEW_TABLE_WRITES: u32 = 4_000;
/// Write units a second that one partition takes, of a table and of an index.
const PARTITION_WRITES: u32 = 1_000;

/// What one lane's consumer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerNeed {
    /// The consumer.
    pub handler: &'static str,
    /// Where its messages come from.
    pub path: Path,
    /// Messages a second.
    pub messages: u32,
    /// Executions at once.
    pub concurrency: u32,
}

/// What a table has to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writes {
    /// The table.
    pub table: Table,
    /// Write units a second.
    pub units: u32,
}

/// What the graph needs at a rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// Events a second.
    pub rate: u32,
    /// Invoices a second, each with the events of the way from submission to payment.
    pub invoices: u32,
    /// Target invocations by rules a second.
    pub invocations: u32,
    /// By consumer and way to it.
    pub consumers: Vec<ConsumerNeed>,
    /// By table.
    pub writes: Vec<Writes>,
}

impl Sizes {
    /// Changes of invoices a second, which their stream carries: one for each step.
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.invoices * u32::try_from(WAY.len()).unwrap_or(u32::MAX)
    }

    /// Maximum concurrency with which every queue works a minute's backlog off in another minute.
    #[must_use]
    pub fn comfortable_concurrency(&self) -> u32 {
        2 * self.queue_concurrency()
    }

    /// Executions at once, of all functions.
    #[must_use]
    pub fn concurrency(&self) -> u32 {
        self.consumers.iter().map(|need| need.concurrency).sum()
    }

    /// Maximum concurrency that a queue's mapping needs: the highest of all.
    #[must_use]
    pub fn queue_concurrency(&self) -> u32 {
        let queued = self
            .consumers
            .iter()
            .filter(|need| need.path.inbox().is_some());
        queued
            .map(|need| need.concurrency)
            .max()
            .unwrap_or_default()
    }
}

/// The steps of an invoice that is approved automatically and paid at once.
const WAY: [(Option<State>, State); 5] = [
    (None, State::Submitted),
    (Some(State::Submitted), State::Validated),
    (Some(State::Validated), State::Approved),
    (Some(State::Approved), State::Paying),
    (Some(State::Paying), State::Paid),
];

/// The events that an invoice on the usual way causes, from its submission to its payment.
fn usual() -> BTreeSet<&'static str> {
    let announced = TRANSITIONS
        .iter()
        .filter(|step| WAY.contains(&(step.from, step.to)))
        .filter_map(|step| step.announces);
    announced.chain(["InvoiceSubmitted"]).collect()
}

/// What the graph needs when it takes `rate` events a second, all of them of invoices on the usual way.
#[must_use]
pub fn sizes(graph: &Graph, environment: &Environment, rate: u32) -> Sizes {
    let usual = usual();
    let kinds = u32::try_from(usual.len()).unwrap_or(u32::MAX);
    let invoices = rate.div_ceil(kinds);
    let carried = |lane: &Lane| {
        let events = lane
            .events
            .iter()
            .filter(|event| usual.contains(event.name));
        invoices * u32::try_from(events.count()).unwrap_or(u32::MAX)
    };
    let batch = environment.capacity.batch_size;
    let consumers: Vec<ConsumerNeed> = graph
        .lanes
        .iter()
        .filter(|lane| carried(lane) > 0)
        .map(|lane| ConsumerNeed {
            handler: lane.handler,
            path: lane.path,
            messages: carried(lane),
            concurrency: match lane.path {
                Path::Direct => (carried(lane) * MESSAGE_MS).div_ceil(1_000),
                Path::Queue { .. } | Path::Topic { .. } => {
                    (carried(lane).div_ceil(batch) * BATCH_MS).div_ceil(1_000)
                }
            },
        })
        .collect();
    let changes = invoices * u32::try_from(WAY.len()).unwrap_or(u32::MAX);
    let mut rules = BTreeSet::new();
    let invocations = graph
        .lanes
        .iter()
        .filter(|lane| rules.insert(lane.id))
        .map(carried)
        .sum();
    Sizes {
        rate,
        invoices,
        invocations,
        writes: Table::ALL
            .into_iter()
            .map(|table| Writes {
                table,
                units: writes(graph, &consumers, changes, table),
            })
            .collect(),
        consumers,
    }
}

/// Write units a second. A message that moves an aggregate on writes its head (2 KB), a history item (1 KB) and an event (1 KB) in
/// a transaction, which counts twice, and marks the event as published; every message puts a claim and completes it
/// in the transaction; a message of append-only rows writes two of 2 KB.
fn writes(graph: &Graph, consumers: &[ConsumerNeed], changes: u32, table: Table) -> u32 {
    let of = |need: &ConsumerNeed| {
        let handler = graph.handler(need.handler);
        let has = |wanted: Need| handler.is_some_and(|handler: &HandlerSpec| handler.has(wanted));
        let per_message = match table {
            Table::Idempotency => 1 + 2,
            Table::Audit | Table::Ledger if has(Need::AppendTable(table)) => 2 * 2,
            _ if has(Need::WriteTable(table)) => 2 * (2 + 1 + 1) + 1,
            // No more than that, though people's decisions are few: an approval holds a page.
            Table::Invoices if has(Need::WriteApprovals) => 2 * (2 + 1 + 1) + 1,
            _ => 0,
        };
        need.messages * per_message
    };
    let by_messages: u32 = consumers.iter().map(of).sum();
    match table {
        // A row of a version holds the record before and after: 4 KB.
        Table::Audit => by_messages + 4 * changes,
        _ => by_messages,
    }
}

/// docs/surge.md: the arithmetic, written out for both rates.
#[must_use]
pub fn page(graph: &Graph, environment: &Environment) -> String {
    let both = [MONTH_END, MONTH_END_GROWN].map(|rate| sizes(graph, environment, rate));
    let mut out = format!(
        "<!-- Written by `GOLDEN=write cargo test -p stack --test golden`. -->\n# Surge\n\n\
What `{}` needs at a month's end: {MONTH_END} events a second (60,000 a minute), and {MONTH_END_GROWN} after growing by 40 %. Every number is\n\
arithmetic on the event graph and on the assumptions named here; nothing was measured on AWS.\n\n\
Assumed: every invoice takes the usual way ({} events). A message takes {MESSAGE_MS} ms, a batch of {} messages {BATCH_MS} ms. Quotas are AWS's\n\
defaults for eu-central-1 and can be raised.\n\n| | {MONTH_END} events/s | {MONTH_END_GROWN} events/s | bound |\n|---|---|---|---|\n",
        environment.name,
        usual().len(),
        environment.capacity.batch_size,
    );
    let mut row = |what: &str, of: &dyn Fn(&Sizes) -> String, bound: String| {
        // Writing to a String never fails.
        let _ = writeln!(
            out,
            "| {what} | {} | {} | {bound} |",
            of(&both[0]),
            of(&both[1])
        );
    };
    row("invoices a second", &|s| s.invoices.to_string(), "-".into());
    row(
        "PutEvents requests a second, one event each",
        &|s| s.rate.to_string(),
        format!("{PUT_EVENTS_QUOTA} (quota)"),
    );
    row(
        "invocations by rules a second",
        &|s| s.invocations.to_string(),
        format!("{INVOCATIONS_QUOTA} (quota; above it EventBridge delays, it loses nothing)"),
    );
    row(
        "executions at once, all functions",
        &|s| s.concurrency().to_string(),
        format!(
            "{CONCURRENCY_QUOTA} (quota of a new account: ask for three times the need, so that a slow minute is no throttle)"
        ),
    );
    row(
        "concurrency of the busiest queue",
        &|s| s.queue_concurrency().to_string(),
        format!(
            "{} (`queue_concurrency`)",
            environment.capacity.queue_concurrency
        ),
    );
    row(
        "the same, so that a minute's backlog is gone in another",
        &|s| s.comfortable_concurrency().to_string(),
        "size `queue_concurrency` by this".to_owned(),
    );
    row(
        "changes a second of the stream of invoices",
        &|s| s.changes().to_string(),
        format!(
            "one execution a shard, up to {} changes each time; a shard a partition",
            crate::numbers::STREAM_BATCH
        ),
    );
    for (index, table) in Table::ALL.into_iter().enumerate() {
        row(
            &format!("write units a second, {}", table.spec().logical_id),
            &|s| s.writes[index].units.to_string(),
            format!("{NEW_TABLE_WRITES} at once on a new table"),
        );
    }
    row(
        "changes a second of a sparse index's busiest shard",
        &|s| (s.invoices * 2).div_ceil(SHARDS).to_string(),
        format!("{PARTITION_WRITES} (a partition), {SHARDS} shards"),
    );
    out.push_str(
        "\nTables are on demand: a table that has not yet seen such a rate takes the last column at once and doubles within half an hour. \
Before the first month's end, warm the tables whose\nneed is above it (`WarmThroughput`), or let a rehearsal do it.\n\n## By consumer\n\n\
A queue that holds a minute's peak while its consumer was away is empty again after: messages of that minute / (capacity - rate).\n\n\
| consumer | through | messages/s | executions | a minute's backlog is gone after | messages/s | executions | gone after |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (one, other) in both[0].consumers.iter().zip(&both[1].consumers) {
        let through = match one.path {
            Path::Direct => "its rule".to_owned(),
            Path::Queue { inbox } => format!("queue {inbox}"),
            Path::Topic { topic, inbox } => format!("topic {topic}, queue {inbox}"),
        };
        let side = |need: &ConsumerNeed| {
            format!(
                "{} | {} | {}",
                need.messages,
                need.concurrency,
                recovery(need, environment)
            )
        };
        let _ = writeln!(
            out,
            "| {} | {through} | {} | {} |",
            one.handler,
            side(one),
            side(other)
        );
    }
    let _ = write!(
        out,
        "\nAn event must be visible within {VISIBLE_SECONDS} s; the alarm on age rings above that. A function behind its rule waits in Lambda's own queue, whose events live six hours.\n"
    );
    out
}

/// How long a queue takes to work a minute's backlog off while its messages keep coming.
fn recovery(need: &ConsumerNeed, environment: &Environment) -> String {
    if need.path.inbox().is_none() {
        return "-".to_owned();
    }
    let capacity = &environment.capacity;
    let capable = capacity.queue_concurrency * capacity.batch_size * 1_000 / BATCH_MS;
    match capable.checked_sub(need.messages) {
        None | Some(0) => "never: raise `queue_concurrency`".to_owned(),
        Some(spare) => format!("{} s", (need.messages * 60).div_ceil(spare)),
    }
}
