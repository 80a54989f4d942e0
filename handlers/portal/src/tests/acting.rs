//! R20: who may act for whom.

use super::*;
use contracts::VendorId;
use ports::ClaimVendors;

const CREDIT_NOTE: &[u8] = include_bytes!("../../../../samples/credit-note.xml");

fn by(caller: &str, request: Request) -> Request {
    Request {
        caller: caller.to_owned(),
        ..request
    }
}

fn code(answer: &(Response, Value)) -> (u16, Option<&str>) {
    (answer.0.status, answer.1["code"].as_str())
}

/// The registration of another vendor than the sample's.
fn other_vendor() -> Vec<u8> {
    let mut registration: Value = serde_json::from_slice(VENDOR).unwrap();
    registration["vatId"] = "NL004495445B01".into();
    registration.as_object_mut().unwrap().remove("endpoint");
    serde_json::to_vec(&registration).unwrap()
}

fn vendor_of(desk: &Desk, caller: &str) -> Option<VendorId> {
    desk.world.run(desk.world.vendor_of(caller)).unwrap()
}

#[test]
fn r20_a_caller_acts_for_the_first_vendor_that_it_registers() {
    let desk = Desk::default();
    let invoice = |key| by("seller", post("/invoices", key, INVOICE));
    assert_eq!(
        code(&desk.send(&invoice("k1"))),
        (403, Some("no-vendor")),
        "for nobody yet"
    );
    let vendor = documents::read(INVOICE).unwrap().vendor_id();
    assert_eq!(
        desk.send(&by("seller", post("/vendors", "k2", VENDOR)))
            .0
            .status,
        202
    );
    assert_eq!(vendor_of(&desk, "seller"), Some(vendor));
    assert_eq!(
        desk.send(&invoice("k1")).0.status,
        202,
        "a refusal is not remembered"
    );
    // Registering it again, with whatever changed, stays allowed.
    assert_eq!(
        desk.send(&by("seller", post("/vendors", "k4", VENDOR)))
            .0
            .status,
        202
    );
    let another = by("seller", post("/vendors", "k5", &other_vendor()));
    assert_eq!(code(&desk.send(&another)), (403, Some("not-your-vendor")));
    assert_eq!(
        desk.published(),
        ["VendorRegistered", "InvoiceSubmitted", "VendorRegistered"]
    );
}

#[test]
fn r20_a_vendor_that_is_somebodys_is_not_taken_over() {
    let desk = Desk::default();
    desk.send(&by("seller", post("/vendors", "k1", VENDOR)));
    let taken = by("intruder", post("/vendors", "k1", VENDOR));
    assert_eq!(code(&desk.send(&taken)), (403, Some("not-your-vendor")));
    assert_eq!(vendor_of(&desk, "intruder"), None);

    // Nor is one that the house registered, of which just the tax number is known.
    let desk = Desk::default();
    desk.world.seed_vendor(VendorProfile {
        vendor_id: documents::read(INVOICE).unwrap().vendor_id(),
        ..sample::profile()
    });
    assert_eq!(code(&desk.send(&taken)), (403, Some("not-your-vendor")));
    assert_eq!(vendor_of(&desk, "intruder"), None);
    assert!(desk.published().is_empty());
}

#[test]
fn r20_a_vendor_that_the_house_asked_for_is_claimed_by_nobody_before_its_profile_is_there() {
    let desk = Desk::default();
    let staff = post("/vendors", "k1", VENDOR);
    let intruder = by("intruder", post("/vendors", "k1", VENDOR));
    let mut schedule = Schedule::default();
    schedule.start(answer(&desk.world, &desk.claims, TERMS, &staff));
    for _ in ["begin", "look", "hold"] {
        assert!(schedule.turn(0).is_none());
    }
    assert_eq!(code(&desk.send(&intruder)), (403, Some("not-your-vendor")));
    assert_eq!(vendor_of(&desk, "intruder"), None);
    assert_eq!(schedule.finish()[0].as_ref().unwrap().status, 202);
    assert_eq!(code(&desk.send(&intruder)), (403, Some("not-your-vendor")));
    assert_eq!(desk.published(), ["VendorRegistered"]);
    // The house registers it again as it likes.
    assert_eq!(desk.send(&post("/vendors", "k2", VENDOR)).0.status, 202);
}

#[test]
fn r20_a_sellers_vendor_stays_its_own_when_the_house_registers_it_too() {
    let desk = Desk::default();
    let seller = |key| by("seller", post("/vendors", key, VENDOR));
    assert_eq!(desk.send(&seller("k1")).0.status, 202);
    assert_eq!(desk.send(&post("/vendors", "k2", VENDOR)).0.status, 202);
    assert_eq!(desk.send(&seller("k3")).0.status, 202);
    let vendor = documents::read(INVOICE).unwrap().vendor_id();
    assert_eq!(vendor_of(&desk, "seller"), Some(vendor));
}

#[test]
fn r20_another_sellers_invoice_is_refused_even_when_it_stands() {
    let desk = Desk::default();
    desk.send(&by("rival", post("/vendors", "k1", &other_vendor())));
    desk.world.seed_invoice(known(State::Paid));
    for (key, document) in [("k2", INVOICE), ("k3", INVOICE_JSON), ("k4", CREDIT_NOTE)] {
        let sent = desk.send(&by("rival", post("/invoices", key, document)));
        assert_eq!(code(&sent), (403, Some("not-your-vendor")));
    }
    assert_eq!(desk.published(), ["VendorRegistered"]);
}

#[test]
fn r20_what_is_anothers_looks_like_what_is_not_there() {
    let desk = Desk::default();
    desk.send(&by("rival", post("/vendors", "k1", &other_vendor())));
    desk.send(&by("seller", post("/vendors", "k1", VENDOR)));
    let record = known(State::Paid);
    let vendor = VendorProfile {
        vendor_id: record.vendor_id(),
        ..sample::profile()
    };
    let there = [record.invoice_id.to_string(), vendor.vendor_id.to_string()];
    desk.world.seed_invoice(record);
    desk.world.seed_vendor(vendor);
    let nowhere = VendorId::of(&contracts::ids::SellerIdentity::Vat("none".to_owned()));
    for (id, (route, parameter)) in there.iter().zip([
        ("/invoices/{invoiceId}", "invoiceId"),
        ("/vendors/{vendorId}", "vendorId"),
    ]) {
        let show = |caller, id: &str| desk.send(&by(caller, get(route, parameter, id)));
        assert_eq!(show("seller", id).0.status, 200);
        assert_eq!(show("tester", id).0.status, 200, "staff see everything");
        let absent = show("seller", &nowhere.to_string());
        assert_eq!(absent.0.status, 404);
        for stranger in ["rival", "passer-by"] {
            assert_eq!(show(stranger, id), absent, "not even a word differs");
        }
    }
}

#[test]
fn r20_the_sessions_of_a_role_are_one_caller() {
    let desk = Desk::default();
    let session = |name: &str| format!("arn:aws:sts::000000000000:assumed-role/seller/{name}");
    desk.send(&by(&session("a"), post("/vendors", "k1", VENDOR)));
    let sent = desk.send(&by(&session("b"), post("/invoices", "k2", INVOICE)));
    assert_eq!(sent.0.status, 202);
}

#[test]
fn r20_a_caller_is_mapped_before_anything_is_announced() {
    let desk = Desk::default();
    let request = by("seller", post("/vendors", "k1", VENDOR));
    let mut schedule = Schedule::default();
    schedule.start(answer(&desk.world, &desk.claims, TERMS, &request));
    while schedule.turn(0).is_none() {
        assert!(desk.published().is_empty() || vendor_of(&desk, "seller").is_some());
    }
    assert_eq!(desk.published(), ["VendorRegistered"]);
}

#[test]
fn r20_of_two_who_register_one_vendor_at_once_one_gets_it() {
    for picks in 0..64_usize {
        let desk = Desk::default();
        let requests = ["seller", "intruder"].map(|who| by(who, post("/vendors", "k1", VENDOR)));
        let mut schedule = Schedule::default();
        for request in &requests {
            schedule.start(answer(&desk.world, &desk.claims, TERMS, request));
        }
        let mut answers: Vec<_> = (0..6)
            .filter_map(|bit| schedule.turn(picks >> bit & 1))
            .collect();
        answers.extend(schedule.finish());
        let mut statuses: Vec<_> = answers.iter().map(|a| a.as_ref().unwrap().status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [202, 403]);
        let mapped = ["seller", "intruder"].map(|who| vendor_of(&desk, who).is_some());
        assert!(mapped[0] != mapped[1]);
        assert_eq!(desk.published(), ["VendorRegistered"]);
    }
}
