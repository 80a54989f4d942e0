//! Faults on demand: calls that fail before they do anything, and writes whose answer is lost.

use super::Memory;
use crate::error::PortError;
use crate::world::Answer;

#[derive(Debug, Default)]
pub(super) struct Faults {
    failing: u32,
    losing: u32,
    broken: Option<String>,
}

impl Faults {
    pub(super) fn before(&mut self, action: &'static str, subject: &str) -> Answer<()> {
        if self
            .broken
            .as_ref()
            .is_some_and(|part| subject.contains(part))
        {
            return fault(&mut 1, action, subject, "injected");
        }
        fault(&mut self.failing, action, subject, "injected")
    }

    pub(super) fn after(&mut self, action: &'static str, subject: &str) -> Answer<()> {
        fault(&mut self.losing, action, subject, "applied, answer lost")
    }
}

fn fault(left: &mut u32, action: &'static str, subject: &str, reason: &str) -> Answer<()> {
    match left.checked_sub(1) {
        None => Ok(()),
        Some(rest) => {
            *left = rest;
            Err(PortError::Unavailable {
                action,
                subject: subject.to_owned(),
                reason: reason.to_owned(),
            })
        }
    }
}

impl Memory {
    /// The next `calls` port calls fail and do nothing.
    pub fn fail_next(&self, calls: u32) {
        self.lock().faults.failing = calls;
    }

    /// Every call on a subject that contains this text fails and does nothing, until another text is named.
    pub fn break_down(&self, subject: &str) {
        self.lock().faults.broken = Some(subject.to_owned());
    }

    /// The next `writes` that succeed are applied, and answer as if they had failed.
    pub fn lose_next_answers(&self, writes: u32) {
        self.lock().faults.losing = writes;
    }
}
