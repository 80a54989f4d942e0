//! Building patterns in code: ours by event type, and the pieces that they consist of.
//!
//! Nothing here fails. What a builder can't rule out (too long, a field in a branch and outside) is left to
//! `Pattern::parse(&pattern.to_json())`.

use super::{Matcher, Path, Pattern};
use crate::catalog::Event;

impl Pattern {
    /// Events of ours of one type, from any of our producers.
    #[must_use]
    pub fn event<E: Event>() -> Self {
        Self::any_of(&[E::SPEC.name])
    }

    /// Events of ours with one of these names.
    #[must_use]
    pub fn any_of(names: &[&str]) -> Self {
        Self::default()
            .field("source", [Matcher::prefix(crate::envelope::SOURCE_PREFIX)])
            .field("detail-type", names.iter().map(|name| Matcher::is(*name)))
    }

    /// Neither a replay nor derived from one (R11): what every rule with an effect behind it must say.
    #[must_use]
    pub fn not_replayed(self) -> Self {
        self.field("replay-name", [Matcher::absent()])
            .field("detail.metadata.replayOf", [Matcher::absent()])
    }

    /// Sets the alternatives of a dotted path, in place of what was said of it before.
    #[must_use]
    pub fn field(mut self, path: &str, matchers: impl IntoIterator<Item = Matcher>) -> Self {
        self.fields
            .insert(steps(path), matchers.into_iter().collect());
        self
    }

    /// Adds a choice (`$or` at the top): one of the patterns must match as well. A field named both here and by a branch is
    /// decided by the one here. A second choice multiplies the first.
    #[must_use]
    pub fn either(mut self, branches: impl IntoIterator<Item = Pattern>) -> Self {
        let branches: Vec<_> = branches.into_iter().collect();
        let top = Path::new();
        let branches = match self.choices.remove(&top) {
            None => branches,
            Some(before) => before
                .iter()
                .flat_map(|one| branches.iter().map(|other| both(one, other)))
                .collect(),
        };
        self.choices.insert(top, branches);
        self
    }
}

/// The steps of a dotted path.
pub(super) fn steps(path: &str) -> Path {
    path.split('.').map(str::to_owned).collect()
}

/// A branch that asks for what both branches ask for; on the same field the later one decides.
fn both(one: &Pattern, other: &Pattern) -> Pattern {
    let mut joined = one.clone();
    joined.fields.extend(other.fields.clone());
    for (at, branches) in &other.choices {
        if at.is_empty() {
            joined = joined.either(branches.clone());
        } else {
            joined.choices.insert(at.clone(), branches.clone());
        }
    }
    joined
}
