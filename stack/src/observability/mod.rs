//! What people watch, derived from the graph (R16): an alarm for everything that can go wrong, one alarm over all of them,
//! and a dashboard with every metric of every event type and consumer.

mod alarms;
mod dashboard;
mod inputs;
mod machines;
mod rollup;

use crate::constructs::Site;
use contracts::metrics::Dimensions;
use contracts::{HandlerSpec, Work};

/// Adds alarms and dashboard. Last of all: the alarm over all alarms looks for them in the stack.
pub(crate) fn observability(site: &mut Site<'_>) {
    alarms::alarms(site);
    inputs::alarms(site);
    machines::alarms(site);
    dashboard::dashboard(site);
    rollup::rollup(site);
}

/// A consumer and one kind of work that it does: whom metrics are about.
struct Watched<'a> {
    consumer: &'a HandlerSpec,
    /// What metrics call the work.
    event_type: String,
    /// What it works on.
    work: Work,
    /// How it shows in logical ids.
    id: String,
}

impl Watched<'_> {
    /// Which metrics are its.
    fn dimensions<'a>(&'a self, site: &'a Site<'_>) -> Dimensions<'a> {
        Dimensions {
            consumer: self.consumer.name,
            event_type: &self.event_type,
            environment: &site.environment.name,
        }
    }
}

/// Everything that has metrics of its own, in the order of the handlers.
fn watched<'a>(site: &Site<'a>) -> Vec<Watched<'a>> {
    let of = |consumer: &'a HandlerSpec, work: Work| Watched {
        consumer,
        id: format!("{}{}", consumer.id, id_of(&work.name())),
        event_type: work.name(),
        work,
    };
    let handlers = site.graph.handlers.iter();
    handlers
        .flat_map(|consumer| consumer.inputs.work().map(move |work| of(consumer, work)))
        .collect()
}

/// `GET /invoices/{invoiceId}` -> `GetInvoicesInvoiceId`; an event's name stays what it is.
fn id_of(event_type: &str) -> String {
    let words = event_type.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            let rest = if word.chars().all(|c| c.is_ascii_uppercase()) {
                rest.to_lowercase()
            } else {
                rest.to_owned()
            };
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect()
}
