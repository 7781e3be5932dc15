use std::sync::Arc;

use partywall_model::Cause;

use super::request::{Lookup, Request};
use crate::wildcard::{Token, matches, plain_token};

/// A text of a policy made ready for comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// A text without wildcards and variables.
    Exact(Box<str>),
    /// Any text at all: `*`.
    Any,
    /// Literal characters, wildcards, and the places where values of the request go, ascending. Nearly always there are none.
    Tokens(Vec<Token>, Vec<(usize, Variable)>),
}

/// A policy variable, `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// In lower case.
    key: Box<str>,
    default: Option<Box<str>>,
}

/// What `*` and `?` mean in a place of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// Nothing: they stand for themselves.
    Literal,
    /// Any characters.
    Plain,
    /// As in ARNs of the Resource element: see [`Pattern::new`].
    Arn,
}

/// Whether a pattern matches, or why that cannot be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Match {
    Yes,
    No,
    /// A policy variable has no value in the request, or several: the statement does not apply, whatever the operator.
    NoValue,
    Unknown(Arc<Cause>),
}

impl Pattern {
    /// Reads a text as a policy of version 2012-10-17 (`variables`) or 2008-10-17 has it (IAM user guide, IAM policy elements:
    /// variables and tags). `${*}`, `${?}` and `${$}` are those characters themselves; `${}` and what has no end is plain text.
    ///
    /// In ARNs a wildcard stays in the field that it stands in, the first five of which colons end, unless it is the last
    /// character of the field: then it can stand for further fields (IAM user guide, JSON policy elements: Resource).
    pub(crate) fn new(text: &str, wildcards: Wildcards, variables: bool) -> Self {
        let special = |byte: u8| byte == b'$' && variables || matches!(byte, b'*' | b'?') && wildcards != Wildcards::Literal;
        if !text.bytes().any(special) {
            return Self::Exact(text.into());
        }
        if text == "*" {
            return Self::Any;
        }
        let (mut tokens, mut places) = (Vec::with_capacity(text.len()), Vec::new());
        let mut colons = 0_usize;
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if variables
                && let Some((inside, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}'))
                && !inside.is_empty()
            {
                match inside {
                    "*" | "?" | "$" => tokens.extend(inside.chars().map(Token::Char)),
                    name => places.push((tokens.len(), Variable::new(name))),
                }
                rest = after;
                continue;
            }
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
            let ends_field = rest.is_empty() || rest.starts_with(':');
            tokens.push(match (wildcards, character) {
                (Wildcards::Arn, '*') if colons < 5 && !ends_field => Token::StarInField,
                (Wildcards::Arn, '?') if colons < 5 => Token::OneInField,
                (Wildcards::Literal, literal) => Token::Char(literal),
                (_, character) => plain_token(character),
            });
            if character == ':' {
                colons = colons.saturating_add(1);
            }
        }
        Self::Tokens(tokens, places)
    }

    /// True if it matches every text: `*`.
    pub(crate) fn is_any(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(_) => false,
            Self::Tokens(tokens, places) => places.is_empty() && !tokens.is_empty() && tokens.iter().all(|token| *token == Token::Star),
        }
    }

    fn variables(&self) -> &[(usize, Variable)] {
        match self {
            Self::Tokens(_, places) => places,
            Self::Exact(_) | Self::Any => &[],
        }
    }

    /// The keys, in lower case, whose values the pattern takes in.
    pub(crate) fn variable_keys(&self) -> impl Iterator<Item = &str> {
        self.variables().iter().map(|(_, variable)| &*variable.key)
    }

    /// The only text that it matches, if there is only one.
    pub(crate) fn literal(&self) -> Option<String> {
        let character = |token: &Token| if let Token::Char(character) = token { Some(*character) } else { None };
        match self {
            Self::Exact(text) => Some(text.to_string()),
            Self::Any => None,
            Self::Tokens(tokens, places) => tokens.iter().map(character).collect::<Option<String>>().filter(|_| places.is_empty()),
        }
    }

    /// The pattern with `*` in the places of its variables: it takes in what the pattern does whatever their values are.
    pub(crate) fn widest(&self) -> Vec<Token> {
        let mut tokens: Vec<Token> = match self {
            Self::Exact(text) => text.chars().map(Token::Char).collect(),
            Self::Any => vec![Token::Star],
            Self::Tokens(tokens, _) => tokens.clone(),
        };
        for (at, _) in self.variables().iter().rev() {
            tokens.insert((*at).min(tokens.len()), Token::Star);
        }
        tokens
    }

    pub(crate) fn matches(&self, text: &str, ignore_case: bool, request: &Request) -> Match {
        let known = |yes: bool| if yes { Match::Yes } else { Match::No };
        match self {
            Self::Any => Match::Yes,
            Self::Exact(exact) if ignore_case => known(exact.eq_ignore_ascii_case(text)),
            Self::Exact(exact) => known(**exact == *text),
            Self::Tokens(tokens, places) if places.is_empty() => known(matches(tokens, text, ignore_case)),
            Self::Tokens(..) => match self.resolve(request) {
                Ok(tokens) => known(matches(&tokens, text, ignore_case)),
                Err(none) => none,
            },
        }
    }

    /// False only if it does not match the text, letter for letter, whatever the values of its variables are.
    pub(crate) fn may_match(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Tokens(tokens, places) => !places.is_empty() || matches(tokens, text, false),
        }
    }

    /// The pattern with the values of the request in the places of its variables.
    pub(crate) fn resolve(&self, request: &Request) -> Result<Vec<Token>, Match> {
        let (written, places) = match self {
            Self::Any => return Ok(vec![Token::Star]),
            Self::Exact(exact) => return Ok(exact.chars().map(Token::Char).collect()),
            Self::Tokens(tokens, places) => (tokens, places),
        };
        let mut tokens = Vec::with_capacity(written.len());
        let mut from = 0;
        for (at, variable) in places {
            tokens.extend_from_slice(written.get(from..*at).unwrap_or_default());
            from = *at;
            let value = match (request.value(&variable.key), &variable.default) {
                (Lookup::Values([single]), _) => single,
                (Lookup::Absent, Some(default)) => default,
                (Lookup::Absent | Lookup::Values(_), _) => return Err(Match::NoValue),
                (Lookup::Unknown(cause), _) => return Err(Match::Unknown(cause)),
            };
            tokens.extend(value.chars().map(Token::Char));
        }
        tokens.extend_from_slice(written.get(from..).unwrap_or_default());
        Ok(tokens)
    }
}

impl Variable {
    fn new(inside: &str) -> Self {
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => {
                let default = default.trim();
                let quoted = default.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                (key, Some(quoted.unwrap_or(default)))
            }
            None => (inside, None),
        };
        Self { key: key.trim().to_ascii_lowercase().into(), default: default.map(Box::from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Caller;

    fn matches(wildcards: Wildcards, pattern: &str, text: &str) -> Match {
        let mut request = Request::new(Caller::parse("arn:aws:iam::111122223333:user/Bob"), "s3:GetObject", text);
        request.set("aws:PrincipalTag/team", ["a*b"]);
        request.set("aws:TagKeys", ["x", "y"]);
        Pattern::new(pattern, wildcards, true).matches(text, false, &request)
    }

    #[test]
    fn wildcards_of_arns_stay_in_their_field_unless_they_end_it() {
        for (pattern, text, want) in [
            ("*", "arn:aws:s3:::b/k", Match::Yes),
            ("arn:aws:s3*", "arn:aws:s3:::b/k", Match::Yes),
            ("arn:aws:s3:*", "arn:aws:s3:::b/k", Match::Yes),
            ("arn:aws:*:b/k", "arn:aws:s3:::b/k", Match::Yes),
            ("arn:aws:s3:::b", "arn:aws:s3:::b/k", Match::No),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k/l:m", Match::Yes),
            ("arn:aws:s3:::b/*m", "arn:aws:s3:::b/k/l:m", Match::Yes),
            ("arn:aws:s3:::B/*", "arn:aws:s3:::b/k", Match::No),
            ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-east-1:1:q", Match::Yes),
            ("arn:aws:s*q", "arn:aws:sqs:us-east-1:1:q", Match::No),
            ("arn:aws:sqs:us?east?1:1:q", "arn:aws:sqs:us-east-1:1:q", Match::Yes),
            ("arn:aws:sqs?us-east-1:1:q", "arn:aws:sqs:us-east-1:1:q", Match::No),
            ("arn:aws:sqs", "arn:aws:sqs:us-east-1:1:q", Match::No),
        ] {
            assert_eq!(matches(Wildcards::Arn, pattern, text), want, "{pattern} against {text}");
        }
    }

    #[test]
    fn variables_are_literal_text_of_the_request() {
        for (pattern, text, want) in [
            ("home/${aws:username}/*", "home/Bob/x", Match::Yes),
            ("home/${AWS:UserName}/*", "home/Alice/x", Match::No),
            ("${aws:PrincipalTag/team}", "a*b", Match::Yes),
            ("${aws:PrincipalTag/team}", "axb", Match::No),
            ("${aws:PrincipalTag/none}", "x", Match::NoValue),
            ("${aws:PrincipalTag/none, 'x'}", "x", Match::Yes),
            ("${aws:PrincipalTag/none,'y'}", "x", Match::No),
            ("${aws:TagKeys}", "x", Match::NoValue),
            ("a${*}", "a*", Match::Yes),
            ("a${*}", "ab", Match::No),
            ("${$}{x", "${x", Match::Yes),
            ("${}", "${}", Match::Yes),
            ("${aws:username", "${aws:username", Match::Yes),
        ] {
            assert_eq!(matches(Wildcards::Plain, pattern, text), want, "{pattern} against {text}");
        }
        let request = Request::new(Caller::parse("arn:aws:iam::111122223333:user/Bob"), "a:b", "*");
        let old = Pattern::new("${aws:username}", Wildcards::Plain, false);
        assert_eq!(old.matches("Bob", false, &request), Match::No);
        assert_eq!(old.matches("${aws:username}", false, &request), Match::Yes);
    }
}
