//! What `parse` refuses, where it points and what it says is allowed.

use crate::pattern::{MAX_CHARACTERS, Pattern};
use serde_json::{Value, json};

fn refused(pattern: &Value) -> String {
    Pattern::parse(pattern)
        .expect_err(&pattern.to_string())
        .to_string()
}

#[test]
fn faults_name_the_place_and_what_is_allowed() {
    let table = [
        (json!([]), "the top: an object of fields"),
        (json!({}), "the top: an empty object"),
        (json!({ "detail": {} }), "detail: an empty object"),
        (
            json!({ "detail": { "a": "x" } }),
            "detail.a: a field takes a list",
        ),
        (json!({ "a": [] }), "a: an empty list"),
        (json!({ "a": ["x", ["y"]] }), "a[1]: a list holds"),
        (
            json!({ "a": [{}] }),
            "a[0]: an operator is an object with one key",
        ),
        (
            json!({ "a": [{ "prefix": "x", "suffix": "y" }] }),
            "this has 2",
        ),
        (
            json!({ "a": [{ "regex": "x" }] }),
            "no operator `regex`; allowed: anything-but, cidr",
        ),
        (json!({ "a": [{ "prefix": 1 }] }), "`prefix` takes a string"),
        (
            json!({ "a": [{ "prefix": { "wildcard": "x" } }] }),
            "allowed: equals-ignore-case",
        ),
        (
            json!({ "a": [{ "equals-ignore-case": ["x"] }] }),
            "takes a string, not a list",
        ),
        (
            json!({ "a": [{ "exists": "yes" }] }),
            "`exists` takes true or false, not \"yes\"",
        ),
        (json!({ "a": [{ "wildcard": "a**" }] }), "two `*` in a row"),
        (
            json!({ "a": [{ "wildcard": r"a\b" }] }),
            "a backslash stands before",
        ),
        (
            json!({ "a": [{ "wildcard": "a\\" }] }),
            "a backslash stands before",
        ),
        (
            json!({ "a": [{ "anything-but": null }] }),
            "`anything-but` takes",
        ),
        (
            json!({ "a": [{ "anything-but": true }] }),
            "`anything-but` takes",
        ),
        (json!({ "a": [{ "anything-but": [] }] }), "an empty list"),
        (
            json!({ "a": [{ "anything-but": ["x", 1] }] }),
            "`anything-but` takes",
        ),
        (
            json!({ "a": [{ "anything-but": [[1]] }] }),
            "`anything-but` takes",
        ),
        (
            json!({ "a": [{ "anything-but": { "prefix": "" } }] }),
            "texts that aren't empty",
        ),
        (
            json!({ "a": [{ "anything-but": { "wildcard": [] } }] }),
            "an empty list",
        ),
        (
            json!({ "a": [{ "anything-but": { "numeric": ["=", 1] } }] }),
            "allowed: equals-ignore-case, prefix",
        ),
        (
            json!({ "a": [{ "cidr": "10.0.0.0" }] }),
            "write ADDRESS/BITS",
        ),
        (json!({ "a": [{ "cidr": "10.0.0.0/32" }] }), "0 to 31"),
        (json!({ "a": [{ "cidr": "::1/128" }] }), "0 to 127"),
        (
            json!({ "a": [{ "cidr": "010.0.0.0/8" }] }),
            "without leading zeros",
        ),
        (json!({ "a": [{ "cidr": "host/8" }] }), "before `/` stands"),
        (
            json!({ "a": [{ "cidr": "10.0.0.0/x" }] }),
            "number of fixed bits",
        ),
    ];
    for (pattern, wanted) in table {
        let message = refused(&pattern);
        assert!(message.contains(wanted), "{pattern}: {message}");
    }
}

#[test]
fn numeric_operands_follow_their_grammar() {
    let operands = [
        json!(5),
        json!([]),
        json!(["="]),
        json!(["=", "1"]),
        json!(["!=", 1]),
        json!(["=", 1, "<", 2]),
        json!(["<", 1, ">", 0]),
        json!([">", 1, ">", 2]),
        json!([">", 1, "<"]),
        json!([">", 0, "<", 1, "<", 2]),
    ];
    for operand in operands {
        let message = refused(&json!({ "a": [{ "numeric": operand }] }));
        assert!(
            message.contains("a[0]: `numeric` takes one of"),
            "{operand}: {message}"
        );
    }
    for range in [json!([">", 5, "<", 5]), json!([">=", 6, "<=", 5])] {
        let message = refused(&json!({ "a": [{ "numeric": range }] }));
        assert!(message.contains("must be below"), "{message}");
    }
    let message = refused(&json!({ "a": [{ "numeric": ["=", 9007199254740993_u64] }] }));
    assert!(message.contains("can't be compared exactly"), "{message}");
}

#[test]
fn a_choice_that_is_none_is_refused() {
    let table = [
        (
            json!({ "$or": [{ "a": [1] }] }),
            "$or: `$or` takes a list of at least two",
        ),
        (json!({ "$or": { "a": [1] } }), "$or: `$or` takes a list"),
        (
            json!({ "d": { "$or": ["x", "y"] } }),
            "d.$or[0]: an object of fields",
        ),
        (
            json!({ "$or": [{ "a": [1] }, {}] }),
            "$or[1]: an empty object",
        ),
        (
            json!({ "$or": [{ "a": [1] }, { "b": [{ "x": 1 }] }] }),
            "$or[1].b[0]: no operator `x`",
        ),
        (
            json!({ "$or": [{ "a": [1] }, { "prefix": ["x"] }] }),
            "$or[1].prefix: `prefix` is reserved",
        ),
        (json!({ "a.$or": [1] }), "no part of a dotted name"),
    ];
    for (pattern, wanted) in table {
        let message = refused(&pattern);
        assert!(message.contains(wanted), "{pattern}: {message}");
    }
}

#[test]
fn a_field_given_twice_is_refused() {
    let table = [
        json!({ "a": { "b": [2] }, "$or": [{ "a": { "b": [1] } }, { "c": [1] }] }),
        json!({ "a": { "b": [2] }, "a.b": [1] }),
        json!({ "d": { "a": { "$or": [{ "b": [1] }, { "c": [1] }] }, "$or": [{ "a": { "b": [1] } }, { "x": [1] }] } }),
        json!({ "a": { "b": { "$or": [{ "b": [1] }, { "c": [1] }] } }, "a.b": { "$or": [{ "x": [1] }, { "y": [1] }] } }),
    ];
    for pattern in table {
        assert!(refused(&pattern).contains("is given twice"), "{pattern}");
    }
    // In different branches it is a choice.
    assert!(Pattern::parse(&json!({ "$or": [{ "a": [1] }, { "a": [2], "b": [1] }] })).is_ok());
}

#[test]
fn limits_are_the_services() {
    let long = |length: usize| json!({ "a": ["x".repeat(length - r#"{"a":[""]}"#.len())] });
    assert!(Pattern::parse(&long(MAX_CHARACTERS)).is_ok());
    assert!(refused(&long(MAX_CHARACTERS + 1)).contains("4097 characters; EventBridge takes 4096"));
    let branches =
        |name: &str, count: usize| -> Vec<_> { (0..count).map(|n| json!({ name: [n] })).collect() };
    let product = |count| {
        json!({
            "a": { "$or": branches("x", 10) }, "b": { "$or": branches("x", 10) }, "c": { "$or": branches("x", count) }
        })
    };
    assert!(Pattern::parse(&product(10)).is_ok());
    assert!(refused(&product(11)).contains("multiply to 1100; EventBridge takes 1000"));
}
