//! Properties of timelines.

use super::stories::{PAID, beginning, id, notice, payment, step, story};
use crate::timeline::{EntryKind, timeline};
use contracts::items::Item;
use contracts::records::PaymentStatus;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::Duration;

/// A paid invoice whose producers' clocks are off by the given milliseconds.
fn skewed(offsets: &[i64]) -> Vec<Item> {
    let mut all: Vec<Item> = story(&PAID)
        .into_iter()
        .filter(|item| item["sk"] == "HEAD")
        .collect();
    let mut from = None;
    for (index, ((state, event, actor), offset)) in PAID.iter().zip(offsets).enumerate() {
        let at = beginning() + Duration::milliseconds(100 * index as i64 + offset);
        all.extend(step(index as u64 + 1, from, *state, *event, actor, at));
        from = Some(*state);
    }
    let end = beginning() + Duration::milliseconds(700);
    all.push(payment(PaymentStatus::Settled, end));
    all.push(notice("InvoicePaid", end));
    all
}

fn junk() -> impl Strategy<Value = Item> {
    let kinds = "(invoice|history|event|payment|notice|approval|)";
    let record = prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!({"version": "x"})),
        any::<i64>().prop_map(Value::from),
    ];
    (kinds, "[A-Z#0-9]{0,12}", record).prop_map(|(kind, sk, record)| {
        Item::from([
            ("kind".to_owned(), json!(kind)),
            ("sk".to_owned(), json!(sk)),
            ("record".to_owned(), record),
        ])
    })
}

proptest! {
    #[test]
    fn the_order_does_not_depend_on_the_order_of_reading(
        offsets in proptest::collection::vec(-500_i64..500, 5),
        shuffled in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let items = skewed(&offsets);
        prop_assert_eq!(items.len(), shuffled.len());
        let other: Vec<Item> = shuffled.into_iter().map(|index| items[index].clone()).collect();
        prop_assert_eq!(timeline(id(), &items), timeline(id(), &other));
    }

    #[test]
    fn r14_versions_are_shown_in_order_and_without_gaps_whatever_the_clocks_say(
        offsets in proptest::collection::vec(-500_i64..500, 5),
    ) {
        let trace = timeline(id(), &skewed(&offsets)).unwrap();
        let versions: Vec<_> = trace.timeline.iter()
            .filter(|entry| entry.kind == EntryKind::State)
            .filter_map(|entry| entry.version)
            .collect();
        prop_assert_eq!(versions, [1, 2, 3, 4, 5]);
        prop_assert!(trace.missing_versions.is_empty());
    }

    #[test]
    fn an_event_stands_right_behind_the_step_that_it_announces(
        offsets in proptest::collection::vec(-500_i64..500, 5),
    ) {
        let trace = timeline(id(), &skewed(&offsets)).unwrap();
        let told: Vec<_> = trace.timeline.iter()
            .filter(|entry| matches!(entry.kind, EntryKind::State | EntryKind::Event))
            .collect();
        for (index, entry) in told.iter().enumerate().filter(|(_, entry)| entry.kind == EntryKind::Event) {
            prop_assert_eq!(&told[index - 1].event_id, &entry.event_id);
        }
    }

    #[test]
    fn items_that_are_not_understood_change_nothing_of_the_story(
        strange in proptest::collection::vec(junk(), 0..6),
    ) {
        let known = skewed(&[0; 5]);
        let all: Vec<Item> = known.iter().chain(&strange).cloned().collect();
        let (without, with) = (timeline(id(), &known).unwrap(), timeline(id(), &all).unwrap());
        prop_assert_eq!(with.timeline, without.timeline);
        prop_assert_eq!(with.status, without.status);
        prop_assert_eq!(with.unread.len(), strange.len());
    }
}
