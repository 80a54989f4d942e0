//! Where in a pattern its reader is.

use super::builder::steps;
use super::{Path, PatternError, PatternFault};

/// Where an object stands: shown to the reader, and as steps from the pattern or branch that it belongs to.
#[derive(Clone, Default)]
pub(super) struct Place {
    shown: String,
    pub(super) path: Path,
    pub(super) depth: Depth,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Depth {
    #[default]
    Outside,
    InsideChoice,
}

impl Place {
    pub(super) fn fault(&self, fault: PatternFault) -> PatternError {
        let at = if self.shown.is_empty() {
            "the top"
        } else {
            &self.shown
        };
        PatternError {
            at: at.to_owned(),
            fault,
        }
    }

    fn shown_field(&self, name: &str) -> String {
        let dot = if self.shown.is_empty() { "" } else { "." };
        format!("{}{dot}{name}", self.shown)
    }

    pub(super) fn field(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.shown = self.shown_field(name);
        place.path.extend(steps(name));
        place
    }

    pub(super) fn item(&self, index: usize) -> Self {
        let mut place = self.clone();
        place.shown = format!("{}[{index}]", self.shown);
        place
    }

    pub(super) fn choice(&self) -> Self {
        Self {
            shown: self.shown_field("$or"),
            path: Path::new(),
            depth: Depth::InsideChoice,
        }
    }
}
