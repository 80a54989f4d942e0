//! Submitting.

use super::stories::{paid, rejected};
use crate::Failure;
use crate::fakes::{FakeEnvironment, VENDOR, answer};
use crate::follow::Follow;
use crate::ports::{BusAnswer, Method, NoAnswer};
use crate::recognise::Kind;
use crate::send::{Progress, SendOptions, Sent, send};
use serde_json::{Value, json};
use std::time::Duration;

const INVOICE: &[u8] = br#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cac:AccountingSupplierParty><cac:Party>
    <cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>
    <cac:PostalAddress><cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
    <cac:PartyLegalEntity><cbc:RegistrationName>Seller</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:AccountingSupplierParty>
</Invoice>"#;
const REGISTRATION: &[u8] = br#"{"name":"A","country":"DE","vatId":"DE123456789"}"#;
const FOLLOWING: Option<Follow> = Some(Follow {
    timeout: Duration::from_secs(60),
});

async fn sent(fake: &FakeEnvironment, bytes: &[u8], options: SendOptions) -> Result<Sent, Failure> {
    send(fake, "file", bytes.to_vec(), options, &mut |_| ()).await
}

#[tokio::test]
async fn r12_the_same_bytes_are_one_submission() {
    let fake = FakeEnvironment::default();
    let first = sent(&fake, INVOICE, SendOptions::default()).await.unwrap();
    let again = sent(&fake, INVOICE, SendOptions::default()).await.unwrap();
    assert_eq!((first.kind, first.duplicate), (Kind::Invoice, false));
    assert_eq!((again.id, again.duplicate), (first.id, true));
    let requests = fake.requests.lock().unwrap();
    assert_eq!(requests[0].headers["content-type"], "application/xml");
    let json = serde_json::to_value(&first.correlation_id).unwrap();
    assert_eq!(json, "c");
}

#[tokio::test]
async fn r26_going_back_to_an_earlier_registration_is_a_submission_of_its_own() {
    let fake = FakeEnvironment::default();
    let other = String::from_utf8_lossy(REGISTRATION).replace("\"A\"", "\"B\"");
    let mut keys = Vec::new();
    for (version, bytes) in [
        (0, REGISTRATION),
        (0, REGISTRATION),
        (1, other.as_bytes()),
        (2, REGISTRATION),
        (2, REGISTRATION),
    ] {
        let stands = (0, json!({"version": version, "onboarded": true}));
        let stands = (version > 0).then(|| (VENDOR.to_owned(), stands));
        *fake.vendors.lock().unwrap() = stands.into_iter().collect();
        sent(&fake, bytes, SendOptions::default()).await.unwrap();
        let requests = std::mem::take(&mut *fake.requests.lock().unwrap());
        let mut posts = requests
            .iter()
            .filter(|request| request.method == Method::Post);
        let posted = posts.next().unwrap();
        keys.push(posted.headers["idempotency-key"].clone());
    }
    assert_eq!((&keys[0], &keys[3]), (&keys[1], &keys[4]), "repeated");
    assert!(keys[0] != keys[2] && keys[2] != keys[3] && keys[0] != keys[3]);
}

#[tokio::test]
async fn r12_a_registration_whose_answer_was_lost_is_sent_again_under_its_key() {
    let fake = FakeEnvironment::default();
    let lost = NoAnswer::Lost {
        reason: "reset".into(),
    };
    let absent = Ok(answer(404, &json!({"code": "not-found"})));
    fake.api_script.lock().unwrap().extend([absent, Err(lost)]);
    sent(&fake, REGISTRATION, SendOptions::default())
        .await
        .unwrap();
    let requests = fake.requests.lock().unwrap();
    assert_eq!(requests.len(), 3, "a look, and two tries");
    assert_eq!(requests[1], requests[2]);
}

#[tokio::test]
async fn trouble_that_passes_is_waited_out() {
    let fake = FakeEnvironment::default();
    let lost = NoAnswer::Lost {
        reason: "reset".into(),
    };
    fake.api_script.lock().unwrap().extend([
        Ok(answer(503, &json!({"message": "Service Unavailable"}))),
        Err(lost),
        Ok(answer(
            409,
            &json!({"code": "request-in-flight", "title": "In flight."}),
        )),
    ]);
    assert!(sent(&fake, INVOICE, SendOptions::default()).await.is_ok());
    assert_eq!(fake.posts(), 4);
}

#[tokio::test]
async fn trouble_that_stays_ends_by_its_kind() {
    let lost = || {
        Err(NoAnswer::Lost {
            reason: "reset".into(),
        })
    };
    let unsent = || {
        Err(NoAnswer::NotSent {
            reason: "refused".into(),
        })
    };
    let busy = || Ok(answer(409, &json!({"title": "In flight."})));
    let down = || Ok(answer(502, &json!({"message": "Bad gateway"})));
    let fault = || Ok(answer(500, &json!({"code": "fault", "title": "A fault."})));
    let cases: [(&dyn Fn() -> _, u8, &str); 5] = [
        (&lost, 5, "answer-lost"),
        (&unsent, 1, "api-failed"),
        (&busy, 6, "busy"),
        (&down, 1, "api-failed"),
        (&fault, 1, "api-failed"),
    ];
    for (trouble, exit, code) in cases {
        let fake = FakeEnvironment::default();
        fake.api_script
            .lock()
            .unwrap()
            .extend((0..100).map(|_| trouble()));
        let failure = sent(&fake, INVOICE, SendOptions::default())
            .await
            .unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (exit, code), "{failure}");
        assert!(fake.waited() <= Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_apis_words_and_not_repeated() {
    let fake = FakeEnvironment::default();
    let problem = json!({"status": 403, "code": "not-yours", "title": "Another seller's invoice.", "detail": "Use its credentials."});
    fake.api_script
        .lock()
        .unwrap()
        .push_back(Ok(answer(403, &problem)));
    let failure = sent(&fake, INVOICE, SendOptions::default())
        .await
        .unwrap_err();
    assert_eq!((failure.exit(), fake.posts()), (3, 1));
    assert!(failure.to_string().contains("Another seller's invoice."));
    assert_eq!(failure.help(), "Use its credentials.");
    // What a gateway says in its own name has no code and no detail.
    let bare = Ok(answer(403, &json!({"message": "Forbidden"})));
    fake.api_script.lock().unwrap().push_back(bare);
    let failure = sent(&fake, INVOICE, SendOptions::default())
        .await
        .unwrap_err();
    assert!(failure.to_string().contains("Forbidden"), "{failure}");
    assert!(failure.help().contains("credentials"), "{}", failure.help());
}

#[tokio::test]
async fn check_refuses_before_anything_is_sent() {
    let fake = FakeEnvironment::default();
    let options = SendOptions {
        check: true,
        ..SendOptions::default()
    };
    let failure = sent(&fake, INVOICE, options).await.unwrap_err();
    assert_eq!(failure.exit(), 3);
    let Failure::BreaksRules { validation, .. } = failure else {
        panic!("{failure}")
    };
    assert!(validation.fatal_count() > 0);
    assert_eq!(fake.posts(), 0);
}

#[tokio::test]
async fn r3_the_seller_is_registered_once_and_waited_for() {
    let fake = FakeEnvironment::default();
    let options = SendOptions {
        register_vendor: true,
        ..SendOptions::default()
    };
    let mut told = Vec::new();
    let mut tell = |progress: Progress<'_>| told.push(format!("{progress:?}"));
    send(&fake, "file", INVOICE.to_vec(), options, &mut tell)
        .await
        .unwrap();
    assert!(told[0].starts_with("RegisteringSeller"), "{told:?}");
    assert!(told[1].contains("before: false"), "{told:?}");
    assert_eq!(fake.posts(), 2, "the vendor, then the invoice");
    sent(&fake, INVOICE, options).await.unwrap();
    assert_eq!(fake.posts(), 3, "an onboarded vendor is left as it is");
}

#[tokio::test]
async fn r1_a_seller_that_is_not_onboarded_stops_the_submission() {
    let fake = FakeEnvironment::default();
    let failed =
        json!({"version": 1, "onboarded": false, "vatCheck": "invalid", "ibanCheck": "verified"});
    *fake.onboards.lock().unwrap() = Some(failed);
    let options = SendOptions {
        register_vendor: true,
        ..SendOptions::default()
    };
    let failure = sent(&fake, INVOICE, options).await.unwrap_err();
    assert_eq!(failure.code(), "not-onboarded");
    assert!(failure.to_string().contains("VAT id invalid"), "{failure}");
    assert_eq!(fake.posts(), 1, "the invoice was not sent");
}

#[tokio::test]
async fn a_vendor_that_never_shows_is_given_up_with_the_way_to_go_on() {
    let fake = FakeEnvironment::default();
    let options = SendOptions {
        follow: FOLLOWING,
        ..SendOptions::default()
    };
    fake.api_script.lock().unwrap().extend([
        Ok(answer(404, &json!({"code": "not-found"}))),
        Ok(answer(202, &json!({"vendorId": VENDOR}))),
    ]);
    let failure = sent(&fake, REGISTRATION, options).await.unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (5, "still-going"));
}

#[tokio::test]
async fn following_ends_with_the_exit_code_of_the_end() {
    for (story, exit) in [(paid(), 0), (rejected(), 1)] {
        let fake = FakeEnvironment::default();
        fake.snapshots.lock().unwrap().push_back(Ok(story));
        let options = SendOptions {
            follow: FOLLOWING,
            ..SendOptions::default()
        };
        assert_eq!(sent(&fake, INVOICE, options).await.unwrap().exit(), exit);
    }
}

#[tokio::test]
async fn r25_an_entry_that_the_bus_refuses_for_now_is_sent_again() {
    let event = br#"{"source":"invoicing.portal","detail-type":"InvoicePaid","detail":{"metadata":{"eventId":"e","correlationId":"c"}}}"#;
    let refused = |code: &str| BusAnswer::Refused {
        code: code.into(),
        message: "m".into(),
    };
    let fake = FakeEnvironment::default();
    fake.bus_script
        .lock()
        .unwrap()
        .push_back(refused("ThrottlingException"));
    let first = sent(&fake, event, SendOptions::default()).await.unwrap();
    assert_eq!((first.kind, first.id.as_str()), (Kind::Event, "e"));
    assert_eq!(fake.put.lock().unwrap().len(), 2);
    fake.bus_script
        .lock()
        .unwrap()
        .push_back(refused("NotAuthorizedForSourceException"));
    let failure = sent(&fake, event, SendOptions::default())
        .await
        .unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (1, "event-refused"));
}

#[tokio::test]
async fn options_that_do_not_fit_are_refused_before_any_call() {
    let event = br#"{"source":"invoicing.portal","detail-type":"InvoicePaid","detail":{}}"#;
    let fake = FakeEnvironment::default();
    let follow = SendOptions {
        follow: FOLLOWING,
        ..SendOptions::default()
    };
    let register = SendOptions {
        register_vendor: true,
        ..SendOptions::default()
    };
    for (bytes, options) in [(&event[..], follow), (REGISTRATION, register)] {
        let failure = sent(&fake, bytes, options).await.unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (3, "does-not-fit"));
    }
    assert!(fake.requests.lock().unwrap().is_empty());
    assert!(fake.put.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_was_lost_once_stays_lost_when_the_api_goes_away() {
    let fake = FakeEnvironment::default();
    let lost = NoAnswer::Lost {
        reason: "reset by peer".into(),
    };
    let unsent = NoAnswer::NotSent {
        reason: "refused".into(),
    };
    let gone = (0..3).map(|_| Err(unsent.clone()));
    fake.api_script
        .lock()
        .unwrap()
        .extend([Err(lost)].into_iter().chain(gone));
    let failure = sent(&fake, INVOICE, SendOptions::default())
        .await
        .unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (5, "answer-lost"));
    assert!(failure.help().contains("same id"), "{}", failure.help());
}

#[tokio::test]
async fn every_fault_of_a_registration_is_told() {
    let fake = FakeEnvironment::default();
    let problem = json!({"code": "registration-invalid", "title": "The registration has faults.", "detail": "Correct it.",
        "errors": [{"pointer": "/country", "detail": "two capital letters are expected"}, {"pointer": "/email", "detail": "is empty"}]});
    fake.api_script
        .lock()
        .unwrap()
        .push_back(Ok(answer(400, &problem)));
    let failure = sent(&fake, REGISTRATION, SendOptions::default())
        .await
        .unwrap_err();
    assert_eq!(failure.exit(), 3);
    for told in ["/country two capital", "/email is empty"] {
        assert!(failure.to_string().contains(told), "{failure}");
    }
}

/// Another account is asked for: `becomes` is the profile that follows, on what stands as version 1.
async fn asked_for_another_account(becomes: Value) -> (FakeEnvironment, Sent, Vec<String>) {
    let fake = FakeEnvironment::default();
    let stands = (0, json!({"version": 1, "onboarded": true}));
    fake.vendors
        .lock()
        .unwrap()
        .insert(VENDOR.to_owned(), stands);
    *fake.onboards.lock().unwrap() = Some(becomes);
    let mut told = Vec::new();
    let mut tell = |progress: Progress<'_>| told.push(format!("{progress:?}"));
    let options = SendOptions::default();
    let sent = send(&fake, "file", REGISTRATION.to_vec(), options, &mut tell)
        .await
        .unwrap();
    (fake, sent, told)
}

#[tokio::test]
async fn r26_a_registration_with_another_account_says_that_it_waits() {
    let waits = json!({"version": 2, "onboarded": true, "accountChangePending": true});
    let (_, sent, told) = asked_for_another_account(waits).await;
    assert!(sent.account_change_pending);
    assert!(
        told.iter().any(|line| line.starts_with("AccountWaits")),
        "{told:?}"
    );
    let document = serde_json::to_value(&sent).unwrap();
    assert_eq!(document["account_change_pending"], true);

    for becomes in [
        json!({"version": 2, "onboarded": true, "accountChangePending": false}),
        // The same registration again makes no new version.
        json!({"version": 1, "onboarded": true}),
    ] {
        let (fake, sent, told) = asked_for_another_account(becomes).await;
        assert!(
            !told.iter().any(|line| line.starts_with("AccountWaits")),
            "{told:?}"
        );
        let document = serde_json::to_value(&sent).unwrap();
        assert_eq!(document.get("account_change_pending"), None);
        assert!(fake.waited() < std::time::Duration::from_secs(4));
    }
}

#[tokio::test]
async fn an_event_that_nobody_would_get_is_refused_and_the_declared_ones_are_named() {
    let fake = FakeEnvironment::default();
    let event = br#"{"source":"invoicing.portal","detail-type":"InvoicePayed","detail":{}}"#;
    let failure = sent(&fake, event, SendOptions::default())
        .await
        .unwrap_err();
    assert_eq!(failure.exit(), 3);
    assert!(failure.to_string().contains("InvoicePayed"), "{failure}");
    assert!(
        failure.help().contains("InvoicePaid, "),
        "{}",
        failure.help()
    );
    assert!(fake.put.lock().unwrap().is_empty());
}
