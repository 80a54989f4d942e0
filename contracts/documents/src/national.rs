//! The national rules of Peppol BIS Billing 3.0: what Denmark, Germany, Greece, Iceland, Italy, the Netherlands, Norway and Sweden
//! ask of an invoice besides.
//!
//! They are decided on the document's tree: the typed invoice has no place for most of what they ask, and the library has none of
//! them. The authority is the Schematron of OpenPeppol (`peppol-bis-invoice-3`, release 3.0.19); ids, severities and conditions
//! are as published there, the words are our own (`NATIONAL.md`). CII has those of five countries. The own JSON has no tree, so
//! they are not asked of it.

mod de;
mod dk;
mod gr;
mod is;
mod it;
mod nl;
mod no;
mod se;
mod shapes;
mod table;
mod terms;

use crate::required::violation;
use contracts::events::Violation;
use roxmltree::Node;
use terms::Terms;
pub(crate) use terms::{CII, Names, UBL};

/// Which of the rules the document breaks, by what follows from it.
#[derive(Default)]
pub(crate) struct Findings {
    /// Rules that are fatal.
    pub broken: Vec<Violation>,
    /// Rules that only warn.
    pub warnings: Vec<Violation>,
}

/// Judges a document that declares Peppol BIS Billing 3.0 by the rules of its seller's (and its buyer's) country.
pub(crate) fn of(root: Node<'_, '_>, names: &'static Names) -> Findings {
    let terms = Terms::of(root, names);
    let mut found = Findings::default();
    no::judge(&terms, &mut found);
    dk::judge(&terms, &mut found);
    it::judge(&terms, &mut found);
    se::judge(&terms, &mut found);
    nl::judge(&terms, &mut found);
    if names.ubl {
        gr::judge(&terms, &mut found);
        is::judge(&terms, &mut found);
        de::judge(&terms, &mut found);
    }
    found
}

impl Findings {
    /// Notes the rule as broken unless it holds.
    fn unless(&mut self, holds: bool, rule: &str) {
        if !holds {
            self.add(rule, None);
        }
    }

    /// The same, of the group with this index (from 0).
    fn unless_at(&mut self, holds: bool, rule: &str, index: usize) {
        if !holds {
            self.add(rule, Some(index));
        }
    }

    fn add(&mut self, rule: &str, index: Option<usize>) {
        if self.broken.len() + self.warnings.len() >= crate::MAX_LISTED {
            return;
        }
        let Some(row) = table::TABLE.iter().find(|row| row.rule == rule) else {
            return; // every rule that is decided has its row: a test breaks each of them
        };
        let path = match (index, row.path.split_once('/')) {
            (None, _) => row.path.to_owned(),
            (Some(index), None) => format!("{}[{index}]", row.path),
            (Some(index), Some((group, rest))) => format!("{group}[{index}]/{rest}"),
        };
        let term = row.path.rsplit('/').next();
        let found = violation(rule, term, &path, row.words);
        match row.severity {
            table::Severity::Fatal => self.broken.push(found),
            table::Severity::Warning => self.warnings.push(found),
        }
    }
}

#[cfg(test)]
pub(crate) use table::{TABLE, markdown};
