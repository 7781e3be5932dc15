//! ARNs as policies hold them: with wildcards, and with the symbols `{Name}` that stand for references of a template.

/// The symbol that a template's own account takes in texts.
pub const OWN_ACCOUNT: &str = "{AWS::AccountId}";

/// Whose account a principal name or an ARN field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account<'a> {
    /// The account that the template is deployed to.
    Own,
    /// Twelve digits.
    Id(&'a str),
    /// A wildcard: every account, or several.
    Any,
    /// A reference that only a deployment resolves.
    Symbolic,
    /// No account in it: a unique id, an origin access identity, an S3 bucket.
    None,
}

/// The six fields of an ARN: `arn`, partition, service, region, account, resource. `None` if the text is not one.
///
/// Colons inside of symbols (`{AWS::Partition}`) do not separate; the resource keeps its own.
pub(crate) fn fields(text: &str) -> Option<[&str; 6]> {
    let mut found = [""; 6];
    let mut rest = text;
    let (last, front) = found.split_last_mut()?;
    for slot in front {
        let colon = field_end(rest)?;
        (*slot, rest) = rest.split_at_checked(colon)?;
        rest = rest.strip_prefix(':')?;
    }
    *last = rest;
    (found.first() == Some(&"arn")).then_some(found)
}

/// The position of the first colon outside of symbols.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, character) in text.char_indices() {
        match character {
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(position),
            _ => {}
        }
    }
    None
}

/// The account that an `AWS` principal names: an account id, an ARN, `*`, or a symbol.
pub(crate) fn principal_account(name: &str) -> Account<'_> {
    if only_stars(name) {
        return Account::Any;
    }
    if let Some([_, _, _, _, account, _]) = fields(name) {
        return account_field(account);
    }
    if is_symbol(name) && name.ends_with(".Arn}") {
        // The ARN of a resource of the same stack.
        return Account::Own;
    }
    account_field(name)
}

pub(crate) fn account_field(field: &str) -> Account<'_> {
    if field == OWN_ACCOUNT {
        Account::Own
    } else if field.contains('{') {
        Account::Symbolic
    } else if field.contains(['*', '?']) {
        Account::Any
    } else if field.len() == 12 && field.bytes().all(|byte| byte.is_ascii_digit()) {
        Account::Id(field)
    } else {
        Account::None
    }
}

/// True for `*` and its longer spellings, not for the empty text.
pub(crate) fn only_stars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// True if the text as a whole is one reference of a template.
pub(crate) fn is_symbol(text: &str) -> bool {
    text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|name| !name.contains(['{', '}']))
}

/// True if the text names one thing: no wildcard and no policy variable.
pub(crate) fn is_fixed(text: &str) -> bool {
    !text.contains(['*', '?']) && !text.contains("${")
}

/// True if the pattern covers every resource of every service: `*`, or an ARN whose service, account and resource are `*`.
pub(crate) fn covers_every_resource(pattern: &str) -> bool {
    if only_stars(pattern) {
        return true;
    }
    match fields(pattern) {
        Some([_, _, service, region, account, resource]) => [service, region, account, resource].into_iter().all(only_stars),
        // A star at the end of a short ARN stands for the fields that are missing; the partition may be any.
        None => pattern.strip_prefix("arn:").filter(|rest| rest.ends_with('*')).is_some_and(|rest| {
            let from = if rest.starts_with('*') { Some(rest) } else { field_end(rest).and_then(|colon| rest.get(colon + 1..)) };
            from.is_none_or(|fields| fields.split(':').all(only_stars))
        }),
    }
}

/// True if the pattern covers every IAM role of an account: every resource, or `role/*`.
pub(crate) fn covers_every_role(pattern: &str) -> bool {
    covers_every_of("role", pattern)
}

/// True if the pattern covers every IAM resource of that kind (`role`, `user`, `group`, `policy`) of an account.
pub(crate) fn covers_every_of(kind: &str, pattern: &str) -> bool {
    covers_every_resource(pattern)
        || fields(pattern).is_some_and(|[_, _, service, _, _, resource]| {
            let of_kind = resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
            (service.eq_ignore_ascii_case("iam") || only_stars(service)) && (only_stars(resource) || of_kind.is_some_and(only_stars))
        })
}

/// True if the pattern covers roles of every account.
pub(crate) fn covers_roles_of_every_account(pattern: &str) -> bool {
    covers_every_role(pattern) && fields(pattern).is_none_or(|[_, _, _, _, account, _]| only_stars(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_keep_their_colons() {
        assert_eq!(
            fields("arn:{AWS::Partition}:iam::{AWS::AccountId}:role/a:b"),
            Some(["arn", "{AWS::Partition}", "iam", "", "{AWS::AccountId}", "role/a:b"])
        );
        assert_eq!(fields("arn:aws:s3"), None);
        assert_eq!(fields("{Bucket.Arn}/*"), None);
        assert_eq!(fields("urn:aws:iam::1:x"), None);
        assert_eq!(fields("}}:{{::é"), None);
    }

    #[test]
    fn accounts_of_principals() {
        for (name, want) in [
            ("*", Account::Any),
            ("111122223333", Account::Id("111122223333")),
            ("arn:aws:iam::111122223333:root", Account::Id("111122223333")),
            ("arn:aws:sts::111122223333:assumed-role/a/b", Account::Id("111122223333")),
            ("arn:aws:iam::*:root", Account::Any),
            ("arn:{AWS::Partition}:iam::{AWS::AccountId}:root", Account::Own),
            ("{AWS::AccountId}", Account::Own),
            ("{Role.Arn}", Account::Own),
            ("arn:aws:iam::{Trusted}:root", Account::Symbolic),
            ("{Trusted}", Account::Symbolic),
            ("AROAEXAMPLEEXAMPLE123", Account::None),
            ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", Account::None),
            ("11112222333", Account::None),
        ] {
            assert_eq!(principal_account(name), want, "{name}");
        }
    }

    #[test]
    fn patterns_over_everything() {
        for pattern in ["*", "**", "arn:*", "arn:aws:*", "arn:aws:*:*:*:*", "arn:*:*:*:*:*", "arn:aws*", "arn:{AWS::Partition}:*"] {
            assert!(covers_every_resource(pattern), "{pattern}");
        }
        for pattern in ["", "arn:aws:s3:::*", "arn:aws:s3:*", "arn:aws:s3*", "arn:aws:iam::*:role/*", "{Role.Arn}", "arn:", "arn:aws"] {
            assert!(!covers_every_resource(pattern), "{pattern}");
        }
        for pattern in ["*", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::{AWS::AccountId}:*"] {
            assert!(covers_every_role(pattern), "{pattern}");
        }
        for pattern in ["arn:aws:iam::*:role/app-*", "arn:aws:s3:::*", "arn:aws:iam::*:user/*"] {
            assert!(!covers_every_role(pattern), "{pattern}");
        }
        assert!(covers_roles_of_every_account("arn:aws:iam::*:role/*"));
        assert!(!covers_roles_of_every_account("arn:aws:iam::111122223333:role/*"));
    }
}
