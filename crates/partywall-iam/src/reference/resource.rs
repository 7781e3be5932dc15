//! Whether a pattern of a policy can match an ARN of a resource type.

use crate::arn::fields;
use crate::matches_ignore_case;

/// How a pattern and a template of ARNs go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// No ARN is of both.
    None,
    /// Some are, but the pattern has a wildcard where the ARN names its type; the IAM user guide (Identify AWS
    /// resources with Amazon Resource Names (ARNs)) says that the resource type cannot be written so.
    TypeWildcard,
    /// Some are.
    Some,
    /// The pattern matches every ARN of the type.
    Every,
}

/// Longest pattern that is compared; no ARN is as long.
const MAX_PATTERN: usize = 2_048;

/// One character of a template or a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Is(char),
    /// Exactly one character (`?`).
    One,
    /// Any number of characters (`*`, a policy variable, a reference of a CloudFormation template).
    Any,
    /// The same without a colon: in one of the first five parts of a pattern that has all six.
    AnyInField,
    /// A template's variable outside of the resource part: one or more characters, no colon.
    Field,
    /// The name of a bucket: one or more characters, no slash.
    Segment,
    /// Another variable of the resource part: one or more characters.
    Name,
}

/// How a policy's pattern fits the ARNs of a template such as `arn:${Partition}:s3:::${BucketName}`.
pub(super) fn fit(template: &str, pattern: &str) -> Fit {
    ResourcePattern::new(pattern).fit(template)
}

/// A policy's pattern of resources, taken apart once to be compared with many templates.
#[derive(Debug)]
pub(crate) struct ResourcePattern<'p> {
    text: &'p str,
    /// What the last of its six parts begins with, up to a wildcard.
    begins: Option<&'p str>,
    tokens: Vec<Token>,
}

impl<'p> ResourcePattern<'p> {
    pub(crate) fn new(text: &'p str) -> Self {
        let begins = fields(text).and_then(|[.., resource]| resource.split(['*', '?', '{', '$']).next());
        Self { text, begins, tokens: if text.len() > MAX_PATTERN { Vec::new() } else { pattern_tokens(text) } }
    }

    /// [`fit`] of the pattern.
    pub(crate) fn fit(&self, template: &str) -> Fit {
        let pattern = self.text;
        if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') {
            return Fit::Every;
        }
        if pattern.len() > MAX_PATTERN {
            return Fit::Some;
        }
        // The service is most often plain text in both: a cheap no.
        if let (Some(own), Some(wanted)) = (template.split(':').nth(2), pattern.split(':').nth(2))
            && !own.contains('$')
            && !wanted.contains(['*', '?', '{'])
            && !own.eq_ignore_ascii_case(wanted)
        {
            return Fit::None;
        }
        // So is the beginning of the last part.
        let own = template.splitn(6, ':').nth(5).and_then(|resource| resource.split(['*', '$']).next()).unwrap_or_default();
        if self.begins.is_some_and(|begins| own.bytes().zip(begins.bytes()).any(|(one, other)| one != other)) {
            return Fit::None;
        }
        if !meet(&template_tokens(template), &self.tokens) {
            Fit::None
        } else if type_is_wild(template, pattern) {
            Fit::TypeWildcard
        } else if covers(template, pattern) {
            Fit::Every
        } else {
            Fit::Some
        }
    }
}

fn template_tokens(template: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(template.len());
    let mut colons = 0;
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        if let Some((variable, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
            tokens.push(match variable {
                _ if colons < 5 => Token::Field,
                "BucketName" => Token::Segment,
                _ => Token::Name,
            });
            rest = after;
            continue;
        }
        colons += usize::from(character == ':');
        tokens.push(if character == '*' { Token::Any } else { Token::Is(character) });
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    tokens
}

/// `${*}`, `${?}` and `${$}` are these characters; every other variable, and every `{Reference}`, may be anything.
fn pattern_tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let whole = fields(pattern).is_some();
    let mut colons = 0;
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let any = if whole && colons < 5 { Token::AnyInField } else { Token::Any };
        let inside = rest.strip_prefix("${").or_else(|| rest.strip_prefix('{'));
        if let Some((variable, after)) = inside.and_then(|inside| inside.split_once('}')) {
            tokens.push(match variable {
                "*" | "?" | "$" => variable.chars().next().map_or(any, Token::Is),
                _ => any,
            });
            rest = after;
            continue;
        }
        colons += usize::from(character == ':');
        tokens.push(match character {
            '*' => any,
            '?' => Token::One,
            other => Token::Is(other),
        });
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    tokens
}

/// Whether one text is of both. Walks pairs of positions; a repeated token stays where it is while the other side moves on.
fn meet(own: &[Token], wanted: &[Token]) -> bool {
    let width = wanted.len() + 1;
    // Two marks for each pair: whether the template's variable, which is not empty, has had a character.
    let mut seen = vec![0_u64; (own.len() + 1) * width / 32 + 1];
    let mut open = vec![(0, 0, false)];
    while let Some((i, j, fed)) = open.pop() {
        let bit = (i * width + j) * 2 + usize::from(fed);
        let mark = 1_u64 << (bit % 64);
        match seen.get_mut(bit / 64) {
            Some(marks) if *marks & mark == 0 => *marks |= mark,
            _ => continue,
        }
        let (left, right) = (own.get(i).copied(), wanted.get(j).copied());
        if left.is_none() && right.is_none() {
            return true;
        }
        let variable = matches!(left, Some(Token::Field | Token::Segment | Token::Name));
        if left == Some(Token::Any) || (variable && fed) {
            open.push((i + 1, j, false));
        }
        let repeats = matches!(right, Some(Token::Any | Token::AnyInField));
        if repeats {
            open.push((i, j + 1, fed));
        }
        let (Some(left), Some(right)) = (left, right) else { continue };
        if !share(left, right) {
            continue;
        }
        // One character of both: each side stays if it repeats, else goes on.
        let stays_left = variable || left == Token::Any;
        open.push((if stays_left { i } else { i + 1 }, if repeats { j } else { j + 1 }, stays_left && variable));
    }
    false
}

/// Whether one character is of both.
fn share(own: Token, wanted: Token) -> bool {
    let allowed = |character: char| match own {
        Token::Is(own) => own == character,
        Token::Field => character != ':',
        Token::Segment => character != '/' && character != ':',
        Token::One | Token::Any | Token::AnyInField | Token::Name => true,
    };
    match wanted {
        Token::Is(character) => allowed(character),
        Token::AnyInField => own != Token::Is(':'),
        _ => true,
    }
}

/// Whether the pattern has a star, or the same text, wherever the template has something.
fn covers(template: &str, pattern: &str) -> bool {
    let mut wanted = pattern.splitn(6, ':');
    let mut own = template.splitn(6, ':');
    // Most patterns name a Region or an account, which ends the comparison before the last part.
    (0..6).all(|position| match (own.next(), wanted.next()) {
        (_, Some("*")) => true,
        (Some(own), Some(field)) if position == 1 => own.starts_with('$') && field.starts_with("aws"),
        (Some(own), Some(field)) if position == 5 => matches_ignore_case(field, &starred(own)),
        (own, field) => own.is_some() && own == field,
    })
}

/// A template with its variables as stars.
fn starred(template: &str) -> String {
    let mut text = String::with_capacity(template.len());
    for token in template_tokens(&format!(":::::{template}")).into_iter().skip(5) {
        text.push(match token {
            Token::Is(character) => character,
            _ => '*',
        });
    }
    text
}

/// Whether the template's resource part begins with a word, such as `role/` or `table/`, that the pattern has not as text.
fn type_is_wild(template: &str, pattern: &str) -> bool {
    let (Some(own), Some(wanted)) = (template.splitn(6, ':').nth(5), pattern.splitn(6, ':').nth(5)) else { return false };
    let word = own.split(['/', ':', '$', '*']).next().unwrap_or_default();
    !word.is_empty() && word.len() < own.len() && wanted != "*" && !wanted.starts_with(word) && wanted.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "arn:${Partition}:s3:::${BucketName}";
    const OBJECT: &str = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
    const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
    const TOPIC: &str = "arn:${Partition}:sns:${Region}:${Account}:${TopicName}";

    #[test]
    fn patterns_and_templates() {
        for (template, pattern, want) in [
            (BUCKET, "*", Fit::Every),
            (BUCKET, "arn:aws:s3:::*", Fit::Every),
            (OBJECT, "arn:aws:s3:::*/*", Fit::Every),
            (OBJECT, "arn:aws:s3:::*", Fit::Every),
            (BUCKET, "arn:aws:s3:::b", Fit::Some),
            (BUCKET, "arn:aws:s3:::b/*", Fit::None),
            (OBJECT, "arn:aws:s3:::b/*", Fit::Some),
            (OBJECT, "arn:aws:s3:::b", Fit::None),
            (OBJECT, "arn:aws:s3:::b*", Fit::Some),
            (OBJECT, "arn:aws:s3:::${aws:username}/x", Fit::Some),
            (BUCKET, "arn:aws:s3*", Fit::Some),
            (BUCKET, "arn:aws:s3:eu-west-1::b", Fit::None),
            (BUCKET, "arn:aws:sns:::b", Fit::None),
            (ROLE, "arn:aws:iam::111122223333:role/a/b", Fit::Some),
            (ROLE, "arn:aws:iam::*:role/*", Fit::Every),
            (ROLE, "arn:aws:iam::111122223333:role/*", Fit::Some),
            (ROLE, "arn:aws:iam:::role/a", Fit::None),
            (ROLE, "arn:aws:iam::111122223333:user/a", Fit::None),
            (ROLE, "arn:aws:iam::111122223333:*", Fit::Some),
            (ROLE, "arn:aws:iam::111122223333:r*", Fit::TypeWildcard),
            (ROLE, "arn:aws:iam::111122223333:role*", Fit::Some),
            (ROLE, "{Role.Arn}", Fit::Some),
            (TOPIC, "arn:aws:sns:*:*:*", Fit::Every),
            (TOPIC, "arn:aws:sns:eu-west-1:111122223333:t", Fit::Some),
            (TOPIC, "arn:aws:sns:eu-west-1::t", Fit::None),
            (TOPIC, "arn:aws:s?s:eu-west-1:1:t", Fit::Some),
            (TOPIC, "", Fit::None),
            ("arn:${Partition}:ec2:${Region}::image/${ImageId}", "arn:aws:ec2:*:*:instance/*", Fit::None),
            ("arn:${Partition}:ec2:${Region}::image/${ImageId}", "arn:aws:ec2:*:*:*/*", Fit::TypeWildcard),
            ("arn:${Partition}:ec2:${Region}::image/${ImageId}", "arn:aws:ec2:*::image/ami-*", Fit::Some),
        ] {
            assert_eq!(fit(template, pattern), want, "{template} with {pattern}");
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        assert_eq!(fit(TOPIC, &format!("arn:aws:sns:a:b:{}c", "*a".repeat(900))), Fit::Some);
        assert_eq!(fit(TOPIC, &"*".repeat(100_000)), Fit::Every);
    }
}
