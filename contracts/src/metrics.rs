//! The metrics of every consumer and event type (R16): what the kit writes, and alarms and dashboard read. Nothing here
//! says what an alarming value is.

/// CloudWatch namespace of our metrics.
pub const NAMESPACE: &str = "Invoicing";

/// What every metric is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// The handler's name.
    Consumer,
    /// The event's name, or the route's key.
    EventType,
    /// The environment's name.
    Environment,
}

impl Dimension {
    /// All of them, in the order in which they are written: CloudWatch knows a metric by its whole set.
    pub const ALL: [Self; 3] = [Self::Consumer, Self::EventType, Self::Environment];

    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "Consumer",
            Self::EventType => "EventType",
            Self::Environment => "Environment",
        }
    }
}

/// Whose metrics they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimensions<'a> {
    /// The handler's name.
    pub consumer: &'a str,
    /// A declared event or route; `Unknown` for anything else, so that nobody can make dimensions up.
    pub event_type: &'a str,
    /// The environment's name.
    pub environment: &'a str,
}

impl<'a> Dimensions<'a> {
    /// Name and value of each, in the order of [`Dimension::ALL`].
    #[must_use]
    pub fn named(self) -> [(&'static str, &'a str); 3] {
        Dimension::ALL.map(|dimension| {
            let value = match dimension {
                Dimension::Consumer => self.consumer,
                Dimension::EventType => self.event_type,
                Dimension::Environment => self.environment,
            };
            (dimension.name(), value)
        })
    }
}

/// In what a metric is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// How long.
    Milliseconds,
}

impl Unit {
    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// What is measured of every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Messages taken up.
    Received,
    /// Messages that are done, now or before.
    Succeeded,
    /// Messages that failed.
    Failed,
    /// Messages that came again.
    Retried,
    /// Messages that were done before.
    DuplicateSuppressed,
    /// Messages that are a replay or derive from one.
    Replayed,
    /// From taking a message up to its end.
    LatencyMs,
    /// From the producer's clock to taking the message up.
    AgeMs,
}

impl Metric {
    /// All of them, counts first.
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::Succeeded,
        Self::Failed,
        Self::Retried,
        Self::DuplicateSuppressed,
        Self::Replayed,
        Self::LatencyMs,
        Self::AgeMs,
    ];

    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Retried => "Retried",
            Self::DuplicateSuppressed => "DuplicateSuppressed",
            Self::Replayed => "Replayed",
            Self::LatencyMs => "LatencyMs",
            Self::AgeMs => "AgeMs",
        }
    }

    /// In what it is measured.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::LatencyMs | Self::AgeMs => Unit::Milliseconds,
            _ => Unit::Count,
        }
    }

    /// The metrics of a unit, in the order of [`Metric::ALL`].
    pub fn measured_in(unit: Unit) -> impl Iterator<Item = Self> + Clone {
        Self::ALL
            .into_iter()
            .filter(move |metric| metric.unit() == unit)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dimension, Metric, NAMESPACE, Unit};

    /// The one place beside the declaration that spells them: dashboards and alarms outside this project may name them.
    #[test]
    fn r16_names_and_units_are_what_was_promised() {
        let named = Metric::ALL.map(|metric| (metric.name(), metric.unit().name()));
        let promised = [
            ("Received", "Count"),
            ("Succeeded", "Count"),
            ("Failed", "Count"),
            ("Retried", "Count"),
            ("DuplicateSuppressed", "Count"),
            ("Replayed", "Count"),
            ("LatencyMs", "Milliseconds"),
            ("AgeMs", "Milliseconds"),
        ];
        assert_eq!(named, promised);
        assert_eq!(NAMESPACE, "Invoicing");
        let dimensions = Dimension::ALL.map(Dimension::name);
        assert_eq!(dimensions, ["Consumer", "EventType", "Environment"]);
        assert_eq!(Metric::measured_in(Unit::Milliseconds).count(), 2);
    }
}
