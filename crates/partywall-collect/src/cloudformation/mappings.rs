//! `Fn::FindInMap` and the `Mappings` that it looks into.

use std::sync::Arc;

use partywall_model::{Cause, Value};

use super::document::{Fault, Kind, Node, Position, shown};
use super::resolver::{Resolver, Stop};
use crate::derive::is_pointer;

impl<'a> Resolver<'a> {
    pub(super) fn find_in_map(&mut self, keys: [&'a Node; 3], default: Option<&'a Node>, at: Position) -> Result<Value, Stop> {
        if self.sections.mappings_open {
            return Err(self.unknown(format!("an include or a macro may change the mappings ({})", self.place(at))));
        }
        let known = self.with_symbols(false, |this| {
            let [map, first, second] = keys;
            Ok::<_, Stop>([this.known_text(map)?, this.known_text(first)?, this.known_text(second)?])
        });
        let [map, first, second] = match known {
            Ok(known) => known,
            Err(Stop::Unknown(cause)) if self.may_find_text(keys, at)? => {
                return Err(Stop::Unknown(Arc::new(Cause::clone(&cause).stating_text())));
            }
            Err(stop) => return Err(stop),
        };
        match (self.sections.mappings.get(&(map.as_str(), first.as_str(), second.as_str())).copied(), default) {
            (Some(node), _) => {
                let value = self.literal(node)?;
                Ok(value)
            }
            (None, Some(default)) => self.known(default),
            (None, None) => {
                let path = [map, first, second].map(|key| shown(&key)).join(".");
                Err(self.unknown(format!("the mappings hold no `{path}` ({})", self.place(at))))
            }
        }
    }

    /// True if a lookup whose keys are not all known may come to a text that the template states.
    fn may_find_text(&mut self, keys: [&'a Node; 3], at: Position) -> Result<bool, Fault> {
        self.step(at, self.sections.mappings.len())?;
        let [map, first, second] = keys.map(|key| match &key.kind {
            Kind::Str(text) => Some(&**text),
            _ => None,
        });
        let fits = |key: Option<&str>, known: &str| key.is_none_or(|key| key == known);
        let mut found =
            self.sections.mappings.iter().filter(|(known, _)| fits(map, known.0) && fits(first, known.1) && fits(second, known.2));
        Ok(found.any(|(_, node)| node.text().is_some_and(|text| !text.is_empty() && !is_pointer(&text))))
    }

    /// A value of a mapping: a scalar or a list of scalars, in which functions are not allowed.
    fn literal(&mut self, node: &'a Node) -> Result<Value, Stop> {
        match &node.kind {
            Kind::Map(_) => Err(self.unknown(format!("a mapping's value is neither text nor a list ({})", self.place(node.at)))),
            Kind::List(items) => {
                items.iter().map(|item| self.deeper(item.at, |this| this.literal(item))).collect::<Result<_, _>>().map(Value::List)
            }
            _ => self.known(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
    use super::super::tests::shown_with;

    const SECTIONS: &str = "\
Parameters:
  Free: {Type: String}
  Env: {Type: String, Default: prod}
Mappings:
  M:
    prod: {Size: 3, Zones: [x, y], Id: 012, Deep: {A: 1}}
    eu-west-1: {Ami: ami-1}
Resources:";

    #[test]
    fn find_in_map() {
        for (expression, want) in [
            ("!FindInMap [M, !Ref Env, Size]", "3"),
            ("!FindInMap [M, prod, Zones]", "[\"x\",\"y\"]"),
            ("!FindInMap [M, prod, Id]", "\"012\""),
            ("!FindInMap [M, dev, Size, {DefaultValue: 1}]", "1"),
            ("!FindInMap [M, dev, Size]", "?the mappings hold no `M.dev.Size`"),
            ("!FindInMap [M, prod, Deep]", "?neither text nor a list"),
            ("!FindInMap [M, !Ref Free, Size, {DefaultValue: 1}]", "?parameter `Free`"),
            ("!FindInMap [M, !Ref AWS::Region, Ami]", "?`AWS::Region` is known only at deployment"),
            ("!FindInMap [M, prod]", "?`Fn::FindInMap` has arguments of the wrong shape"),
        ] {
            let got = shown_with(SECTIONS, expression, &Parameters::default());
            match want.strip_prefix('?') {
                Some(start) => assert!(got.starts_with('?') && got.contains(start), "{expression}: {got}"),
                None => assert_eq!(got, want, "{expression}"),
            }
        }
        let parameters = Parameters { region: Some("eu-west-1".to_owned()), ..Parameters::default() };
        assert_eq!(shown_with(SECTIONS, "!FindInMap [M, !Ref AWS::Region, Ami]", &parameters), "\"ami-1\"");
    }

    #[test]
    fn mappings_that_an_include_may_change_give_nothing() {
        for sections in [
            "Mappings: {'Fn::Transform': {Name: AWS::Include}, M: {a: {b: 1}}}\nResources:",
            "Mappings: {M: {'Fn::Transform': {Name: AWS::Include}, a: {b: 1}}}\nResources:",
            "Transform: {Name: AWS::Include}\nMappings: {M: {a: {b: 1}}}\nResources:",
        ] {
            for keys in ["[M, a, b]", "[M, a, c, {DefaultValue: true}]"] {
                let got = shown_with(sections, &format!("!FindInMap {keys}"), &Parameters::default());
                assert!(got.starts_with("?an include or a macro may change the mappings"), "{sections} {keys}: {got}");
            }
        }
    }
}
