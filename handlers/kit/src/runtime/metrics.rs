//! Metrics per consumer and event type as CloudWatch's embedded metric format: one JSON line a message (R16).

use contracts::metrics::{Dimension, Metric, NAMESPACE};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

pub(crate) use contracts::metrics::Dimensions;

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

impl Tally {
    /// A metric's value; nothing where it is unknown, which is no zero.
    fn value(&self, metric: Metric) -> Option<i64> {
        match metric {
            Metric::Received => Some(1),
            Metric::Succeeded => Some(self.succeeded.into()),
            Metric::Failed => Some((!self.succeeded && !self.deferred).into()),
            Metric::Retried => Some(self.retried.into()),
            Metric::DuplicateSuppressed => Some(self.duplicate.into()),
            Metric::Replayed => Some(self.replayed.into()),
            Metric::LatencyMs => Some(self.latency_ms),
            Metric::AgeMs => self.age_ms,
        }
    }
}

/// The line of one message.
pub(crate) fn line(of: Dimensions<'_>, tally: &Tally, now: OffsetDateTime) -> String {
    let known = |metric: Metric| Some((metric, tally.value(metric)?));
    let values: Vec<(Metric, i64)> = Metric::ALL.into_iter().filter_map(known).collect();
    let metrics: Vec<Value> = values
        .iter()
        .map(|(metric, _)| json!({ "Name": metric.name(), "Unit": metric.unit().name() }))
        .collect();
    let mut line = Map::new();
    let timestamp = now.unix_timestamp_nanos() / 1_000_000;
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": i64::try_from(timestamp).unwrap_or_default(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [Dimension::ALL.map(Dimension::name)],
                "Metrics": metrics,
            }],
        }),
    );
    for (name, value) in of.named() {
        line.insert(name.to_owned(), value.into());
    }
    for (metric, value) in values {
        line.insert(metric.name().to_owned(), value.into());
    }
    Value::Object(line).to_string()
}

/// Writes a line where CloudWatch finds it: the function's standard output.
pub(crate) fn emit(line: &str) {
    use std::io::Write as _;
    if cfg!(test) {
        return;
    }
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
        assert_eq!(declared["Namespace"], NAMESPACE);
        let names: Vec<_> = declared["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| metric["Name"].as_str().unwrap())
            .collect();
        let wanted = Metric::ALL.map(Metric::name);
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
