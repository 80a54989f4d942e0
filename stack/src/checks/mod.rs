//! Static checks with codes: what no schema and no other judge knows of our house rules. All faults at once.
//!
//! A check reads the graph and the rendered template, never the constructs: it judges what would be deployed, whoever
//! wrote it. The local cloud enforces none of most of this; these checks do.

mod access;
mod delivery;
mod finding;
mod keys;
mod lanes;
mod limits;
mod machines;
mod protection;
mod records;
mod redelivery;
mod subject;
mod writers;

pub use finding::Finding;
pub(crate) use finding::sort;
pub use lanes::ANNOUNCEMENTS;

use crate::environment::Environment;
use crate::graph::Graph;
use cfn::{Severity, Template};
use finding::Fault;
use subject::Subject;

/// A rule of ours.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// The requirement that it guards.
    pub requirement: &'static str,
    /// What must hold, in one sentence.
    pub title: &'static str,
    check: fn(&Subject<'_>) -> Vec<Fault>,
}

const fn error(
    code: &'static str,
    requirement: &'static str,
    title: &'static str,
    check: fn(&Subject<'_>) -> Vec<Fault>,
) -> Rule {
    Rule {
        code,
        severity: Severity::Error,
        requirement,
        title,
        check,
    }
}

const fn warning(rule: Rule) -> Rule {
    Rule {
        severity: Severity::Warning,
        ..rule
    }
}

/// Every rule, by code.
pub const RULES: &[Rule] = &[
    error(
        "STK001",
        "lanes",
        "every consumed event has a lane to its consumer",
        lanes::consumed,
    ),
    warning(error(
        "STK002",
        "lanes",
        "every published event has a consumer, or is listed as an announcement with its reason",
        lanes::heard,
    )),
    error(
        "STK003",
        "lanes",
        "every lane carries an event that some handler publishes",
        lanes::published,
    ),
    error(
        "STK004",
        "lanes",
        "every lane ends at a handler that consumes its event",
        lanes::ended,
    ),
    error(
        "STK005",
        "R11",
        "no rule matches a replay or what derives from one, except where everybody behind it admits replays",
        redelivery::no_replays,
    ),
    error(
        "STK006",
        "R11",
        "claims outlive every way in which an event can come again",
        redelivery::claims,
    ),
    error(
        "STK007",
        "R12",
        "timeout < lease < first redelivery",
        redelivery::leases,
    ),
    error(
        "STK008",
        "lanes",
        "lanes that share a rule carry the same events to the same target",
        lanes::shared,
    ),
    error(
        "STK010",
        "R7",
        "a polled queue has a dead-letter queue that keeps messages 14 days and longer than itself",
        delivery::source_queues,
    ),
    error(
        "STK011",
        "R7",
        "visibility timeout is at least 6 function timeouts and the batching window",
        delivery::visibility,
    ),
    error(
        "STK012",
        "R7",
        "a queue's mapping reports failures by message and bounds its concurrency",
        delivery::mappings,
    ),
    error(
        "STK013",
        "R8",
        "every target of a rule or schedule has a retry policy and a dead-letter queue",
        delivery::rule_targets,
    ),
    error(
        "STK014",
        "R8",
        "the bus has a dead-letter queue and every subscription a redrive policy",
        delivery::bus_and_subscriptions,
    ),
    error(
        "STK015",
        "R8",
        "every asynchronously invoked function has retries and an on-failure destination",
        delivery::failures,
    ),
    error(
        "STK016",
        "R8",
        "whoever delivers may write there and use its key",
        writers::may_write,
    ),
    error(
        "STK017",
        "R9",
        "every dead-letter queue and failures bucket has an alarm at one message and a way back",
        delivery::dead_letters,
    ),
    warning(error(
        "STK018",
        "R7",
        "reserved concurrency is no smaller than the \
        mapping's, or throttling uses up the receive count",
        delivery::reserved,
    )),
    error(
        "STK019",
        "R8",
        "a stream's mapping bisects, ends its retries, reports failures by record, keeps their order and what it gives up",
        delivery::streams,
    ),
    error(
        "STK020",
        "R21",
        "every statement of every role names its cause",
        access::causes,
    ),
    error(
        "STK021",
        "R21",
        "no wildcard resource except where AWS has none",
        access::wildcards,
    ),
    error(
        "STK022",
        "R21",
        "PutEvents on this bus only, for the handler's own events and source",
        access::publishing,
    ),
    error(
        "STK023",
        "R19",
        "every grant on an encrypted resource has its key statement",
        keys::grants,
    ),
    error(
        "STK024",
        "R21",
        "every declared need yields its grant",
        access::needs,
    ),
    error(
        "STK025",
        "artifacts",
        "every function has a published archive",
        access::archives,
    ),
    error(
        "STK026",
        "R14",
        "no role may change or take away what an append-only table keeps",
        access::append_only,
    ),
    error(
        "STK027",
        "R27",
        "one handler at most may answer task tokens: the one that declares it",
        access::answers,
    ),
    error(
        "STK028",
        "R19",
        "roles use keys through services, or under an encryption context",
        keys::uses,
    ),
    error(
        "STK030",
        "R19",
        "everything at rest and in flight is encrypted by a key of ours",
        protection::encryption,
    ),
    error(
        "STK031",
        "R19",
        "keys rotate, the account administers them, EventBridge is let in as it can be",
        keys::policies,
    ),
    error(
        "STK032",
        "R20",
        "queues, topics and buckets refuse what comes without TLS",
        protection::tls,
    ),
    error(
        "STK033",
        "R20",
        "every API route authorises, every stage throttles and logs",
        protection::api,
    ),
    error(
        "STK034",
        "R17",
        "every function and state machine traces actively",
        protection::tracing,
    ),
    error(
        "STK035",
        "R18",
        "every function and state machine logs to a declared group with retention, and functions may create none",
        protection::logs,
    ),
    error(
        "STK036",
        "R13",
        "tables and keys of environments that keep data are protected and retained",
        protection::data,
    ),
    error(
        "STK037",
        "R15",
        "buckets are versioned, private, owned by the account, and have a lifecycle",
        protection::buckets,
    ),
    error(
        "STK038",
        "R22",
        "every bus has an archive of everything, kept as long as the environment says, by a key that lets it re-encrypt",
        records::archive,
    ),
    error(
        "STK039",
        "R22",
        "the registry declares every version of every event under each source that publishes it",
        records::schemas,
    ),
    error(
        "STK040",
        "R15",
        "a bus logs what it can't deliver, and nothing of what events say",
        records::bus_log,
    ),
    error(
        "STK041",
        "R15",
        "documents are locked as the environment says, for as long as records are kept",
        records::object_lock,
    ),
    error(
        "STK042",
        "R16",
        "every alarm is watched by one that tells people",
        records::alarms,
    ),
    error(
        "STK043",
        "tags",
        "whatever can carry tags says its owner, cost centre and environment",
        records::tags,
    ),
    error(
        "STK044",
        "R18",
        "log groups are of the class that metrics are read from",
        records::log_class,
    ),
    error(
        "STK045",
        "R21",
        "every role is bounded where the environment names a permissions boundary",
        records::boundary,
    ),
    error(
        "STK046",
        "R28",
        "a composite alarm's rule fits CloudWatch's limit",
        limits::alarm_rules,
    ),
    error(
        "STK047",
        "R28",
        "a bus has no more rules than EventBridge allows",
        limits::rules_a_bus,
    ),
    warning(error(
        "STK048",
        "R28",
        "the functions reserve no more executions than an account has",
        limits::reserved,
    )),
    error(
        "STK049",
        "R21",
        "a state machine's role may invoke the functions of its tasks and no others",
        machines::invokes,
    ),
    warning(error(
        "STK050",
        "R28",
        "every queue may be worked on as fast as events come at the rate that the environment is sized for",
        limits::capacity,
    )),
];

/// Judges a template against the graph and the environment that it came from.
#[must_use]
pub fn judge(environment: &Environment, graph: &Graph, template: &Template) -> Vec<Finding> {
    let subject = Subject {
        environment,
        graph,
        template,
    };
    RULES
        .iter()
        .flat_map(|rule| {
            (rule.check)(&subject)
                .into_iter()
                .map(|fault| Finding::of(rule, fault))
        })
        .collect()
}
