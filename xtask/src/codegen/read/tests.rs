//! The generator on small schemas: what it makes of them, and what it refuses.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use serde_json::json;

use super::super::config::Config;
use super::super::emit;
use super::super::model::Limit;
use super::*;

fn config(overlays: &str) -> TypeConfig {
    let text = format!(
        "cfn_lint = \"1\"\nregion = \"r\"\n[[type]]\nname = \"AWS::Test::Thing\"\nref = \"name\"\n{overlays}"
    );
    toml::from_str::<Config>(&text).unwrap().types.remove(0)
}

fn schema(properties: Value, definitions: Value) -> Value {
    json!({
        "typeName": "AWS::Test::Thing",
        "properties": properties,
        "definitions": definitions,
        "readOnlyProperties": ["/properties/Arn"],
        "createOnlyProperties": ["/properties/Name", "/properties/Part/Size"],
        "required": ["Name"],
        "tagging": {"taggable": true, "tagProperty": "/properties/Tags"}
    })
}

fn kind_of(property: Value) -> Result<Kind, String> {
    let schema = schema(
        json!({"Name": {"type": "string"}, "X": property}),
        json!({"Many": {"type": "object", "properties": {"A": {"type": "string"}}}}),
    );
    let model = read(&config(""), &schema).map_err(|e| e.to_string())?;
    let field = model.shapes["Thing"]
        .fields
        .iter()
        .find(|field| field.name == "X")
        .unwrap();
    Ok(field.kind.clone())
}

#[test]
fn shapes_become_kinds() {
    let cases = [
        (json!({"type": "integer"}), Kind::Integer),
        (json!({"type": ["object", "string"]}), Kind::Json),
        (json!({"type": "object"}), Kind::Json),
        (
            json!({"type": "string", "enum": ["GLACIER", "Glacier"]}),
            Kind::Enum("ThingX".into()),
        ),
        (
            json!({"type": "array", "items": {"$ref": "#/definitions/Many"}}),
            Kind::List(Box::new(Kind::Struct("ThingMany".into()))),
        ),
        (
            json!({"type": "object", "patternProperties": {".*": {"type": "string"}}}),
            Kind::Map(Box::new(Kind::Text)),
        ),
        (
            json!({"type": "string", "anyOf": [{"format": "a"}, {"relationshipRef": {}}]}),
            Kind::Text,
        ),
        (
            json!({"oneOf": [{"properties": {"A": {"type": "string"}}}, {"properties": {"B": {"type": "string"}}}]}),
            Kind::Struct("ThingX".into()),
        ),
    ];
    for (property, expected) in cases {
        assert_eq!(kind_of(property.clone()), Ok(expected), "{property}");
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let cases = [
        (
            json!({"type": "string", "surprise": 1}),
            "AWS::Test::Thing: X: unknown keyword `surprise`",
        ),
        (json!({"type": ["integer", "string"]}), "wants an overlay"),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
            "wants an overlay",
        ),
        (json!({"$ref": "#/definitions/Absent"}), "no definition"),
        (
            json!({"type": "object", "properties": {"A": {"type": "string"}}, "patternProperties": {".*": {}}}),
            "both properties",
        ),
    ];
    for (property, expected) in cases {
        let error = kind_of(property).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_overlay_must_fit_and_must_have_a_reason() {
    let schema = schema(
        json!({"Name": {"type": "string"}, "X": {"type": ["object", "string"]}}),
        json!({}),
    );
    let overlay = |property: &str| {
        format!("[[type.overlay]]\nproperty = \"{property}\"\nas = \"policy\"\nreason = \"r\"\n")
    };
    let model = read(&config(&overlay("X")), &schema).unwrap();
    assert!(
        model.shapes["Thing"]
            .fields
            .iter()
            .any(|field| field.kind == Kind::Policy)
    );
    let error = read(&config(&overlay("Y")), &schema)
        .unwrap_err()
        .to_string();
    assert!(error.contains("the overlay fits no property"), "{error}");
    assert!(toml::from_str::<Config>("cfn_lint=\"1\"\nregion=\"r\"\n[[type]]\nname=\"n\"\n[[type.overlay]]\nproperty=\"X\"\nas=\"json\"").is_err());
}

#[test]
fn facts_and_methods_reach_the_text() {
    let properties = json!({
        "Arn": {"type": "string"},
        "Name": {"type": "string", "maxLength": 80},
        "Part": {"$ref": "#/definitions/Part"},
        "Tags": {"type": "array", "insertionOrder": false, "items": {"$ref": "#/definitions/Tag"}}
    });
    let definitions = json!({
        "Part": {"type": "object", "properties": {"Size": {"type": "integer", "minimum": 1, "maximum": 9}}},
        "Tag": {"type": "object", "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}}
    });
    let model = read(&config(""), &schema(properties, definitions)).unwrap();
    assert_eq!(
        model.shapes["ThingPart"].fields[0].limits,
        [Limit::Range(Some(1.0), Some(9.0))]
    );
    let text = &emit::files(&[model])["test.rs"];
    for expected in [
        "pub fn new(name: impl Into<Val<String>>) -> Self",
        "pub fn part(self, value: ThingPart)",
        "pub fn tags(self, value: impl IntoIterator<Item = Tag>)",
        "pub fn arn(&self) -> Val<String> { self.attribute(\"Arn\") }",
        "pub fn name(&self) -> Val<String> { self.reference() }",
        "create_only: &[\"Name\",\"Part.Size\",]",
        "(\"Name\", Limit::Length(0, 80)),",
        "(\"Part.Size\", Limit::Range(1.0, 9.0)),",
        "unordered: &[\"Tags\",]",
        "tagging: Some(Tagging::List)",
    ] {
        assert!(text.contains(expected), "{expected} isn't in\n{text}");
    }
    assert!(
        !text.contains("pub fn arn(self"),
        "nobody sets what is read-only"
    );
}

#[test]
fn two_closed_sets_never_share_a_name() {
    let schema = schema(
        json!({
            "Name": {"type": "string"},
            "ThingType": {"type": "string", "enum": ["STANDARD", "EXPRESS"]},
            "Lock": {"$ref": "#/definitions/Lock"}
        }),
        json!({"Lock": {"type": "object", "properties": {"Type": {"type": "string", "enum": ["OURS", "THEIRS"]}}}}),
    );
    let model = read(&config(""), &schema).unwrap();
    assert_eq!(model.enums["ThingType"], ["STANDARD", "EXPRESS"]);
    assert_eq!(model.enums["ThingLockType"], ["OURS", "THEIRS"]);
}
