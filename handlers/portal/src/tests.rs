//! The portal over a world and claims in memory, with the project's own samples.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod acting;

use super::*;
use contracts::State;
use contracts::events::RejectionReason;
use contracts::records::{InvoiceRecord, VendorProfile};
use ports::api::PROBLEM_JSON;
use ports::idempotency::MemoryClaims;
use ports::memory::{Memory, Schedule, sample};
use serde_json::Value;
use std::collections::BTreeMap;
use time::Duration;

const INVOICE: &[u8] = include_bytes!("../../../samples/invoice.xml");
const INVOICE_JSON: &[u8] = include_bytes!("../../../samples/invoice.json");
const VENDOR: &[u8] = include_bytes!("../../../samples/vendor.json");

const TERMS: Terms = Terms {
    lease: Duration::seconds(40),
    keep: Duration::days(1),
};

struct Desk {
    world: Memory,
    claims: MemoryClaims,
}

impl Default for Desk {
    /// Whoever asks is staff; sellers' callers have tests of their own.
    fn default() -> Self {
        let world = Memory::default();
        for caller in ["tester", "somebody else"] {
            world.hire(caller);
        }
        Self {
            world,
            claims: MemoryClaims::default(),
        }
    }
}

impl Desk {
    fn send(&self, request: &Request) -> (Response, Value) {
        let response = self
            .world
            .run(answer(&self.world, &self.claims, TERMS, request))
            .unwrap();
        let body = serde_json::from_str(&response.body).unwrap();
        (response, body)
    }

    fn published(&self) -> Vec<&'static str> {
        self.world.outbox().iter().map(|e| e.spec.name).collect()
    }
}

fn post(route: &str, key: &str, body: &[u8]) -> Request {
    Request {
        method: "POST".to_owned(),
        route: format!("POST {route}"),
        path_parameters: BTreeMap::new(),
        headers: BTreeMap::from([(IDEMPOTENCY_KEY.to_owned(), key.to_owned())]),
        body: body.to_vec(),
        caller: "tester".to_owned(),
    }
}

fn get(route: &str, parameter: &str, id: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        route: format!("GET {route}"),
        path_parameters: BTreeMap::from([(parameter.to_owned(), id.to_owned())]),
        headers: BTreeMap::new(),
        body: Vec::new(),
        caller: "tester".to_owned(),
    }
}

/// The stored invoice of the sample, in a state.
fn known(state: State) -> InvoiceRecord {
    let document = documents::read(INVOICE).unwrap();
    InvoiceRecord {
        invoice_id: document.invoice_id(),
        key: document.key(),
        summary: document.summary().ok(),
        ..sample::invoice(state, 4)
    }
}

#[test]
fn an_invoice_is_accepted_stored_and_announced() {
    let desk = Desk::default();
    let (response, body) = desk.send(&post("/invoices", "k1", INVOICE));
    assert_eq!(response.status, 202);
    let id = body["id"].as_str().unwrap();
    assert_eq!(response.headers["location"], format!("/invoices/{id}"));
    assert_eq!(
        (&body["status"], &body["duplicate"]),
        (&"SUBMITTED".into(), &false.into())
    );
    assert!(!response.headers.contains_key(REPLAYED));
    let announced = &desk.world.outbox()[0];
    assert_eq!(announced.spec.name, "InvoiceSubmitted");
    let metadata = &announced.detail["metadata"];
    assert_eq!(metadata["invoiceId"], id);
    assert_eq!(metadata["correlationId"], body["correlationId"]);
    assert_eq!(announced.detail["data"]["submittedBy"], "tester");
    assert_eq!(announced.detail["data"]["document"]["bytes"], INVOICE.len());
}

#[test]
fn r23_json_invoices_are_accepted_too() {
    let desk = Desk::default();
    let (response, _) = desk.send(&post("/invoices", "k1", INVOICE_JSON));
    assert_eq!(response.status, 202);
    let document = &desk.world.outbox()[0].detail["data"]["document"];
    assert_eq!(document["format"], "json");
}

#[test]
fn r2_an_invoice_that_breaks_rules_is_accepted() {
    let desk = Desk::default();
    let wrong = include_bytes!("../../../samples/wrong-total.xml");
    assert_eq!(desk.send(&post("/invoices", "k1", wrong)).0.status, 202);
}

#[test]
fn r23_what_cannot_become_an_invoice_is_refused_with_its_place() {
    let desk = Desk::default();
    let cases: &[(&[u8], u16, &str)] = &[
        (b"", 400, "document-empty"),
        (b"<Invoice\n>", 400, "document-xml"),
        (b"<!DOCTYPE x><Invoice/>", 400, "document-entities"),
        (b"{\n\"amount\": 12.5}", 400, "document-float-money"),
        (b"<Order/>", 400, "document-not-an-invoice"),
        (
            &vec![b' '; documents::MAX_BYTES + 1],
            413,
            "document-too-large",
        ),
    ];
    for (index, (document, status, code)) in cases.iter().enumerate() {
        let (response, body) = desk.send(&post("/invoices", &format!("k{index}"), document));
        assert_eq!(
            (response.status, body["code"].as_str()),
            (*status, Some(*code))
        );
        assert_eq!(response.headers["content-type"], PROBLEM_JSON);
    }
    let (_, body) = desk.send(&post("/invoices", "k9", b"{\n\"amount\": 12.5}"));
    assert_eq!(body["line"], 2);
    assert!(desk.published().is_empty());
}

#[test]
fn r12_the_same_key_and_body_get_the_same_answer_and_one_event() {
    let desk = Desk::default();
    let (first, body) = desk.send(&post("/invoices", "k1", INVOICE));
    let (second, again) = desk.send(&post("/invoices", "k1", INVOICE));
    assert_eq!((first.status, body), (second.status, again));
    assert_eq!(second.headers[REPLAYED], "true");
    assert_eq!(desk.published(), ["InvoiceSubmitted"]);
}

#[test]
fn r12_another_body_under_the_key_is_refused_and_scopes_are_per_caller() {
    let desk = Desk::default();
    desk.send(&post("/invoices", "k1", INVOICE));
    let (response, body) = desk.send(&post("/invoices", "k1", INVOICE_JSON));
    assert_eq!(response.status, 422);
    assert_eq!(body["code"], "idempotency-key-reused");
    let other = Request {
        caller: "somebody else".to_owned(),
        ..post("/invoices", "k1", INVOICE_JSON)
    };
    assert_eq!(desk.send(&other).0.status, 202);
}

#[test]
fn r12_a_post_without_a_key_is_refused() {
    let desk = Desk::default();
    let mut request = post("/invoices", "k1", INVOICE);
    request.headers.clear();
    let (response, body) = desk.send(&request);
    assert_eq!(response.status, 400);
    assert_eq!(body["code"], "idempotency-key-missing");
}

#[test]
fn r12_the_same_request_in_flight_is_a_conflict() {
    let desk = Desk::default();
    let request = post("/invoices", "k1", INVOICE);
    let mut schedule = Schedule::default();
    schedule.start(answer(&desk.world, &desk.claims, TERMS, &request));
    assert!(schedule.turn(0).is_none());
    assert_eq!(desk.send(&request).0.status, 409);
    let answers = schedule.finish();
    assert_eq!(answers[0].as_ref().unwrap().status, 202);
    assert_eq!(desk.published(), ["InvoiceSubmitted"]);
}

#[test]
fn r12_a_retry_after_a_lost_answer_repeats_the_event_id() {
    let session = |name: &str| format!("arn:aws:sts::000000000000:assumed-role/clerks/{name}");
    for (route, body, before) in [
        ("/invoices", INVOICE, &["look", "store"][..]),
        ("/vendors", VENDOR, &["look", "hold", "store"]),
    ] {
        let desk = Desk::default();
        desk.world
            .hire("arn:aws:sts::000000000000:assumed-role/clerks");
        let request = Request {
            caller: session("one"),
            ..post(route, "k1", body)
        };
        let mut schedule = Schedule::default();
        schedule.start(answer(&desk.world, &desk.claims, TERMS, &request));
        for _ in before.iter().chain(&["publish"]) {
            assert!(schedule.turn(0).is_none());
        }
        desk.world.lose_next_answers(1);
        assert_eq!(schedule.turn(0).unwrap().unwrap().status, 503);
        desk.world.advance(Duration::seconds(5));
        // From another session of the same role: the same fact, in the same words.
        let retry = Request {
            caller: session("two"),
            ..request.clone()
        };
        assert_eq!(desk.send(&retry).0.status, 202);
        let published = desk.world.outbox();
        assert_eq!(published.len(), 2);
        assert_eq!(published[0].event_id, published[1].event_id);
        assert_eq!(published[0].detail["data"], published[1].detail["data"]);
        let said = published[0].detail["data"].to_string();
        assert!(said.contains("clerks") && !said.contains("/one"), "{said}");
    }
}

#[test]
fn r12_two_callers_of_one_document_are_two_facts_and_one_invoice() {
    let desk = Desk::default();
    let first = post("/invoices", "k1", INVOICE);
    let other = Request {
        caller: "somebody else".to_owned(),
        ..first.clone()
    };
    let ids: Vec<_> = [&first, &other]
        .map(|request| desk.send(request).1["id"].clone())
        .into();
    assert_eq!(ids[0], ids[1]);
    let events = desk.world.outbox();
    assert_eq!(events.len(), 2);
    // Even if the first one was lost on its way: the second is no reuse of its id with other content.
    assert_ne!(events[0].event_id, events[1].event_id);
    let said = |event: &ports::Draft| event.detail["data"]["submittedBy"].clone();
    assert_ne!(said(&events[0]), said(&events[1]));
}

#[test]
fn r12_a_failure_is_not_remembered() {
    let desk = Desk::default();
    desk.world.fail_next(1);
    let (response, body) = desk.send(&post("/invoices", "k1", INVOICE));
    assert_eq!(response.status, 503);
    assert_eq!(body["code"], "unavailable");
    assert!(!response.body.contains("injected"));
    assert_eq!(desk.send(&post("/invoices", "k1", INVOICE)).0.status, 202);
}

#[test]
fn the_same_content_under_another_key_is_a_duplicate_where_it_stands() {
    let desk = Desk::default();
    desk.world.seed_invoice(known(State::Paid));
    let (response, body) = desk.send(&post("/invoices", "another", INVOICE));
    assert_eq!(response.status, 202);
    assert_eq!(
        (&body["status"], &body["duplicate"]),
        (&"PAID".into(), &true.into())
    );
    assert_eq!(response.headers[REPLAYED], "true");
    assert!(desk.published().is_empty());
}

#[test]
fn a_vendor_is_registered_under_the_identity_of_its_invoices() {
    let desk = Desk::default();
    let (response, body) = desk.send(&post("/vendors", "k1", VENDOR));
    assert_eq!(response.status, 202);
    let id = documents::read(INVOICE).unwrap().vendor_id().to_string();
    assert_eq!(body["id"], id);
    assert_eq!(response.headers["location"], format!("/vendors/{id}"));
    assert_eq!(desk.published(), ["VendorRegistered"]);
    let detail = desk.world.outbox()[0].detail.to_string();
    assert!(
        !detail.contains("DE89") && !detail.contains("Nordlicht"),
        "{detail}"
    );
}

#[test]
fn going_back_to_an_earlier_registration_is_a_fact_of_its_own() {
    let desk = Desk::default();
    let other = String::from_utf8_lossy(VENDOR).replace("Nordlicht", "Südlicht");
    desk.send(&post("/vendors", "k1", VENDOR));
    desk.send(&post("/vendors", "k2", other.as_bytes()));
    desk.send(&post("/vendors", "k3", VENDOR));
    let mut ids: Vec<_> = desk.world.outbox().iter().map(|e| e.event_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_registration_that_stands_already_is_a_duplicate() {
    let desk = Desk::default();
    let registration = serde_json::from_slice(VENDOR).unwrap();
    desk.world.seed_vendor(VendorProfile {
        vendor_id: documents::read(INVOICE).unwrap().vendor_id(),
        registration,
        ..sample::profile()
    });
    let (response, body) = desk.send(&post("/vendors", "k1", VENDOR));
    assert_eq!((response.status, &body["duplicate"]), (202, &true.into()));
}

#[test]
fn every_fault_of_a_registration_is_named_at_once() {
    let desk = Desk::default();
    let body = br#"{"country": "Germany", "endpoint": {"scheme": ""}, "vatId": 7, "emial": "a@b", "email": "nobody"}"#;
    let (response, body) = desk.send(&post("/vendors", "k1", body));
    assert_eq!(
        (response.status, body["code"].as_str()),
        (400, Some("registration-invalid"))
    );
    let found: Vec<_> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        found,
        [
            "/name",
            "/vatId",
            "/emial",
            "/endpoint/scheme",
            "/endpoint/value",
            "/country",
            "/email"
        ]
    );
}

#[test]
fn what_the_handler_could_not_read_is_refused_here() {
    let desk = Desk::default();
    let twice = String::from_utf8_lossy(VENDOR).replacen('{', "{\"country\": \"NL\",", 1);
    let (response, body) = desk.send(&post("/vendors", "k1", twice.as_bytes()));
    assert_eq!(response.status, 400);
    assert_eq!(body["errors"][0]["detail"], "a field stands twice");
    assert!(desk.published().is_empty());
}

#[test]
fn an_answer_names_fifty_faults_at_most() {
    let desk = Desk::default();
    let fields: Vec<_> = (0..3_000).map(|n| format!("\"f{n}\": 1")).collect();
    let body = format!("{{{}}}", fields.join(","));
    let (response, body) = desk.send(&post("/vendors", "k1", body.as_bytes()));
    assert_eq!(response.status, 400);
    assert_eq!(body["errors"].as_array().unwrap().len(), 50);
}

#[test]
fn a_registration_needs_an_identity_and_json() {
    let desk = Desk::default();
    let (response, body) = desk.send(&post(
        "/vendors",
        "k1",
        br#"{"name": "N", "country": "DE"}"#,
    ));
    assert_eq!(response.status, 400);
    assert!(
        body["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("identify")
    );
    let (response, body) = desk.send(&post("/vendors", "k2", b"{\"name\":\n}"));
    assert_eq!((response.status, &body["line"]), (400, &2.into()));
    assert_eq!(desk.send(&post("/vendors", "k3", b"[]")).0.status, 400);
    assert!(desk.published().is_empty());
}

#[test]
fn what_is_shown_of_an_invoice_has_no_account() {
    let desk = Desk::default();
    let mut record = known(State::Rejected);
    record.rejection = Some(RejectionReason::Duplicate);
    let id = record.invoice_id.to_string();
    desk.world.seed_invoice(record);
    let (response, body) = desk.send(&get("/invoices/{invoiceId}", "invoiceId", &id));
    assert_eq!(response.status, 200);
    assert_eq!(
        (&body["status"], &body["version"]),
        (&"REJECTED".into(), &4.into())
    );
    assert_eq!(body["rejection"], "duplicate");
    assert_eq!(body["payable"]["minor"], 97_580);
    assert!(!response.body.contains("DE89370400440532013000"));
}

#[test]
fn what_is_shown_of_a_vendor_has_no_account() {
    let desk = Desk::default();
    desk.world.seed_vendor(sample::profile());
    let id = sample::vendor_id().to_string();
    let (response, body) = desk.send(&get("/vendors/{vendorId}", "vendorId", &id));
    assert_eq!(response.status, 200);
    assert_eq!(
        (&body["version"], &body["onboarded"]),
        (&1.into(), &true.into())
    );
    assert_eq!(body["accountChangePending"], false);
    assert!(!response.body.contains(sample::ACCOUNT));
    desk.world.seed_vendor(VendorProfile {
        pending_account: Some("DE89370400440532013000".into()),
        ..sample::profile()
    });
    let (response, body) = desk.send(&get("/vendors/{vendorId}", "vendorId", &id));
    assert_eq!(body["accountChangePending"], true);
    assert!(!response.body.contains("DE89"));
}

#[test]
fn unknown_ids_and_routes_are_not_found() {
    let desk = Desk::default();
    let absent = sample::vendor_id().to_string();
    for (route, parameter) in [
        ("/vendors/{vendorId}", "vendorId"),
        ("/invoices/{invoiceId}", "invoiceId"),
    ] {
        for id in [absent.as_str(), "../etc", ""] {
            let (response, body) = desk.send(&get(route, parameter, id));
            assert_eq!(
                (response.status, body["code"].as_str()),
                (404, Some("not-found"))
            );
        }
    }
    assert_eq!(desk.send(&get("/", "x", "y")).0.status, 404);
}
