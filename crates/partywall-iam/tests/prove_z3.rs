//! The prover against the SMT solver z3, on random policies of one user: a second opinion that shares no code with the evaluator.
//!
//! Needs the program `z3` and the feature of that name: `cargo test -p partywall-iam --features z3 --test prove_z3 -- --nocapture`.

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    use partywall_iam::eval::{Caller, Policy};
    use partywall_iam::prove::{Attached, Proof, Space, new_access};

    const CASES: usize = 12_000;
    const ACTIONS: &[&str] = &["s:a", "s:b", "s:ab", "t:a"];

    struct Random(u64);

    impl Random {
        fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            &list[usize::try_from(self.0 >> 33).unwrap() % list.len()]
        }
    }

    /// A statement as JSON, and as a formula of the variables `action`, `resource`, `one`, `has_one`, `number`, `has_number`, `tls`.
    struct Written {
        allows: bool,
        json: String,
        formula: String,
    }

    fn in_glob(variable: &str, glob: &str) -> String {
        let mut regex = String::from("(re.++ (str.to_re \"\")");
        for character in glob.chars() {
            match character {
                '*' => regex.push_str(" re.all"),
                '?' => regex.push_str(" re.allchar"),
                literal => write!(regex, " (str.to_re \"{literal}\")").unwrap(),
            }
        }
        format!("(str.in_re {variable} {regex} (str.to_re \"\")))")
    }

    fn any_of(parts: &[String]) -> String {
        format!("(or false {})", parts.join(" "))
    }

    fn quoted(values: &[&str]) -> String {
        values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(",")
    }

    fn condition(random: &mut Random) -> (String, String) {
        match random.pick(&[0, 0, 0, 1, 1, 2, 3]) {
            0 => {
                let values = [*random.pick(&["a", "b", "ab", "a*", "*b", "?", "a?"]), *random.pick(&["b", "ba", "*a", "b?", "??"])];
                let (name, negated, like) = *random.pick(&[
                    ("StringEquals", false, false),
                    ("StringNotEquals", true, false),
                    ("StringLike", false, true),
                    ("StringNotLike", true, true),
                ]);
                let if_exists = *random.pick(&[true, false, false]);
                let matched: Vec<String> =
                    values.iter().map(|value| if like { in_glob("one", value) } else { format!("(= one \"{value}\")") }).collect();
                let present = if negated { format!("(not {})", any_of(&matched)) } else { any_of(&matched) };
                let formula = format!("(ite has_one {present} {})", negated || if_exists);
                let suffix = if if_exists { "IfExists" } else { "" };
                (format!("\"{name}{suffix}\":{{\"x:one\":[{}]}}", quoted(&values)), formula)
            }
            1 => {
                let (name, relation) = *random.pick(&[
                    ("NumericLessThan", "<"),
                    ("NumericGreaterThan", ">"),
                    ("NumericLessThanEquals", "<="),
                    ("NumericGreaterThanEquals", ">="),
                    ("NumericEquals", "="),
                ]);
                let value = *random.pick(&["1", "2", "3"]);
                (format!("\"{name}\":{{\"x:number\":\"{value}\"}}"), format!("(and has_number is_number ({relation} number {value}.0))"))
            }
            2 => {
                let value = *random.pick(&["true", "false"]);
                (format!("\"Bool\":{{\"aws:SecureTransport\":\"{value}\"}}"), format!("(= tls {value})"))
            }
            _ => {
                let (key, has) = *random.pick(&[("x:one", "has_one"), ("x:number", "has_number")]);
                let value = *random.pick(&["true", "false"]);
                (format!("\"Null\":{{\"{key}\":\"{value}\"}}"), format!("(= (not {has}) {value})"))
            }
        }
    }

    fn statement(random: &mut Random) -> Written {
        let allows = *random.pick(&[true, true, false]);
        let actions = [*random.pick(&["*", "s:*", "s:a", "s:?"]), *random.pick(&["s:b", "s:*b", "t:*", "s:a*"])];
        let resources = [*random.pick(&["*", "a*", "*b", "?", "a?b", "ab*"]), *random.pick(&["b*", "*a*", "ba", "a", "??", "*ab"])];
        let (not_action, not_resource) = (*random.pick(&[true, false, false, false]), *random.pick(&[true, false, false, false]));
        let element =
            |negated: bool, name: &str, values: &[&str]| format!("\"{}{name}\":[{}]", if negated { "Not" } else { "" }, quoted(values));
        let listed = |negated: bool, variable: &str, values: &[&str]| {
            let parts: Vec<String> = values.iter().map(|value| in_glob(variable, value)).collect();
            if negated { format!("(not {})", any_of(&parts)) } else { any_of(&parts) }
        };
        let mut json = vec![
            format!("\"Effect\":\"{}\"", if allows { "Allow" } else { "Deny" }),
            element(not_action, "Action", &actions),
            element(not_resource, "Resource", &resources),
        ];
        let mut formula = vec![listed(not_action, "action", &actions), listed(not_resource, "resource", &resources)];
        if *random.pick(&[true, false]) {
            let (condition, meaning) = condition(random);
            json.push(format!("\"Condition\":{{{condition}}}"));
            formula.push(meaning);
        }
        Written { allows, json: format!("{{{}}}", json.join(",")), formula: format!("(and {})", formula.join(" ")) }
    }

    fn policy(random: &mut Random) -> (Vec<Policy>, String, String) {
        let count = *random.pick(&[1, 2, 3]);
        let statements: Vec<Written> = (0..count).map(|_| statement(random)).collect();
        let json = statements.iter().map(|statement| statement.json.as_str()).collect::<Vec<_>>().join(",");
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{json}]}}"#);
        let of = |allows| {
            statements.iter().filter(|statement| statement.allows == allows).map(|statement| statement.formula.clone()).collect::<Vec<_>>()
        };
        let formula = format!("(and {} (not {}))", any_of(&of(true)), any_of(&of(false)));
        (vec![Policy::read("p", &text).unwrap()], formula, text)
    }

    #[test]
    fn z3_has_the_same_answers() {
        let mut solver = Command::new("z3").arg("-in").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = solver.stdin.take().unwrap();
        let mut output = BufReader::new(solver.stdout.take().unwrap());
        let of_list = ACTIONS.iter().map(|action| format!("(= action \"{action}\")")).collect::<Vec<_>>();
        writeln!(
            input,
            "(set-option :timeout 400)\n(declare-const action String)\n(declare-const resource String)\n(declare-const one String)
             (declare-const has_one Bool)\n(declare-const number Real)\n(declare-const is_number Bool)\n(declare-const has_number Bool)
             (declare-const tls Bool)\n(assert {})",
            any_of(&of_list)
        )
        .unwrap();
        let caller = Caller::parse("arn:aws:iam::111122223333:user/a");
        let space = Space { attached: Attached::Identity(Some(&caller)), resources: &["*"], actions: Some(ACTIONS) };
        let mut random = Random(7);
        let (mut yes, mut no, mut unknown) = (0, 0, 0);
        while yes + no < CASES {
            if (yes + no) % 500 == 0 {
                println!("z3 agrees on {yes} yes and {no} no so far; it did not decide {unknown}");
            }
            let (old, of_old, old_text) = policy(&mut random);
            let (new, of_new, new_text) = policy(&mut random);
            writeln!(input, "(push)\n(assert {of_new})\n(assert (not {of_old}))\n(check-sat)\n(pop)").unwrap();
            input.flush().unwrap();
            let mut answer = String::new();
            output.read_line(&mut answer).unwrap();
            let proof = new_access(&old, &new, &space);
            match (answer.trim(), &proof) {
                ("sat", Proof::Yes(_)) => yes += 1,
                ("unsat", Proof::No) => no += 1,
                ("unknown", _) => unknown += 1,
                (other, proof) => panic!("z3 says {other}, the prover {proof:?}:\nold {old_text}\nnew {new_text}"),
            }
        }
        println!("z3 agrees on {yes} yes and {no} no; it did not decide {unknown}");
        solver.kill().unwrap();
        solver.wait().unwrap();
        assert!(yes > 100 && no > 100 && unknown < CASES / 10);
    }
}
