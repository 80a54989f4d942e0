//! The chain of the audit trail (R14): what a row hashes to, and whether the rows of an aggregate still hold together.
//!
//! Each row names the hash of the row of the version before, so a row that was changed, left out or put in later is found
//! by the row that follows it. Nothing follows the newest row: it is held against the aggregate's present record
//! ([`agrees`]). Whoever can write every row anew leaves no trace here; that nobody can is the business of the roles, which
//! put rows that are not there yet and do nothing else.

mod authorship;

pub use authorship::{ACTOR, Authorship, CHANGED_AT, attributed, authorship};

use crate::ids::Sha256Hex;
use crate::records::AuditRow;
use serde_json::Value;

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A version has no row, or two.
    #[error(
        "the audit trail of {aggregate} has a gap: version {version} should come next, {found} does"
    )]
    Gap {
        /// The aggregate.
        aggregate: String,
        /// The version that should come.
        version: u64,
        /// The version that comes.
        found: u64,
    },
    /// A row is another aggregate's.
    #[error("the row of version {version} in the audit trail of {aggregate} belongs to {found}")]
    Stray {
        /// The aggregate.
        aggregate: String,
        /// The version.
        version: u64,
        /// Whose row it is.
        found: String,
    },
    /// A row is not what the row after it says that it was.
    #[error(
        "the audit row of version {version} of {aggregate} was changed: it no longer has the hash that version {next} holds",
        next = .version + 1
    )]
    Changed {
        /// The aggregate.
        aggregate: String,
        /// The version whose row was changed.
        version: u64,
    },
    /// The first row follows a row that is not there.
    #[error("the audit row of version 1 of {aggregate} names a row before it, and there is none")]
    Rootless {
        /// The aggregate.
        aggregate: String,
    },
    /// The newest row is not the record as it stands.
    #[error(
        "the audit row of version {version} of {aggregate} is not the record as it stands: one of the two was changed"
    )]
    Differs {
        /// The aggregate.
        aggregate: String,
        /// The version.
        version: u64,
    },
}

/// What a row hashes to: the SHA-256 over its canonical JSON, in lower-case hexadecimal. Every field counts, the hash of the
/// row before included.
#[must_use]
pub fn row_hash(row: &AuditRow) -> String {
    let mut text = String::new();
    // A row always serialises: string keys, no floats.
    canonical(&serde_json::to_value(row).unwrap_or_default(), &mut text);
    Sha256Hex::of(text.as_bytes()).as_str().to_owned()
}

/// JSON with sorted keys and no white space. Written out here, because the order of a `Value`'s keys hangs on the features
/// that a program happens to be built with.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            list(out, ['{', '}'], fields, |(name, value), out| {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            });
        }
        Value::Array(values) => list(out, ['[', ']'], values, canonical),
        plain => out.push_str(&plain.to_string()),
    }
}

fn list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// Whether the rows of an aggregate, oldest first, are all of its versions from 1 and each is what its follower says.
///
/// # Errors
/// The newest version at which they are not: a row can be judged only by a follower that holds itself.
pub fn verify(rows: &[AuditRow]) -> Result<(), ChainFault> {
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let aggregate = || first.aggregate.clone();
    for (row, version) in rows.iter().zip(1..) {
        if row.aggregate != first.aggregate {
            return Err(ChainFault::Stray {
                aggregate: aggregate(),
                version,
                found: row.aggregate.clone(),
            });
        }
        if row.version != version {
            return Err(ChainFault::Gap {
                aggregate: aggregate(),
                version,
                found: row.version,
            });
        }
    }
    for pair in rows.windows(2).rev() {
        if let [row, next] = pair
            && next.previous != row_hash(row)
        {
            return Err(ChainFault::Changed {
                aggregate: aggregate(),
                version: row.version,
            });
        }
    }
    if !first.previous.is_empty() {
        return Err(ChainFault::Rootless {
            aggregate: aggregate(),
        });
    }
    Ok(())
}

/// Whether the row of a version holds the record that stands at that version. A trail that is behind says nothing yet: the
/// rows of the newest versions come a little later.
///
/// # Errors
/// [`ChainFault::Differs`], and [`ChainFault::Gap`] when the trail is ahead of the record.
pub fn agrees(rows: &[AuditRow], version: u64, record: &Value) -> Result<(), ChainFault> {
    match rows.last() {
        Some(newest) if newest.version > version => Err(ChainFault::Gap {
            aggregate: newest.aggregate.clone(),
            version,
            found: newest.version,
        }),
        Some(newest) if newest.version == version && newest.after != *record => {
            Err(ChainFault::Differs {
                aggregate: newest.aggregate.clone(),
                version,
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn chain(length: u64) -> Vec<AuditRow> {
        let mut rows: Vec<AuditRow> = Vec::new();
        for version in 1..=length {
            let last = rows.last();
            rows.push(AuditRow {
                aggregate: "INVOICE#a".into(),
                version,
                before: last.map_or(Value::Null, |row| row.after.clone()),
                after: json!({ "version": version, "state": "S", "minor": -5_i64 * i64::try_from(version).unwrap() }),
                actor: "payment".into(),
                event_id: format!("event-{version}"),
                at: "2026-01-01T00:00:00Z".into(),
                previous: last.map(row_hash).unwrap_or_default(),
            });
        }
        rows
    }

    #[test]
    fn r14_a_hash_depends_on_the_content_and_not_on_its_order() {
        let row = |after: &str| AuditRow {
            after: serde_json::from_str(after).unwrap(),
            ..chain(1).remove(0)
        };
        let one = row_hash(&row(r#"{"b":[1,{"y":null,"x":"\u00e9\""}],"a":true}"#));
        let same = row_hash(&row(r#"{ "a": true, "b": [1, {"x": "é\"", "y": null}] }"#));
        assert_eq!(one, same);
        // Fixed for good: rows that exist hold it.
        assert_eq!(
            one,
            "0b5a2d59b3e20fc44d3b112012e400e99f309d589c40872385f4c64694989e93"
        );
        assert_ne!(
            one,
            row_hash(&row(r#"{"a":true,"b":[{"x":"é\"","y":null},1]}"#))
        );
    }

    #[test]
    fn r14_a_row_before_the_first_and_a_stray_row_are_found() {
        let mut rows = chain(2);
        rows[0].previous = "x".into();
        rows[1].previous = row_hash(&rows[0]);
        assert!(matches!(verify(&rows), Err(ChainFault::Rootless { .. })));
        rows[1].aggregate = "INVOICE#b".into();
        assert!(matches!(
            verify(&rows),
            Err(ChainFault::Stray { version: 2, .. })
        ));
        assert_eq!(verify(&[]), Ok(()));
    }

    #[test]
    fn r14_the_newest_row_is_held_against_the_record() {
        let rows = chain(3);
        let record = rows[2].after.clone();
        assert_eq!(agrees(&rows, 3, &record), Ok(()));
        assert_eq!(agrees(&rows[..2], 3, &record), Ok(()), "only behind");
        assert!(matches!(
            agrees(&rows, 3, &json!({})),
            Err(ChainFault::Differs { version: 3, .. })
        ));
        assert!(matches!(
            agrees(&rows, 2, &rows[1].after),
            Err(ChainFault::Gap { found: 3, .. })
        ));
    }

    /// Every way to change one field of a row.
    fn tamper(row: &mut AuditRow, how: usize) {
        match how {
            0 => row.before = json!({ "forged": 1 }),
            1 => row.after["state"] = json!("PAID"),
            2 => row.actor.push('!'),
            3 => row.event_id.push('!'),
            4 => row.at.push('!'),
            _ => row.previous = "0".repeat(64),
        }
    }

    proptest! {
        #[test]
        fn r14_a_tampered_row_is_found_at_its_version(length in 2_u64..12, at in any::<prop::sample::Index>(), how in 0_usize..6) {
            let mut rows = chain(length);
            prop_assert_eq!(verify(&rows), Ok(()));
            let index = at.index(rows.len() - 1);
            tamper(&mut rows[index], how);
            let version = rows[index].version;
            prop_assert_eq!(verify(&rows), Err(ChainFault::Changed { aggregate: "INVOICE#a".into(), version }));
        }

        #[test]
        fn r14_a_missing_or_doubled_row_is_found_at_its_version(length in 2_u64..12, at in any::<prop::sample::Index>(), doubled in any::<bool>()) {
            let mut rows = chain(length);
            let index = at.index(rows.len() - 1);
            let version = rows[index].version;
            let (version, found) = if doubled {
                rows.insert(index, rows[index].clone());
                (version + 1, version)
            } else {
                rows.remove(index);
                (version, version + 1)
            };
            prop_assert_eq!(verify(&rows), Err(ChainFault::Gap { aggregate: "INVOICE#a".into(), version, found }));
        }
    }
}
