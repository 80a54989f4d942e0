//! Which environments there are in an account, by what their stacks say of themselves, and which of them are past their
//! life. It calls nobody and deletes nothing.

use crate::cloudformation::{Protection, StackView, Standing};
use crate::environment::life::{EPHEMERAL, KIND, MADE_BY, MANAGED, NAME, expiry};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How the names of environments' stacks begin.
const PREFIX: &str = "invoicing-";

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

/// What becomes of a stack when the expired are taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is an ephemeral environment past its life: its name.
    Expired(String),
    /// It stays, and why.
    Stays {
        /// The environment's name; the stack's where it says none.
        name: String,
        /// Why.
        reason: String,
    },
}

/// What becomes of a stack; none for one that has nothing to do with this program. `files` are the names of the files in
/// `environments/`. Whatever is not known for certain to be ours, ephemeral and expired stays.
pub fn fate(stack: &StackView, files: &[String], now: OffsetDateTime) -> Option<Fate> {
    let tag = |key: &str| stack.tags.get(key).map(String::as_str);
    let stays = |reason: String| {
        Some(Fate::Stays {
            name: tag(NAME).unwrap_or(&stack.name).to_owned(),
            reason,
        })
    };
    if !is_ours(stack) {
        let looks_like_ours = stack.name.starts_with(PREFIX) || expiry(&stack.tags).is_some();
        return looks_like_ours
            .then(|| {
                stays(format!(
                    "it has no tag {MANAGED}: this program didn't make it"
                ))
            })
            .flatten();
    }
    let Some(name) = tag(NAME).filter(|name| stack.name == format!("{PREFIX}{name}")) else {
        return stays(format!(
            "its tag `{NAME}` and the name of its stack disagree"
        ));
    };
    if tag(KIND) != Some(EPHEMERAL) {
        return stays("it is no ephemeral environment".to_owned());
    }
    if files.iter().any(|file| file == name) {
        return stays(format!("environments/{name}.yaml has its name"));
    }
    match expiry(&stack.tags) {
        None => return stays("it says of no time that it goes then".to_owned()),
        Some(Err(text)) => return stays(format!("its expiry `{text}` is no time")),
        Some(Ok(expires)) if expires > now => {
            return stays(format!(
                "it lives until {}",
                expires.format(&Rfc3339).unwrap_or_default()
            ));
        }
        Some(Ok(_)) => {}
    }
    if stack.protection == Protection::On {
        return stays("its stack has termination protection".to_owned());
    }
    let deleting = stack.status.as_str() == "DELETE_IN_PROGRESS";
    if stack.status.standing() == Standing::InProgress && !deleting {
        return stays(format!("an operation is running: {}", stack.status));
    }
    Some(Fate::Expired(name.to_owned()))
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
    use std::collections::BTreeMap;

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

    fn of(stack: &StackView) -> Option<Fate> {
        let now = OffsetDateTime::parse("2026-01-01T12:00:00Z", &Rfc3339).unwrap();
        fate(stack, &["dev".to_owned()], now)
    }

    #[test]
    fn what_is_ours_ephemeral_and_expired_goes() {
        assert_eq!(of(&stack(|_| {})), Some(Fate::Expired("pr-1".to_owned())));
        let failed = stack(|stack| stack.status = StackStatus::new("DELETE_FAILED"));
        assert_eq!(of(&failed), Some(Fate::Expired("pr-1".to_owned())));
    }

    #[test]
    fn every_doubt_keeps_a_stack() {
        let set = |key: &'static str, value: &'static str| {
            move |stack: &mut StackView| {
                stack.tags.insert(key.to_owned(), value.to_owned());
            }
        };
        let unset = |key: &'static str| {
            move |stack: &mut StackView| {
                stack.tags.remove(key);
            }
        };
        let cases: [(StackView, &str); 10] = [
            (stack(unset(MANAGED)), "didn't make it"),
            (stack(set(MANAGED, "no")), "didn't make it"),
            (stack(unset(NAME)), "disagree"),
            (stack(set(NAME, "pr-2")), "disagree"),
            (stack(unset(KIND)), "no ephemeral"),
            (stack(unset("expires")), "no time that"),
            (stack(set("expires", "soon")), "`soon` is no time"),
            (stack(set("expires", "2026-01-01T12:00:01Z")), "lives until"),
            (
                stack(|stack| stack.protection = Protection::On),
                "termination protection",
            ),
            (
                stack(|stack| stack.status = StackStatus::new("UPDATE_IN_PROGRESS")),
                "running",
            ),
        ];
        for (stack, words) in &cases {
            match of(stack) {
                Some(Fate::Stays { reason, .. }) => assert!(reason.contains(words), "{reason}"),
                other => panic!("{words}: {other:?}"),
            }
        }
        let named = stack(|stack| {
            stack.name = "invoicing-dev".to_owned();
            stack.tags.insert(NAME.to_owned(), "dev".to_owned());
        });
        assert!(
            matches!(of(&named), Some(Fate::Stays { reason, .. }) if reason.contains("dev.yaml"))
        );
    }

    #[test]
    fn a_stack_of_others_is_not_even_mentioned() {
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
