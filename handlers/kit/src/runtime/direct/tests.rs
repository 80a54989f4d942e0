//! Tasks, ticks and changes reach their decisions, and failures are told as their sources read them.
#![allow(clippy::unwrap_used, clippy::panic)] // tests

use super::super::envelope::Arrival;
use crate::Consumer;
use crate::runtime::invocation::{Service, Way, stream_answer};
use crate::scripted::{Aws, run};
use contracts::Handler;
use contracts::handlers::{Approval, Audit, Compliance, Sweeper};
use contracts::tasks::{AskDecision, ConcludeDecision, Ending, RemindDecision, Reminded, faults};
use ports::{Fault, PortError};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

fn service<H: Handler>(consumer: Consumer<H>) -> Service<H> {
    Service {
        shared: Aws::silent().shared::<H>(),
        decisions: consumer.into_decisions(),
    }
}

/// What an invocation gives, or how its failure is named.
fn invoke<H: Handler>(
    service: &Service<H>,
    payload: Value,
    left: Duration,
) -> Result<Value, String> {
    let end = SystemTime::now() + left;
    run(async {
        match Arrival::read(payload).unwrap() {
            Arrival::Task(call) => service.task(call, Way::default()).await,
            Arrival::Tick(name) => {
                let ticked = service.tick(name, Way::default(), end).await;
                ticked.map(|()| Value::Null)
            }
            Arrival::Changes(records) => {
                let failed = service.stream(records, &Way::default(), end).await;
                Ok(stream_answer(failed, None).unwrap())
            }
            other => panic!("{other:?}"),
        }
        .map_err(|fault| fault.name().to_owned())
    })
}

const MINUTE: Duration = Duration::from_secs(60);

fn request() -> Value {
    let id = "00000000-0000-0000-0000-000000000001";
    let cause = json!({ "correlationId": id, "causationId": "x", "replayOf": null });
    json!({ "invoiceId": id, "vendorId": id, "version": 3, "waiting": "approval", "approvers": 1, "cause": cause })
}

#[test]
fn r5_a_tasks_output_is_the_functions_answer() {
    let consumer = Consumer::<Approval>::new().performs::<RemindDecision>(async |_, ask| {
        assert_eq!(ask.request.version, 3);
        Ok(Reminded {
            decided: false,
            verdict: None,
            again: true,
        })
    });
    let payload =
        json!({ "task": "RemindDecision", "input": { "request": request(), "turn": "first" } });
    let answer = invoke(&service(consumer), payload, MINUTE).unwrap();
    assert_eq!(
        answer,
        json!({ "decided": false, "verdict": null, "again": true })
    );
}

#[test]
fn r5_a_callback_gets_its_token_and_nobody_else_does() {
    let seen = Rc::new(RefCell::new(String::new()));
    let kept = Rc::clone(&seen);
    let consumer = Consumer::<Approval>::new().asks::<AskDecision>(async move |_, _, token| {
        token.clone_into(&mut kept.borrow_mut());
        Ok(())
    });
    let service = service(consumer);
    let mut payload =
        json!({ "task": "AskDecision", "input": { "request": request(), "turn": "first" } });
    assert_eq!(
        invoke(&service, payload.clone(), MINUTE).unwrap_err(),
        faults::MISFIT
    );
    payload["token"] = json!("t");
    assert_eq!(invoke(&service, payload, MINUTE).unwrap(), Value::Null);
    assert_eq!(*seen.borrow(), "t");
}

#[test]
fn r5_a_tasks_failure_is_named_for_the_state_machine() {
    let consumer =
        Consumer::<Compliance>::new().performs::<ConcludeDecision>(async |_, conclude| {
            let subject = "INVOICE#a".to_owned();
            Err(Fault::Port(match conclude.ending {
                Ending::Approve => PortError::Unavailable {
                    action: "reading",
                    subject,
                    reason: "throttled".into(),
                },
                _ => PortError::Corrupt {
                    subject,
                    reason: "odd".into(),
                },
            }))
        });
    let service = service(consumer);
    let named = |input: Value| {
        invoke(
            &service,
            json!({ "task": "ConcludeDecision", "input": input }),
            MINUTE,
        )
    };
    let ending =
        |ending: &str| named(json!({ "request": request(), "ending": ending })).unwrap_err();
    assert_eq!(ending("approve"), faults::UNAVAILABLE);
    assert_eq!(ending("reject"), faults::CORRUPT);
    assert_eq!(
        named(json!({ "invoiceId": 1 })).unwrap_err(),
        faults::MISFIT
    );
    let other = json!({ "task": "Elsewhere", "input": {} });
    assert_eq!(invoke(&service, other, MINUTE).unwrap_err(), "Unknown");
}

#[test]
fn r6_a_tick_is_for_the_handler_that_it_names() {
    let service = service(Consumer::<Sweeper>::new().every(async |_| Ok(())));
    assert_eq!(
        invoke(&service, json!({ "tick": "sweeper" }), MINUTE),
        Ok(Value::Null)
    );
    assert_eq!(
        invoke(&service, json!({ "tick": "payment" }), MINUTE).unwrap_err(),
        "Unknown"
    );
}

#[test]
fn r6_a_tick_that_hangs_is_given_up_while_there_is_time_to_publish() {
    let service = service(Consumer::<Sweeper>::new().every(async |_| std::future::pending().await));
    let hung = invoke(&service, json!({ "tick": "sweeper" }), MINUTE);
    assert_eq!(hung.unwrap_err(), faults::UNAVAILABLE);
}

/// A record of a version of an invoice.
fn record(invoice: &str, version: u64) -> Value {
    json!({
        "eventSource": "aws:dynamodb", "eventName": "MODIFY",
        "dynamodb": {
            "Keys": { "pk": { "S": format!("INVOICE#{invoice}") }, "sk": { "S": "HEAD" } },
            "SequenceNumber": format!("{invoice}{version}"),
            "NewImage": { "kind": { "S": "invoice" }, "pk": { "S": invoice }, "version": { "N": version.to_string() } },
        },
    })
}

#[test]
fn r14_changes_of_one_invoice_stay_in_their_order_and_stop_at_the_first_failure() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&seen);
    let audit = Consumer::<Audit>::new().changes(async move |_, change| {
        let after = change.after.as_ref().unwrap();
        let id = format!("{}{}", after["pk"].as_str().unwrap(), after["version"]);
        tokio::task::yield_now().await;
        kept.borrow_mut().push(id.clone());
        if id == "a2" || id == "b3" {
            return Err(PortError::Stale { subject: id }.into());
        }
        Ok(())
    });
    let mut beside = record("a", 9);
    beside["dynamodb"]["Keys"]["sk"] = json!({ "S": "VERSION#0000000009" });
    let order = [
        ("b", 1),
        ("a", 1),
        ("b", 2),
        ("a", 2),
        ("b", 3),
        ("a", 3),
        ("b", 4),
        ("c", 1),
    ];
    let records = order.map(|(invoice, version)| record(invoice, version));
    let records: Vec<Value> = [beside].into_iter().chain(records).collect();
    let answer = invoke(&service(audit), json!({ "Records": records }), MINUTE).unwrap();
    // Lambda goes on from the earliest failure: what comes after it, of whatever invoice, comes again.
    assert_eq!(
        answer,
        json!({ "batchItemFailures": [{ "itemIdentifier": "a2" }] })
    );
    let seen = seen.borrow();
    let of = |invoice| {
        seen.iter()
            .filter(|id| id.starts_with(invoice))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(of("a"), ["a1", "a2"]);
    assert_eq!(of("b"), ["b1", "b2", "b3"]);
    assert_eq!(of("c"), ["c1"]);
}

#[test]
fn r10_a_poisonous_record_fails_and_what_can_not_be_named_fails_the_batch() {
    let service = service(Consumer::<Audit>::new().changes(async |_, _| Ok(())));
    let answer = |records: Value| invoke(&service, json!({ "Records": records }), MINUTE).unwrap();
    let mut poison = record("a", 1);
    poison["dynamodb"]["NewImage"]["kind"] = json!({ "S": "something" });
    let failures =
        |identifier: &str| json!({ "batchItemFailures": [{ "itemIdentifier": identifier }] });
    assert_eq!(answer(json!([record("b", 1), poison])), failures("a1"));
    assert_eq!(
        answer(json!([record("b", 1), { "eventSource": "aws:dynamodb" }])),
        failures("")
    );
    assert_eq!(
        answer(json!([record("b", 1)])),
        json!({ "batchItemFailures": [] })
    );
}

#[test]
fn r14_nothing_is_begun_when_the_invocation_is_about_to_end() {
    let service = service(Consumer::<Audit>::new().changes(async |_, _| panic!("begun")));
    let records = json!({ "Records": [record("a", 1), record("a", 2)] });
    let answer = invoke(&service, records, Duration::from_secs(2)).unwrap();
    assert_eq!(
        answer,
        json!({ "batchItemFailures": [{ "itemIdentifier": "a1" }] })
    );
}
