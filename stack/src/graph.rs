//! The event graph as data: handlers and the lanes between them. Everything that a lane needs is derived from it.
//!
//! It is a value and no global, so that a test can take a need or a lane away and synthesise again. The types are on
//! the way in: a [`Lane`] can only end at a handler that consumes its event.

use cfn::Source;
use contracts::handlers::{Consumes, Replays};
use contracts::pattern::Pattern;
use contracts::tables::Table;
use contracts::{ALL_HANDLERS, Event, EventSpec, Handler, HandlerSpec};
use std::marker::PhantomData;
use std::panic::Location;

/// Handlers and lanes.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Every handler.
    pub handlers: Vec<HandlerSpec>,
    /// Every lane.
    pub lanes: Vec<Lane>,
}

/// The path of an event, or of all events that a handler consumes, from a rule to that one handler.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Logical id of the rule without its suffix, e.g. `InvoiceApprovedToPayment`. Lanes through one topic may share a
    /// rule: they have the same id.
    pub id: &'static str,
    /// What it carries.
    pub events: Vec<EventSpec>,
    /// What lies between the rule and the handler.
    pub path: Path,
    /// Logical id prefix of the handler at its end.
    pub handler: &'static str,
    /// Where it was declared.
    pub source: Source,
}

/// What lies between a rule and its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// The rule invokes the function, asynchronously.
    Direct,
    /// The rule sends to an inbox, which a mapping polls.
    Queue {
        /// Logical id prefix of the inbox.
        inbox: &'static str,
    },
    /// The rule publishes to a topic, which an inbox subscribes to.
    Topic {
        /// Logical id prefix of the topic.
        topic: &'static str,
        /// Logical id prefix of the inbox.
        inbox: &'static str,
    },
}

impl Path {
    /// The inbox before the handler, where there is one.
    #[must_use]
    pub const fn inbox(&self) -> Option<&'static str> {
        match self {
            Path::Direct => None,
            Path::Queue { inbox } | Path::Topic { inbox, .. } => Some(inbox),
        }
    }

    /// Prefix of the logical ids of what the rule itself delivers to: the handler, the inbox or the topic.
    #[must_use]
    pub const fn target(&self, handler: &'static str) -> &'static str {
        match self {
            Path::Direct => handler,
            Path::Queue { inbox } => inbox,
            Path::Topic { topic, .. } => topic,
        }
    }
}

impl Lane {
    /// Begins a lane of an event.
    ///
    /// It can only end at a handler that consumes the event:
    ///
    /// ```
    /// use contracts::{events::InvoiceApproved, handlers::Payment};
    /// stack::Lane::of::<InvoiceApproved>("InvoiceApprovedToPayment").to::<Payment>();
    /// ```
    ///
    /// ```compile_fail,E0277
    /// use contracts::{events::InvoiceSubmitted, handlers::Payment};
    /// stack::Lane::of::<InvoiceSubmitted>("InvoiceSubmittedToPayment").to::<Payment>();
    /// ```
    #[must_use]
    #[track_caller]
    pub fn of<E: Event>(id: &'static str) -> LaneOf<E> {
        let location = Location::caller();
        LaneOf {
            id,
            path: Path::Direct,
            source: Source {
                file: location.file(),
                line: location.line(),
            },
            event: PhantomData,
        }
    }

    /// Begins a lane of everything that the handler at its end consumes.
    #[must_use]
    #[track_caller]
    pub fn of_everything(id: &'static str) -> LaneOfEverything {
        let location = Location::caller();
        LaneOfEverything {
            id,
            path: Path::Direct,
            source: Source {
                file: location.file(),
                line: location.line(),
            },
        }
    }

    /// Whether it carries an event.
    #[must_use]
    pub fn carries(&self, event: &EventSpec) -> bool {
        self.events.contains(event)
    }

    /// Prefix of the logical ids of what its rule delivers to.
    #[must_use]
    pub const fn target(&self) -> &'static str {
        self.path.target(self.handler)
    }
}

/// A lane that has no end yet.
#[derive(Debug)]
pub struct LaneOf<E: Event> {
    id: &'static str,
    path: Path,
    source: Source,
    event: PhantomData<fn() -> E>,
}

impl<E: Event> LaneOf<E> {
    /// Through an inbox: a queue with its dead-letter queue.
    #[must_use]
    pub fn through_queue(self, inbox: &'static str) -> Self {
        Self {
            path: Path::Queue { inbox },
            ..self
        }
    }

    /// Through a topic that fans out, and an inbox that subscribes to it.
    #[must_use]
    pub fn through_topic(self, topic: &'static str, inbox: &'static str) -> Self {
        Self {
            path: Path::Topic { topic, inbox },
            ..self
        }
    }

    /// To a handler that consumes the event.
    #[must_use]
    pub fn to<H: Handler + Consumes<E>>(self) -> Lane {
        Lane {
            id: self.id,
            events: vec![E::SPEC],
            path: self.path,
            handler: H::SPEC.id,
            source: self.source,
        }
    }
}

/// A lane of several events that has no end yet.
#[derive(Debug)]
pub struct LaneOfEverything {
    id: &'static str,
    path: Path,
    source: Source,
}

impl LaneOfEverything {
    /// Through an inbox: a queue with its dead-letter queue.
    #[must_use]
    pub fn through_queue(self, inbox: &'static str) -> Self {
        Self {
            path: Path::Queue { inbox },
            ..self
        }
    }

    /// To a handler: every event that it consumes.
    #[must_use]
    pub fn to<H: Handler>(self) -> Lane {
        Lane {
            id: self.id,
            events: H::SPEC.inputs.events.to_vec(),
            path: self.path,
            handler: H::SPEC.id,
            source: self.source,
        }
    }
}

/// A rule of the bus: the lanes that share it, one or more.
#[derive(Debug, Clone)]
pub struct SharedRule<'a> {
    /// Logical id without its suffix.
    pub id: &'static str,
    /// The lane that was declared first: what the rule matches and delivers to is what it says.
    pub first: &'a Lane,
    /// All of them.
    pub lanes: Vec<&'a Lane>,
    /// Whether replays pass: only where every lane ends at a handler that admits them (R11).
    pub replays: Replays,
}

impl SharedRule<'_> {
    /// What it matches: its events; unless it admits them, none that come from a replay (R11).
    #[must_use]
    pub fn pattern(&self) -> Pattern {
        let names: Vec<&str> = self.first.events.iter().map(|event| event.name).collect();
        let pattern = Pattern::any_of(&names);
        match self.replays {
            Replays::Admitted => pattern,
            Replays::Excluded => pattern.not_replayed(),
        }
    }
}

impl Graph {
    /// The system as declared: every handler of the contract and every lane of [`crate::lanes`].
    #[must_use]
    pub fn declared() -> Self {
        Self {
            handlers: ALL_HANDLERS.to_vec(),
            lanes: crate::lanes::all(),
        }
    }

    /// A handler by the prefix of its logical ids.
    #[must_use]
    pub fn handler(&self, id: &str) -> Option<&HandlerSpec> {
        self.handlers.iter().find(|handler| handler.id == id)
    }

    /// The lanes that end at a handler.
    pub fn lanes_to<'a>(&'a self, handler: &'a str) -> impl Iterator<Item = &'a Lane> {
        self.lanes
            .iter()
            .filter(move |lane| lane.handler == handler)
    }

    /// Whether a handler is invoked asynchronously: a rule is on it directly, or a schedule.
    #[must_use]
    pub fn is_asynchronous(&self, handler: &str) -> bool {
        let ticks = self
            .handler(handler)
            .is_some_and(|handler| handler.inputs.every_minutes.is_some());
        ticks || self.lanes_to(handler).any(|lane| lane.path == Path::Direct)
    }

    /// The rules, in the order of their first lanes.
    #[must_use]
    pub fn rules(&self) -> Vec<SharedRule<'_>> {
        let mut rules: Vec<SharedRule<'_>> = Vec::new();
        for lane in &self.lanes {
            let replays = self
                .handler(lane.handler)
                .map_or(Replays::Excluded, |handler| handler.replays);
            match rules.iter_mut().find(|rule| rule.id == lane.id) {
                Some(rule) => {
                    rule.lanes.push(lane);
                    if replays == Replays::Excluded {
                        rule.replays = replays;
                    }
                }
                None => rules.push(SharedRule {
                    id: lane.id,
                    first: lane,
                    lanes: vec![lane],
                    replays,
                }),
            }
        }
        rules
    }

    /// The tables whose changes a handler follows, with the handler, in the order of the handlers.
    pub fn followed(&self) -> impl Iterator<Item = (Table, &HandlerSpec)> {
        self.handlers.iter().flat_map(|handler| {
            let tables = handler.inputs.changes.iter();
            tables.map(move |table| (*table, handler))
        })
    }

    /// The inboxes and the handler that polls each, in the order of the lanes, once each.
    #[must_use]
    pub fn inboxes(&self) -> Vec<(&'static str, &HandlerSpec)> {
        let mut inboxes: Vec<(&'static str, &HandlerSpec)> = Vec::new();
        for lane in &self.lanes {
            if let (Some(inbox), Some(handler)) = (lane.path.inbox(), self.handler(lane.handler))
                && !inboxes.iter().any(|(id, _)| *id == inbox)
            {
                inboxes.push((inbox, handler));
            }
        }
        inboxes
    }

    /// The topics and the lanes that pass through each, in the order of the lanes.
    #[must_use]
    pub fn topics(&self) -> Vec<(&'static str, Vec<&Lane>)> {
        let mut topics: Vec<(&'static str, Vec<&Lane>)> = Vec::new();
        for lane in &self.lanes {
            if let Path::Topic { topic, .. } = lane.path {
                match topics.iter_mut().find(|(id, _)| *id == topic) {
                    Some((_, lanes)) => lanes.push(lane),
                    None => topics.push((topic, vec![lane])),
                }
            }
        }
        topics
    }

    /// The handlers that may publish an event.
    pub fn producers<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a HandlerSpec> {
        self.handlers
            .iter()
            .filter(move |handler| handler.emits.iter().any(|emitted| emitted.name == event))
    }

    /// Where the lane was declared that a resource was derived from; none for what no lane brings about.
    #[must_use]
    pub fn declared_at(&self, logical_id: &str) -> Option<Source> {
        let derived = |prefix: &str, kinds: &[&str]| {
            logical_id
                .strip_prefix(prefix)
                .is_some_and(|rest| kinds.iter().any(|kind| rest.starts_with(kind)))
        };
        let lane = self.lanes.iter().find(|lane| {
            derived(lane.id, &["Rule", "Permission"])
                || derived(lane.target(), &["Undelivered", "Topic"])
                || lane
                    .path
                    .inbox()
                    .is_some_and(|inbox| derived(inbox, &["Queue", "Mapping", "Subscription"]))
        });
        lane.map(|lane| lane.source)
    }

    /// The events that a handler says it consumes; none for the API's.
    #[must_use]
    pub fn consumed(handler: &HandlerSpec) -> &'static [EventSpec] {
        handler.inputs.events
    }
}
