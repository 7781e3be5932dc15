use serde_json::json;

use super::*;

/// Columns of a schema with these properties and definitions, as JSON.
fn columns(properties: &Value, definitions: &Value) -> Value {
    let schema = json!({ "typeName": "AWS::Test::Thing", "properties": properties, "definitions": definitions });
    serde_json::to_value(convert(&schema).unwrap().columns).unwrap()
}

#[test]
fn scalars_lists_and_structs() {
    let properties = json!({
        "Name": { "type": "string" }, "On": { "type": "boolean" }, "Size": { "type": "integer" }, "Ratio": { "type": "number" },
        "Zones": { "type": "array", "items": { "type": "string" } },
        "Rules": { "$ref": "#/definitions/Rules" },
        "Loose": { "type": "array" }
    });
    let definitions = json!({
        "Rules": { "type": "array", "items": { "$ref": "#/definitions/Rule" } },
        "Rule": { "type": "object", "properties": { "Port": { "type": ["integer", "string"] }, "Cidr": { "type": "string" } } }
    });
    assert_eq!(
        columns(&properties, &definitions),
        json!({
            "Name": "s", "On": "b", "Size": "i", "Ratio": "n", "Zones": ["s"], "Rules": [{ "Port": "s", "Cidr": "s" }], "Loose": ["j"]
        })
    );
}

#[test]
fn types_that_are_not_declared() {
    let properties = json!({
        "Mode": { "enum": ["on", "off"] }, "Level": { "enum": [1, 2] }, "Fixed": { "const": true },
        "Arn": { "format": "AWS::KMS::Key.Arn" }, "Document": { "format": "json", "minLength": 1 }, "Any": {},
        "Nullable": { "type": ["boolean", "null"] }, "Figure": { "anyOf": [{ "type": "integer" }, { "type": "number" }] }
    });
    let expected =
        json!({ "Mode": "s", "Level": "i", "Fixed": "b", "Arn": "s", "Document": "j", "Any": "j", "Nullable": "b", "Figure": "n" });
    assert_eq!(columns(&properties, &json!({})), expected);
}

#[test]
fn recursion_ends_in_json() {
    let definitions = json!({
        "Statement": { "type": "object", "properties": {
            "Not": { "$ref": "#/definitions/Statement" },
            "And": { "type": "array", "items": { "$ref": "#/definitions/Statement" } },
            "Name": { "type": "string" }
        } }
    });
    let properties = json!({ "Statement": { "$ref": "#/definitions/Statement" }, "Again": { "$ref": "#/definitions/Statement" } });
    let statement = json!({ "Not": "j", "And": ["j"], "Name": "s" });
    assert_eq!(columns(&properties, &definitions), json!({ "Statement": statement, "Again": statement }));
}

#[test]
fn branches_of_objects_merge() {
    let properties = json!({
        "Choice": { "type": "object", "oneOf": [
            { "properties": { "A": { "type": "string" }, "Both": { "type": "integer" } } },
            { "type": "object", "properties": { "B": { "type": "boolean" }, "Both": { "type": "string" } } }
        ] },
        "Required": { "type": "object", "properties": { "A": { "type": "string" } },
            "anyOf": [{ "required": ["A"] }, { "type": "object", "required": ["B"] }] },
        "Formats": { "type": "string", "anyOf": [{ "format": "x" }, { "format": "y" }] },
        "Mixed": { "oneOf": [
            { "type": "array", "items": { "type": "string" } },
            { "type": "object", "properties": { "A": { "type": "string" } } }
        ] },
        "OrAnything": { "anyOf": [{ "type": "object", "properties": { "A": { "type": "string" } } }, { "type": "object" }] }
    });
    assert_eq!(
        columns(&properties, &json!({})),
        json!({
            "Choice": { "A": "s", "B": "b", "Both": "s" }, "Required": { "A": "s" }, "Formats": "s", "Mixed": "j", "OrAnything": "j"
        })
    );
}

#[test]
fn policy_documents_are_json() {
    let properties = json!({
        "Policy": { "type": ["object", "string"], "format": "json" },
        "Either": { "oneOf": [{ "type": "object" }, { "type": "string" }] },
        "Free": { "type": "object" },
        "Empty": { "type": "object", "properties": {} },
        "List": { "type": "array", "items": { "type": ["object", "string"] } }
    });
    assert_eq!(columns(&properties, &json!({})), json!({ "Policy": "j", "Either": "j", "Free": "j", "Empty": "j", "List": ["j"] }));
}

#[test]
fn depth_is_capped() {
    let mut node = json!({ "type": "string" });
    for _ in 0..1_000 {
        node = json!({ "type": "object", "properties": { "X": node } });
    }
    let mut column = columns(&json!({ "X": node }), &json!({}));
    for _ in 0..MAX_DEPTH {
        column = column.get("X").unwrap().clone();
    }
    assert_eq!(column, json!("j"));
}

#[test]
fn maps_of_text() {
    let properties = json!({
        "Labels": { "type": "object", "patternProperties": { ".*": { "type": "string" } }, "additionalProperties": false },
        "Options": { "type": "object", "additionalProperties": { "type": "string" } },
        "Variables": { "type": "object", "patternProperties": { ".*": { "type": ["string", "number", "object"] } } },
        "Objects": { "patternProperties": { ".*": { "type": "object", "properties": { "A": { "type": "string" } } } } },
        "Flags": { "type": "object", "additionalProperties": { "type": "boolean" } }
    });
    assert_eq!(columns(&properties, &json!({})), json!({ "Labels": "m", "Options": "m", "Variables": "m", "Objects": "j", "Flags": "j" }));
}

#[test]
fn serverless_intrinsics_are_not_a_type() {
    let schema = json!({ "typeName": "AWS::Serverless::Function", "properties": {
        "Tracing": { "anyOf": [{ "type": "object" }, { "type": "string" }] },
        "Queue": { "anyOf": [{ "type": "object" }, { "type": "object", "properties": { "Arn": { "type": "string" } } }] }
    } });
    let line = convert(&schema).unwrap();
    assert_eq!(serde_json::to_value(line.columns).unwrap(), json!({ "Tracing": "s", "Queue": { "Arn": "s" } }));
}

#[test]
fn a_whole_line() {
    let schema = json!({
        "typeName": "AWS::Test::Thing", "tagging": { "tagProperty": "/properties/Labels" },
        "primaryIdentifier": ["/properties/Scope", "/properties/Id"],
        "readOnlyProperties": ["/properties/Rules/*/Id", "/properties/Id", "/properties/Rules/items/properties/State"],
        "writeOnlyProperties": ["/properties/Secret"],
        "properties": {
            "Id": { "type": "string" }, "Scope": { "type": "string" }, "Secret": { "type": "string" },
            "Labels": { "type": ["object", "string"] },
            "Rules": { "type": "array", "items": { "$ref": "#/definitions/Rule" } }
        },
        "definitions": {
            "Rule": { "type": "object", "properties": { "Id": { "type": "string" }, "State": { "type": "string" } } }
        }
    });
    assert_eq!(
        serde_json::to_string(&convert(&schema).unwrap()).unwrap(),
        concat!(
            r#"{"type":"AWS::Test::Thing","id":["Scope","Id"],"ro":["Id","Rules[].Id","Rules[].State"],"#,
            r#""wo":["Secret"],"tags":"Labels","columns":{"Id":"s","Labels":"m","Rules":[{"Id":"s","State":"s"}],"Scope":"s","Secret":"s"}}"#
        )
    );
}

#[test]
fn tags_fall_back_to_the_usual_name() {
    let tags = |properties: Value| {
        convert(&json!({ "typeName": "T", "tagging": { "tagProperty": "/properties/Gone" }, "properties": properties })).unwrap().tags
    };
    assert_eq!(tags(json!({ "Tags": { "type": "array" } })), Some("Tags".to_owned()));
    assert_eq!(tags(json!({ "Name": { "type": "string" } })), None);
}

#[test]
fn a_dangling_reference_is_an_error() {
    let schema = json!({ "typeName": "AWS::Test::Thing", "properties": { "A": { "$ref": "#/definitions/None" } } });
    let message = format!("{:#}", convert(&schema).unwrap_err());
    assert_eq!(message, "property `A` of `AWS::Test::Thing`: `$ref` to nothing: `#/definitions/None`");
}
