//! Which properties a predicate or a join may read, by its words alone: never fewer than the engine finds, now and then more.

use std::collections::BTreeSet;

/// Dotted names of an SQL text outside of its string literals: `A.B`, `"Interval"`, `_Derived.Policy`; also each without its first part,
/// which may be the alias of a table.
pub(super) fn mentions(sql: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut name = String::new();
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                // A doubled quote within a literal ends it and begins the next one, which comes to the same.
                for inner in characters.by_ref() {
                    if inner == '\'' {
                        break;
                    }
                }
                end(&mut name, &mut found);
            }
            '"' => {
                for inner in characters.by_ref() {
                    if inner == '"' {
                        break;
                    }
                    name.push(inner);
                }
            }
            '.' if !name.is_empty() => name.push('.'),
            _ if character.is_alphanumeric() || character == '_' => name.push(character),
            _ => end(&mut name, &mut found),
        }
    }
    end(&mut name, &mut found);
    found
}

fn end(name: &mut String, found: &mut BTreeSet<String>) {
    let name = std::mem::take(name);
    let name = name.trim_end_matches('.');
    if let Some((_, rest)) = name.split_once('.') {
        found.insert(rest.to_owned());
    }
    if !name.is_empty() {
        found.insert(name.to_owned());
    }
}

/// Whether one path is the other or lies within it; `List[]` is `List`.
pub(super) fn overlap(left: &str, right: &str) -> bool {
    let part = |part: &str| part.trim_end_matches("[]").to_owned();
    left.split('.').zip(right.split('.')).all(|(left, right)| part(left) == part(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> Vec<String> {
        mentions(sql).into_iter().collect()
    }

    #[test]
    fn names_are_found_outside_of_literals() {
        assert_eq!(of("A.B = 'C.D' and \"Interval\" > 3"), ["3", "A.B", "B", "Interval", "and"]);
        assert_eq!(of("any_match(L, r -> r['X'] = 'it''s Y')"), ["L", "any_match", "r"]);
        assert_eq!(of("c._Runtime.Status"), ["_Runtime.Status", "c._Runtime.Status"]);
        assert_eq!(of("'open"), [""; 0]);
    }

    #[test]
    fn paths_overlap_by_whole_parts() {
        assert!(overlap("_Attached.Policy", "_Attached.Policy.Statement"));
        assert!(overlap("_Runtime", "_Runtime.Acl"));
        assert!(overlap("Rules[].Id", "Rules"));
        assert!(!overlap("Policy", "PolicyText"));
        assert!(!overlap("_Attached.Policy", "_Attached.Tags"));
    }
}
