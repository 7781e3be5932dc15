use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use foldhash::HashMap;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::native::{Filter as Named, bome, run, v};
use jaq_core::{Compiler, Ctx, RunPtr, Vars, data, unwrap_valr};
use jaq_json::{Num, Val};
use partywall_model::{Key, Value};

use crate::json::Names;

type Filter = jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>;

/// Compiled jq programs of the catalogue, by text, for whoever runs them: each holds all definitions of jq's library, and many accounts are
/// read at once. There are as many as the catalogue has.
static COMPILED: LazyLock<RwLock<HashMap<Box<str>, Arc<Filter>>>> = LazyLock::new(RwLock::default);

/// Runs jq programs of the catalogue. Used only where declarative shaping does not reach.
#[derive(Default)]
pub struct Programs {
    names: Names,
    /// Member names as jq's values.
    keys: HashMap<Key, Val>,
}

impl std::fmt::Debug for Programs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Programs").finish_non_exhaustive()
    }
}

/// Names that are kept at most.
const KEPT: usize = 65_536;

impl Programs {
    /// Runs a program on an input; the first output is the answer.
    ///
    /// # Errors
    /// The program does not compile, fails on this input or makes nothing of it; one line.
    pub fn run(&mut self, program: &str, input: &Value) -> Result<Value, String> {
        let filter = compiled(program)?;
        let input = to_val(input, &mut self.keys);
        let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
        let mut outputs = filter.id.run((context, input)).map(unwrap_valr);
        match outputs.next() {
            Some(Ok(value)) => Ok(from_val(&value, &mut self.names)),
            Some(Err(error)) => Err(error.to_string().replace('\n', " ")),
            None => Err("its shape is not the one that AWS documents".to_owned()),
        }
    }
}

fn compiled(program: &str) -> Result<Arc<Filter>, String> {
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(program).cloned();
    if let Some(filter) = known {
        return Ok(filter);
    }
    let filter = Arc::new(compile(program)?);
    COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(Box::from(program), Arc::clone(&filter));
    Ok(filter)
}

/// Compiles a program.
///
/// # Errors
/// One line for people.
pub(crate) fn compile(program: &str) -> Result<Filter, String> {
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let own: [Named<RunPtr<data::JustLut<Val>>>; 2] = [
        ("pascal", v(0), |(_, value)| bome(Ok(pascal(&value)))),
        ("unnest", v(1), |(mut context, value)| {
            let names = context.pop_var();
            bome(Ok(unnest(&value, &names)))
        }),
    ];
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).chain(own.map(run::<data::JustLut<Val>>));
    let arena = Arena::default();
    let modules = Loader::new(definitions)
        .load(&arena, File { code: program, path: () })
        .map_err(|errors| format!("{errors:?}").chars().take(300).collect::<String>())?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| format!("{errors:?}").chars().take(300).collect::<String>())
}

/// The house's own jq function: all member names with a capital first letter, as the registry writes what AWS Config and the APIs write
/// small. Many programs begin with it, and written in jq it costs more than everything else that they do.
fn pascal(value: &Val) -> Val {
    match value {
        Val::Arr(items) => items.iter().map(pascal).collect(),
        Val::Obj(members) => Val::obj(members.iter().map(|(name, value)| (capital(name), pascal(value))).collect()),
        other => other.clone(),
    }
}

/// The house's own jq function `unnest(names)`: one object for each element of the object's lists of these names: the element's
/// members over the object's own without those lists. `{ "P": 1, "L": [{ "A": 2 }] } | unnest(["L"])` is `[{ "P": 1, "A": 2 }]`.
fn unnest(value: &Val, names: &Val) -> Val {
    let (Val::Obj(members), Val::Arr(names)) = (value, names) else { return Vec::new().into_iter().collect() };
    let own: Vec<(Val, Val)> =
        members.iter().filter(|(name, _)| !names.contains(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    let lists = names.iter().filter_map(|name| match members.get(name) {
        Some(Val::Arr(items)) => Some(items),
        _ => None,
    });
    let elements = lists.flat_map(|items| items.iter()).filter_map(|element| match element {
        Val::Obj(inner) => Some(inner),
        _ => None,
    });
    elements
        .map(|inner| Val::obj(own.iter().cloned().chain(inner.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()))
        .collect()
}

fn capital(name: &Val) -> Val {
    match name {
        Val::TStr(text) | Val::BStr(text) => {
            let mut bytes = text.to_vec();
            if let Some(first) = bytes.first_mut() {
                first.make_ascii_uppercase();
            }
            Val::utf8_str(bytes)
        }
        other => other.clone(),
    }
}

/// Says whether a jq program of the catalogue compiles.
///
/// # Errors
/// The compiler's words, one line.
pub fn check_program(program: &str) -> Result<(), String> {
    compile(program).map(|_| ())
}

fn to_val(value: &Value, keys: &mut HashMap<Key, Val>) -> Val {
    match value {
        // A program never sees an unknown as something it could test: it is null, and callers refuse inputs that hold unknowns.
        Value::Null | Value::Unknown(_) => Val::Null,
        Value::Bool(value) => Val::Bool(*value),
        Value::Int(number) => isize::try_from(*number).map_or(Val::from(*number as f64), Val::from),
        Value::Float(number) => Val::from(*number),
        Value::Str(text) => Val::from(text.to_string()),
        Value::List(items) => items.iter().map(|item| to_val(item, keys)).collect(),
        Value::Map(members) => Val::obj(members.iter().map(|(key, value)| (key_val(key, keys), to_val(value, keys))).collect()),
    }
}

fn key_val(key: &Key, keys: &mut HashMap<Key, Val>) -> Val {
    if let Some(known) = keys.get(key) {
        return known.clone();
    }
    if keys.len() >= KEPT {
        keys.clear();
    }
    let made = Val::from(key.to_string());
    keys.insert(key.clone(), made.clone());
    made
}

fn from_val(value: &Val, names: &mut Names) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Bool(value) => Value::Bool(*value),
        Val::Num(Num::Float(number)) => whole(*number),
        Val::Num(number) => match number.to_string().parse::<i64>() {
            Ok(number) => Value::Int(number),
            Err(_) => number.to_string().parse().map_or(Value::Null, whole),
        },
        Val::BStr(text) | Val::TStr(text) => Value::str(String::from_utf8_lossy(text).into_owned()),
        Val::Arr(items) => Value::List(items.iter().map(|item| from_val(item, names)).collect()),
        Val::Obj(members) => Value::Map(
            members
                .iter()
                .filter_map(|(key, value)| match key {
                    Val::TStr(key) | Val::BStr(key) => Some((names.share(&String::from_utf8_lossy(key)), from_val(value, names))),
                    _ => None,
                })
                .collect(),
        ),
    }
}

fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        format!("{number:.0}").parse().map_or(Value::Float(number), Value::Int)
    } else {
        Value::Float(number)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn runs_and_reports() {
        let mut programs = Programs::default();
        let input = Value::Map(vec![(Arc::from("a"), Value::List(vec![Value::Int(1), Value::str("x")]))]);
        assert_eq!(programs.run("{ b: .a[0], c: .a[1] }", &input).unwrap().get("b"), Some(&Value::Int(1)));
        assert!(programs.run("select(.a == 3)", &input).is_err());
        assert!(programs.run(".a | error(\"no\")", &input).is_err());
        assert!(compile("{ broken").is_err());
    }

    #[test]
    fn lists_are_unnested() {
        let input = crate::json::value_from_slice(
            br#"{"P":1,"D":"own","L":[{"A":2,"D":"inner"},"x"],"M":[{"B":3}],"N":null}"#,
            &mut crate::json::Names::default(),
        );
        let found = Programs::default().run(r#"{ R: unnest(["L", "M", "N"]) }"#, &input.unwrap()).unwrap();
        let wanted = r#"{"R":[{"A":2,"D":"inner","P":1},{"B":3,"D":"own","P":1}]}"#;
        assert_eq!(partywall_table::canonical_json(&found).unwrap(), wanted);
    }

    #[test]
    fn names_get_capitals_at_every_depth() {
        let inner = Value::Map(vec![(Arc::from("ipRange"), Value::str("x")), (Arc::from("CidrIp"), Value::Null)]);
        let input = Value::Map(vec![(Arc::from("ipPermissions"), Value::List(vec![inner])), (Arc::from("é"), Value::Bool(true))]);
        let wanted = r#"{"IpPermissions":[{"CidrIp":null,"IpRange":"x"}],"é":true}"#;
        let found = Programs::default().run("pascal", &input).unwrap();
        assert_eq!(partywall_table::canonical_json(&found).unwrap(), wanted);
    }
}
