//! `cargo xtask requirements`: docs/requirements.md, the numbered requirements and the tests named after each. A test counts by
//! its name (`r12_...`); whether it passes is `make test`'s business.

use crate::tidy::sources::SourceFile;
use crate::{Failure, tidy};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const PAGE: &str = "docs/requirements.md";

/// What must be true, in a line each; R1 first.
const REQUIREMENTS: [&str; 28] = [
    "A registration makes a profile at version 1, once; `VendorOnboarded` follows the commit; checks warn or enforce by environment",
    "An invoice that breaks a rule is rejected with the rules' ids and paths, and never reaches a dead-letter queue; what can't be parsed does",
    "An unknown vendor's invoice is rejected with a reason",
    "A valid invoice goes SUBMITTED, VALIDATED, APPROVED, PAYING, PAID: one payment, one notice, balanced ledger rows, a complete trail",
    "Approval by amount with callback tokens, reminders and timeouts; disputes; one outcome event for every end; the state machine is sound",
    "Invoices that rest too long are found by a sparse index and announced",
    "Every source queue has a dead-letter queue that keeps longer, visibility of six function timeouts, partial batch responses, bounded concurrency",
    "Every target, subscription, asynchronous function and stream mapping has its retry policy and a place for what it can't deliver; who may write there is said",
    "Every dead-letter queue has an alarm at one message and a way back of its kind",
    "A poison message fails alone and lands in the dead-letter queue; its neighbours succeed",
    "No rule of a handler with effects matches a replay; idempotency records outlive whatever may come again; a replay pays nobody",
    "Idempotent at the API, at the consumer and at the effect; claim before effect",
    "Tables: customer-managed key, recovery, deletion protection, streams, expiry; expired items are filtered on read",
    "Versions by conditional update with a history item each; append-only audit rows, hash-chained, in order, without gaps",
    "Documents: encrypted, versioned, TLS only, not public, locked where it matters; no personal data in events and logs",
    "Metrics of every event type at every consumer; each on the dashboard; alarms on what can go wrong",
    "Traced across functions, bus, topic and queue; logs are structured, carry ids, and never the invoice's content",
    "A log group with retention for whatever logs; functions create none",
    "Two customer-managed keys with rotation; service statements with the conditions that each service supports; every grant with its key statement",
    "TLS, an authorizer, throttling, access logs; a caller maps to one vendor: another's POST is 403, another's invoice 404",
    "One role a function, derived from what its handler declares; PutEvents on this bus for its own events only",
    "An archive of everything; a declared registry with every version of every event; versions only grow",
    "UBL, CII and JSON become the same typed invoice, parsed safely and tolerantly",
    "The business rules of EN 16931 and of the declared profile, with rule ids, business terms and paths",
    "What was committed and not published is found and published; a partly refused publish sends only the refused again",
    "Payment goes to the profile's account; a difference is disputed; changed bank details need a second person and time; an unknown payment is asked about, never resent",
    "Who decides is who the API authenticated; four eyes by conditional write; one handler answers task tokens",
    "The services' limits are checks with codes",
];

/// Writes the page, or with `--check` compares it.
///
/// # Errors
/// When a requirement has no test, or the page is not what it should be.
pub fn run(root: &Path, arguments: &[String]) -> Result<String, Failure> {
    let check = match arguments {
        [] => false,
        [only] if only == "--check" => true,
        _ => return Err(Failure::new("usage: cargo xtask requirements [--check]")),
    };
    let files = tidy::rust_files(root)?;
    let found = tests(&files);
    let untested: Vec<String> = (1..=REQUIREMENTS.len())
        .filter(|number| !found.contains_key(number))
        .map(|number| format!("R{number}"))
        .collect();
    let page = page(&found);
    let path = root.join(PAGE);
    if check {
        if !untested.is_empty() {
            return Err(Failure::new(format!(
                "no test is named after {}",
                untested.join(", ")
            )));
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        if committed != page {
            return Err(Failure::new(format!(
                "{PAGE} is old: run `cargo xtask requirements`"
            )));
        }
        return Ok(format!("requirements: {} with tests", REQUIREMENTS.len()));
    }
    std::fs::write(&path, &page).map_err(|error| Failure::new(format!("{PAGE}: {error}")))?;
    let missing = if untested.is_empty() {
        String::new()
    } else {
        format!(", without a test: {}", untested.join(", "))
    };
    Ok(format!("wrote {PAGE}{missing}"))
}

/// A test's file and name, by the requirements that its name begins with.
type Found = BTreeMap<usize, Vec<(String, String)>>;

fn tests(files: &[SourceFile]) -> Found {
    let mut found = Found::new();
    for file in files {
        let names = file.text.lines().filter_map(test_name);
        for name in names {
            for number in numbers(name) {
                let of = found.entry(number).or_default();
                of.push((file.path.clone(), name.to_owned()));
            }
        }
    }
    for of in found.values_mut() {
        of.sort();
        of.dedup();
    }
    found
}

/// The function that a line declares, if its name begins like a requirement.
fn test_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line
        .strip_prefix("fn ")
        .or_else(|| line.strip_prefix("async fn "))?;
    let name = rest.split('(').next()?;
    (!numbers(name).is_empty()).then_some(name)
}

/// `r8_r9_every_queue...` -> 8, 9.
fn numbers(name: &str) -> Vec<usize> {
    name.split('_')
        .map_while(|word| word.strip_prefix('r')?.parse().ok())
        .filter(|number| (1..=REQUIREMENTS.len()).contains(number))
        .collect()
}

fn page(found: &Found) -> String {
    let mut out = String::from(
        "<!-- Written by `cargo xtask requirements`. -->\n# Requirements\n\nWhat must be true, and the tests that are named after it. `make test` runs them all: \
         those under `tests/e2e` on the local cloud\nwith the real binaries, those under `stack/tests` on the template of every environment, the others in \
         memory.\n\n| | requirement | tests |\n|---|---|---|\n",
    );
    let none = Vec::new();
    for (index, requirement) in REQUIREMENTS.iter().enumerate() {
        let of = found.get(&(index + 1)).unwrap_or(&none);
        // Writing to a String never fails.
        let _ = writeln!(
            out,
            "| R{0} | {requirement} | [{1}](#r{0}) |",
            index + 1,
            of.len()
        );
    }
    for (index, _) in REQUIREMENTS.iter().enumerate() {
        let _ = write!(out, "\n## R{}\n\n", index + 1);
        let mut last = "";
        for (file, name) in found.get(&(index + 1)).unwrap_or(&none) {
            if file != last {
                let _ = writeln!(out, "- [{file}](../{file})");
                last = file;
            }
            let _ = writeln!(out, "  - `{name}`");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_under_every_requirement_that_it_names() {
        let file = SourceFile {
            path: "a/b.rs".into(),
            text: "    async fn r8_r9_both() {\nfn r10_one(x in 0..9) {\nfn replay() {}\nfn r99_none() {}\n".into(),
        };
        let found = tests(&[file]);
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [8, 9, 10]);
        assert_eq!(found[&9], [("a/b.rs".to_owned(), "r8_r9_both".to_owned())]);
    }
}
