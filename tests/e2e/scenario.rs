//! The whole system in one run: every way that an invoice can go, by real people with credentials of their own, and at the end
//! the books, the audit trail and a replay of everything.

use crate::environment::{Deployed, Document, count, eventually, states, tailored};
use crate::people::Person;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use contracts::records::{AuditRow, LedgerRow};
use contracts::wiring::outputs;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

/// Net amounts in cents; 19 % VAT comes on top. Automatic up to 10,000.00, one approver up to 100,000.00.
const SMALL: u64 = 10_000;
const FOR_ONE: u64 = 1_000_000;
const FOR_TWO: u64 = 10_000_000;
/// 666.15 EUR in all: the sandbox declines the first attempt.
const DECLINED_ONCE: u64 = 55_979;
/// 666.14 EUR in all: the sandbox gives no answer until it is asked.
const UNANSWERED: u64 = 55_978;

const ENDPOINT: &str = "/seller/electronicAddress/content";
const ACCOUNT: &str = "/payment/means/creditTransfer/0/accountIdentifier";
/// Test accounts with valid check digits, nobody's.
const OTHER_ACCOUNT: &str = "DE02120300000000202051";
const NEW_ACCOUNT: &str = "DE02500105170137075030";

/// Sellers, each with an address of its own.
const DISPUTED_SELLER: &str = "4012345000016";
const MOVED_SELLER: &str = "4012345000023";
const FOREIGN_SELLER: &str = "4012345000030";
const UNKNOWN_SELLER: &str = "4012345000047";

struct Cast {
    environment: Deployed,
    alice: Person,
    bob: Person,
    seller: Person,
}

#[tokio::test]
async fn r4_r5_r6_r11_r12_r14_r20_r26_r27_every_way_that_an_invoice_can_go() {
    // Nobody waits for people longer than a moment where a story is about time; everywhere else they have an hour.
    let begun = OffsetDateTime::now_utc() - Duration::minutes(1);
    let environment = tailored(
        "scenario",
        "414141414141",
        &[("account_change_wait_seconds", 0)],
    );
    let cast = Cast {
        alice: Person::named(&environment, "finance-alice").await,
        bob: Person::named(&environment, "finance-bob").await,
        seller: Person::named(&environment, "seller").await,
        environment: environment.clone(),
    };
    // The vendor of most stories; whoever needs another has its own.
    environment.settle(&Document::costing("S-FIRST", SMALL, &[]));
    tokio::join!(
        automatic_approval(&cast),
        one_approver(&cast),
        two_approvers(&cast),
        rejection(&cast),
        dispute_resolved_both_ways(&cast),
        payment_failure_and_retry(&cast),
        duplicate_number(&cast),
        unknown_vendor(&cast),
    );
    tokio::join!(
        another_sellers_invoice(&cast),
        changed_bank_details(&cast),
        provider_that_times_out(&cast),
        credit_note(&cast),
        poison_message(&cast),
        approval_timeout_and_stuck(),
    );
    the_books_balance(&environment).await;
    the_trail_has_no_gaps(&environment).await;
    a_replay_changes_nothing(&environment, begun).await;
}

async fn automatic_approval(cast: &Cast) {
    let id = cast
        .environment
        .submit(&Document::costing("S-AUTO", SMALL, &[]));
    let trace = cast.environment.reaches(&id, "PAID").await;
    assert_eq!(
        states(&trace),
        ["SUBMITTED", "VALIDATED", "APPROVED", "PAYING", "PAID"]
    );
}

async fn one_approver(cast: &Cast) {
    let id = cast
        .environment
        .submit(&Document::costing("S-ONE", FOR_ONE, &[]));
    cast.environment.reaches(&id, "AWAITING_APPROVAL").await;
    // A seller may not decide, nor may somebody without the API's permission.
    let refused = cast
        .environment
        .by(&cast.seller)
        .decide(&id, &["approve"], &[3]);
    assert_eq!(refused["exit"], 3, "{refused}");
    let decided = cast
        .environment
        .by(&cast.alice)
        .decide(&id, &["approve"], &[0]);
    assert_eq!(decided["decision"], "approve", "{decided}");
    assert!(
        decided["by"]
            .as_str()
            .unwrap()
            .ends_with("user/finance-alice"),
        "{decided}"
    );
    let trace = cast.environment.reaches(&id, "PAID").await;
    assert_eq!(trace["payments"].as_array().map(Vec::len), Some(1));
}

async fn two_approvers(cast: &Cast) {
    let id = cast
        .environment
        .submit(&Document::costing("S-TWO", FOR_TWO, &[]));
    cast.environment.reaches(&id, "AWAITING_APPROVAL").await;
    let alice = cast.environment.by(&cast.alice);
    let first = alice.decide(&id, &["approve"], &[0]);
    assert_eq!(first["waiting_for"], "second-approver", "{first}");
    // Four eyes: the same person again is refused, once the second is asked.
    let refused = alice.decide(&id, &["approve"], &[3]);
    assert!(refused.to_string().contains("four-eyes"), "{refused}");
    assert_eq!(cast.environment.trace(&id)["status"], "AWAITING_APPROVAL");
    cast.environment
        .by(&cast.bob)
        .decide(&id, &["approve"], &[0]);
    let trace = cast.environment.reaches(&id, "PAID").await;
    assert_eq!(count(&trace, "decided"), 2, "{trace:#}");
}

async fn rejection(cast: &Cast) {
    let id = cast
        .environment
        .submit(&Document::costing("S-NO", FOR_ONE, &[]));
    cast.environment.reaches(&id, "AWAITING_APPROVAL").await;
    cast.environment
        .by(&cast.bob)
        .decide(&id, &["reject"], &[0]);
    let trace = cast.environment.reaches(&id, "REJECTED").await;
    assert_eq!(trace["payments"], json!([]));
}

/// R26: an account that the vendor's profile does not have is cleared up by people, and paid is the profile's.
async fn dispute_resolved_both_ways(cast: &Cast) {
    let seller = (ENDPOINT, DISPUTED_SELLER);
    cast.environment
        .settle(&Document::costing("S-DISPUTE", SMALL, &[seller]));
    for (number, outcome, end) in [
        ("S-DISPUTE-PAY", "pay", "PAID"),
        ("S-DISPUTE-REJECT", "reject", "REJECTED"),
    ] {
        let document = Document::costing(number, SMALL, &[seller, (ACCOUNT, OTHER_ACCOUNT)]);
        let sent = cast.environment.json(&["send", document.path()], &[0]);
        let id = sent["id"].as_str().unwrap().to_owned();
        cast.environment.reaches(&id, "DISPUTED").await;
        cast.environment
            .by(&cast.alice)
            .decide(&id, &["resolve", "--outcome", outcome], &[0]);
        cast.environment.reaches(&id, end).await;
        let items = cast.environment.items(&id).await;
        let payments = items.iter().filter(|(key, _)| key.starts_with("PAYMENT#"));
        for (_, payment) in payments {
            let payee = payment.as_m().unwrap()["payeeAccount"].as_s().unwrap();
            assert_ne!(payee, OTHER_ACCOUNT);
        }
    }
}

async fn payment_failure_and_retry(cast: &Cast) {
    let id = cast
        .environment
        .submit(&Document::costing("S-DECLINED", DECLINED_ONCE, &[]));
    cast.environment.reaches(&id, "PAYMENT_FAILED").await;
    cast.environment
        .by(&cast.alice)
        .decide(&id, &["approve"], &[0]);
    let trace = cast.environment.reaches(&id, "PAID").await;
    let payments = trace["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "one key: {trace:#}");
    assert_eq!(payments[0]["attempt"], 2, "{trace:#}");
}

async fn duplicate_number(cast: &Cast) {
    cast.environment
        .settle(&Document::costing("S-TWICE", SMALL, &[]));
    let second = cast
        .environment
        .settle(&Document::costing("S-TWICE", SMALL + 1, &[]));
    assert_eq!(second["status"], "REJECTED", "{second:#}");
}

async fn unknown_vendor(cast: &Cast) {
    let document = Document::costing("S-UNKNOWN", SMALL, &[(ENDPOINT, UNKNOWN_SELLER)]);
    let sent = cast.environment.json(&["send", document.path()], &[0]);
    let trace = cast.environment.resting(sent["id"].as_str().unwrap());
    assert_eq!(trace["status"], "REJECTED", "{trace:#}");
}

/// R20: a seller acts for the one vendor that it registered, and for no other.
async fn another_sellers_invoice(cast: &Cast) {
    let seller = cast.environment.by(&cast.seller);
    let own = Document::costing("S-OWN", SMALL, &[(ENDPOINT, FOREIGN_SELLER)]);
    let sent = seller.json(&["send", own.path(), "--register-vendor"], &[0]);
    cast.environment
        .reaches(sent["id"].as_str().unwrap(), "PAID")
        .await;
    let foreign = Document::costing("S-FOREIGN", SMALL, &[]);
    let refused = seller.json(&["send", foreign.path()], &[3]);
    assert!(refused.to_string().contains("403"), "{refused}");
}

/// R26: changed bank details are nobody's account until a second person confirms them.
async fn changed_bank_details(cast: &Cast) {
    let seller = (ENDPOINT, MOVED_SELLER);
    let (alice, bob) = (
        cast.environment.by(&cast.alice),
        cast.environment.by(&cast.bob),
    );
    let first = Document::costing("S-MOVED", SMALL, &[seller]);
    let sent = alice.json(&["send", first.path(), "--register-vendor"], &[0]);
    cast.environment
        .reaches(sent["id"].as_str().unwrap(), "PAID")
        .await;
    let mut registration: Value = serde_json::from_str(
        &std::fs::read_to_string(cast.environment.program.sample("vendor.json")).unwrap(),
    )
    .unwrap();
    registration["endpoint"]["value"] = MOVED_SELLER.into();
    registration["account"] = NEW_ACCOUNT.into();
    let changed = Document::of("vendor.json", registration.to_string().as_bytes());
    let vendor = alice.json(&["send", changed.path()], &[0]);
    let vendor = vendor["id"].as_str().unwrap().to_owned();
    eventually("the pending account", || async {
        let refused = alice.decide(&vendor, &["approve"], &[0, 3]);
        assert_eq!(
            refused["exit"], 3,
            "the same person confirmed it: {refused}"
        );
        refused.to_string().contains("four-eyes").then_some(())
    })
    .await;
    bob.decide(&vendor, &["approve"], &[0]);
    let document = Document::costing("S-MOVED-2", SMALL, &[seller, (ACCOUNT, NEW_ACCOUNT)]);
    let sent = alice.json(&["send", document.path()], &[0]);
    cast.environment
        .reaches(sent["id"].as_str().unwrap(), "PAID")
        .await;
}

/// R26: asked by the clock, never paid again.
async fn provider_that_times_out(cast: &Cast) {
    let id = cast
        .environment
        .submit(&Document::costing("S-NO-ANSWER", UNANSWERED, &[]));
    cast.environment.reaches(&id, "PAYMENT_UNKNOWN").await;
    let trace = patiently("the answer", || async {
        let trace = cast.environment.trace(&id);
        (trace["status"] == "PAID").then_some(trace)
    })
    .await;
    let payments = trace["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "{trace:#}");
    assert_eq!(payments[0]["attempt"], 1, "{trace:#}");
}

async fn credit_note(cast: &Cast) {
    let trace = cast
        .environment
        .settle(&Document::numbered("credit-note.xml", "S-CREDIT"));
    assert_eq!(trace["status"], "CREDITED", "{trace:#}");
}

/// R10: what is no event lies in the dead-letter queue, and its neighbours go on.
async fn poison_message(cast: &Cast) {
    let clients = cast.environment.clients();
    let queue = cast.environment.physical_id("AccountingQueue").await;
    let timeout = aws_sdk_sqs::types::QueueAttributeName::VisibilityTimeout;
    let attributes = clients.sqs.set_queue_attributes().queue_url(&queue);
    attributes.attributes(timeout, "5").send().await.unwrap();
    let poison = clients.sqs.send_message().queue_url(&queue);
    poison.message_body("no event").send().await.unwrap();
    eventually("the poison in the dead-letter queue", || async {
        let listed = cast
            .environment
            .json(&["redrive", "AccountingQueueDlq", "--list"], &[0]);
        (listed["messages"].as_array().map(Vec::len) == Some(1)).then_some(())
    })
    .await;
}

/// R5 and R6, where nobody has time: reminded and expired; and what rests in a dispute is noticed.
async fn approval_timeout_and_stuck() {
    let environment = tailored(
        "impatient",
        "424242424242",
        &[
            ("answer_within_seconds", 3),
            ("reminders", 1),
            ("waiting_seconds", 8),
        ],
    );
    let late = environment.submit(&Document::costing("S-LATE", FOR_ONE, &[]));
    let disputed = Document::costing("S-STUCK", SMALL, &[(ACCOUNT, OTHER_ACCOUNT)]);
    let stuck = environment.submit(&disputed);
    environment.reaches(&stuck, "DISPUTED").await;
    let trace = environment.reaches(&late, "REJECTED").await;
    assert_eq!(trace["payments"], json!([]));
    assert_eq!(count(&trace, "expired"), 1, "{trace:#}");
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    let sweeper = environment.physical_id("SweeperFunction").await;
    let swept = environment
        .clients()
        .lambda
        .invoke()
        .function_name(&sweeper)
        .payload(Blob::new(json!({ "tick": "sweeper" }).to_string()))
        .send()
        .await
        .unwrap();
    assert_eq!(swept.function_error(), None);
    eventually("the announcement that it is stuck", || async {
        let trace = environment.trace(&stuck);
        (count(&trace, "stuck") > 0).then_some(())
    })
    .await;
}

/// R4: every posting's rows, and so the whole ledger, sum to zero.
async fn the_books_balance(environment: &Deployed) {
    // The books follow the states; the last posting may come a moment later.
    let items = eventually("every posting", || async {
        let items = scan(environment, outputs::LEDGER_TABLE).await;
        (items.len() >= 2 * 9).then_some(items)
    })
    .await;
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for item in &items {
        let row: LedgerRow = record(item);
        *sums.entry(row.amount.currency.to_string()).or_default() += row.amount.minor;
    }
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
}

/// R14: one audit row for every version of every aggregate, each linked to the one before.
async fn the_trail_has_no_gaps(environment: &Deployed) {
    eventually("the whole audit trail", || async {
        let heads = scan(environment, outputs::INVOICES_TABLE).await;
        let heads = heads.iter().filter(|item| item["sk"] == text("HEAD"));
        let versions: BTreeMap<String, u64> = heads
            .map(|item| {
                let version = item["version"].as_n().unwrap().parse().unwrap();
                (item["pk"].as_s().unwrap().clone(), version)
            })
            .collect();
        let mut chains: BTreeMap<String, Vec<AuditRow>> = BTreeMap::new();
        for item in scan(environment, outputs::AUDIT_TABLE).await {
            if item["sk"].as_s().unwrap().starts_with("VERSION#") {
                let row: AuditRow = record(&item);
                chains.entry(row.aggregate.clone()).or_default().push(row);
            }
        }
        let complete = versions.iter().all(|(aggregate, version)| {
            chains
                .get(aggregate)
                .is_some_and(|rows| rows.len() as u64 == *version)
        });
        if complete {
            for (aggregate, rows) in &mut chains {
                rows.sort_by_key(|row| row.version);
                contracts::audit::verify(rows)
                    .unwrap_or_else(|fault| panic!("{aggregate}: {fault}"));
            }
        }
        complete.then_some(())
    })
    .await;
}

/// R11: everything again, and nothing has changed: nobody is paid twice.
async fn a_replay_changes_nothing(environment: &Deployed, begun: OffsetDateTime) {
    let before = at_rest(environment).await;
    let from = begun.format(&Rfc3339).unwrap();
    let replayed = environment.json(&["replay", "--from", &from, "--to", "now", "--yes"], &[0]);
    assert_eq!(replayed["state"], "COMPLETED", "{replayed:#}");
    // What a replay would do it does within moments: the events are in the rules' hands when it is completed.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(business(environment).await, before);
}

/// The business tables once nothing happens in them any more: the last notices and postings are in.
async fn at_rest(environment: &Deployed) -> Vec<String> {
    eventually("rest", || async {
        let before = business(environment).await;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        (business(environment).await == before).then_some(before)
    })
    .await
}

/// The business tables, item by item, as comparable text.
async fn business(environment: &Deployed) -> Vec<String> {
    let mut items = Vec::new();
    for table in [
        outputs::VENDORS_TABLE,
        outputs::INVOICES_TABLE,
        outputs::LEDGER_TABLE,
    ] {
        let scanned = scan(environment, table).await;
        items.extend(scanned.into_iter().map(|item| {
            let sorted: BTreeMap<_, _> = item
                .into_iter()
                .map(|(name, value)| (name, json_of(&value).to_string()))
                .collect();
            format!("{sorted:?}")
        }));
    }
    items.sort();
    items
}

type Item = std::collections::HashMap<String, AttributeValue>;

async fn scan(environment: &Deployed, output: &str) -> Vec<Item> {
    let dynamodb = environment.clients().dynamodb;
    let (mut items, mut start) = (Vec::new(), None);
    loop {
        let page = dynamodb
            .scan()
            .table_name(&environment.outputs[output])
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .unwrap();
        items.extend(page.items().to_vec());
        start = page.last_evaluated_key().cloned();
        if start.is_none() {
            return items;
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn record<T: serde::de::DeserializeOwned>(item: &Item) -> T {
    serde_json::from_value(json_of(&item["record"])).unwrap()
}

fn json_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => serde_json::from_str(number).unwrap(),
        AttributeValue::Bool(truth) => json!(truth),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::L(items) => items.iter().map(json_of).collect(),
        AttributeValue::M(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), json_of(value)))
            .collect(),
        other => panic!("{other:?}"),
    }
}

/// As [`eventually`], for what the clock does: it looks every minute, at what rests for a minute.
async fn patiently<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    for _ in 0..200 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    panic!("{what} did not come about in 200 s");
}
