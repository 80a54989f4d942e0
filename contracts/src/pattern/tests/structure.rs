//! Paths, arrays and choices.

use super::matches;
use crate::pattern::{Matcher, Pattern};
use serde_json::json;

#[test]
fn every_field_has_to_match() {
    let pattern = json!({ "source": ["a"], "detail": { "x": [1], "y": ["k"] } });
    assert!(matches(
        &pattern,
        &json!({ "source": "a", "detail": { "x": 1, "y": "k", "z": 0 } })
    ));
    assert!(!matches(
        &pattern,
        &json!({ "source": "a", "detail": { "x": 1, "y": "l" } })
    ));
    assert!(!matches(
        &pattern,
        &json!({ "source": "a", "detail": null })
    ));
    assert!(!matches(&pattern, &json!("a")));
}

#[test]
fn fields_in_an_array_of_objects_match_within_one_element() {
    let pattern =
        json!({ "detail": { "lines": { "sku": ["A"], "qty": [{ "numeric": [">", 5] }] } } });
    let lines = |lines| json!({ "detail": { "lines": lines } });
    assert!(matches(
        &pattern,
        &lines(json!([{ "sku": "B", "qty": 1 }, { "sku": "A", "qty": 6 }]))
    ));
    assert!(!matches(
        &pattern,
        &lines(json!([{ "sku": "A", "qty": 1 }, { "sku": "B", "qty": 6 }]))
    ));
    assert!(matches(&pattern, &lines(json!({ "sku": "A", "qty": 6 }))));
}

#[test]
fn nested_arrays_keep_every_level_together() {
    let pattern = json!({ "a": { "id": [1], "b": { "x": [1], "y": [2] } } });
    let good =
        json!({ "a": [{ "id": 2, "b": [] }, { "id": 1, "b": [{ "x": 0 }, { "x": 1, "y": 2 }] }] });
    assert!(matches(&pattern, &good));
    let other_outer =
        json!({ "a": [{ "id": 1, "b": [] }, { "id": 2, "b": [{ "x": 1, "y": 2 }] }] });
    assert!(!matches(&pattern, &other_outer));
    let other_inner = json!({ "a": [{ "id": 1, "b": [{ "x": 1 }, { "y": 2 }] }] });
    assert!(!matches(&pattern, &other_inner));
    // Arrays in arrays: the inner ones are elements.
    let pairs = json!({ "a": { "x": [1], "y": [2] } });
    assert!(matches(&pairs, &json!({ "a": [[{ "x": 1, "y": 2 }]] })));
    assert!(!matches(
        &pairs,
        &json!({ "a": [[{ "x": 1 }], [{ "y": 2 }]] })
    ));
}

#[test]
fn different_arrays_choose_their_elements_apart() {
    let pattern = json!({ "a": { "x": [1] }, "b": { "x": [2] } });
    assert!(matches(
        &pattern,
        &json!({ "a": [{ "x": 0 }, { "x": 1 }], "b": [{ "x": 2 }] })
    ));
}

#[test]
fn absence_in_an_array_is_asked_of_the_element_that_earlier_paths_chose() {
    let pattern = json!({ "items": { "code": ["A"], "hold": [{ "exists": false }] } });
    assert!(matches(
        &pattern,
        &json!({ "items": [{ "code": "A" }, { "code": "B", "hold": 1 }] })
    ));
    assert!(!matches(
        &pattern,
        &json!({ "items": [{ "code": "A", "hold": 1 }, { "code": "B" }] })
    ));
    let alone = json!({ "items": { "hold": [{ "exists": false }] } });
    assert!(!matches(&alone, &json!({ "items": [{ "hold": 1 }, {}] })));
    assert!(matches(&alone, &json!({ "items": [{}, { "code": 1 }] })));
    // A path that comes earlier in the alphabet is asked before an element is chosen.
    let earlier = json!({ "items": { "code": ["A"], "blocked": [{ "exists": false }] } });
    assert!(!matches(
        &earlier,
        &json!({ "items": [{ "code": "A" }, { "code": "B", "blocked": 1 }] })
    ));
}

#[test]
fn a_dotted_name_is_a_path() {
    for pattern in [json!({ "a.b": [1] }), json!({ "a": { "b": [1] } })] {
        assert!(matches(&pattern, &json!({ "a": { "b": 1 } })));
        assert!(matches(&pattern, &json!({ "a.b": 1 })));
    }
    let both = json!({ "a": ["x"], "a.b": [1] });
    assert!(matches(&both, &json!({ "a": ["x", { "b": 1 }] })));
    assert!(!matches(&both, &json!({ "a": { "b": 1 } })));
}

#[test]
fn a_choice_takes_any_branch_at_its_level() {
    let pattern = json!({
        "source": ["s"],
        "detail": { "$or": [{ "amount": [{ "numeric": [">", 10] }] }, { "country": ["DE"], "new": [true] }] }
    });
    let event = |detail| json!({ "source": "s", "detail": detail });
    assert!(matches(&pattern, &event(json!({ "amount": 11 }))));
    assert!(matches(
        &pattern,
        &event(json!({ "amount": 1, "country": "DE", "new": true }))
    ));
    assert!(!matches(
        &pattern,
        &event(json!({ "amount": 1, "country": "DE" }))
    ));
    assert!(!matches(
        &pattern,
        &json!({ "source": "t", "detail": { "amount": 11 } })
    ));
}

#[test]
fn choices_nest_and_stand_side_by_side() {
    let pattern = json!({
        "$or": [{ "a": [1] }, { "b": [1], "$or": [{ "c": [1] }, { "d": { "$or": [{ "e": [1] }, { "f": [1] }] } }] }],
        "z": { "$or": [{ "x": [1] }, { "y": [1] }] }
    });
    assert!(matches(&pattern, &json!({ "a": 1, "z": { "y": 1 } })));
    assert!(matches(
        &pattern,
        &json!({ "b": 1, "d": { "f": 1 }, "z": { "x": 1 } })
    ));
    assert!(!matches(&pattern, &json!({ "a": 1 })));
    assert!(!matches(&pattern, &json!({ "b": 1, "z": { "x": 1 } })));
    assert_eq!(Pattern::parse(&pattern).unwrap().to_json(), pattern);
}

#[test]
fn built_choices_multiply() {
    let one = |path: &str| Pattern::default().field(path, [Matcher::is(1)]);
    let pattern = one("z")
        .either([one("a"), one("b")])
        .either([one("c"), one("d.e")]);
    assert_eq!(Pattern::parse(&pattern.to_json()), Ok(pattern.clone()));
    assert!(pattern.matches(&json!({ "z": 1, "b": 1, "d": { "e": 1 } })));
    assert!(!pattern.matches(&json!({ "z": 1, "a": 1, "b": 1 })));
}

#[test]
fn paths_that_share_a_beginning_share_an_object() {
    let pattern = Pattern::default()
        .field("detail.data.reason", [Matcher::anything_but("duplicate")])
        .field("detail.metadata.replayOf", [Matcher::absent()]);
    assert_eq!(
        pattern.to_json(),
        json!({ "detail": {
            "data": { "reason": [{ "anything-but": ["duplicate"] }] },
            "metadata": { "replayOf": [{ "exists": false }] },
        } })
    );
}

#[test]
fn many_equal_elements_cost_one_way() {
    let values: Vec<_> = (0..300).map(|_| json!("x")).collect();
    let fields: Vec<_> = ('a'..='z').map(String::from).collect();
    let event: serde_json::Map<_, _> = fields
        .iter()
        .map(|name| (name.clone(), json!(values)))
        .collect();
    let pattern: serde_json::Map<_, _> = fields
        .iter()
        .map(|name| (name.clone(), json!(["x"])))
        .collect();
    assert!(matches(&json!(pattern), &json!(event)));
}
