//! A version of a vendor or an invoice, from the change that its table's stream tells: one row, chained to the row before.

use contracts::audit::{Authorship, authorship, row_hash};
use contracts::items::{Item, attributes};
use contracts::records::AuditRow;
use contracts::tables::keys;
use ports::{AppendAudit, Fault, PortError, TableChange};
use serde_json::Value;

/// A version that a change made.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    aggregate: String,
    version: u64,
    before: Value,
    after: Value,
    by: Authorship,
}

impl Version {
    /// Its row, after the row of the version before; after none for version 1.
    #[must_use]
    pub fn after(self, previous: Option<&AuditRow>) -> AuditRow {
        AuditRow {
            aggregate: self.aggregate,
            version: self.version,
            before: self.before,
            after: self.after,
            actor: self.by.actor,
            event_id: self.by.event_id,
            at: self.by.at,
            previous: previous.map(row_hash).unwrap_or_default(),
        }
    }
}

/// Keeps the version that a change made, if it made one. A version comes again in order until the one before is there:
/// the chain never has a gap.
///
/// # Errors
/// [`Fault::Premature`] when the version before is not in the trail yet, a conflict when the version is there with other
/// content, and whatever the trail or an unreadable change fails with.
pub async fn changed<W>(world: &W, change: &TableChange) -> Result<(), Fault>
where
    W: AppendAudit + Sync,
{
    let Some(version) = version_of(change)? else {
        return Ok(());
    };
    let previous = match version.version.checked_sub(1) {
        None | Some(0) => None,
        Some(before) => {
            let row = world.audit_row(&version.aggregate, before).await?;
            Some(row.ok_or_else(|| premature(&version, before))?)
        }
    };
    let row = version.after(previous.as_ref());
    let refused = match world.append_row(row.clone()).await {
        Err(refused @ PortError::Conflict { .. }) => refused,
        other => return Ok(other?),
    };
    match world.audit_row(&row.aggregate, row.version).await? {
        Some(there) if there == row => Ok(()),
        _ => Err(refused.into()),
    }
}

fn premature(version: &Version, before: u64) -> Fault {
    Fault::Premature {
        event: "a change",
        subject: version.aggregate.clone(),
        reason: format!(
            "version {} is to follow version {before}, which is not in the audit trail yet",
            version.version
        ),
    }
}

/// The version that a change made. Only heads have versions: their neighbours say nothing that the head does not. A head
/// that changed within its version (a registration that was renewed), and what expired, make none.
///
/// # Errors
/// [`PortError::Corrupt`] when a head was taken away, when a version was left out, and when a head does not say what it must.
pub fn version_of(change: &TableChange) -> Result<Option<Version>, PortError> {
    let image = change.after.as_ref().or(change.before.as_ref());
    let Some(image) = image.filter(|image| is_head(image) && !change.expired) else {
        return Ok(None);
    };
    let aggregate = text(image, attributes::PK)
        .ok_or_else(|| corrupt(change, "(no key)", "it has no partition key"))?;
    let corrupt = |reason: &str| corrupt(change, aggregate, reason);
    let Some(after) = &change.after else {
        return Err(corrupt("it was taken away, which nobody may"));
    };
    let number = |image: &Item| {
        let version = image.get(attributes::VERSION).and_then(Value::as_u64);
        version.ok_or_else(|| corrupt("it has no version"))
    };
    let record = |image: &Item| {
        let record = image.get(attributes::RECORD).cloned();
        record.ok_or_else(|| corrupt("it holds no record"))
    };
    let version = number(after)?;
    let (before, old) = match &change.before {
        Some(before) => (record(before)?, number(before)?),
        None => (Value::Null, 0),
    };
    if version == old {
        return Ok(None);
    }
    if old.checked_add(1) != Some(version) {
        return Err(corrupt(&format!(
            "version {version} came directly after {old}"
        )));
    }
    Ok(Some(Version {
        aggregate: aggregate.to_owned(),
        version,
        before,
        after: record(after)?,
        by: authorship(after)
            .map_err(|attribute| corrupt(&format!("`{attribute}` does not say who made it")))?,
    }))
}

fn is_head(image: &Item) -> bool {
    text(image, attributes::SK) == Some(keys::HEAD)
}

fn text<'a>(image: &'a Item, name: &str) -> Option<&'a str> {
    image.get(name).and_then(Value::as_str)
}

fn corrupt(change: &TableChange, aggregate: &str, reason: &str) -> PortError {
    PortError::Corrupt {
        subject: format!(
            "the head of {aggregate} in {}",
            change.table.spec().logical_id
        ),
        reason: reason.to_owned(),
    }
}
