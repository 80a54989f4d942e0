//! Metrics per consumer and event type as CloudWatch's embedded metric format: one JSON line a message (R16).

use contracts::wiring::METRICS_NAMESPACE;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// What a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// It is done, now or before.
    pub(crate) succeeded: bool,
    /// Another delivery works on it: it comes again, and nothing failed.
    pub(crate) deferred: bool,
    /// It came again.
    pub(crate) retried: bool,
    /// It was done before.
    pub(crate) duplicate: bool,
    /// It is a replay or derives from one.
    pub(crate) replayed: bool,
    /// From taking it up to its end.
    pub(crate) latency_ms: i64,
    /// From the producer's clock to taking it up; unknown for what can't be read and meaningless for replays.
    pub(crate) age_ms: Option<i64>,
}

/// Whose metrics they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dimensions<'a> {
    pub(crate) consumer: &'a str,
    /// A declared event or route; `Unknown` for anything else, so that nobody can make dimensions up.
    pub(crate) event_type: &'a str,
    pub(crate) environment: &'a str,
}

/// The line of one message.
pub(crate) fn line(of: Dimensions<'_>, tally: &Tally, now: OffsetDateTime) -> String {
    let count = |is: bool| json!(u8::from(is));
    let mut values = vec![
        ("Received", "Count", json!(1)),
        ("Succeeded", "Count", count(tally.succeeded)),
        (
            "Failed",
            "Count",
            count(!tally.succeeded && !tally.deferred),
        ),
        ("Retried", "Count", count(tally.retried)),
        ("DuplicateSuppressed", "Count", count(tally.duplicate)),
        ("Replayed", "Count", count(tally.replayed)),
        ("LatencyMs", "Milliseconds", json!(tally.latency_ms)),
    ];
    if let Some(age) = tally.age_ms {
        values.push(("AgeMs", "Milliseconds", json!(age)));
    }
    let metrics: Vec<Value> = values
        .iter()
        .map(|(name, unit, _)| json!({ "Name": name, "Unit": unit }))
        .collect();
    let mut line = Map::new();
    let timestamp = now.unix_timestamp_nanos() / 1_000_000;
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": i64::try_from(timestamp).unwrap_or_default(),
            "CloudWatchMetrics": [{
                "Namespace": METRICS_NAMESPACE,
                "Dimensions": [["Consumer", "EventType", "Environment"]],
                "Metrics": metrics,
            }],
        }),
    );
    line.insert("Consumer".into(), of.consumer.into());
    line.insert("EventType".into(), of.event_type.into());
    line.insert("Environment".into(), of.environment.into());
    line.extend(
        values
            .into_iter()
            .map(|(name, _, value)| (name.to_owned(), value)),
    );
    Value::Object(line).to_string()
}

/// Writes a line where CloudWatch finds it: the function's standard output.
pub(crate) fn emit(line: &str) {
    use std::io::Write as _;
    // A closed standard output must not fail a message.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    fn read(tally: &Tally) -> Value {
        let of = Dimensions {
            consumer: "payment",
            event_type: "InvoiceApproved",
            environment: "local",
        };
        serde_json::from_str(&line(of, tally, OffsetDateTime::UNIX_EPOCH)).unwrap()
    }

    #[test]
    fn r16_every_metric_that_is_declared_is_there_and_dimensioned() {
        let tally = Tally {
            succeeded: true,
            retried: true,
            age_ms: Some(7),
            latency_ms: 5,
            ..Tally::default()
        };
        let line = read(&tally);
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(declared["Namespace"], "Invoicing");
        let names: Vec<_> = declared["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| metric["Name"].as_str().unwrap())
            .collect();
        let wanted = [
            "Received",
            "Succeeded",
            "Failed",
            "Retried",
            "DuplicateSuppressed",
            "Replayed",
            "LatencyMs",
            "AgeMs",
        ];
        assert_eq!(names, wanted);
        for name in wanted {
            assert!(line[name].is_i64() || line[name].is_u64(), "{name}");
        }
        for dimension in declared["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string());
        }
        assert_eq!(
            (&line["Retried"], &line["Failed"], &line["AgeMs"]),
            (&json!(1), &json!(0), &json!(7))
        );
    }

    #[test]
    fn r16_what_another_delivery_works_on_has_not_failed() {
        let deferred = read(&Tally {
            deferred: true,
            retried: true,
            ..Tally::default()
        });
        let counts = ["Failed", "Succeeded", "Retried"].map(|name| deferred[name].clone());
        assert_eq!(counts, [json!(0), json!(0), json!(1)]);
        assert_eq!(read(&Tally::default())["Failed"], 1);
    }

    #[test]
    fn r16_an_unknown_age_is_no_zero() {
        let line = read(&Tally::default());
        assert!(line.get("AgeMs").is_none());
        assert!(!line.to_string().contains("AgeMs"));
    }
}
