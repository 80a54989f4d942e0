//! The corrected rules and why, as `CORRECTIONS.md` prints them.

use super::Correction;

const fn row(rule: &'static str, library: &'static str, standard: &'static str) -> Correction {
    Correction {
        rule,
        library,
        standard,
    }
}

const EMPTY: &str = "can't tell an empty element from an absent one";
const UNSEEN: &str = "has no place for it in the typed invoice, so it never fires";

#[rustfmt::skip]
pub(crate) const TABLE: &[Correction] = &[
    row("BR-03", "can't tell a date that is no date from an absent one", "The issue date is there and not empty. That it is no date is DOCUMENT-VALUE."),
    row("BR-08", EMPTY, "The seller's postal address is there, if only as an empty element."),
    row("BR-10", EMPTY, "The buyer's postal address is there, if only as an empty element."),
    row("BR-19", EMPTY, "The tax representative's postal address is there, if only as an empty element."),
    row("BR-55", "drops a preceding invoice without a reference", "Every preceding invoice has a reference. UBL: the element is there; CII: it is not empty."),
    row("BR-61", "asks the payment instructions as a whole", "CII only: every creditor account of a credit transfer has an IBAN or another id."),
    row("BR-CL-24", "drops an attachment whose content or mime code it can't hold", "The mime code is one of the six that the standard admits, whatever the content."),
    row("BR-CO-15", "reads the first VAT total of the invoice's currency", "There is one VAT total in the invoice's currency, and net and VAT make the gross total. CII: or net and gross are equal."),
    row("BR-CO-17", "rounds negative amounts by their sign", "CII only: compared by size, so that a credited VAT amount has the same tolerance of one."),
    row("BR-CO-19", "drops a period without dates", "A period has a start or an end (UBL: or a code for the VAT date)."),
    row("UBL-DT-01", UNSEEN, "No amount but a price has more than two decimals, trailing zeros included."),
    row("UBL-DT-06", UNSEEN, "An attached document has a mime code."),
    row("UBL-DT-07", UNSEEN, "An attached document has a file name."),
    row("UBL-SR-07", UNSEEN, "A preceding invoice has an identifier."),
    row("UBL-SR-19", UNSEEN, "A payee has one name, and it differs from the seller's."),
    row("UBL-SR-43", UNSEEN, "Only an invoiced object (130; in a credit note also 50) has a type code or a scheme."),
    row("UBL-SR-48", UNSEEN, "A line has exactly one VAT category."),
    row("UBL-SR-51", UNSEEN, "An address has at most one third line."),
    row("UBL-SR-53", UNSEEN, "A tax scheme has its id and the company's id."),
    row("UBL-SR-42", UNSEEN, "The seller has at most two tax schemes."),
    row("UBL-SR-44", UNSEEN, "All payment ids are the same."),
    row("UBL-SR-47", UNSEEN, "All payment means codes are the same."),
    row("PEPPOL-EN16931-CL001", "drops an attachment that it can't hold", "The mime code is one of Peppol's six, wherever the object stands."),
    row("PEPPOL-EN16931-CL007", UNSEEN, "The currency of every amount is of ISO 4217, and in UBL it is named."),
    row("PEPPOL-EN16931-CL008", "checks seller and buyer", "UBL only: every endpoint's scheme is of Peppol's list."),
    row("PEPPOL-EN16931-F001", UNSEEN, "Every date is one: YYYY-MM-DD in UBL, format 102 in CII."),
    row("PEPPOL-EN16931-P0100", "chooses the list by BT-3", "An invoice's type code is of the billing process's list. The root element decides; CII has one list."),
    row("PEPPOL-EN16931-P0101", "chooses the list by BT-3", "A credit note's type code is of the billing process's list. The root element decides; CII has no such rule."),
    row("PEPPOL-EN16931-R001", EMPTY, "The business process is there, if only as an empty element."),
    row("PEPPOL-EN16931-R002", "drops an empty note", "CII only: at most one note, and none with a subject code."),
    row("PEPPOL-EN16931-R003", EMPTY, "A buyer reference or an order reference is there, if only as an empty element."),
    row("PEPPOL-EN16931-R006", UNSEEN, "CII only: at most one invoiced object for the document."),
    row("PEPPOL-EN16931-R008", UNSEEN, "UBL only: no element is empty."),
    row("PEPPOL-EN16931-R043", UNSEEN, "A charge indicator is `true` or `false`, not `1` or `0`."),
    row("PEPPOL-EN16931-R044", UNSEEN, "UBL only: a price has allowances and no charges."),
    row("PEPPOL-EN16931-R053", UNSEEN, "One VAT total with a breakdown (CII: one in the invoice's currency)."),
    row("PEPPOL-EN16931-R054", UNSEEN, "One VAT total without a breakdown if there is an accounting currency, else none."),
    row("PEPPOL-EN16931-R061", "asks code 59 only", "A direct debit (49 or 59) has a mandate reference."),
    row("PEPPOL-EN16931-R080", UNSEEN, "UBL: a credit note has at most one project; CII: a document has at most one tender."),
    row("PEPPOL-EN16931-R100", UNSEEN, "A line has at most one invoiced object."),
    row("PEPPOL-EN16931-R101", UNSEEN, "A line's document reference is an invoiced object, type 130."),
    row("PEPPOL-EN16931-R120", "reads an absent quantity as zero", "The line's net amount follows from quantity, price, charges and allowances within 0.02; without a quantity, one is meant."),
    row("PEPPOL-EN16931-R130", "looks at the net price", "CII only: the unit of the base quantity of either price is that of the billed quantity."),
];

/// The table as Markdown.
pub(crate) fn markdown() -> String {
    let mut out = String::from(
        "# Corrected rules\n\n\
         The rules that are decided on the document itself (`src/corrections`), and why the library's answer is not taken. The\n\
         source of each is the Schematron of its authority: CEN/TC 434 for `BR-*` and `UBL-*` (eInvoicing-EN16931, release\n\
         1.3.16), OpenPeppol for `PEPPOL-*` (peppol-bis-invoice-3, May 2025; under that profile, and those that\n\
         XRechnung takes over unchanged under XRechnung too). Amounts that the library's\n\
         reader refuses (`.50`, `12.500`) are rewritten for it (`src/amounts.rs`), so that they break their own rule and no\n\
         other. The national rules of Peppol stand in NATIONAL.md. Not covered: `PEPPOL-EN16931-R004` (a document that names\n\
         another profile is judged by that one) and, in CII, `PEPPOL-COMMON-R048` (a warning).\n\n\
         | rule | the library | decided here |\n|---|---|---|\n",
    );
    for row in TABLE {
        out.push_str(&format!(
            "| `{}` | {} | {} |\n",
            row.rule, row.library, row.standard
        ));
    }
    out
}
