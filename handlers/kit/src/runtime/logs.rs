//! JSON logs with correlation, and errors with their causes. Never content: a panic is logged by its place, not its words.

use std::error::Error;
use tracing::level_filters::LevelFilter;

/// Starts logging and replaces the panic message, which may quote content, by its place.
pub(crate) fn start() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_max_level(LevelFilter::INFO)
        .finish();
    // A second start (never in a function) keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a handler panicked: this is a fault of the program");
    }));
}

/// An error and its causes, as one text.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        // A transparent error repeats its source's words.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::{Fault, PortError};

    #[test]
    fn r17_an_error_is_told_with_its_causes_once_each() {
        #[derive(Debug, thiserror::Error)]
        #[error("the handler failed")]
        struct Outer(#[source] Fault);
        let port = PortError::Stale {
            subject: "INVOICE#a".into(),
        };
        assert_eq!(
            causes(&Outer(Fault::Port(port))),
            "the handler failed: INVOICE#a was changed by somebody else since it was read"
        );
    }
}
