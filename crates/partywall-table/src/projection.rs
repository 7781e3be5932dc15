use std::collections::BTreeSet;

use partywall_catalog::{Column, Schema};

/// Property paths that predicates read: `A.B`, `List` (all of it), `List[].Member`.
pub type Paths = BTreeSet<String>;

/// Keeps of a schema only what the paths reach, so that evaluation builds no column that nobody reads.
/// A path that the schema does not know keeps nothing.
pub fn project(schema: &Schema, paths: &Paths) -> Schema {
    let mut kept = Vec::new();
    for (name, column) in schema.iter() {
        let mut whole = false;
        let mut inner = Paths::new();
        for path in paths {
            let Some(rest) = path.strip_prefix(&**name) else { continue };
            if rest.is_empty() || rest == "[]" {
                whole = true;
            } else if let Some(rest) = rest.strip_prefix('.').or_else(|| rest.strip_prefix("[].")) {
                inner.insert(rest.to_owned());
            }
        }
        if whole {
            kept.push((name.clone(), column.clone()));
        } else if !inner.is_empty()
            && let Some(column) = narrow(column, &inner)
        {
            kept.push((name.clone(), column));
        }
    }
    kept.into_iter().collect()
}

fn narrow(column: &Column, paths: &Paths) -> Option<Column> {
    match column {
        Column::Struct(members) => {
            let members = project(members, paths);
            (!members.is_empty()).then_some(Column::Struct(members))
        }
        Column::List(element) => narrow(element, paths).map(|element| Column::List(Box::new(element))),
        leaf => Some(leaf.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_only_what_is_read() {
        let schema: Column =
            serde_json::from_str(r#"{"A":{"B":"s","C":"b"},"L":[{"X":"i","Y":{"Z":"s","W":"s"}}],"N":"s","Names":["s"]}"#).unwrap();
        let Column::Struct(schema) = schema else { panic!("not a struct") };
        let paths = ["A.B", "L[].Y.Z", "Names", "Nobody"].map(str::to_owned).into_iter().collect();
        let kept = project(&schema, &paths);
        assert!(kept.at("A.B").is_some() && kept.at("A.C").is_none());
        assert!(kept.at("L[].Y.Z").is_some() && kept.at("L[].X").is_none() && kept.at("L[].Y.W").is_none());
        assert!(kept.at("Names").is_some() && kept.at("N").is_none());
        assert_eq!(kept.len(), 3);
    }
}
