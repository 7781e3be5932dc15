//! `Conditions` with three answers: a condition that rests on an unknown is unknown, unless the known parts decide it.

use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Value};

use super::document::{Member, Node, Position, shown};
use super::resolver::{Resolver, Stop};
use super::values;

impl<'a> Resolver<'a> {
    /// The answer of a named condition. `Stop::Unknown` is the third answer.
    pub(super) fn condition(&mut self, name: &str, at: Position) -> Result<bool, Stop> {
        let Some((name, node)) = self.sections.conditions.get_key_value(name).map(|(name, node)| (*name, *node)) else {
            return Err(self.unknown(format!("condition `{}` is not declared ({})", shown(name), self.place(at))));
        };
        if let Some(truth) = self.truths.get(name) {
            return truth.clone().map_err(Stop::Unknown);
        }
        let itself = format!("condition `{}` refers to itself ({})", shown(name), self.place(node.at));
        self.truths.insert(name, Err(Arc::new(Cause::new(CauseKind::UnresolvedReference, itself))));
        let truth = match self.quiet(|this| this.with_symbols(false, |this| this.truth(node))) {
            Ok(truth) => Ok(truth),
            Err(Stop::Unknown(cause)) if cause.detail.starts_with("condition `") => Err(cause),
            Err(Stop::Unknown(cause)) => match self.unknown(format!("condition `{}` is unknown: {}", shown(name), cause.detail)) {
                Stop::Unknown(cause) => Err(cause),
                fault @ Stop::Fault(_) => return Err(fault),
            },
            Err(fault @ Stop::Fault(_)) => return Err(fault),
        };
        self.truths.insert(name, truth.clone());
        truth.map_err(Stop::Unknown)
    }

    fn truth(&mut self, node: &'a Node) -> Result<bool, Stop> {
        self.deeper(node.at, |this| this.truth_here(node))
    }

    fn truth_here(&mut self, node: &'a Node) -> Result<bool, Stop> {
        if let Some([Member { name, value, .. }]) = node.members() {
            match (&**name, value.items()) {
                ("Condition", None) => {
                    if let Some(name) = value.text() {
                        return self.condition(&name, node.at);
                    }
                }
                ("Fn::Equals", Some([left, right])) => {
                    let (left, right) = (self.compared(left)?, self.compared(right)?);
                    return Ok(values::same(&left, &right));
                }
                ("Fn::Not", Some([inner])) => return self.truth(inner).map(|truth| !truth),
                ("Fn::And", Some(parts)) => return self.decided_by(parts, false),
                ("Fn::Or", Some(parts)) => return self.decided_by(parts, true),
                _ => {}
            }
        }
        Err(self.unknown(format!("not a condition that can be read ({})", self.place(node.at))))
    }

    /// `Fn::And` is decided by one false part, `Fn::Or` by one true part, whatever the others are.
    fn decided_by(&mut self, parts: &'a [Node], decisive: bool) -> Result<bool, Stop> {
        let mut unknown = None;
        for part in parts {
            match self.truth(part) {
                Ok(truth) if truth == decisive => return Ok(decisive),
                Ok(_) => {}
                Err(Stop::Unknown(cause)) => unknown = unknown.or(Some(cause)),
                Err(fault @ Stop::Fault(_)) => return Err(fault),
            }
        }
        match unknown {
            Some(cause) => Err(Stop::Unknown(cause)),
            None => Ok(!decisive),
        }
    }

    /// One side of a comparison, known throughout.
    fn compared(&mut self, node: &'a Node) -> Result<Value, Stop> {
        let value = self.known(node)?;
        match value.first_unknown() {
            Some(cause) => Err(Stop::Unknown(cause.clone())),
            None => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parameters;
    use super::super::tests::{read_with, shown_with};

    const SECTIONS: &str = "\
Parameters:
  Env: {Type: String, Default: prod}
  Size: {Type: Number, Default: 2}
  Free: {Type: String}
  List: {Type: CommaDelimitedList, Default: 'a, b'}
Mappings:
  M: {prod: {on: true}}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition Prod]
  Two: !Equals ['2', !Ref Size]
  Unknown: !Equals [!Ref Free, x]
  Region: !Equals [!Ref AWS::Region, eu-west-1]
  FalseAnd: !And [!Condition Unknown, !Condition NotProd]
  TrueOr: !Or [!Condition Unknown, !Condition Prod]
  OpenAnd: !And [!Condition Prod, !Condition Unknown]
  OpenOr: !Or [!Condition Unknown, !Condition NotProd]
  Self: !Not [!Condition Self]
  LoopA: !Not [!Condition LoopB]
  LoopB: !Not [!Condition LoopA]
  Mapped: !Equals [!FindInMap [M, !Ref Env, 'on'], 'true']
  Joined: !Equals [!Join ['', !Ref List], ab]
  Bucket: !Equals [!Ref Probe, x]
  Odd: !Sub x
  Bare: Prod
Resources:";

    fn truth(name: &str) -> String {
        shown_with(SECTIONS, &format!("!If [{name}, 1, 0]"), &Parameters::default())
    }

    #[test]
    fn known_conditions() {
        for (name, want) in
            [("Prod", "1"), ("NotProd", "0"), ("Two", "1"), ("FalseAnd", "0"), ("TrueOr", "1"), ("Mapped", "1"), ("Joined", "1")]
        {
            assert_eq!(truth(name), want, "{name}");
        }
        let parameters =
            Parameters { values: [("Free".to_owned(), "x".to_owned())].into(), region: Some("eu-west-1".to_owned()), account: None };
        for name in ["Unknown", "Region", "OpenAnd", "OpenOr"] {
            assert_eq!(shown_with(SECTIONS, &format!("!If [{name}, 1, 0]"), &parameters), "1", "{name}");
        }
    }

    #[test]
    fn unknown_conditions_say_why() {
        for (name, want) in [
            ("Unknown", "?condition `Unknown` is unknown: parameter `Free` has no default (t.yaml:4:3); pass --param Free=…"),
            ("OpenAnd", "?condition `Unknown` is unknown: parameter `Free` has no default (t.yaml:4:3); pass --param Free=…"),
            ("OpenOr", "?condition `Unknown` is unknown: parameter `Free` has no default (t.yaml:4:3); pass --param Free=…"),
            (
                "Region",
                "?condition `Region` is unknown: `AWS::Region` is known only at deployment (t.yaml:13:20); pass --param AWS::Region=…",
            ),
            ("Self", "?condition `Self` refers to itself (t.yaml:18:9)"),
            ("LoopA", "?condition `LoopA` refers to itself (t.yaml:19:10)"),
            ("Bucket", "?condition `Bucket` is unknown: `Probe` is known only after deployment (t.yaml:23:20)"),
            ("Odd", "?condition `Odd` is unknown: not a condition that can be read (t.yaml:24:8)"),
            ("Bare", "?condition `Bare` is unknown: not a condition that can be read (t.yaml:25:9)"),
        ] {
            assert_eq!(truth(name), want, "{name}");
        }
        assert!(truth("Nowhere").starts_with("?condition `Nowhere` is not declared (t.yaml:"));
    }

    #[test]
    fn what_both_branches_share_is_known() {
        let shown = |branches: &str| shown_with(SECTIONS, &format!("!If [Unknown, {branches}]"), &Parameters::default());
        assert_eq!(shown("true, true"), "true");
        assert!(shown("true, false").starts_with("?condition"));
        assert!(shown("a, !Ref AWS::NoValue").starts_with("?condition"));
        assert_eq!(shown("!Ref AWS::NoValue, !Ref AWS::NoValue"), "absent");
        assert!(shown("{A: 1, B: 2}, {A: 1, B: 3}").starts_with("{A:1,B:?condition"));
    }

    #[test]
    fn resources_follow_their_condition() {
        let text = format!(
            "{SECTIONS}\n  A: {{Type: T, Condition: Prod}}\n  B: {{Type: T, Condition: NotProd}}\n  C: {{Type: T, Condition: Unknown, Properties: {{P: !Ref B}}}}\n"
        );
        let template = read_with(&text, &Parameters::default());
        let ids: Vec<_> = template.resources.iter().map(|resource| &*resource.id).collect();
        assert_eq!((ids.as_slice(), template.left_out), (["A", "C"].as_slice(), 1));
        let [warning] = template.warnings.as_slice() else { panic!("{:?}", template.warnings) };
        assert!(warning.message.starts_with("resource `C` may not exist: condition `Unknown` is unknown"), "{}", warning.message);
        assert!(template.resources[1].properties.first_unknown().unwrap().detail.contains("left out by its condition `NotProd`"));
    }
}
