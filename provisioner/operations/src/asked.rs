//! What people were asked about an invoice, and what they decided, as entries of its timeline.

use crate::timeline::{Entry, EntryKind, entry, word};
use contracts::records::{ApprovalRecord, AskRecord, DecisionRecord};
use contracts::tasks::{Turn, Verdict, Waiting};

/// Questions, decisions, and that nobody decided in time.
pub(crate) fn approval_entries(approval: &ApprovalRecord) -> Vec<Entry> {
    let version = Some(approval.request.version);
    let asked = approval.asks.iter().map(|ask| Entry {
        version,
        note: Some(question(approval, ask)),
        ..entry(ask.at, EntryKind::Asked)
    });
    let decided = approval.decisions.iter().map(|decision| Entry {
        version,
        actor: Some(decision.by.clone()),
        note: Some(verdict(approval, decision)),
        reason: Some(decision.reason.clone()).filter(|reason| !reason.is_empty()),
        ..entry(decision.at, EntryKind::Decided)
    });
    let expired = approval.expired_at.map(|at| Entry {
        version,
        note: word(approval.request.waiting),
        ..entry(at, EntryKind::Expired)
    });
    asked.chain(decided).chain(expired).collect()
}

fn question(approval: &ApprovalRecord, ask: &AskRecord) -> String {
    let mut text = word(approval.request.waiting).unwrap_or_default();
    text.push_str(&place(approval, ask.turn));
    // The count is that of the turn that was asked last.
    let newest = approval
        .asks
        .last()
        .is_some_and(|last| last.turn == ask.turn);
    match approval.reminders {
        0 => {}
        1 if newest => text.push_str(", reminded once"),
        times if newest => text.push_str(&format!(", reminded {times} times")),
        _ => {}
    }
    text
}

/// What the person said, in the words of `decide`: a dispute is resolved, whatever that leads to.
fn verdict(approval: &ApprovalRecord, decision: &DecisionRecord) -> String {
    let mut text = match (approval.request.waiting, decision.verdict) {
        (Waiting::Dispute, Verdict::Approve) => "resolve: pay".to_owned(),
        (Waiting::Dispute, Verdict::Reject) => "resolve: reject".to_owned(),
        (_, verdict) => word(verdict).unwrap_or_default(),
    };
    text.push_str(&place(approval, decision.turn));
    text
}

/// Whose turn it was, where two people must agree.
fn place(approval: &ApprovalRecord, turn: Turn) -> String {
    if approval.request.approvers < 2 {
        return String::new();
    }
    let turn = word(turn).unwrap_or_default();
    format!(", {turn} of {}", approval.request.approvers)
}
