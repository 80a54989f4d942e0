//! The rule: what becomes of a stack when the expired are taken down. Whatever is not known for certain to be ours, ephemeral
//! and expired stays.

use std::collections::BTreeMap;
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Tag with the time at which an environment is past its life, RFC 3339.
pub const EXPIRES: &str = "expires";

/// Tag of what this program made; its value is `true`.
pub const MANAGED: &str = "provision:managed";

/// Tag that only ephemeral environments have; its value is [`EPHEMERAL`].
pub const KIND: &str = "provision:kind";

/// Value of [`KIND`], and the name of the file that they are made from.
pub const EPHEMERAL: &str = "ephemeral";

/// Tag with the environment's name.
pub const NAME: &str = "environment";

/// How the names of environments' stacks begin.
pub const PREFIX: &str = "invoicing-";

/// What the rule asks of a stack.
#[derive(Debug, Clone, Copy)]
pub struct StackFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// CloudFormation's word for its status, e.g. `UPDATE_COMPLETE`.
    pub status: &'a str,
    /// Its tags.
    pub tags: &'a BTreeMap<String, String>,
    /// Whether AWS refuses to delete it.
    pub is_protected: bool,
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
        reason: Reason,
    },
}

/// Why a stack stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// This program didn't make it.
    Foreign,
    /// Its tags and its name tell of different environments.
    Disagrees,
    /// It is an environment that stays.
    Lasting,
    /// An environment file has its name.
    HasFile(String),
    /// No tag says when it goes.
    NoExpiry,
    /// The tag says something else than a time.
    OddExpiry(String),
    /// Its life goes on until then.
    Lives(OffsetDateTime),
    /// AWS refuses to delete it.
    Protected,
    /// An operation runs: its status.
    Busy(String),
}

/// What becomes of a stack; none for one that has nothing to do with this program. `files` are the names of the files in
/// `environments/`, as far as they are known.
pub fn fate(stack: &StackFacts<'_>, files: &[String], now: OffsetDateTime) -> Option<Fate> {
    let tag = |key: &str| stack.tags.get(key).map(String::as_str);
    let stays = |reason: Reason| {
        Some(Fate::Stays {
            name: tag(NAME).unwrap_or(stack.name).to_owned(),
            reason,
        })
    };
    if tag(MANAGED) != Some("true") {
        let looks_like_ours = stack.name.starts_with(PREFIX) || tag(EXPIRES).is_some();
        return looks_like_ours.then(|| stays(Reason::Foreign)).flatten();
    }
    let Some(name) = tag(NAME).filter(|name| stack.name == format!("{PREFIX}{name}")) else {
        return stays(Reason::Disagrees);
    };
    if tag(KIND) != Some(EPHEMERAL) {
        return stays(Reason::Lasting);
    }
    if files.iter().any(|file| file == name) {
        return stays(Reason::HasFile(name.to_owned()));
    }
    match expiry(stack.tags) {
        None => return stays(Reason::NoExpiry),
        Some(Err(text)) => return stays(Reason::OddExpiry(text.to_owned())),
        Some(Ok(expires)) if expires > now => return stays(Reason::Lives(expires)),
        Some(Ok(_)) => {}
    }
    if stack.is_protected {
        return stays(Reason::Protected);
    }
    if is_busy(stack.status) {
        return stays(Reason::Busy(stack.status.to_owned()));
    }
    Some(Fate::Expired(name.to_owned()))
}

/// When the life of a stack with these tags is over: none where nothing says so, an error with the text that is no time.
pub fn expiry(tags: &BTreeMap<String, String>) -> Option<Result<OffsetDateTime, &str>> {
    let text = tags.get(EXPIRES)?;
    Some(OffsetDateTime::parse(text, &Rfc3339).map_err(|_| text.as_str()))
}

/// Whether an operation runs that a deletion must wait for. A shell that no change set filled is none, nor is a deletion.
fn is_busy(status: &str) -> bool {
    status.ends_with("_IN_PROGRESS")
        && !matches!(status, "REVIEW_IN_PROGRESS" | "DELETE_IN_PROGRESS")
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => write!(f, "it has no tag {MANAGED}: this program didn't make it"),
            Self::Disagrees => write!(f, "its tag `{NAME}` and the name of its stack disagree"),
            Self::Lasting => write!(f, "it is no ephemeral environment"),
            Self::HasFile(name) => write!(f, "environments/{name}.yaml has its name"),
            Self::NoExpiry => write!(f, "it says of no time that it goes then"),
            Self::OddExpiry(text) => write!(f, "its expiry `{text}` is no time"),
            Self::Lives(until) => {
                let until = until.format(&Rfc3339).unwrap_or_default();
                write!(f, "it lives until {until}")
            }
            Self::Protected => write!(f, "its stack has termination protection"),
            Self::Busy(status) => write!(f, "an operation is running: {status}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// An ephemeral environment that expired a moment ago.
    struct Expired {
        name: &'static str,
        status: &'static str,
        tags: BTreeMap<String, String>,
        is_protected: bool,
    }

    fn expired(change: impl FnOnce(&mut Expired)) -> Option<Fate> {
        let tags = [
            (MANAGED, "true"),
            (KIND, EPHEMERAL),
            (NAME, "pr-1"),
            (EXPIRES, "2026-01-01T12:00:00Z"),
        ];
        let mut stack = Expired {
            name: "invoicing-pr-1",
            status: "CREATE_COMPLETE",
            tags: tags
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            is_protected: false,
        };
        change(&mut stack);
        let facts = StackFacts {
            name: stack.name,
            status: stack.status,
            tags: &stack.tags,
            is_protected: stack.is_protected,
        };
        let now = OffsetDateTime::parse("2026-01-01T12:00:00Z", &Rfc3339).unwrap();
        fate(&facts, &["dev".to_owned()], now)
    }

    #[test]
    fn what_is_ours_ephemeral_and_expired_goes() {
        for status in [
            "CREATE_COMPLETE",
            "DELETE_FAILED",
            "ROLLBACK_COMPLETE",
            "REVIEW_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
        ] {
            let fate = expired(|stack| stack.status = status);
            assert_eq!(fate, Some(Fate::Expired("pr-1".to_owned())), "{status}");
        }
    }

    #[test]
    fn every_doubt_keeps_a_stack() {
        let set = |key: &'static str, value: &'static str| {
            expired(|stack| {
                stack.tags.insert(key.to_owned(), value.to_owned());
            })
        };
        let unset = |key: &'static str| {
            expired(|stack| {
                stack.tags.remove(key);
            })
        };
        let cases = [
            (unset(MANAGED), "didn't make it"),
            (set(MANAGED, "no"), "didn't make it"),
            (unset(NAME), "disagree"),
            (set(NAME, "pr-2"), "disagree"),
            (unset(KIND), "no ephemeral"),
            (unset(EXPIRES), "no time that"),
            (set(EXPIRES, "soon"), "`soon` is no time"),
            (set(EXPIRES, "2026-01-01T12:00:01Z"), "lives until"),
            (
                expired(|stack| stack.is_protected = true),
                "termination protection",
            ),
            (
                expired(|stack| stack.status = "UPDATE_IN_PROGRESS"),
                "running",
            ),
            (
                expired(|stack| {
                    stack.name = "invoicing-dev";
                    stack.tags.insert(NAME.to_owned(), "dev".to_owned());
                }),
                "dev.yaml",
            ),
        ];
        for (fate, words) in cases {
            match fate {
                Some(Fate::Stays { reason, .. }) => {
                    assert!(reason.to_string().contains(words), "{reason}");
                }
                other => panic!("{words}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_stack_of_others_is_not_even_mentioned() {
        let fate = expired(|stack| {
            stack.name = "billing";
            stack.tags.clear();
        });
        assert_eq!(fate, None);
    }
}
