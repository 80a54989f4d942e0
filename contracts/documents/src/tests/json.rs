//! The own JSON: exact numbers, tolerant of what is absent, judged by the same rules.

use super::*;

fn refused(text: &str) -> Unreadable {
    read(text.as_bytes()).unwrap_err()
}

#[test]
fn r23_floats_for_money_are_refused_with_their_place() {
    let Unreadable::FloatMoney {
        pointer,
        line,
        column,
    } = refused(&with(JSON, "\"due\": \"223.13\"", "\"due\": 223.13"))
    else {
        panic!("expected FloatMoney");
    };
    assert_eq!(pointer, "/invoice/totals/due");
    let expected = JSON.lines().position(|l| l.contains("\"due\"")).unwrap() + 1;
    assert_eq!(line, expected);
    assert!(column > 1);
    for number in ["1e3", "-0.5", "99999999999999999999999"] {
        let text = with(
            JSON,
            "\"quantity\": \"3\"",
            &format!("\"quantity\": {number}"),
        );
        let found = refused(&text);
        assert!(
            matches!(&found, Unreadable::FloatMoney { pointer, .. } if pointer == "/invoice/lines/0/quantity"),
            "{found:?}"
        );
    }
    assert!(matches!(
        refused("{\"amount\": 12.5}"),
        Unreadable::FloatMoney { .. }
    ));
}

#[test]
fn integers_are_exact_and_taken() {
    let text = with(JSON, "\"quantity\": \"3\"", "\"quantity\": 3");
    assert_eq!(
        rules(&with(&text, "\"rate\": \"19\"", "\"rate\": 19")),
        Vec::<String>::new()
    );
}

#[test]
fn broken_json_says_where_and_other_json_what_it_lacks() {
    assert!(matches!(
        refused("{\n \"format\" 1}"),
        Unreadable::Json { line: 2, .. }
    ));
    assert!(matches!(refused("{} trailing"), Unreadable::Json { .. }));
    assert!(matches!(refused("{}"), Unreadable::NotAnInvoice { .. }));
    assert!(matches!(refused("[]"), Unreadable::NotAnInvoice { .. }));
    assert!(matches!(
        refused("{\"format\": \"invoice/2\", \"invoice\": {}}"),
        Unreadable::NotAnInvoice { .. }
    ));
    assert!(matches!(
        refused(&"[".repeat(100_000)),
        Unreadable::TooDeep { .. }
    ));
    let twice = with(
        JSON,
        "\"due\": \"223.13\"",
        "\"due\": \"1.00\", \"due\": \"223.13\"",
    );
    assert!(matches!(refused(&twice), Unreadable::Json { .. }));
    let list = with(JSON, "\"lines\": [", "\"lines\": {\"a\": [")
        .replace("],\n    \"vatB", "]},\n    \"vatB");
    let Unreadable::Form { pointer, .. } = refused(&list) else {
        panic!("expected Form");
    };
    assert_eq!(pointer, "/invoice/lines");
}

#[test]
fn r23_an_incomplete_document_is_an_invoice_with_violations() {
    let bare = "{\"format\": \"invoice/1\", \"invoice\": {\"lines\": [{}], \"vatBreakdown\": [{}], \"allowances\": [{}]}}";
    let found = rules(bare);
    for rule in [
        "BR-02", "BR-05", "BR-15", "BR-22", "BR-24", "BR-26", "BR-31", "BR-32", "BR-45", "BR-46",
    ] {
        assert!(
            found.contains(&rule.to_owned()),
            "{rule} is not in {found:?}"
        );
    }
}

#[test]
fn r24_json_is_judged_by_the_same_rules() {
    assert_eq!(
        rules(&with(JSON, "\"due\": \"223.13\"", "\"due\": \"323.13\"")),
        ["BR-CO-16"]
    );
    assert!(rules(&with(JSON, "\"EUR\"", "\"EUX\"")).contains(&"BR-CL-04".to_owned()));
    let long = rules(&with(JSON, "\"due\": \"223.13\"", "\"due\": \"223.135\""));
    assert!(long.contains(&"BR-DEC-18".to_owned()), "{long:?}");
}

#[test]
fn a_value_of_another_kind_is_a_violation_at_its_place() {
    let text = with(
        JSON,
        "\"issueDate\": \"2026-03-02\"",
        "\"issueDate\": \"yesterday\"",
    );
    let judgement = judge(&read(text.as_bytes()).unwrap());
    let found: Vec<_> = judgement
        .violations
        .iter()
        .map(|v| (v.rule.as_str(), v.path.as_str()))
        .collect();
    assert!(
        found.contains(&("DOCUMENT-VALUE", "/issueDate")),
        "{found:?}"
    );
    assert!(found.iter().any(|(rule, _)| *rule == "BR-03"), "{found:?}");
}

#[test]
fn a_misspelt_term_is_a_warning() {
    let text = with(JSON, "\"dueDate\"", "\"dueDte\"");
    let judgement = judge(&read(text.as_bytes()).unwrap());
    let found: Vec<_> = judgement.warnings.iter().map(|v| v.path.as_str()).collect();
    assert_eq!(found, ["/dueDte"]);
    assert!(judge(&read(JSON.as_bytes()).unwrap()).warnings.is_empty());
}

#[test]
fn attachments_are_base64() {
    let attached = |content: &str| {
        with(
            JSON,
            "\"lines\": [",
            &format!(
                "\"attachments\": [{{\"reference\": \"A1\", \"attachment\": {{\"content\": \"{content}\", \
                 \"mimeCode\": \"application/pdf\", \"filename\": \"a.pdf\"}}}}], \"lines\": ["
            ),
        )
    };
    let document = read(attached("QUJD").as_bytes()).unwrap();
    let content = document.invoice().attachments[0]
        .attachment
        .as_ref()
        .unwrap();
    assert_eq!(content.content(), b"ABC");
    assert!(judge(&document).is_valid());
    assert_eq!(rules(&attached("not base64!")), ["DOCUMENT-VALUE"]);
}
