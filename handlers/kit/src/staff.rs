//! Who acts for the house: callers that match one of the environment's patterns, in which `*` stands for any characters.

use crate::world::World;
use contracts::{Needs, needs};
use ports::Staff;

impl<H: Needs<needs::ReadStaff>> Staff for World<H> {
    fn is_staff(&self, principal: &str) -> bool {
        let patterns = &self.shared.settings.staff;
        patterns.iter().any(|pattern| matches(pattern, principal))
    }
}

/// Whether a text is a pattern's, from its first character to its last.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(inner) = text
        .strip_prefix(start)
        .and_then(|text| text.strip_suffix(end))
    else {
        return false;
    };
    // Each piece as early as it can be leaves the most for the pieces after it.
    let mut inner = inner;
    middle
        .split('*')
        .all(|piece| match inner.split_once(piece) {
            Some((_, after)) => {
                inner = after;
                true
            }
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::Aws;
    use contracts::handlers::Decision;
    use proptest::prelude::*;

    /// The definition, tried out.
    fn defined(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|from| defined(rest, &text[from..])),
            Some((byte, rest)) => text
                .split_first()
                .is_some_and(|(first, text)| first == byte && defined(rest, text)),
        }
    }

    proptest! {
        #[test]
        fn r20_a_pattern_means_what_it_is_defined_to(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(matches(&pattern, &text), defined(pattern.as_bytes(), text.as_bytes()));
        }
    }

    #[test]
    fn r20_staff_is_whoever_the_environment_says() {
        let world = Aws::silent().world::<Decision>();
        assert!(world.is_staff("arn:aws:iam::1:role/staff-ann"));
        assert!(!world.is_staff("arn:aws:iam::1:role/seller"));
        assert!(!world.is_staff("x:arn:aws:iam::1:role/staff-ann"));
        assert!(!world.is_staff(""));
    }
}
