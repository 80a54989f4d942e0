//! Check digits and shapes of the numbers that the national rules ask for.
//!
//! Each is decided on the text as given; what a missing text means is its rule's.

/// As XPath's `number`: something that is a number at all.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.trim();
    let admitted = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    text.bytes().all(admitted) && text.parse::<f64>().is_ok()
}

/// Some digits and nothing else.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The digits, if it is nothing else.
fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

/// A Norwegian organisation number's nine digits: weights 2 to 7 from the right, modulo 11.
pub(super) fn is_norwegian(text: &str) -> bool {
    let Some((check, rest)) = digits(text)
        .filter(|d| d.len() == 9)
        .and_then(|mut digits| {
            let check = digits.pop()?;
            Some((check, digits))
        })
    else {
        return false;
    };
    let weights = (2..=7).cycle();
    let sum: u32 = rest.iter().rev().zip(weights).map(|(d, w)| d * w).sum();
    (sum > 0 || check > 0) && (11 - sum % 11) % 11 == check
}

/// A Swedish organisation number's check digit, its tenth, by Luhn.
pub(super) fn is_swedish(text: &str) -> bool {
    let Some(digits) = digits(text).filter(|digits| digits.len() >= 10) else {
        return false;
    };
    let luhn = |(at, digit): (usize, &u32)| match at % 2 {
        0 => digit * 2 % 10 + digit * 2 / 10,
        _ => *digit,
    };
    let sum: u32 = digits[..9].iter().enumerate().map(luhn).sum();
    (10 - sum % 10) % 10 == digits[9]
}

/// A Greek tax number: its first nine characters are digits and the ninth checks them.
pub(super) fn is_greek(text: &str) -> bool {
    let nine: String = text.chars().take(9).collect();
    let Some(digits) = digits(&nine).filter(|digits| digits.len() == 9) else {
        return false;
    };
    let weights = (1..=8).rev().map(|power| 1 << power);
    let sum: u32 = digits
        .iter()
        .zip(weights)
        .map(|(d, w): (_, u32)| d * w)
        .sum();
    sum % 11 % 10 == digits[8]
}

/// An IBAN, with blanks anywhere: country, check digits and the remainder 1 of 97.
pub(super) fn is_iban(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let shaped = (4..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric);
    if !shaped {
        return false;
    }
    let turned = bytes[4..].iter().chain(&bytes[..4]);
    let remainder = turned.fold(0, |rest: u32, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - 55)) % 97,
    });
    remainder == 1
}

/// An e-mail address as Germany asks for it: words joined by single dots, one `@`, a domain of at least two labels.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let in_word = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&\"*+/=?^_`{|}~-".contains(&b);
    let word = |word: &str| !word.is_empty() && word.bytes().all(in_word);
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local.split('.').all(word) && domain.contains('.') && domain.split('.').all(label)
}
