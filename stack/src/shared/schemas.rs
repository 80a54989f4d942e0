//! The declared schema registry (R22): every version of every event, under the name that EventBridge itself would give
//! it, once for each source that publishes it. Declared and never discovered: a bus with a key of ours can't be.

use crate::constructs::Site;
use crate::schemas::to_draft_4;
use crate::{graph::Graph, ids};
use cfn::eventschemas::{Registry, Schema};
use contracts::events::ALL_EVENTS;
use contracts::{EventSpec, HandlerSpec};

pub(super) fn schemas(site: &mut Site<'_>) {
    let name = site.environment.stack_name();
    let registry = site.stack.add(
        ids::SCHEMAS,
        Registry::new()
            .registry_name(name.clone())
            .description("Every event of the invoicing system, in every version"),
    );
    for event in ALL_EVENTS {
        // Every schema of the contract converts; a test shows it. A schema left out would be found by STK039.
        let Ok(content) = to_draft_4(&(event.schema)()) else {
            continue;
        };
        let content = content.to_string();
        for producer in producers(site.graph, event) {
            let schema = site.stack.add(
                schema_id(event, producer),
                Schema::new(content.clone(), name.clone(), "JSONSchemaDraft4")
                    .schema_name(schema_name(event, producer))
                    .description(event.meaning.trim()),
            );
            // The registry is named by text: its `Ref` is an ARN, which a schema doesn't take.
            site.stack.options(&schema).depends_on(&registry);
        }
    }
}

/// Who publishes an event. `None` stands for an event that is declared before its first producer.
pub(crate) fn producers<'a>(graph: &'a Graph, event: &EventSpec) -> Vec<Option<&'a HandlerSpec>> {
    let mut producers: Vec<_> = graph
        .handlers
        .iter()
        .filter(|handler| handler.emits.contains(event))
        .map(Some)
        .collect();
    if producers.is_empty() {
        producers.push(None);
    }
    producers
}

/// `<source>@<Event>-v<N>`.
pub(crate) fn schema_name(event: &EventSpec, producer: Option<&HandlerSpec>) -> String {
    let source = producer.map_or_else(
        || {
            contracts::envelope::SOURCE_PREFIX
                .trim_end_matches('.')
                .to_owned()
        },
        HandlerSpec::source,
    );
    format!("{source}@{}-v{}", event.name, event.version)
}

fn schema_id(event: &EventSpec, producer: Option<&HandlerSpec>) -> String {
    let by = producer.map_or("", |producer| producer.id);
    format!("{}V{}{by}Schema", event.name, event.version)
}
