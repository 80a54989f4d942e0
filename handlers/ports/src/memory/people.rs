//! People's decisions: approvals beside invoices, executions, sealed tokens and their answers, and who is staff.

use super::Memory;
use crate::error::PortError;
use crate::people::{
    AnswerTasks, Answered, ClaimVendors, OpenTokens, ReadApprovals, Seal, SealTokens, Staff,
    StartDecisions, WriteApprovals,
};
use crate::world::Answer;
use contracts::records::ApprovalRecord;
use contracts::tasks::{DecisionRequest, Verdict};
use contracts::{InvoiceId, VendorId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct People {
    approvals: BTreeMap<(InvoiceId, u64), ApprovalRecord>,
    executions: BTreeMap<String, DecisionRequest>,
    /// Executions that failed, timed out or were aborted.
    dead: BTreeSet<String>,
    /// Tokens that can't be answered any more.
    gone: BTreeSet<String>,
    answers: Vec<(String, Verdict)>,
    staff: BTreeSet<String>,
    callers: BTreeMap<String, VendorId>,
    /// The house's vendors.
    held: BTreeSet<VendorId>,
}

impl Memory {
    /// Makes somebody staff.
    pub fn hire(&self, principal: &str) {
        self.lock().people.staff.insert(principal.to_owned());
    }

    /// Lets a token time out: whoever answers it is too late.
    pub fn expire_token(&self, token: &str) {
        self.lock().people.gone.insert(token.to_owned());
    }

    /// The executions that were started, by their names.
    #[must_use]
    pub fn executions(&self) -> BTreeMap<String, DecisionRequest> {
        self.lock().people.executions.clone()
    }

    /// Lets an execution fail: it asks nobody any more, and its name is used up.
    pub fn kill_execution(&self, name: &str) {
        self.lock().people.dead.insert(name.to_owned());
    }

    /// The answers that reached a token, in their order.
    #[must_use]
    pub fn task_answers(&self) -> Vec<(String, Verdict)> {
        self.lock().people.answers.clone()
    }

    /// Puts an approval there as it is: the beginning of a test.
    pub fn seed_approval(&self, record: ApprovalRecord) {
        let key = (record.request.invoice_id, record.request.version);
        self.lock().people.approvals.insert(key, record);
    }
}

fn subject_of(id: InvoiceId, version: u64) -> String {
    format!("approval of version {version} of invoice {id}")
}

impl ReadApprovals for Memory {
    async fn approval(&self, id: InvoiceId, version: u64) -> Answer<Option<ApprovalRecord>> {
        self.read(&subject_of(id, version), |inner| {
            inner.people.approvals.get(&(id, version)).cloned()
        })
        .await
    }
}

impl WriteApprovals for Memory {
    async fn store_approval(&self, record: ApprovalRecord) -> Answer<()> {
        let key = (record.request.invoice_id, record.request.version);
        let subject = subject_of(key.0, key.1);
        self.write(&subject, |inner| {
            let stored = inner.people.approvals.get(&key);
            if record.revision != stored.map_or(0, |stored| stored.revision) + 1 {
                return Err(PortError::Stale {
                    subject: subject.clone(),
                });
            }
            inner.people.approvals.insert(key, record);
            Ok(())
        })
        .await
    }
}

impl StartDecisions for Memory {
    async fn start_decision(&self, request: &DecisionRequest) -> Answer<()> {
        let name = request.execution_name();
        self.write(&format!("execution {name}"), |inner| {
            let people = &mut inner.people;
            let mut names = request.execution_names();
            let Some(alive) = names.find(|name| !people.dead.contains(name)) else {
                return Err(PortError::Unavailable {
                    action: "starting decision",
                    subject: name.clone(),
                    reason: "every execution of it died".to_owned(),
                });
            };
            let executions = &mut people.executions;
            executions.entry(alive).or_insert(request.clone());
            Ok(())
        })
        .await
    }
}

/// What a seal looks like here: legible, and bound to what it is for.
fn sealed(token: &str, seal: Seal) -> String {
    let (id, version, turn) = (seal.invoice_id, seal.version, seal.turn.number());
    format!("sealed|{id}|{version}|{turn}|{token}")
}

impl SealTokens for Memory {
    async fn seal(&self, token: &str, seal: Seal) -> Answer<String> {
        self.read("a task token", |_| sealed(token, seal)).await
    }
}

impl OpenTokens for Memory {
    async fn open(&self, sealed_token: &str, seal: Seal) -> Answer<String> {
        let opened = sealed_token.strip_prefix(&sealed("", seal));
        self.read("a task token", |_| opened.map(str::to_owned))
            .await?
            .ok_or_else(|| PortError::Corrupt {
                subject: "a task token".to_owned(),
                reason: "it was sealed for something else".to_owned(),
            })
    }
}

impl AnswerTasks for Memory {
    async fn answer_task(&self, token: &str, verdict: Verdict) -> Answer<Answered> {
        self.write("a task token", |inner| {
            if !inner.people.gone.insert(token.to_owned()) {
                return Ok(Answered::Gone);
            }
            inner.people.answers.push((token.to_owned(), verdict));
            Ok(Answered::Taken)
        })
        .await
    }
}

impl Staff for Memory {
    fn is_staff(&self, principal: &str) -> bool {
        self.lock().people.staff.contains(principal)
    }
}

impl ClaimVendors for Memory {
    async fn vendor_of(&self, principal: &str) -> Answer<Option<VendorId>> {
        self.read("a caller's mapping", |inner| {
            inner.people.callers.get(principal).copied()
        })
        .await
    }

    async fn claim_vendor(&self, principal: &str, vendor: VendorId) -> Answer<()> {
        let subject = format!("vendor {vendor}");
        self.write(&subject, |inner| {
            if inner.people.held.contains(&vendor) {
                return Err(PortError::Conflict {
                    subject: subject.clone(),
                });
            }
            let mut mapped = inner.people.callers.iter();
            if let Some((caller, of)) = mapped.find(|(c, v)| *c == principal || **v == vendor) {
                let same = caller == principal && *of == vendor;
                return same.then_some(()).ok_or_else(|| PortError::Conflict {
                    subject: subject.clone(),
                });
            }
            let callers = &mut inner.people.callers;
            callers.insert(principal.to_owned(), vendor);
            Ok(())
        })
        .await
    }

    async fn hold_vendor(&self, vendor: VendorId) -> Answer<()> {
        self.write(&format!("vendor {vendor}"), |inner| {
            if inner.people.callers.values().all(|of| *of != vendor) {
                inner.people.held.insert(vendor);
            }
            Ok(())
        })
        .await
    }
}
