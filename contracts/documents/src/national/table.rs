//! The national rules, as `NATIONAL.md` prints them.

/// What follows when a rule is broken, as its authority publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The document is not valid.
    Fatal,
    /// Worth knowing.
    Warning,
}

/// One rule.
pub(crate) struct Row {
    /// Its id.
    pub rule: &'static str,
    pub severity: Severity,
    /// Where it looks, from the outermost group; the last part is its term.
    pub path: &'static str,
    /// What it asks, in our words.
    pub words: &'static str,
}

const fn fatal(rule: &'static str, path: &'static str, words: &'static str) -> Row {
    Row {
        rule,
        severity: Severity::Fatal,
        path,
        words,
    }
}

const fn warning(rule: &'static str, path: &'static str, words: &'static str) -> Row {
    Row {
        rule,
        severity: Severity::Warning,
        path,
        words,
    }
}

#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    fatal("DE-R-001", "BG-16", "Germany: the invoice has payment instructions."),
    fatal("DE-R-002", "BG-4/BG-6", "Germany: the seller has a contact."),
    fatal("DE-R-003", "BG-4/BG-5/BT-37", "Germany: the seller's address has a city."),
    fatal("DE-R-004", "BG-4/BG-5/BT-38", "Germany: the seller's address has a post code."),
    fatal("DE-R-005", "BG-4/BG-6/BT-41", "Germany: the seller's contact has a name."),
    fatal("DE-R-006", "BG-4/BG-6/BT-42", "Germany: the seller's contact has a telephone number."),
    fatal("DE-R-007", "BG-4/BG-6/BT-43", "Germany: the seller's contact has an e-mail address."),
    fatal("DE-R-008", "BG-7/BG-8/BT-52", "Germany: the buyer's address has a city."),
    fatal("DE-R-009", "BG-7/BG-8/BT-53", "Germany: the buyer's address has a post code."),
    fatal("DE-R-010", "BG-15/BT-77", "Germany: an address of delivery has a city."),
    fatal("DE-R-011", "BG-15/BT-78", "Germany: an address of delivery has a post code."),
    fatal("DE-R-014", "BG-23/BT-119", "Germany: every VAT category of the breakdown has a rate."),
    fatal("DE-R-015", "BT-10", "Germany: the invoice has a buyer reference."),
    fatal("DE-R-016", "BG-4/BT-31", "Germany: where the VAT category S, Z, E, AE, K, G, L or M is used, the seller has a VAT or tax number, or a tax representative."),
    warning("DE-R-017", "BT-3", "Germany: the type code should be 326, 380, 381, 384, 389, 875, 876 or 877."),
    fatal("DE-R-018", "BT-20", "Germany: a cash discount is a line of its own, `#SKONTO#TAGE=n#PROZENT=n.nn#`, with `BASISBETRAG=n.nn#` after it if it has another base; a line break ends it."),
    warning("DE-R-019", "BG-16/BG-17/BT-84", "Germany: the account of a SEPA credit transfer (58) should be a valid IBAN."),
    warning("DE-R-020", "BG-16/BG-19/BT-91", "Germany: the debited account of a SEPA direct debit (59) should be a valid IBAN."),
    fatal("DE-R-022", "BG-24/BT-125", "Germany: no two attached documents have the same file name."),
    fatal("DE-R-023-1", "BG-16/BG-17", "Germany: a credit transfer (30, 58) names the account."),
    fatal("DE-R-023-2", "BG-16/BT-81", "Germany: a credit transfer (30, 58) has neither card nor direct debit."),
    fatal("DE-R-024-1", "BG-16/BG-18", "Germany: a payment by card (48, 54, 55) names the card."),
    fatal("DE-R-024-2", "BG-16/BT-81", "Germany: a payment by card (48, 54, 55) has neither credit transfer nor direct debit."),
    fatal("DE-R-025-1", "BG-16/BG-19", "Germany: a direct debit (59) has its mandate."),
    fatal("DE-R-025-2", "BG-16/BT-81", "Germany: a direct debit (59) has neither credit transfer nor card."),
    warning("DE-R-026", "BG-3", "Germany: a corrected invoice (384) should name the preceding one."),
    warning("DE-R-027", "BG-4/BG-6/BT-42", "Germany: the contact's telephone number should have three digits or more."),
    warning("DE-R-028", "BG-4/BG-6/BT-43", "Germany: the contact's e-mail address should be one."),
    fatal("DE-R-030", "BG-16/BG-19/BT-90", "Germany: with a direct debit, the creditor's identifier (scheme SEPA) is given."),
    fatal("DE-R-031", "BG-16/BG-19/BT-91", "Germany: with a direct debit, the debited account is given."),
    fatal("DK-R-002", "BG-4/BT-30", "Denmark: the seller has a legal registration number (CVR)."),
    warning("DK-R-003", "BG-25/BG-31/BT-158", "Denmark: an item's class of list TST (UNSPSC) should be of version 19.05.01 or 26.08.01."),
    fatal("DK-R-004", "BG-21/BT-104", "Denmark: a charge for another tax (reason code ZZZ) gives the tax's four digits as reason, or a text with `#` within."),
    fatal("DK-R-005", "BG-16/BT-81", "Denmark: the payment means code is 1, 10, 31, 42, 48, 49, 50, 58, 59, 93 or 97."),
    fatal("DK-R-006", "BG-16/BG-17/BT-84", "Denmark: a transfer (31, 42) names account and registration number."),
    fatal("DK-R-007", "BG-16/BG-19/BT-89", "Denmark: a direct debit (49) has its mandate and the debited account (CII: the creditor's reference)."),
    fatal("DK-R-008", "BG-16/BT-83", "Denmark: a giro payment (50) has a payment id that begins with 01#, 04# or 15#, and an account of seven or eight digits (CII: seven)."),
    fatal("DK-R-009", "BG-16/BT-83", "Denmark: a giro payment id that begins with 04# or 15# goes on with sixteen digits."),
    fatal("DK-R-010", "BG-16/BT-83", "Denmark: a FIK payment (93) has a payment id that begins with 71#, 73# or 75#, and an account of eight characters."),
    fatal("DK-R-011", "BG-16/BT-83", "Denmark: a FIK payment id that begins with 71# or 75# goes on with fifteen or sixteen digits."),
    fatal("DK-R-013", "BG-4/BT-29", "Denmark: an identifier of seller or buyer has a scheme."),
    fatal("DK-R-014", "BG-4/BT-30", "Denmark: the seller's legal registration number is of scheme 0184 (CVR)."),
    fatal("DK-R-016", "BG-22/BT-115", "Denmark: the amount due of a credit note is not negative."),
    fatal("GR-R-001-1", "BT-1", "Greece: the invoice number has six segments, with `|` between them."),
    fatal("GR-R-001-2", "BT-1", "Greece: the number's first segment is the tax number of the seller or its tax representative."),
    fatal("GR-R-001-3", "BT-1", "Greece: the number's second segment is the issue date, as DD/MM/YYYY."),
    fatal("GR-R-001-4", "BT-1", "Greece: the number's third segment is a whole number."),
    fatal("GR-R-001-5", "BT-1", "Greece: the number's fourth segment is a type of document: 1.1, 1.6, 2.1, 2.4, 5.1 or 5.2."),
    fatal("GR-R-001-6", "BT-1", "Greece: the number's fifth segment is not empty."),
    fatal("GR-R-001-7", "BT-1", "Greece: the number's sixth segment is not empty."),
    fatal("GR-R-002", "BG-4/BT-28", "Greece: the seller has its full name, as registered."),
    fatal("GR-R-003", "BG-4/BT-31", "Greece: the seller's VAT number is EL and a valid tax number."),
    fatal("GR-R-004-1", "BG-24/BT-122", "Greece: one supporting document (##M.AR.K##) has the tax authority's mark."),
    fatal("GR-R-004-2", "BG-24/BT-122", "Greece: the tax authority's mark is a positive number."),
    fatal("GR-R-005", "BG-7/BT-45", "Greece: the buyer has its full name."),
    fatal("GR-R-006", "BG-7/BT-48", "Greece: a Greek buyer has one VAT number, EL and a valid tax number."),
    fatal("GR-R-008-2", "BG-24/BT-124", "Greece: at most one supporting document (##INVOICE|URL##) has the address to verify the invoice at."),
    fatal("GR-R-008-3", "BG-24/BT-124", "Greece: the address to verify the invoice at is not empty."),
    fatal("GR-R-009", "BG-4/BT-34", "Greece: the seller's endpoint is its tax number, scheme 9933."),
    fatal("GR-R-010", "BG-7/BT-49", "Greece: a Greek buyer's endpoint is its tax number, scheme 9933."),
    warning("GR-S-008-1", "BG-24/BT-124", "Greece: one supporting document (##INVOICE|URL##) should have the address to verify the invoice at."),
    warning("GR-S-011", "BG-4/BT-31", "Greece: the seller should have one VAT number, EL and a valid tax number."),
    warning("IS-R-001", "BT-3", "Iceland: the type code should be 380 or 381."),
    fatal("IS-R-002", "BG-4/BT-30", "Iceland: the seller has a legal registration number of scheme 0196."),
    fatal("IS-R-003", "BG-4/BG-5", "Iceland: the seller's address has street and post code."),
    fatal("IS-R-004", "BG-7/BT-47", "Iceland: an Icelandic buyer has a legal registration number of scheme 0196."),
    fatal("IS-R-005", "BG-7/BG-8", "Iceland: an Icelandic buyer's address has street and post code."),
    fatal("IS-R-006", "BG-16/BG-17/BT-84", "Iceland: a claim (9) has an account id of twelve characters."),
    fatal("IS-R-007", "BG-16/BG-17/BT-84", "Iceland: a transfer (42) has an account id of twelve characters."),
    fatal("IS-R-008", "BG-24/BT-122", "Iceland: the final date (EINDAGI) is a date, YYYY-MM-DD."),
    fatal("IS-R-009", "BT-9", "Iceland: an invoice with a final date (EINDAGI) has a due date."),
    fatal("IS-R-010", "BG-24/BT-122", "Iceland: the final date (EINDAGI) is not before the due date."),
    fatal("IT-R-001", "BG-4/BT-32", "Italy: the seller's tax registration has 11 to 16 capital letters or digits."),
    fatal("IT-R-002", "BG-4/BG-5/BT-35", "Italy: the seller's address has a street."),
    fatal("IT-R-003", "BG-4/BG-5/BT-37", "Italy: the seller's address has a city."),
    fatal("IT-R-004", "BG-4/BG-5/BT-38", "Italy: the seller's address has a post code."),
    fatal("NL-R-001", "BG-3/BT-25", "Netherlands: a credit note names the invoice that it credits."),
    fatal("NL-R-002", "BG-4/BG-5", "Netherlands: the seller's address has street, city and post code."),
    fatal("NL-R-003", "BG-4/BT-30", "Netherlands: the seller's legal registration number is of scheme 0106 (KVK) or 0190 (OIN)."),
    fatal("NL-R-004", "BG-7/BG-8", "Netherlands: a Dutch buyer's address has street, city and post code."),
    fatal("NL-R-005", "BG-7/BT-47", "Netherlands: a Dutch buyer's legal registration number is of scheme 0106 (KVK) or 0190 (OIN)."),
    fatal("NL-R-006", "BG-11/BG-12", "Netherlands: a Dutch tax representative's address has street, city and post code."),
    fatal("NL-R-007", "BG-16", "Netherlands: an invoice that the buyer has to pay says how."),
    fatal("NL-R-008", "BG-16/BT-81", "Netherlands: a Dutch buyer pays by 30, 48, 49, 57, 58 or 59."),
    fatal("NL-R-009", "BT-13", "Netherlands: an invoice whose lines refer to order lines names the order."),
    fatal("NO-R-001", "BG-4/BT-31", "Norway: the seller's VAT number is NO, a valid organisation number of nine digits, and MVA."),
    warning("NO-R-002", "BG-4/BT-32", "Norway: most sellers must state `Foretaksregisteret` as their tax registration."),
    fatal("SE-R-001", "BG-4/BT-31", "Sweden: the seller's VAT number has 14 characters."),
    fatal("SE-R-002", "BG-4/BT-31", "Sweden: the seller's VAT number ends in twelve digits."),
    fatal("SE-R-003", "BG-4/BT-30", "Sweden: the seller's organisation number is a number."),
    fatal("SE-R-004", "BG-4/BT-30", "Sweden: the seller's organisation number has ten digits."),
    fatal("SE-R-005", "BG-4/BT-32", "Sweden: the seller's tax registration reads `Godkänd för F-skatt`."),
    fatal("SE-R-006", "BG-23/BT-119", "Sweden: the standard VAT rate is 6, 12 or 25 (CII: of every category)."),
    warning("SE-R-007", "BG-16/BG-17/BT-84", "Sweden: a Plusgiro account should be a number."),
    warning("SE-R-008", "BG-16/BG-17/BT-84", "Sweden: a Bankgiro account should be a number."),
    warning("SE-R-009", "BG-16/BG-17/BT-84", "Sweden: a Bankgiro account should have seven or eight digits."),
    warning("SE-R-010", "BG-16/BG-17/BT-84", "Sweden: a Plusgiro account should have two to eight digits."),
    warning("SE-R-011", "BG-16/BT-81", "Sweden: Bankgiro and Plusgiro should be given by code 30 and the branch SE:BANKGIRO or SE:PLUSGIRO, not by 50 or 56."),
    warning("SE-R-012", "BG-16/BT-81", "Sweden: a credit transfer to a Swedish buyer should be given by code 30, not 31."),
    fatal("SE-R-013", "BG-4/BT-30", "Sweden: the last digit of the seller's organisation number checks the others."),
];

/// The table as Markdown.
#[cfg(test)]
pub(crate) fn markdown() -> String {
    let mut out = String::from(
        "# National rules\n\n\
         What Peppol BIS Billing 3.0 asks of the sellers of eight countries besides (`src/national`), decided on the document\n\
         itself and only when it declares that profile. Which country counts is in the head of each country's file. The source is\n\
         OpenPeppol's Schematron (peppol-bis-invoice-3, release 3.0.19): ids, severities and conditions as there, words our own.\n\
         CII has those of Denmark, Italy, the Netherlands, Norway and Sweden; the own JSON has none.\n\n\
         | rule | severity | where | what it asks |\n|---|---|---|---|\n",
    );
    for row in TABLE {
        let severity = match row.severity {
            Severity::Fatal => "fatal",
            Severity::Warning => "warning",
        };
        let words = row.words.replace('|', "\\|");
        out.push_str(&format!(
            "| `{}` | {severity} | `{}` | {words} |\n",
            row.rule, row.path
        ));
    }
    out
}
