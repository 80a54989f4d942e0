//! Which grant holds another one already: IAM's wildcards, and "everything but". In doubt it says no, so that nothing that
//! comes or goes is hidden.

use std::collections::BTreeSet;
use std::fmt;

/// What a statement names in one of its elements.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// This, with wildcards.
    This(String),
    /// Everything but these (`NotAction`, `NotResource`, `NotPrincipal`).
    AllBut(BTreeSet<String>),
}

impl Named {
    /// Everything but these texts.
    pub(super) fn all_but<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::AllBut(names.into_iter().map(str::to_owned).collect())
    }

    /// Whether everything that `other` names is named by this too. `equal` compares a pattern with a text or pattern.
    pub(super) fn covers(&self, other: &Self, equal: impl Fn(&str, &str) -> bool) -> bool {
        match (self, other) {
            (Self::This(pattern), Self::This(text)) => equal(pattern, text),
            (Self::This(pattern), Self::AllBut(_)) => pattern == "*",
            (Self::AllBut(left_out), Self::This(text)) => left_out
                .iter()
                .all(|pattern| is_literal(text) && is_known(pattern) && !equal(pattern, text)),
            // The more is left out, the less is named.
            (Self::AllBut(less), Self::AllBut(more)) => less
                .iter()
                .all(|pattern| more.iter().any(|wider| equal(wider, pattern))),
        }
    }
}

impl From<&str> for Named {
    fn from(name: &str) -> Self {
        Self::This(name.to_owned())
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::This(name) => f.write_str(name),
            Self::AllBut(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(f, "!{}", names.join(","))
            }
        }
    }
}

/// A text that stands for itself alone.
fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?']) && is_known(text)
}

/// A text without references: what those resolve to is known at deployment only.
fn is_known(text: &str) -> bool {
    !text.contains("${") && !text.starts_with('{')
}

/// A principal is `*` or spelled out.
pub(super) fn same_principal(pattern: &str, text: &str) -> bool {
    pattern == text || pattern == "*"
}

/// Actions have wildcards, and no case.
pub(super) fn same_action(pattern: &str, text: &str) -> bool {
    glob(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

/// IAM's wildcards: `*` is any text, `?` any character.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    let mut back: Option<(usize, usize)> = None; // behind the last star, and what it has taken
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                back = Some((at + 1, read));
                at += 1;
            }
            // A wildcard in the text stands for more than one character may.
            Some('?') if text[read] != '*' => (at, read) = (at + 1, read + 1),
            Some(wanted) if *wanted == text[read] => (at, read) = (at + 1, read + 1),
            _ => match back {
                Some((behind, taken)) => {
                    back = Some((behind, taken + 1));
                    (at, read) = (behind, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_iam_says() {
        for (pattern, subject) in [
            ("sqs:*", "sqs:SendMessage"),
            ("*", ""),
            ("a?c*", "abc"),
            ("*b", "aab"),
            ("a", "a"),
            ("a*", "a?*"),
            ("*a*a*a*a*a*a*a*a*", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ] {
            assert!(glob(pattern, subject), "{pattern} {subject}");
        }
        for (pattern, subject) in [
            ("sqs:*", "sns:Publish"),
            ("a?", "a"),
            ("*b", "ba"),
            ("", "a"),
            ("a?", "a*"),
            ("ab", "a?"),
        ] {
            assert!(!glob(pattern, subject), "{pattern} {subject}");
        }
    }

    #[test]
    fn everything_but_less_is_more() {
        let all_but = |names: &[&str]| Named::all_but(names.iter().copied());
        let covers = |one: &Named, other: &Named| one.covers(other, same_action);
        assert!(covers(&all_but(&["s3:GetObject"]), &all_but(&["s3:*"])));
        assert!(!covers(&all_but(&["s3:*"]), &all_but(&["s3:GetObject"])));
        assert!(covers(&all_but(&["iam:*"]), &all_but(&["iam:*", "sts:*"])));
        assert!(!covers(&all_but(&["iam:*", "sts:*"]), &all_but(&["iam:*"])));
        assert!(covers(&all_but(&["iam:*"]), &"sqs:SendMessage".into()));
        assert!(!covers(&all_but(&["iam:*"]), &"iam:PassRole".into()));
        assert!(!covers(&all_but(&["iam:*"]), &"*".into()));
        assert!(covers(&"*".into(), &all_but(&["iam:*"])));
        assert!(!covers(&"sqs:*".into(), &all_but(&["iam:*"])));
        assert_eq!(all_but(&["b", "a"]).to_string(), "!a,b");
    }

    #[test]
    fn what_a_reference_resolves_to_may_be_anything() {
        let all_but = |name: &str| Named::all_but([name]);
        assert!(!all_but("arn:q").covers(&"${Queue.Arn}".into(), glob));
        assert!(!all_but("${Queue.Arn}").covers(&"arn:q".into(), glob));
    }
}
