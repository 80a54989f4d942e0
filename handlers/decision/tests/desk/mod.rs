//! The decision handler over a world and claims in memory, and requests to it.
#![allow(dead_code)] // not every test needs everything

use contracts::policy::{Approvals, Policy};
use contracts::records::{ApprovalRecord, InvoiceRecord};
use contracts::tasks::{Ask, DecisionRequest, Turn, Waiting};
use contracts::{Currency, InvoiceId, State};
use decision::answer;
use ports::api::{IDEMPOTENCY_KEY, Request, Response};
use ports::idempotency::{MemoryClaims, Terms};
use ports::memory::{Memory, sample};
use ports::{ReadApprovals, ReadInvoices};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::Duration;

/// Everybody who may decide, beside the submitter, who is staff too.
pub const STAFF: [&str; 4] = ["ann", "bob", "cleo", "tester"];

pub const TERMS: Terms = Terms {
    lease: Duration::seconds(40),
    keep: Duration::days(1),
};

/// Up to 200.00 EUR one approver is enough; one reminder; bank details wait an hour.
pub fn policy() -> Policy {
    let strictest = Policy::strictest();
    Policy {
        approvals: Approvals {
            one_approver_limit_minor: [(Currency::parse("EUR").unwrap(), 20_000)].into(),
            reminders: 1,
            account_change_wait_seconds: 3_600,
            ..strictest.approvals
        },
        ..strictest
    }
}

pub struct Desk {
    pub world: Memory,
    pub claims: MemoryClaims,
}

impl Desk {
    /// With the sample's vendor, and its invoice as it is.
    pub fn of(record: &InvoiceRecord) -> Self {
        let world = Memory::new(policy());
        STAFF.iter().for_each(|person| world.hire(person));
        world.seed_vendor(sample::profile());
        world.seed_invoice(record.clone());
        Self {
            world,
            claims: MemoryClaims::default(),
        }
    }

    pub fn send(&self, request: &Request) -> (Response, Value) {
        let response = self
            .world
            .run(answer(&self.world, &self.claims, TERMS, request))
            .unwrap();
        let body = serde_json::from_str(&response.body).unwrap();
        (response, body)
    }

    /// The status, and the problem's code or what it waits for.
    pub fn says(&self, request: &Request) -> (u16, Value) {
        let (response, mut body) = self.send(request);
        let said = if response.status >= 400 {
            "code"
        } else {
            "waiting_for"
        };
        (response.status, body[said].take())
    }

    /// The state machine asks.
    pub fn ask(&self, record: &InvoiceRecord, turn: Turn, token: &str) {
        let ask = question(record, turn);
        self.world
            .run(approval::ask(&self.world, &ask, token))
            .unwrap();
    }

    pub fn approval(&self, record: &InvoiceRecord) -> ApprovalRecord {
        let read = self.world.approval(record.invoice_id, record.version);
        self.world.run(read).unwrap().unwrap()
    }

    pub fn invoice(&self, id: InvoiceId) -> InvoiceRecord {
        self.world.run(self.world.invoice(id)).unwrap().unwrap()
    }
}

/// The sample invoice over an amount, waiting in a state at version 3.
pub fn waiting(state: State, minor: i64) -> InvoiceRecord {
    let mut record = sample::invoice(state, 3);
    record.summary.as_mut().unwrap().payable = sample::euro(minor);
    record
}

pub fn question(record: &InvoiceRecord, turn: Turn) -> Ask {
    let payable = &record.summary.as_ref().unwrap().payable;
    Ask {
        request: DecisionRequest {
            invoice_id: record.invoice_id,
            vendor_id: record.vendor_id(),
            version: record.version,
            waiting: Waiting::of(record.state).unwrap(),
            approvers: policy().approvers(payable),
            cause: sample::cause(),
        },
        turn,
    }
}

fn post(route: &str, parameter: (&str, String), caller: &str, key: &str, body: &Value) -> Request {
    let headers = [(IDEMPOTENCY_KEY.to_owned(), key.to_owned())];
    Request {
        method: "POST".to_owned(),
        route: format!("POST {route}"),
        path_parameters: BTreeMap::from([(parameter.0.to_owned(), parameter.1)]),
        headers: BTreeMap::from(headers),
        body: serde_json::to_vec(body).unwrap(),
        caller: caller.to_owned(),
    }
}

/// A decision on an invoice, with a reason; the key is the person's and the decision's.
pub fn decision(id: InvoiceId, caller: &str, decision: &str) -> Request {
    let mut body = json!({ "decision": decision, "reason": "because I say so" });
    if let Some((resolve, outcome)) = decision.split_once(' ') {
        body["decision"] = resolve.into();
        body["outcome"] = outcome.into();
    }
    let key = format!("{caller}-{}-{id}", decision.replace(' ', "-"));
    with_body(id, caller, &key, &body)
}

pub fn with_body(id: InvoiceId, caller: &str, key: &str, body: &Value) -> Request {
    let parameter = ("invoiceId", id.to_string());
    post(
        "/invoices/{invoiceId}/decisions",
        parameter,
        caller,
        key,
        body,
    )
}

/// On the first version of the sample's vendor.
pub fn account_decision(caller: &str, decision: &str) -> Request {
    account_decision_on(Some(1), caller, decision)
}

pub fn account_decision_on(read: Option<u64>, caller: &str, decision: &str) -> Request {
    let mut body = json!({ "decision": decision, "reason": "I called them" });
    if let Some(version) = read {
        body["version"] = version.into();
    }
    let parameter = ("vendorId", sample::vendor_id().to_string());
    let key = format!("{caller}-{decision}-{read:?}");
    post(
        "/vendors/{vendorId}/decisions",
        parameter,
        caller,
        &key,
        &body,
    )
}
