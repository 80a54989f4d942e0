//! A vendor registration as it is taken: its form is judged as a whole, so that one answer names every fault.

use crate::problem::{Place, Refused};
use contracts::ids::SellerIdentity;
use contracts::records::Registration;
use ports::api::Problem;
use serde_json::{Map, Value};

/// Larger than any registration within its bounds.
const MAX_BYTES: usize = 64 * 1024;

/// How many faults an answer names.
const MAX_PLACES: usize = 50;

/// A text field: its name, whether it must be there, and how many characters it may have.
struct Field {
    name: &'static str,
    required: Required,
    max: usize,
}

#[derive(PartialEq, Eq)]
enum Required {
    Yes,
    No,
}

const fn field(name: &'static str, required: Required, max: usize) -> Field {
    Field {
        name,
        required,
        max,
    }
}

/// The bounds are those of the contract's [`Registration`].
const FIELDS: &[Field] = &[
    field("name", Required::Yes, 200),
    field("country", Required::Yes, 50), // its form is judged below
    field("vatId", Required::No, 50),
    field("legalId", Required::No, 50),
    field("taxId", Required::No, 50),
    field("account", Required::No, 50),
    field("email", Required::No, 254),
];
const ENDPOINT: &[Field] = &[
    field("scheme", Required::Yes, 10),
    field("value", Required::Yes, 100),
];

/// Reads a registration and what identifies its vendor.
pub(crate) fn read(body: &[u8]) -> Result<(Registration, SellerIdentity), Refused> {
    let malformed = |status, detail: String| {
        Refused::from(Problem {
            status,
            code: "registration-malformed",
            title: "The body is no vendor registration.",
            detail: "",
        })
        .because(detail)
    };
    if body.len() > MAX_BYTES {
        return Err(malformed(
            413,
            format!("It has more than {MAX_BYTES} bytes."),
        ));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        malformed(400, "It is not well-formed JSON.".to_owned())
            .at(Some((error.line().max(1), error.column().max(1))))
    })?;
    let Value::Object(fields) = &value else {
        return Err(malformed(400, "A JSON object is expected.".to_owned()));
    };
    let mut places = faults(fields);
    // Read from the text, as the handler that applies it does: a name that stands twice is refused by both.
    let registration = serde_json::from_slice::<Registration>(body).ok();
    if registration.is_none() && places.is_empty() {
        places.push(place("", "a field stands twice"));
    }
    let identity = registration.as_ref().and_then(Registration::identity);
    match (registration, identity) {
        (Some(registration), Some(identity)) if places.is_empty() => Ok((registration, identity)),
        (Some(_), None) => {
            places.push(place(
                "",
                "one of endpoint, vatId, legalId or taxId must identify the vendor",
            ));
            Err(invalid(places))
        }
        _ => Err(invalid(places)),
    }
}

fn invalid(mut places: Vec<Place>) -> Refused {
    places.truncate(MAX_PLACES);
    Refused::from(Problem {
        status: 400,
        code: "registration-invalid",
        title: "The registration has faults.",
        detail: "Correct every place that is named and send it again with a new Idempotency-Key.",
    })
    .places(places)
}

fn place(pointer: &str, detail: &str) -> Place {
    Place {
        pointer: pointer.chars().take(100).collect(),
        detail: detail.to_owned(),
    }
}

fn faults(fields: &Map<String, Value>) -> Vec<Place> {
    let mut places = texts(fields, FIELDS, "");
    for name in fields.keys() {
        if name != "endpoint" && FIELDS.iter().all(|field| field.name != name) {
            places.push(place(&format!("/{name}"), "there is no such field"));
        }
    }
    match fields.get("endpoint") {
        None | Some(Value::Null) => {}
        Some(Value::Object(endpoint)) => {
            places.extend(texts(endpoint, ENDPOINT, "/endpoint"));
            for name in endpoint.keys() {
                if ENDPOINT.iter().all(|field| field.name != name) {
                    places.push(place(
                        &format!("/endpoint/{name}"),
                        "there is no such field",
                    ));
                }
            }
        }
        Some(_) => places.push(place(
            "/endpoint",
            "an object with scheme and value is expected",
        )),
    }
    let country = fields.get("country").and_then(Value::as_str);
    if country.is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()))
    {
        places.push(place(
            "/country",
            "two capital letters (ISO 3166-1) are expected",
        ));
    }
    let email = fields.get("email").and_then(Value::as_str);
    if email.is_some_and(|email| !is_address(email)) {
        places.push(place("/email", "an e-mail address is expected"));
    }
    places
}

fn texts(fields: &Map<String, Value>, expected: &[Field], at: &str) -> Vec<Place> {
    expected
        .iter()
        .filter_map(|field| {
            let pointer = format!("{at}/{}", field.name);
            let detail = match fields.get(field.name) {
                None | Some(Value::Null) if field.required == Required::No => return None,
                None | Some(Value::Null) => "is missing".to_owned(),
                Some(Value::String(text)) if text.trim().is_empty() => "is empty".to_owned(),
                Some(Value::String(text)) if text.chars().any(char::is_control) => {
                    "must not have control characters".to_owned()
                }
                Some(Value::String(text)) if text.chars().count() > field.max => {
                    format!("has more than {} characters", field.max)
                }
                Some(Value::String(_)) => return None,
                Some(_) => "a string is expected".to_owned(),
            };
            Some(place(&pointer, &detail))
        })
        .collect()
}

/// One `@` with something on both sides; whether anybody reads there is not for us to know.
fn is_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let filled = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    filled(parts.next()) && filled(parts.next()) && parts.next().is_none() && !text.contains(' ')
}
