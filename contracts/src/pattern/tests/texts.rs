//! Operators on texts, and `anything-but`: what each takes and what it leaves.

use super::table;
use serde_json::json;

#[test]
fn prefix_and_suffix_are_for_strings() {
    table(
        json!([{ "prefix": "inv-" }]),
        json!(["inv-", "inv-7", ["x", "inv-1"]]),
        json!(["Inv-7", "in", 1, null]),
    );
    table(
        json!([{ "suffix": ".xml" }]),
        json!([".xml", "a.xml"]),
        json!(["a.XML", "xml", 1]),
    );
    table(
        json!([{ "prefix": "" }, { "suffix": "" }]),
        json!(["", "a"]),
        json!([1, null, true]),
    );
    // Strings are compared with their quotation marks.
    table(
        json!([{ "prefix": "a\"" }]),
        json!(["a", "a\"b"]),
        json!(["ab"]),
    );
    table(json!([{ "suffix": "\"a" }]), json!(["a"]), json!(["ba"]));
    table(
        json!([{ "prefix": "5" }, { "suffix": "5" }]),
        json!(["5"]),
        json!([5, 55]),
    );
}

#[test]
fn case_is_ignored_character_by_character() {
    table(
        json!([{ "equals-ignore-case": "alice" }]),
        json!(["ALICE", "aLiCe"]),
        json!(["alices", "alic", 1]),
    );
    table(
        json!([{ "prefix": { "equals-ignore-case": "EventB" } }]),
        json!(["eventbridge", "EVENTB"]),
        json!(["event", 1]),
    );
    table(
        json!([{ "suffix": { "equals-ignore-case": ".PNG" } }]),
        json!(["a.png", ".pNg"]),
        json!(["png", "a.png "]),
    );
    table(
        json!([{ "equals-ignore-case": "straße" }]),
        json!(["STRASSE", "STRAßE"]),
        json!(["strasse"]),
    );
    table(
        json!([{ "suffix": { "equals-ignore-case": "aß" } }]),
        json!(["xaSS", "AßaSS"]),
        json!(["ass"]),
    );
}

#[test]
fn wildcards_stand_for_any_characters() {
    table(
        json!([{ "wildcard": "dir/*.png" }]),
        json!(["dir/a.png", "dir/.png", "dir/b/c.png"]),
        json!(["dir/a.png.txt", "adir/a.png", 1]),
    );
    table(
        json!([{ "wildcard": "*" }]),
        json!(["", "x", "ä\n"]),
        json!([1, null]),
    );
    table(
        json!([{ "wildcard": r"a\*b" }]),
        json!(["a*b"]),
        json!(["axb", r"a\*b"]),
    );
    table(
        json!([{ "wildcard": r"c:\\*" }]),
        json!([r"c:\x", r"c:\"]),
        json!(["c:x"]),
    );
    table(
        json!([{ "wildcard": "ab*ba" }]),
        json!(["abba", "ab-ba"]),
        json!(["aba"]),
    );
    table(
        json!([{ "wildcard": "a*b*b" }]),
        json!(["abb", "axbxb"]),
        json!(["ab"]),
    );
    table(
        json!([{ "wildcard": "plain.?" }]),
        json!(["plain.?"]),
        json!(["plain.x"]),
    );
}

#[test]
fn anything_but_takes_every_other_value_of_any_kind() {
    table(
        json!([{ "anything-but": "open" }]),
        json!(["paid", "", 1, null, true, ["open", "paid"]]),
        json!(["open", ["open"], [], {}]),
    );
    table(
        json!([{ "anything-but": ["open", "held"] }]),
        json!(["paid", 5]),
        json!(["open", "held", ["open", "held"]]),
    );
    table(
        json!([{ "anything-but": 100 }]),
        json!([101, "100", null, u64::MAX]),
        json!([100, 100.0]),
    );
    table(
        json!([{ "anything-but": [100, 200] }]),
        json!([300, "x"]),
        json!([1e2, 200]),
    );
    table(
        json!([{ "anything-but": { "prefix": "us-" } }]),
        json!(["eu-1", "us", 5]),
        json!(["us-1", "us-"]),
    );
    table(
        json!([{ "anything-but": { "prefix": ["us-", "eu-"] } }]),
        json!(["ap-1"]),
        json!(["us-1", "eu-1"]),
    );
    table(
        json!([{ "anything-but": { "suffix": ".png" } }]),
        json!(["a.jpg", null]),
        json!(["a.png"]),
    );
    table(
        json!([{ "anything-but": { "suffix": [".png", ".gif"] } }]),
        json!(["a.jpg"]),
        json!(["a.png", "a.gif"]),
    );
    table(
        json!([{ "anything-but": { "equals-ignore-case": "open" } }]),
        json!(["opened", false]),
        json!(["OPEN", "Open"]),
    );
    table(
        json!([{ "anything-but": { "equals-ignore-case": ["open", "held"] } }]),
        json!(["paid"]),
        json!(["OPEN", "Held"]),
    );
    table(
        json!([{ "anything-but": { "wildcard": "*/lib/*" } }]),
        json!(["/bin/a", 3]),
        json!(["/lib/a"]),
    );
    table(
        json!([{ "anything-but": { "wildcard": ["*.jar", "*.class"] } }]),
        json!(["a.rs"]),
        json!(["a.jar", "b.class"]),
    );
    // Two of them in one list exclude nothing that differs from either.
    table(
        json!([{ "anything-but": "a" }, { "anything-but": "b" }]),
        json!(["a", "b"]),
        json!([]),
    );
    // Its text is compared as a text, addresses too.
    table(
        json!([{ "anything-but": "10.0.0.1" }]),
        json!(["::ffff:a00:1"]),
        json!(["10.0.0.1"]),
    );
}
