//! Which environments there are in an account, by what their stacks say of themselves, and which of them are past their
//! life. It calls nobody and deletes nothing.

use crate::cloudformation::{Protection, StackView};
use crate::environment::life::{MADE_BY, MANAGED, NAME, expiry};
use reaper::StackFacts;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use reaper::Fate;

/// Tag with the team of an environment's file.
const OWNER: &str = "owner";

/// An environment as `list` shows it. Its shape is an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its stack's name.
    pub stack: String,
    /// CloudFormation's word for its status.
    pub status: String,
    /// Who made it, where that is known; else the team of its file.
    pub owner: Option<String>,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
    /// When it is past its life, RFC 3339; none for one that stays.
    pub expires: Option<String>,
    /// What CloudFormation's own detection found last: `not_checked`, `in_sync`, `drifted` or `unknown`.
    pub drift: String,
}

/// An environment, if the stack says that this program made it: by tag, and not by its name alone.
pub fn row(stack: &StackView) -> Option<Row> {
    let tag = |key: &str| stack.tags.get(key).cloned();
    if !is_ours(stack) {
        return None;
    }
    Some(Row {
        name: tag(NAME)?,
        stack: stack.name.clone(),
        status: stack.status.to_string(),
        owner: tag(MADE_BY).or_else(|| tag(OWNER)),
        created: stack.created.and_then(|at| at.format(&Rfc3339).ok()),
        expires: match expiry(&stack.tags) {
            Some(Ok(at)) => at.format(&Rfc3339).ok(),
            _ => None,
        },
        drift: stack
            .drift
            .as_deref()
            .unwrap_or("NOT_CHECKED")
            .to_ascii_lowercase(),
    })
}

/// What becomes of a stack when the expired are taken down, by the rule that the reaper follows too; none for one that has
/// nothing to do with this program. `files` are the names of the files in `environments/`.
pub fn fate(stack: &StackView, files: &[String], now: OffsetDateTime) -> Option<Fate> {
    let facts = StackFacts {
        name: &stack.name,
        status: stack.status.as_str(),
        tags: &stack.tags,
        is_protected: stack.protection == Protection::On,
    };
    reaper::fate(&facts, files, now)
}

/// Whether this program made the stack.
pub fn is_ours(stack: &StackView) -> bool {
    stack.tags.get(MANAGED).is_some_and(|value| value == "true")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;
    use crate::cloudformation::StackStatus;
    use reaper::Reason;
    use std::collections::BTreeMap;

    use crate::environment::life::{EPHEMERAL, KIND};

    const TAGS: [(&str, &str); 4] = [
        (MANAGED, "true"),
        (KIND, EPHEMERAL),
        (NAME, "pr-1"),
        ("expires", "2026-01-01T12:00:00Z"),
    ];

    fn stack(change: impl FnOnce(&mut StackView)) -> StackView {
        let mut stack = StackView {
            id: "arn".to_owned(),
            name: "invoicing-pr-1".to_owned(),
            status: StackStatus::new("CREATE_COMPLETE"),
            reason: None,
            outputs: BTreeMap::new(),
            tags: TAGS
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            protection: Protection::Off,
            created: Some(OffsetDateTime::UNIX_EPOCH),
            drift: Some("IN_SYNC".to_owned()),
        };
        change(&mut stack);
        stack
    }

    #[test]
    fn the_rule_sees_the_stack_as_it_is() {
        let now = OffsetDateTime::parse("2026-01-01T12:00:00Z", &Rfc3339).unwrap();
        let of = |stack: &StackView| fate(stack, &["dev".to_owned()], now);
        assert_eq!(of(&stack(|_| {})), Some(Fate::Expired("pr-1".to_owned())));
        let stays = |stack: &StackView| match of(stack) {
            Some(Fate::Stays { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            stays(&stack(|stack| stack.protection = Protection::On)),
            Reason::Protected
        );
        let busy = stack(|stack| stack.status = StackStatus::new("UPDATE_IN_PROGRESS"));
        assert!(matches!(stays(&busy), Reason::Busy(_)));
        let other = stack(|stack| {
            stack.name = "billing".to_owned();
            stack.tags.clear();
        });
        assert_eq!((of(&other), row(&other)), (None, None));
    }

    #[test]
    fn a_row_says_who_made_it_and_when_it_goes() {
        let of_team = stack(|stack| {
            stack.tags.insert(OWNER.to_owned(), "platform".to_owned());
        });
        let found = row(&of_team).unwrap();
        assert_eq!(found.owner.as_deref(), Some("platform"));
        assert_eq!(found.expires.as_deref(), Some("2026-01-01T12:00:00Z"));
        assert_eq!(found.created.as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(
            (found.drift.as_str(), found.name.as_str()),
            ("in_sync", "pr-1")
        );
        let of_person = stack(|stack| {
            stack.tags.insert(MADE_BY.to_owned(), "alice".to_owned());
        });
        assert_eq!(row(&of_person).unwrap().owner.as_deref(), Some("alice"));
    }
}
