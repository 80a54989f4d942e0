//! Exact values, numbers, addresses and presence: what each operator takes and what it leaves.

use super::{matches, table};
use serde_json::json;

#[test]
fn exact_values_keep_their_kind() {
    table(
        json!(["paid"]),
        json!(["paid", ["open", "paid"]]),
        json!(["Paid", "paid ", 1, null, [], {}]),
    );
    table(json!([""]), json!([""]), json!([null, " ", [], 0, false]));
    table(
        json!([null]),
        json!([null, [1, null]]),
        json!(["null", "", 0, false, [], {}]),
    );
    table(json!([true]), json!([true]), json!(["true", 1, false]));
    table(json!(["5"]), json!(["5"]), json!([5]));
    table(json!(["DE", 7]), json!(["DE", 7]), json!(["FR", 8, "7"]));
}

#[test]
fn exact_numbers_are_equal_however_they_are_written() {
    table(
        json!([100]),
        json!([100, 100.0, 1e2]),
        json!([100.01, "100", -100]),
    );
    table(
        json!([0]),
        json!([0, -0.0, 0.0]),
        json!([1e-300, null, false]),
    );
    // Beyond 2^53 a double would make neighbours equal; they stay apart.
    table(
        json!([9007199254740993_u64]),
        json!([9007199254740993_u64]),
        json!([9007199254740992_u64, 9007199254740994_u64]),
    );
    table(
        json!([18446744073709551615_u64]),
        json!([u64::MAX]),
        json!([u64::MAX - 1, 18446744073709552000.0]),
    );
}

#[test]
fn an_exact_address_equals_its_other_spellings() {
    table(
        json!(["10.0.0.1"]),
        json!(["10.0.0.1", "::ffff:a00:1"]),
        json!(["10.0.0.2", "10.0.0.01"]),
    );
    table(
        json!(["2001:db8::1"]),
        json!(["2001:DB8:0:0:0:0:0:1"]),
        json!(["2001:db8::2", "2001:db8::1%eth0"]),
    );
}

#[test]
fn numeric_compares_numbers_only() {
    table(
        json!([{ "numeric": ["=", 301.8] }]),
        json!([301.8, 3.018e2]),
        json!([301.80001, "301.8"]),
    );
    table(
        json!([{ "numeric": ["<", 10] }]),
        json!([9.999, -1e300, -0.0]),
        json!([10, 10.5, "1", null, true]),
    );
    table(
        json!([{ "numeric": ["<=", 10] }]),
        json!([10, 10.0]),
        json!([10.000001]),
    );
    table(
        json!([{ "numeric": [">", 0] }]),
        json!([1e-300, 5]),
        json!([0, -0.0, -1]),
    );
    table(
        json!([{ "numeric": [">=", -0.1] }]),
        json!([-0.1, 0]),
        json!([-0.1000001]),
    );
    table(
        json!([{ "numeric": [">", 0, "<=", 5] }]),
        json!([0.1, 5, [7, 3]]),
        json!([0, 5.1, [6, 7]]),
    );
    table(
        json!([{ "numeric": [">=", 1, "<", 2] }]),
        json!([1, 1.999]),
        json!([2, 0.999]),
    );
    // No range holds a number that a double would round.
    table(
        json!([{ "numeric": [">", 0] }]),
        json!([9007199254740992_u64]),
        json!([9007199254740993_u64]),
    );
}

#[test]
fn cidr_takes_the_addresses_of_a_block() {
    table(
        json!([{ "cidr": "10.0.0.0/24" }]),
        json!(["10.0.0.0", "10.0.0.255", "::ffff:a00:7"]),
        json!(["10.0.1.0", "2001:db8::1", "10.0.0", "10.0.0.0/24", 10]),
    );
    table(
        json!([{ "cidr": "10.0.0.77/24" }]),
        json!(["10.0.0.1"]),
        json!(["10.0.1.1"]),
    );
    table(
        json!([{ "cidr": "0.0.0.0/0" }]),
        json!(["255.255.255.255"]),
        json!(["::1", "x"]),
    );
    table(
        json!([{ "cidr": "192.0.2.254/31" }]),
        json!(["192.0.2.254", "192.0.2.255"]),
        json!(["192.0.2.253"]),
    );
    table(
        json!([{ "cidr": "2001:db8::/32" }]),
        json!(["2001:db8:ffff::1", "2001:DB8::"]),
        json!(["2001:db9::", "10.0.0.1", "fe80::1%0"]),
    );
    table(
        json!([{ "cidr": "::/0" }]),
        json!(["::1"]),
        json!(["10.0.0.1"]),
    );
}

#[test]
fn exists_speaks_of_leaves() {
    table(
        json!([{ "exists": true }]),
        json!(["x", null, 0, "", ["x"], [{ "a": 1 }, 2]]),
        json!([[], {}, { "a": 1 }, [[]], [{ "a": 1 }]]),
    );
    table(
        json!([{ "exists": false }]),
        json!([[], {}, { "a": 1 }, [[]]]),
        json!(["x", null, 0, "", ["x"]]),
    );
    table(
        json!([{ "exists": false }, "old"]),
        json!(["old", {}]),
        json!(["new", null]),
    );
    let missing = json!({ "detail": {} });
    assert!(matches(
        &json!({ "detail": { "field": [{ "exists": false }] } }),
        &missing
    ));
    assert!(!matches(
        &json!({ "detail": { "field": [{ "exists": true }] } }),
        &missing
    ));
    assert!(!matches(
        &json!({ "detail": { "field": [{ "anything-but": "x" }] } }),
        &missing
    ));
}
