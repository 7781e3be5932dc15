use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::Caller;

/// One request: who does what to which resource, and what else AWS knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// The action, `service:Name`, in any case.
    pub action: Box<str>,
    /// The ARN, or `*`. With wildcards the question is whether there is a resource of that pattern for which the answer is yes.
    pub resource: Box<str>,
    /// The action names no resource, so only a pattern that takes in everything matches (service authorization reference: actions
    /// without resource types).
    pub wildcard_only: bool,
    resource_account: Option<Box<str>>,
    /// Condition keys in lower case, ascending, with their values.
    context: Vec<(Box<str>, Vec<Box<str>>)>,
    /// Keys that are not set are not known, rather than absent.
    open: bool,
}

/// What a request says of a condition key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup<'r> {
    /// Not in the request, or without any value.
    Absent,
    /// At least one value.
    Values(&'r [Box<str>]),
    /// Not known.
    Unknown(Arc<Cause>),
}

impl Request {
    /// A request with the context that follows from the caller and the resource, and nothing else. The resource's account is the
    /// one that its ARN names, if it names one.
    pub fn new(caller: Caller, action: impl Into<Box<str>>, resource: impl Into<Box<str>>) -> Self {
        let resource = resource.into();
        let account = crate::arn::fields(&resource).map(|[_, _, _, _, account, _]| account);
        let account: Option<Box<str>> =
            account.filter(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).map(Box::from);
        let mut request = Self {
            caller,
            action: action.into(),
            resource,
            wildcard_only: false,
            resource_account: None,
            context: Vec::new(),
            open: false,
        };
        for (key, value) in request.caller.implied() {
            request.put(key.into(), vec![value]);
        }
        if request.service().eq_ignore_ascii_case("kms")
            && let Some(account) = request.caller.account()
        {
            request.put("kms:calleraccount".into(), vec![account.into()]);
        }
        if let Some(account) = account {
            request.set_resource_account(account);
        }
        request
    }

    /// Says whose resource it is: S3 buckets do not name their account. Fills `aws:ResourceAccount`.
    pub fn set_resource_account(&mut self, account: impl Into<Box<str>>) {
        let account = account.into();
        self.put("aws:resourceaccount".into(), vec![account.clone()]);
        if self.service().eq_ignore_ascii_case("s3") {
            self.put("s3:resourceaccount".into(), vec![account.clone()]);
        }
        self.resource_account = Some(account);
    }

    /// The account that owns the resource, if it is known.
    pub fn resource_account(&self) -> Option<&str> {
        self.resource_account.as_deref()
    }

    /// Gives a condition key its values, in place of those that it had. No value at all is the same as an absent key.
    pub fn set<V: Into<Box<str>>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        self.put(key.to_ascii_lowercase().into(), values.into_iter().map(Into::into).collect());
    }

    /// The values of a condition key; none if it is absent or not known.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        let found = match self.value(&key.to_ascii_lowercase()) {
            Lookup::Values(values) => values,
            Lookup::Absent | Lookup::Unknown(_) => &[],
        };
        found.iter().map(|value| &**value)
    }

    /// All condition keys that are set, in lower case and in order, with their values.
    pub fn context(&self) -> impl Iterator<Item = (&str, &[Box<str>])> {
        self.context.iter().map(|(key, values)| (&**key, values.as_slice()))
    }

    /// From now on a key that is not set is not known, rather than absent: answers that depend on one say which.
    pub fn leave_open(&mut self) {
        self.open = true;
    }

    fn put(&mut self, key: Box<str>, values: Vec<Box<str>>) {
        match self.context.binary_search_by(|(have, _)| have.cmp(&key)) {
            Ok(at) => {
                if let Some((_, slot)) = self.context.get_mut(at) {
                    *slot = values;
                }
            }
            Err(at) => self.context.insert(at, (key, values)),
        }
    }

    /// The values of a key, given in lower case.
    pub(crate) fn value(&self, lower_key: &str) -> Lookup<'_> {
        let found = self.context.binary_search_by(|(have, _)| (**have).cmp(lower_key)).ok().and_then(|at| self.context.get(at));
        match found {
            Some((_, values)) if !values.is_empty() => Lookup::Values(values),
            None if self.open => Lookup::Unknown(Arc::new(Cause::new(
                CauseKind::NotInSource,
                format!("condition key `{lower_key}` of the request: give its value, or say that it is absent"),
            ))),
            Some(_) | None => Lookup::Absent,
        }
    }

    /// The service part of the action, in lower case letters or not.
    pub(crate) fn service(&self) -> &str {
        self.action.split(':').next().unwrap_or_default()
    }

    /// The same request for another resource.
    pub(crate) fn with_resource(&self, resource: Box<str>) -> Self {
        Self { resource, ..self.clone() }
    }
}
