//! R1 to R4: how invoices end.

use crate::environment::{Document, count, eventually, program, shared, states};
use serde_json::{Value, json};

fn rules(trace: &Value) -> Vec<&str> {
    trace["violations"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|violation| violation["rule"].as_str())
        .collect()
}

#[test]
fn r4_a_valid_invoice_is_paid_once_and_its_vendor_told_once() {
    let trace = shared().settle(&Document::numbered("invoice.xml", "R4-PAID"));
    assert_eq!(trace["status"], "PAID", "{trace:#}");
    assert_eq!(
        states(&trace),
        ["SUBMITTED", "VALIDATED", "APPROVED", "PAYING", "PAID"]
    );
    assert_eq!(trace["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(trace["payments"][0]["amount_minor"], 97580);
    assert_eq!(trace["payments"][0]["currency"], "EUR");
    assert_eq!(trace["violations"], json!([]));
}

#[tokio::test]
async fn r4_the_notice_is_counted_once() {
    let environment = shared();
    let id = environment.submit(&Document::numbered("invoice.xml", "R4-NOTICE"));
    environment.resting(&id);
    // The notice follows the state; it may come a moment later.
    let trace = eventually("the notice", || async {
        let trace = environment.trace(&id);
        (count(&trace, "notice") > 0).then_some(trace)
    })
    .await;
    assert_eq!(count(&trace, "notice"), 1, "{trace:#}");
}

#[test]
fn r23_the_projects_own_json_is_paid_too() {
    let text = std::fs::read_to_string(program().sample("invoice.json")).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["invoice"]["number"] = json!("R23-JSON");
    let trace = shared().settle(&Document::of(
        "invoice.json",
        document.to_string().as_bytes(),
    ));
    assert_eq!(trace["status"], "PAID", "{trace:#}");
}

#[test]
fn a_credit_note_is_credited_and_not_paid() {
    let trace = shared().settle(&Document::numbered("credit-note.xml", "CREDIT-NOTE"));
    assert_eq!(trace["status"], "CREDITED", "{trace:#}");
    assert_eq!(trace["payments"], json!([]));
}

#[test]
fn an_invoice_with_a_negative_total_is_credited_and_not_paid() {
    let trace = shared().settle(&Document::numbered("negative-invoice.xml", "NEGATIVE"));
    assert_eq!(trace["status"], "CREDITED", "{trace:#}");
    assert_eq!(trace["payments"], json!([]));
}

#[test]
fn an_invoice_with_nothing_due_is_paid_without_a_payment() {
    let trace = shared().settle(&Document::numbered("prepaid-invoice.xml", "PREPAID"));
    assert_eq!(trace["status"], "PAID", "{trace:#}");
    assert_eq!(trace["payments"], json!([]));
}

#[test]
fn r2_an_invoice_that_breaks_rules_is_rejected_with_their_ids() {
    for (sample, rule) in [
        ("wrong-total.xml", "BR-CO-16"),
        ("negative-price.xml", "BR-27"),
    ] {
        let trace = shared().settle(&Document::numbered(sample, &format!("R2-{rule}")));
        assert_eq!(trace["status"], "REJECTED", "{trace:#}");
        assert!(rules(&trace).contains(&rule), "{sample}: {trace:#}");
    }
}

#[test]
fn r2_send_follow_exits_1_on_a_rejected_invoice() {
    let document = Document::numbered("wrong-total.xml", "R2-EXIT");
    let run = shared().run(&["send", document.path(), "--register-vendor", "--follow"]);
    assert_eq!(run.code, 1, "{run}");
}

#[test]
fn r3_an_unknown_vendors_invoice_is_rejected() {
    let changes = [
        ("4012345000009", "4399999999992"),
        ("DE136695976", "DE999999999"),
    ];
    let document = Document::changed("invoice.xml", "R3-UNKNOWN", &changes);
    let environment = shared();
    let sent = environment.json(&["send", document.path()], &[0]);
    let trace = environment.resting(sent["id"].as_str().unwrap());
    assert_eq!(trace["status"], "REJECTED", "{trace:#}");
}

#[test]
fn an_invoice_above_the_automatic_limit_waits_for_people() {
    let trace = shared().settle(&Document::numbered("large-approval.xml", "LARGE"));
    assert_eq!(trace["status"], "AWAITING_APPROVAL", "{trace:#}");
    assert_eq!(trace["payments"], json!([]));
}

#[test]
fn r26_an_invoice_that_names_another_account_is_disputed_and_not_paid() {
    let environment = shared();
    environment.submit(&Document::numbered("invoice.xml", "R26-FIRST"));
    let document = Document::changed(
        "invoice.xml",
        "R26-OTHER",
        &[("DE89370400440532013000", "DE02120300000000202051")],
    );
    let sent = environment.json(&["send", document.path()], &[0]);
    let trace = environment.resting(sent["id"].as_str().unwrap());
    assert_eq!(trace["status"], "DISPUTED", "{trace:#}");
    assert_eq!(trace["payments"], json!([]));
}

#[test]
fn r14_versions_are_gapless() {
    let trace = shared().settle(&Document::numbered("invoice.xml", "R14"));
    let versions: Vec<_> = states(&trace);
    assert_eq!(
        versions.len(),
        5,
        "one history item for each version: {trace:#}"
    );
}
