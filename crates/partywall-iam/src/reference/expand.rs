//! From patterns of a policy to actions.

use std::cmp::Ordering;

use super::{Action, Reference, Service, compare, slice};
use crate::matches_ignore_case;

impl Reference {
    /// The actions that a pattern of a policy matches: `s3:Get*`, `*`. Without a colon only `*` matches, as in a policy.
    ///
    /// What AWS added after the table's date is not among them, so a pattern that matches nothing here may match something.
    pub fn expand<'r>(&'r self, pattern: &str) -> Vec<Action<'r>> {
        let (prefix, name) = match pattern.split_once(':') {
            Some(parts) => parts,
            None if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') => ("*", "*"),
            None => return Vec::new(),
        };
        if prefix.contains(['*', '?']) {
            let services = self.services().filter(|service| matches_ignore_case(prefix, service.prefix()));
            return services.flat_map(|service| service.expand(name)).collect();
        }
        self.service(prefix).map(|service| service.expand(name)).unwrap_or_default()
    }

    /// The services whose prefix a pattern's part before the colon matches.
    pub fn services_of(&self, pattern: &str) -> Vec<Service<'_>> {
        match pattern.split_once(':') {
            None => Vec::new(),
            Some((prefix, _)) if prefix.contains(['*', '?']) => {
                self.services().filter(|service| matches_ignore_case(prefix, service.prefix())).collect()
            }
            Some((prefix, _)) => self.service(prefix).into_iter().collect(),
        }
    }
}

impl<'r> Service<'r> {
    /// Its actions that a pattern without prefix matches.
    pub fn expand(self, pattern: &str) -> Vec<Action<'r>> {
        self.matching(pattern).collect()
    }

    /// Whether a pattern without prefix matches one of its actions.
    pub fn has_match(self, pattern: &str) -> bool {
        self.matching(pattern).next().is_some()
    }

    /// Names are in order, so only those that begin as the pattern does are compared with it.
    fn matching(self, pattern: &str) -> impl Iterator<Item = Action<'r>> {
        let literal = pattern.split(['*', '?']).next().unwrap_or_default();
        let reference = self.reference;
        let rows = slice(&reference.actions, &self.row.actions);
        let first = rows.partition_point(|row| compare(reference.get(row.name), literal) == Ordering::Less);
        let begins = move |name: &str| name.get(..literal.len()).is_some_and(|start| start.eq_ignore_ascii_case(literal));
        let from = rows.get(first..).unwrap_or_default().iter().map(move |row| Action { reference, row });
        from.take_while(move |action| begins(action.name())).filter(move |action| matches_ignore_case(pattern, action.name()))
    }
}
