//! Is this text a template? Answered by a look at the outer levels, without building anything.

/// Cheap content test: does this look like a CloudFormation template, in JSON or YAML?
///
/// True for a top-level `AWSTemplateFormatVersion`, or a top-level `Resources` mapping of which a member has a `Type` such as
/// `AWS::S3::Bucket`. One pass over the text; text that breaks off or is malformed is judged by what is there.
pub fn looks_like_template(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') { json(text) } else { yaml(text) }
}

fn json(text: &str) -> bool {
    // The key that is open at depth 1, 2 and 3; empty inside a list.
    let mut keys = [""; 3];
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']']) {
        let (token, after) = rest.split_at(at).1.split_at(1);
        rest = after;
        match token {
            "{" | "[" => {
                depth += 1;
                if let Some(key) = keys.get_mut(depth - 1) {
                    *key = "";
                }
            }
            "}" | "]" => depth = depth.saturating_sub(1),
            _ => {
                let end = string_end(rest);
                let (string, after) = rest.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                let is_key = rest.trim_start().starts_with(':');
                match keys.get_mut(depth.wrapping_sub(1)) {
                    Some(key) if is_key => *key = string,
                    _ => {}
                }
                let [first, second, third] = keys;
                if depth == 1 && is_key && string == "AWSTemplateFormatVersion" {
                    return true;
                }
                if depth == 3 && !is_key && (first, third) == ("Resources", "Type") && !second.is_empty() && string.contains("::") {
                    return true;
                }
            }
        }
    }
    false
}

/// Length of the string that `text` begins with, up to its closing quote.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    text.bytes()
        .position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })
        .unwrap_or(text.len())
}

fn yaml(text: &str) -> bool {
    let mut in_resources = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some((key, value)) = trimmed.split_once(':') else { continue };
        let key = key.trim_end().trim_matches(['"', '\'']);
        if trimmed.len() == line.len() {
            if key == "AWSTemplateFormatVersion" {
                return true;
            }
            in_resources = key == "Resources";
        } else if in_resources && key == "Type" && value.contains("::") {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_seen() {
        for text in [
            "AWSTemplateFormatVersion: 2010-09-09\n",
            "\u{feff}---\n'AWSTemplateFormatVersion' : '2010-09-09'\n",
            "# x\nParameters:\n  A:\n    Type: String\nResources:\n  B:\n    Type: AWS::S3::Bucket\n",
            "Resources:\r\n\tB: {}\r\n  C:\r\n    Type: 'AWS::SNS::Topic'\r\n",
            "{\"AWSTemplateFormatVersion\": \"2010-09-09\"}",
            " {\"Description\": \"a \\\" { b\", \"Resources\" : {\"A\": {\"Properties\": {\"Type\": \"x\"}, \"Type\" : \"AWS::S3::Bucket\"}}}",
            "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\", ",
        ] {
            assert!(looks_like_template(text), "{text}");
        }
    }

    #[test]
    fn others_are_not() {
        for text in [
            "",
            "{}",
            "{",
            "\"",
            "{\"Resources\": {}}",
            "{\"Resources\": [{\"Type\": \"AWS::S3::Bucket\"}]}",
            "{\"Resources\": [[{\"Type\": \"AWS::S3::Bucket\"}]]}",
            "{\"x\": {\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}}}",
            "{\"configurationItems\": [{\"resourceType\": \"AWS::S3::Bucket\"}]}",
            "{\"Resources\": \"AWSTemplateFormatVersion\", \"Type\": \"AWS::S3::Bucket\"}",
            "[{\"AWSTemplateFormatVersion\": 1}]",
            "]]]{\"a\": 1}",
            "apiVersion: v1\nkind: Pod\nspec:\n  AWSTemplateFormatVersion: no\n",
            "resources:\n  Type: AWS::S3::Bucket\n",
            "Resources:\nOther:\n  Type: AWS::S3::Bucket\n",
        ] {
            assert!(!looks_like_template(text), "{text}");
        }
    }
}
