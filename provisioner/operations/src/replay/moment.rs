//! Moments as people name them, and the window between two. No clock: now is given.

use super::ReplayFailure;
use super::ports::Archive;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// From when to when, both included; whole seconds, which is what the service counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub from: OffsetDateTime,
    /// The last moment.
    pub to: OffsetDateTime,
}

/// Reads a moment: RFC 3339, `now`, or how long ago (`90s`, `15m`, `2h`, `7d`).
///
/// # Errors
/// When it is none of these.
pub fn moment(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, ReplayFailure> {
    let text = text.trim();
    let found = if text == "now" {
        Some(now)
    } else {
        ago(text)
            .and_then(|ago| now.checked_sub(ago))
            .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
    };
    found
        .map(|moment| whole(moment.to_offset(UtcOffset::UTC)))
        .ok_or_else(|| ReplayFailure::NotAMoment {
            text: text.chars().take(80).collect(),
        })
}

fn ago(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count = &text[..text.len() - 1];
    if count.is_empty() || !count.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some(Duration::seconds(
        count.parse::<i64>().ok()?.checked_mul(unit)?,
    ))
}

fn whole(moment: OffsetDateTime) -> OffsetDateTime {
    moment.replace_nanosecond(0).unwrap_or(moment)
}

/// A moment as text.
pub(super) fn text(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}

impl Window {
    /// A window that can hold archived events.
    ///
    /// # Errors
    /// When it is empty, lies in the future, or before what the archive keeps.
    pub(super) fn checked(
        self,
        archive: &Archive,
        now: OffsetDateTime,
    ) -> Result<Self, ReplayFailure> {
        let empty = |why: String| ReplayFailure::EmptyWindow {
            from: text(self.from),
            to: text(self.to),
            why,
        };
        if self.from >= self.to {
            return Err(empty("is empty".to_owned()));
        }
        if self.to > now {
            return Err(empty("ends in the future".to_owned()));
        }
        if let (Some(oldest), Some(days)) = (self.oldest(archive, now), archive.retention_days)
            && self.to <= oldest
        {
            return Err(empty(format!(
                "is older than the {days} days that the archive keeps"
            )));
        }
        if let Some(since) = archive.since
            && self.to < whole(since)
        {
            return Err(empty(format!(
                "ends before there was an archive, which is since {}",
                text(whole(since))
            )));
        }
        Ok(self)
    }

    /// The oldest moment that the archive still holds; none when it holds everything.
    pub(super) fn oldest(self, archive: &Archive, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let days = archive.retention_days?;
        now.checked_sub(Duration::days(i64::from(days))).map(whole)
    }
}
