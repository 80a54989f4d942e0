//! What an approval's item says: whose turn it is, and how it ends. The one reading of recorded decisions, for whoever takes
//! them, asks for them and carries them out.

use crate::lifecycle::State;
use crate::records::{ApprovalRecord, AskRecord, DecisionRecord};
use crate::tasks::{DecisionRequest, Ending, Turn, Verdict, Waiting};
use std::collections::BTreeSet;

impl Waiting {
    /// The state that an invoice waits in.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Approval => State::AwaitingApproval,
            Self::Dispute => State::Disputed,
            Self::PaymentFailed => State::PaymentFailed,
        }
    }

    /// Why an invoice in a state waits for people; `None` where it doesn't.
    #[must_use]
    pub const fn of(state: State) -> Option<Self> {
        match state {
            State::AwaitingApproval => Some(Self::Approval),
            State::Disputed => Some(Self::Dispute),
            State::PaymentFailed => Some(Self::PaymentFailed),
            _ => None,
        }
    }

    /// Whether the time that people have is ever up. Silence approves nothing, and it ends no debt either: a dispute or a
    /// payment that failed stays until somebody decides, and is announced as stuck.
    #[must_use]
    pub const fn expires(self) -> bool {
        matches!(self, Self::Approval)
    }
}

impl Turn {
    /// Its number, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

impl ApprovalRecord {
    /// The first revision of a request that nobody was asked about yet.
    #[must_use]
    pub const fn of(request: DecisionRequest) -> Self {
        Self {
            revision: 1,
            request,
            asks: Vec::new(),
            decisions: Vec::new(),
            reminders: 0,
            expired_at: None,
        }
    }

    /// The revision after this one, to be changed.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self.clone()
        }
    }

    /// What was decided in a turn.
    #[must_use]
    pub fn decided(&self, turn: Turn) -> Option<&DecisionRecord> {
        self.decisions.iter().find(|decision| decision.turn == turn)
    }

    /// What was asked in a turn.
    #[must_use]
    pub fn asked(&self, turn: Turn) -> Option<&AskRecord> {
        self.asks.iter().find(|ask| ask.turn == turn)
    }

    /// The question that waits for an answer; `None` when everything is decided or the next one is not asked yet.
    #[must_use]
    pub fn open(&self) -> Option<&AskRecord> {
        if self.ending().is_some() {
            return None;
        }
        self.asks
            .iter()
            .find(|ask| self.decided(ask.turn).is_none())
    }

    /// How it ends by what is recorded; `None` while people are still to decide. One refusal or dispute is enough; an approval
    /// takes as many different people as the request says (R5, R27).
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        let says = |verdict| self.decisions.iter().any(|d| d.verdict == verdict);
        if says(Verdict::Reject) {
            return Some(Ending::Reject);
        }
        if says(Verdict::Dispute) {
            return Some(Ending::Dispute);
        }
        let approve = |d: &&DecisionRecord| d.verdict == Verdict::Approve;
        let people: BTreeSet<_> = self
            .decisions
            .iter()
            .filter(approve)
            .map(|d| &d.by)
            .collect();
        if people.len() >= usize::from(self.request.approvers.max(1)) {
            return Some(Ending::Approve);
        }
        self.expired_at.map(|_| Ending::Timeout)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use serde_json::json;

    fn record(approvers: u8, decisions: &[(&str, &str, &str)]) -> ApprovalRecord {
        let id = "00000000-0000-0000-0000-000000000001";
        let cause = json!({ "correlationId": id, "causationId": "x", "replayOf": null });
        let request = json!({
            "invoiceId": id, "vendorId": id, "version": 3, "waiting": "approval", "approvers": approvers, "cause": cause,
        });
        let decisions: Vec<_> = decisions
            .iter()
            .map(|(turn, verdict, by)| {
                let at = "2026-01-01T00:00:00Z";
                json!({ "turn": turn, "verdict": verdict, "by": by, "reason": "", "at": at, "request": id })
            })
            .collect();
        serde_json::from_value(json!({
            "revision": 1, "request": request, "asks": [], "decisions": decisions, "reminders": 0,
        }))
        .unwrap()
    }

    #[test]
    fn what_waits_for_people_is_what_the_lifecycle_says() {
        for state in State::ALL {
            let waiting = Waiting::of(state);
            assert_eq!(waiting.is_some(), state.waits_for_a_person(), "{state}");
            assert!(waiting.is_none_or(|waiting| waiting.state() == state));
        }
    }

    #[test]
    fn r27_one_person_is_never_two_approvers() {
        let twice = record(
            2,
            &[("first", "approve", "ann"), ("second", "approve", "ann")],
        );
        assert_eq!(twice.ending(), None);
        let two = record(
            2,
            &[("first", "approve", "ann"), ("second", "approve", "bob")],
        );
        assert_eq!(two.ending(), Some(Ending::Approve));
        assert_eq!(record(0, &[]).ending(), None, "nobody is not enough");
    }

    #[test]
    fn r5_one_refusal_ends_it_whatever_else_was_said() {
        for (verdict, ending) in [("reject", Ending::Reject), ("dispute", Ending::Dispute)] {
            let mut record = record(
                2,
                &[("first", "approve", "ann"), ("second", verdict, "bob")],
            );
            assert_eq!(record.ending(), Some(ending));
            record.expired_at = Some(record.decisions[0].at);
            assert_eq!(record.ending(), Some(ending), "what was decided stands");
        }
        let mut undecided = record(2, &[("first", "approve", "ann")]);
        undecided.expired_at = Some(undecided.decisions[0].at);
        assert_eq!(undecided.ending(), Some(Ending::Timeout));
    }
}
