//! Why a statement is in a role, and how that reads in the statement's `Sid`.

use contracts::ALL_HANDLERS;

/// Why a statement is in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The handler declares the need.
    Need(&'static str),
    /// An edge of the graph: an inbox that it polls, a queue that its failures go to.
    Edge(String),
    /// What every handler runs on: `Logs`, `Traces`, `Keys...`, `Claims`, `Publish`.
    Kit(&'static str),
}

impl Cause {
    /// The statement's `Sid`: letters and digits, so that the cause is read where the policy is read.
    pub(crate) fn sid(&self) -> String {
        match self {
            Cause::Need(name) => format!("Need{name}"),
            Cause::Edge(name) => format!("Edge{name}"),
            Cause::Kit(name) => format!("Kit{name}"),
        }
    }

    /// The cause that a `Sid` stands for, as people write it: `need:ReadVendors`, `edge:ValidationQueue`, `kit:logs`.
    /// None for a `Sid` that no grant made.
    pub(crate) fn of_sid(sid: &str) -> Option<String> {
        let named = |prefix: &str| sid.strip_prefix(prefix).filter(|name| !name.is_empty());
        if let Some(name) = named("Need") {
            return Some(format!("need:{}", declared_need(name)?));
        }
        if let Some(name) = named("Edge") {
            return Some(format!("edge:{name}"));
        }
        let kit = ["Logs", "Traces", "Keys", "Claims", "Publish"];
        let name = named("Kit")?;
        kit.iter()
            .find(|part| name.starts_with(*part))
            .map(|part| format!("kit:{}", part.to_lowercase()))
    }
}

/// The declared need that the rest of a `Sid` begins with; the longest, since a part may follow.
fn declared_need(name: &str) -> Option<&'static str> {
    let needs = ALL_HANDLERS.iter().flat_map(|handler| handler.needs);
    needs
        .map(|declared| declared.name)
        .filter(|declared| name.starts_with(*declared))
        .max_by_key(|declared| declared.len())
}
