//! Who a statement is about.

use partywall_model::{Severity, Value};

use super::report::{At, Report};
use super::statement::{Named, items};
use super::{PolicyKind, Rule};
use crate::Effect;
use crate::arn::{fields, is_symbol, only_stars};
use crate::node::kind_of;

/// Web identity providers that are named by their host alone (IAM user guide, AWS JSON policy elements: Principal).
const WEB_IDENTITY: &[&str] = &["cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com"];

pub(super) fn check(
    principal: Option<Named<'_>>,
    effect: Option<Effect>,
    kind: PolicyKind,
    has_condition: bool,
    at: At<'_>,
    report: &mut Report,
) {
    let Some(element) = principal else {
        if kind.has_principal() {
            report.add(Rule::MissingPrincipal, at, "statement does not say whom it is about".to_owned());
        }
        return;
    };
    let name = element.name;
    let place = at.member(name);
    if !kind.has_principal() {
        report.add(Rule::PrincipalNotAllowed, place, format!("`{name}` in a policy that is attached to those it is about"));
    }
    if kind == PolicyKind::Rcp && (element.negated || element.value.as_str() != Some("*")) && !element.value.is_unknown() {
        report.add(Rule::RcpForm, place, format!("resource control policy has `{name}` other than `\"Principal\": \"*\"`"));
    }
    if element.negated && effect == Some(Effect::Allow) {
        report.add(Rule::NotPrincipalWithAllow, place, "`NotPrincipal` with `Allow` lets in everybody but those named".to_owned());
    }
    let public =
        !element.negated && effect == Some(Effect::Allow) && !has_condition && matches!(kind, PolicyKind::Resource | PolicyKind::Trust);
    let everyone = |at: At<'_>, report: &mut Report| {
        if public {
            report.add(Rule::PrincipalEveryone, at, "everybody is allowed, without condition".to_owned());
        }
    };
    let members = match element.value {
        Value::Unknown(_) => return,
        Value::Str(text) if &**text == "*" => return everyone(place, report),
        Value::Map(members) => members,
        Value::Str(text) => {
            report.add(
                Rule::BadPrincipal,
                place,
                format!("principal `{text}` stands alone; only `*` may, others go into an object such as `{{\"AWS\": …}}`"),
            );
            return;
        }
        other => {
            report.add(Rule::BadPrincipal, place, format!("principal is {}, neither `*` nor an object", kind_of(other)));
            return;
        }
    };
    if members.is_empty() {
        report.add(Rule::EmptyList, place, format!("`{name}` names nobody"));
    }
    for (of, names) in members {
        let of_place = place.member(of);
        let judge: fn(&str) -> Judgement = match &**of {
            "AWS" => aws,
            "Service" => service,
            "Federated" => federated,
            "CanonicalUser" => canonical,
            _ => {
                let known = "`AWS`, `Service`, `Federated` and `CanonicalUser`";
                report.add(Rule::BadPrincipal, of_place, format!("`{of}` is no kind of principal; there are {known}"));
                continue;
            }
        };
        for (index, name) in items(names) {
            let at = of_place.item(index);
            match name {
                Value::Unknown(_) => {}
                Value::Str(text) => match judge(text) {
                    Judgement::Good => {}
                    Judgement::Everyone => everyone(at, report),
                    Judgement::Bad(rule, reason) => drop(report.add(rule, at, format!("principal `{text}` {reason}"))),
                },
                // Templates write account ids as numbers.
                Value::Int(_) if &**of == "AWS" => {}
                other => drop(report.add(Rule::WrongType, at, format!("principal is {}, not text", kind_of(other)))),
            }
        }
        if names.as_list().is_some_and(<[Value]>::is_empty) {
            report.add(Rule::EmptyList, of_place, format!("`{of}` names nobody")).severity = Severity::High;
        }
    }
}

enum Judgement {
    Good,
    Everyone,
    Bad(Rule, &'static str),
}

fn aws(name: &str) -> Judgement {
    if only_stars(name) {
        return Judgement::Everyone;
    }
    let digits = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(name) || is_symbol(name) || name.contains('{') {
        return Judgement::Good;
    }
    let Some([_, _, service, region, account, resource]) = fields(name) else {
        let unique =
            name.len() >= 16 && name.starts_with('A') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        return if unique {
            Judgement::Bad(Rule::PrincipalDeleted, "is the id of a user or role that was deleted")
        } else {
            Judgement::Bad(Rule::BadPrincipal, "is no account, no ARN and not `*`")
        };
    };
    if name.contains(['*', '?']) {
        return Judgement::Bad(Rule::BadPrincipal, "holds a wildcard, which no ARN of a principal may");
    }
    let starts = |kinds: &[&str]| kinds.iter().any(|kind| resource.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
    let known = match service {
        "iam" if account == "cloudfront" => starts(&["user/"]),
        "iam" => digits(account) && (resource == "root" || starts(&["user/", "role/"])),
        "sts" => digits(account) && starts(&["assumed-role/", "federated-user/"]),
        _ => false,
    };
    if known && region.is_empty() {
        Judgement::Good
    } else {
        Judgement::Bad(Rule::BadPrincipal, "is no ARN of an account, a user, a role or a session")
    }
}

fn service(name: &str) -> Judgement {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/{}$:".contains(&byte));
    if name.contains('{') || (plain && name.contains('.')) {
        Judgement::Good
    } else {
        Judgement::Bad(Rule::BadPrincipal, "is no service, such as `lambda.amazonaws.com`")
    }
}

fn federated(name: &str) -> Judgement {
    let provider = fields(name).is_some_and(|[_, _, service, _, account, resource]| {
        service == "iam" && !account.is_empty() && (resource.starts_with("saml-provider/") || resource.starts_with("oidc-provider/"))
    });
    if name == "*" {
        Judgement::Everyone
    } else if provider || name.contains('{') || WEB_IDENTITY.contains(&name) {
        Judgement::Good
    } else {
        Judgement::Bad(Rule::UnknownIdentityProvider, "is no identity provider that IAM knows")
    }
}

fn canonical(_: &str) -> Judgement {
    Judgement::Good
}
