//! Matching of patterns with `*` and `?`.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Token {
    /// Any characters.
    Star,
    /// Any characters but the colon, which ends a field of an ARN.
    StarInField,
    /// One character.
    One,
    /// One character other than a colon.
    OneInField,
    /// This character.
    Char(char),
}

impl Token {
    fn takes(self, character: char, ignore_case: bool) -> bool {
        match self {
            Self::Char(wanted) => wanted == character || ignore_case && wanted.eq_ignore_ascii_case(&character),
            Self::One | Self::Star => true,
            Self::OneInField | Self::StarInField => character != ':',
        }
    }

    pub(crate) fn is_star(self) -> bool {
        matches!(self, Self::Star | Self::StarInField)
    }
}

/// Whether a policy pattern matches a text: `*` stands for any characters, `?` for exactly one, letters match in either case.
///
/// This is how IAM compares actions (IAM user guide, JSON policy elements: Action).
pub fn matches_ignore_case(pattern: &str, text: &str) -> bool {
    // Up to the first wildcard each byte has its own; nearly all that does not match differs there.
    let is_literal = |(byte, _): &(u8, u8)| !matches!(byte, b'*' | b'?');
    let mut beginnings = pattern.bytes().zip(text.bytes()).take_while(is_literal);
    beginnings.all(|(one, other)| one.eq_ignore_ascii_case(&other)) && greedy(pattern.chars().map(plain_token), text, true)
}

/// `*` and `?` as wildcards over everything, all else itself.
pub(crate) fn plain_token(character: char) -> Token {
    match character {
        '*' => Token::Star,
        '?' => Token::One,
        other => Token::Char(other),
    }
}

/// Whether the pattern matches the text as a whole. The work is at most the product of the two lengths.
pub(crate) fn matches(pattern: &[Token], text: &str, ignore_case: bool) -> bool {
    if pattern.contains(&Token::StarInField) {
        all_ways(pattern, text, ignore_case)
    } else {
        greedy(pattern.iter().copied(), text, ignore_case)
    }
}

/// A `*` over everything never needs to be tried again once the next one is reached.
fn greedy(mut pattern: impl Iterator<Item = Token> + Clone, text: &str, ignore_case: bool) -> bool {
    let mut text = text.chars();
    let mut retry = None;
    loop {
        let here = text.clone();
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some(Token::Star), _) => {
                text = here;
                retry = Some((pattern.clone(), text.clone()));
            }
            (Some(token), Some(found)) if token.takes(found, ignore_case) => {}
            (_, _) => {
                let Some((after_star, star_text)) = &mut retry else { return false };
                if star_text.next().is_none() {
                    return false;
                }
                pattern = after_star.clone();
                text = star_text.clone();
            }
        }
    }
}

/// Follows every place of the pattern that the text so far can have led to: a `*` that stops at colons may have to give way to an
/// earlier one.
fn all_ways(pattern: &[Token], text: &str, ignore_case: bool) -> bool {
    let mut reached = vec![false; pattern.len().saturating_add(1)];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    skip_stars(pattern, &mut reached);
    for character in text.chars() {
        let mut next = vec![false; reached.len()];
        for (place, token) in pattern.iter().enumerate() {
            if reached.get(place) == Some(&true) && token.takes(character, ignore_case) {
                let after = if token.is_star() { place } else { place.saturating_add(1) };
                if let Some(slot) = next.get_mut(after) {
                    *slot = true;
                }
            }
        }
        skip_stars(pattern, &mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

/// A `*` may stand for nothing.
fn skip_stars(pattern: &[Token], reached: &mut [bool]) {
    for (place, token) in pattern.iter().enumerate() {
        if token.is_star()
            && reached.get(place) == Some(&true)
            && let Some(after) = reached.get_mut(place.saturating_add(1))
        {
            *after = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn matches_like_iam() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("*", "iam:PassRole", true),
            ("iam:*", "iam:PassRole", true),
            ("IAM:pass*", "iam:PassRole", true),
            ("iam:Pass????", "iam:PassRole", true),
            ("iam:Pass???", "iam:PassRole", false),
            ("iam:*Role", "iam:PassRole", true),
            ("iam:*Role", "iam:PassRoles", false),
            ("i*m:*s*R*e", "iam:PassRole", true),
            ("iam:", "iam:PassRole", false),
            ("", "iam:PassRole", false),
            ("", "", true),
            ("**", "x", true),
            ("?*", "", false),
            ("a*bc", "abbc", true),
            ("é?", "éü", true),
            ("iam:[A-Z]*", "iam:PassRole", false),
            ("iam.PassRole", "iam:PassRole", false),
        ] {
            assert_eq!(matches_ignore_case(pattern, text), want, "{pattern} against {text}");
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = "*a".repeat(2_000) + "b";
        let text = "a".repeat(5_000);
        assert!(!matches_ignore_case(&pattern, &text));
    }

    /// The definition, without cleverness.
    fn naive(pattern: &[Token], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((token, rest)) if token.is_star() => {
                naive(rest, text)
                    || text.split_first().is_some_and(|(character, text)| token.takes(*character, false) && naive(pattern, text))
            }
            Some((token, rest)) => text.split_first().is_some_and(|(character, text)| token.takes(*character, false) && naive(rest, text)),
        }
    }

    fn tokens() -> impl Strategy<Value = Vec<Token>> {
        let token = prop_oneof![
            2 => Just(Token::Star),
            2 => Just(Token::StarInField),
            1 => Just(Token::One),
            1 => Just(Token::OneInField),
            5 => prop::sample::select(vec!['a', 'b', ':']).prop_map(Token::Char),
        ];
        prop::collection::vec(token, 0..7)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_definition(pattern in tokens(), text in "[ab:]{0,7}") {
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text, false), naive(&pattern, &characters));
        }
    }
}
