//! Properties over generated patterns, texts and events.

use crate::pattern::text::Wildcard;
use crate::pattern::{Pattern, Scalar};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[aAbß*.\"]{0,3}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-5_i64..5).prop_map(Value::from),
        (-1e3..1e3).prop_map(|double: f64| json!(double)),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!("10.0.0.1")),
    ]
}

fn alternative() -> impl Strategy<Value = Value> {
    let text = || "[aAbß]{1,3}";
    let texts = || prop::collection::vec("[aAb]{1,2}", 1..3);
    prop_oneof![
        4 => scalar(),
        1 => text().prop_map(|text| json!({ "prefix": text })),
        1 => text().prop_map(|text| json!({ "suffix": { "equals-ignore-case": text } })),
        1 => text().prop_map(|text| json!({ "equals-ignore-case": text })),
        1 => text().prop_map(|text| json!({ "wildcard": format!("*{text}*") })),
        1 => any::<bool>().prop_map(|wanted| json!({ "exists": wanted })),
        1 => texts().prop_map(|texts| json!({ "anything-but": texts })),
        1 => texts().prop_map(|texts| json!({ "anything-but": { "prefix": texts } })),
        1 => text().prop_map(|text| json!({ "anything-but": { "wildcard": format!("{text}*") } })),
        1 => (-5..5_i64).prop_map(|number| json!({ "anything-but": number })),
        1 => (-5..0_i64, 1..5_i64).prop_map(|(low, high)| json!({ "numeric": [">", low, "<=", high] })),
        1 => (0..32_u32).prop_map(|bits| json!({ "cidr": format!("10.0.0.0/{bits}") })),
    ]
}

/// Fields with names of one character out of a class.
fn fields(names: &'static str) -> impl Strategy<Value = Map<String, Value>> {
    let list = prop::collection::vec(alternative(), 1..3).prop_map(Value::from);
    let field = list.prop_recursive(2, 8, 3, |inner| {
        prop::collection::btree_map("[abc]", inner, 1..3).prop_map(|fields| json!(fields))
    });
    prop::collection::btree_map(names, field, 1..3).prop_map(|fields| fields.into_iter().collect())
}

/// Patterns with a choice, and sometimes one in an object or in a branch.
fn choosing() -> impl Strategy<Value = Value> {
    (
        fields("[ai]"),
        prop::collection::vec(fields("[bcd]"), 2..4),
        prop::collection::vec(fields("[efg]"), 2..3),
        0..3_u8,
    )
        .prop_map(|(mut outer, branches, others, place)| {
            let mut branches: Vec<_> = branches.into_iter().map(Value::from).collect();
            match place {
                0 => outer.insert("h".into(), json!({ "$or": others })),
                1 => branches[0]
                    .as_object_mut()
                    .and_then(|branch| branch.insert("h".into(), json!({ "$or": others }))),
                _ => None,
            };
            outer.insert("$or".into(), Value::from(branches));
            Value::from(outer)
        })
}

fn event() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(3, 20, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abcefg]", inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    });
    prop::collection::btree_map("[abcdefghi]", value, 0..8).prop_map(|fields| json!(fields))
}

/// The value's first leaves: no more than one element of each array.
fn first_leaves(value: &Value, path: &str, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                first_leaves(value, &format!("{path}{dot}{name}"), into);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                first_leaves(first, path, into);
            }
        }
        scalar => {
            into.insert(path.to_owned(), json!([scalar]));
        }
    }
}

/// The patterns without `$or` that one with `$or` stands for.
fn spelled_out(pattern: &Value) -> Vec<Value> {
    let Some(fields) = pattern.as_object() else {
        return vec![pattern.clone()];
    };
    let mut all = vec![json!({})];
    for (name, value) in fields {
        let options: Vec<_> = if name == "$or" {
            value
                .as_array()
                .unwrap()
                .iter()
                .flat_map(spelled_out)
                .collect()
        } else {
            spelled_out(value)
                .into_iter()
                .map(|value| json!({ name: value }))
                .collect()
        };
        all = all
            .iter()
            .flat_map(|one| options.iter().map(|option| merged(one.clone(), option)))
            .collect();
    }
    all
}

/// Both objects in one, down to their lists.
fn merged(mut one: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().unwrap() {
        let slot = &mut one[name];
        *slot = if slot.is_object() && value.is_object() {
            merged(slot.take(), value)
        } else {
            value.clone()
        };
    }
    one
}

/// `*` tried at every length.
fn naive(pattern: &[char], value: &[char]) -> bool {
    match pattern {
        [] => value.is_empty(),
        ['*', rest @ ..] => (0..=value.len()).any(|taken| naive(rest, &value[taken..])),
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => {
            value.first() == Some(literal) && naive(rest, &value[1..])
        }
    }
}

proptest! {
    #[test]
    fn parse_gives_back_what_was_rendered(pattern in prop_oneof![fields("[abc]").prop_map(Value::from), choosing()]) {
        let parsed = Pattern::parse(&pattern).unwrap();
        prop_assert_eq!(Pattern::parse(&parsed.to_json()), Ok(parsed));
    }

    #[test]
    fn a_choice_is_the_union_of_its_combinations(pattern in choosing(), events in prop::collection::vec(event(), 8)) {
        let parsed = Pattern::parse(&pattern).unwrap();
        let without: Vec<_> = spelled_out(&pattern).iter().map(|one| Pattern::parse(one).unwrap()).collect();
        prop_assert!(without.len() >= 2);
        for event in events {
            let any = without.iter().any(|pattern| pattern.matches(&event));
            prop_assert_eq!(parsed.matches(&event), any);
        }
    }

    #[test]
    fn an_events_own_leaves_match_it(event in event()) {
        let mut leaves = BTreeMap::new();
        first_leaves(&event, "", &mut leaves);
        if !leaves.is_empty() {
            let pattern = Pattern::parse(&json!(leaves)).unwrap();
            prop_assert!(pattern.matches(&event));
        }
    }

    #[test]
    fn wildcards_agree_with_trying_every_length(pattern in r"([ab]|\\\*|\\\\|\*[ab]){0,5}\*?", value in r"[ab*\\]{0,7}") {
        let wildcard = Wildcard::parse(&pattern).unwrap();
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(wildcard.matches(&value), naive(&characters(&pattern), &characters(&value)));
    }

    #[test]
    fn anything_but_is_the_opposite_of_being_one_of(text in "[aAb]{1,2}", value in scalar()) {
        let with = |alternative: Value| Pattern::parse(&json!({ "f": [alternative] })).unwrap();
        let event = json!({ "f": value });
        for operator in ["prefix", "suffix", "equals-ignore-case", "wildcard"] {
            let one = with(json!({ operator: text })).matches(&event);
            let other = with(json!({ "anything-but": { operator: text } })).matches(&event);
            prop_assert_ne!(one, other);
        }
    }

    #[test]
    fn integers_compare_as_integers(one in -(1_i64 << 53)..=(1_i64 << 53), other in -(1_i64 << 53)..=(1_i64 << 53)) {
        let above = Pattern::parse(&json!({ "f": [{ "numeric": [">", one] }] })).unwrap();
        prop_assert_eq!(above.matches(&json!({ "f": other })), other > one);
        let equal = Pattern::default().field("f", [crate::pattern::Matcher::is(Scalar::from(one))]);
        prop_assert_eq!(equal.matches(&json!({ "f": other })), other == one);
    }
}
