use partywall_model::Value;

/// Canonical JSON text of a fact: keys sorted, no spaces. `None` if anything in it is unknown.
pub fn canonical_json(value: &Value) -> Option<String> {
    let mut text = String::new();
    write_canonical_json(value, &mut text).then_some(text)
}

/// Appends canonical JSON; false, with `out` partly written, if anything in it is unknown.
pub fn write_canonical_json(value: &Value, out: &mut String) -> bool {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) => {
            use std::fmt::Write as _;
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => match serde_json::Number::from_f64(*number) {
            Some(number) => out.push_str(&number.to_string()),
            None => out.push_str("null"),
        },
        Value::Str(text) => write_json_string(text, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                if !write_canonical_json(item, out) {
                    return false;
                }
            }
            out.push(']');
        }
        Value::Map(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
            out.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json_string(key, out);
                out.push(':');
                if !write_canonical_json(value, out) {
                    return false;
                }
            }
            out.push('}');
        }
        Value::Unknown(_) => return false,
    }
    true
}

/// Appends a JSON string with its quotes (RFC 8259 §7).
pub fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(text.get(start..index).unwrap_or_default());
        if escape.is_empty() {
            use std::fmt::Write as _;
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        start = index + 1;
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out.push('"');
}
