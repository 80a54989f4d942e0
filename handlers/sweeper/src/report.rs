//! What came of a run, and whether somebody must know.

use ports::PortError;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Swept {
    /// Events that were published now.
    pub republished: u32,
    /// Events that were found and are still not published; there may be more behind them.
    pub unpublished: u32,
    /// Invoices that were announced as stuck now.
    pub announced: u32,
    /// Stuck invoices that were found and not looked at.
    pub unannounced: u32,
    /// States whose resting invoices were not all found: there were too many, or the time was up.
    pub crowded: Vec<&'static str>,
    /// What failed.
    pub failures: Vec<PortError>,
}

impl Swept {
    /// Fine, when all that was found is done.
    ///
    /// # Errors
    /// One error for all that failed or was left, with the first reason. A backlog is an error too: it is larger than a run
    /// can take, and the next run may meet a larger one.
    pub fn into_result(self) -> Result<(), PortError> {
        let mut left = Vec::new();
        if self.unpublished > 0 {
            left.push(format!(
                "at least {} events are still to be published ({} were)",
                self.unpublished, self.republished
            ));
        }
        if self.unannounced > 0 {
            left.push(format!(
                "{} stuck invoices are still to be looked at",
                self.unannounced
            ));
        }
        if !self.crowded.is_empty() {
            left.push(format!(
                "not all that rest in {} were found",
                self.crowded.join(", ")
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
