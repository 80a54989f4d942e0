//! What came of a run, and whether somebody must know.

use ports::PortError;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Swept {
    /// Events that were published now.
    pub republished: u32,
    /// Events that were found and are still not published.
    pub unpublished: u32,
    /// Whether the time was up before all unpublished events were looked at.
    pub more_unpublished: bool,
    /// Invoices that were announced as stuck now.
    pub announced: u32,
    /// Stuck invoices that were found and not looked at.
    pub unannounced: u32,
    /// States of which not all resting invoices were looked at before the time was up.
    pub crowded: Vec<&'static str>,
    /// What failed.
    pub failures: Vec<PortError>,
}

impl Swept {
    /// Fine, when nothing failed and every event that was looked for is published. Stuck invoices that a run has no time for
    /// are no error: they are as stuck a minute later.
    ///
    /// # Errors
    /// One error for all that failed or stayed unpublished, with the first reason.
    pub fn into_result(self) -> Result<(), PortError> {
        if self.unannounced > 0 || !self.crowded.is_empty() {
            tracing::warn!(
                unannounced = self.unannounced,
                states = self.crowded.join(", "),
                "not all resting invoices were looked at in time: the next run looks again"
            );
        }
        let mut left = Vec::new();
        if self.unpublished > 0 || self.more_unpublished {
            left.push(format!(
                "at least {} events are still to be published ({} were)",
                self.unpublished, self.republished
            ));
        }
        if let Some(first) = self.failures.first() {
            left.push(format!(
                "{} calls failed, the first: {first}",
                self.failures.len()
            ));
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(PortError::Unavailable {
            action: "sweeping",
            subject: "unpublished events and stuck invoices".to_owned(),
            reason: format!("{}; the next run goes on", left.join("; ")),
        })
    }
}
