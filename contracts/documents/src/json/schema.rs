//! The JSON Schema of the own JSON format. It describes what is read without a remark; the reader takes more (R23): what is
//! absent or malformed becomes an invoice that breaks rules.

use serde_json::{Map, Value, json};

/// Names of one object and what stands there.
type Terms = &'static [(&'static str, &'static str)];

/// The objects of the format: each name with the kind of its value, which is a leaf of [`LEAVES`], another object, or (with
/// `[]`) a list of one. The group or term of the standard stands in the first column's order in `samples/README.md`.
#[rustfmt::skip]
const OBJECTS: &[(&str, Terms)] = &[
    ("invoice", &[
        ("kind", "kind"), ("specificationId", "text"), ("businessProcess", "text"), ("number", "text"), ("issueDate", "date"),
        ("typeCode", "text"), ("currency", "text"), ("vatAccountingCurrency", "text"), ("vatPointDate", "date"),
        ("vatPointDateCode", "text"), ("dueDate", "date"), ("buyerReference", "text"), ("projectReference", "text"),
        ("contractReference", "text"), ("purchaseOrderReference", "text"), ("salesOrderReference", "text"),
        ("receivingAdviceReference", "text"), ("despatchAdviceReference", "text"), ("tenderReference", "text"),
        ("objectIdentifier", "identifier"), ("accountingReference", "text"), ("paymentTerms", "text"), ("notes", "note[]"),
        ("precedingInvoices", "precedingInvoice[]"), ("seller", "party"), ("buyer", "party"), ("payee", "payee"),
        ("taxRepresentative", "taxRepresentative"), ("delivery", "delivery"), ("invoicingPeriod", "period"),
        ("payment", "payment"), ("allowances", "documentAllowance[]"), ("charges", "documentAllowance[]"),
        ("vatBreakdown", "breakdown[]"), ("attachments", "supportingDocument[]"), ("lines", "line[]"), ("totals", "totals"),
    ]),
    ("identifier", &[("content", "text"), ("scheme", "text"), ("schemeVersion", "text")]),
    ("note", &[("subjectCode", "text"), ("note", "text")]),
    ("precedingInvoice", &[("reference", "text"), ("issueDate", "date")]),
    ("party", &[
        ("name", "text"), ("tradingName", "text"), ("identifiers", "identifier[]"), ("legalRegistration", "identifier"),
        ("vatIdentifier", "text"), ("taxRegistration", "text"), ("additionalLegalInformation", "text"),
        ("electronicAddress", "identifier"), ("address", "address"), ("contact", "contact"),
    ]),
    ("address", &[
        ("line1", "text"), ("line2", "text"), ("line3", "text"), ("city", "text"), ("postCode", "text"),
        ("subdivision", "text"), ("country", "text"),
    ]),
    ("contact", &[("name", "text"), ("phone", "text"), ("email", "text")]),
    ("payee", &[("name", "text"), ("identifier", "identifier"), ("legalRegistration", "identifier")]),
    ("taxRepresentative", &[("name", "text"), ("vatIdentifier", "text"), ("address", "address")]),
    ("delivery", &[("partyName", "text"), ("location", "identifier"), ("date", "date"), ("address", "address")]),
    ("period", &[("start", "date"), ("end", "date")]),
    ("payment", &[("meansCode", "text"), ("meansText", "text"), ("remittanceInformation", "text"), ("means", "means")]),
    ("means", &[("creditTransfer", "account[]"), ("card", "card"), ("directDebit", "directDebit")]),
    ("account", &[("accountIdentifier", "text"), ("accountName", "text"), ("providerIdentifier", "text")]),
    ("card", &[("primaryAccountNumber", "text"), ("holderName", "text")]),
    ("directDebit", &[("mandateReference", "text"), ("creditorIdentifier", "text"), ("debitedAccount", "text")]),
    ("vat", &[("category", "text"), ("rate", "decimal")]),
    ("documentAllowance", &[
        ("amount", "amount"), ("baseAmount", "amount"), ("percentage", "decimal"), ("vat", "vat"), ("reason", "text"),
        ("reasonCode", "text"),
    ]),
    ("lineAllowance", &[
        ("amount", "amount"), ("baseAmount", "amount"), ("percentage", "decimal"), ("reason", "text"), ("reasonCode", "text"),
    ]),
    ("breakdown", &[
        ("taxableAmount", "amount"), ("taxAmount", "amount"), ("category", "text"), ("rate", "decimal"),
        ("exemptionReason", "text"), ("exemptionReasonCode", "text"),
    ]),
    ("supportingDocument", &[("reference", "text"), ("description", "text"), ("uri", "text"), ("attachment", "attachment")]),
    ("attachment", &[("content", "base64"), ("mimeCode", "text"), ("filename", "text")]),
    ("line", &[
        ("id", "text"), ("note", "text"), ("orderLineReference", "text"), ("accountingReference", "text"),
        ("objectIdentifier", "identifier"), ("quantity", "decimal"), ("unitCode", "text"), ("netAmount", "amount"),
        ("period", "period"), ("allowances", "lineAllowance[]"), ("charges", "lineAllowance[]"), ("price", "price"),
        ("vat", "vat"), ("item", "item"),
    ]),
    ("price", &[
        ("netPrice", "decimal"), ("priceDiscount", "decimal"), ("grossPrice", "decimal"), ("baseQuantity", "decimal"),
        ("baseQuantityCode", "text"),
    ]),
    ("item", &[
        ("name", "text"), ("description", "text"), ("sellerIdentifier", "text"), ("buyerIdentifier", "text"),
        ("standardIdentifier", "identifier"), ("classificationIdentifiers", "identifier[]"), ("originCountry", "text"),
        ("attributes", "attribute[]"),
    ]),
    ("attribute", &[("name", "text"), ("value", "text")]),
    ("totals", &[
        ("lineTotal", "amount"), ("allowanceTotal", "amount"), ("chargeTotal", "amount"), ("taxableTotal", "amount"),
        ("vatTotal", "amount"), ("vatTotalAccounting", "amount"), ("grossTotal", "amount"), ("paid", "amount"),
        ("rounding", "amount"), ("due", "amount"),
    ]),
];

fn leaves() -> Value {
    json!({
        "text": { "type": "string" },
        "kind": { "enum": ["invoice", "creditNote"] },
        "date": { "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        "amount": {
            "description": "An exact decimal with at most two decimals.",
            "type": ["string", "integer"],
            "pattern": "^[+-]?[0-9]+(\\.[0-9]{1,2})?$",
        },
        "decimal": {
            "description": "An exact decimal: a quantity, a price or a percentage.",
            "type": ["string", "integer"],
            "pattern": "^[+-]?[0-9]+(\\.[0-9]+)?$",
        },
        "base64": { "type": "string", "contentEncoding": "base64" },
    })
}

/// The JSON Schema (draft 2020-12) of the own JSON format, `invoice/1`.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = match leaves() {
        Value::Object(leaves) => leaves,
        _ => Map::new(),
    };
    for (name, terms) in OBJECTS {
        let properties: Map<String, Value> = terms
            .iter()
            .map(|(term, kind)| ((*term).to_owned(), of_kind(kind)))
            .collect();
        let mut object = json!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if *name == "means" {
            object["maxProperties"] = json!(1);
        }
        definitions.insert((*name).to_owned(), object);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An invoice or a credit note in the terms of EN 16931",
        "type": "object",
        "properties": {
            "format": { "const": super::FORMAT },
            "invoice": { "$ref": "#/$defs/invoice" },
        },
        "required": ["format", "invoice"],
        "$defs": definitions,
    })
}

fn of_kind(kind: &str) -> Value {
    match kind.strip_suffix("[]") {
        Some(each) => json!({ "type": "array", "items": of_kind(each) }),
        None => json!({ "$ref": format!("#/$defs/{kind}") }),
    }
}
