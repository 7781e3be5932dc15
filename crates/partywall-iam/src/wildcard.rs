/// Whether a policy pattern matches a text: `*` stands for any characters, `?` for exactly one, letters match in either case.
///
/// This is how IAM compares actions (IAM user guide, JSON policy elements: Action). A `*` never needs to be tried again once
/// the next one is reached, so the work is at most the product of the two lengths.
pub fn matches_ignore_case(pattern: &str, text: &str) -> bool {
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let here = (pattern.clone(), text.clone());
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = here.1;
                retry = Some((pattern.clone(), text.clone()));
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted.eq_ignore_ascii_case(&found) => {}
            (_, _) => {
                let Some((after_star, star_text)) = &mut retry else { return false };
                if star_text.next().is_none() {
                    return false;
                }
                pattern = after_star.clone();
                text = star_text.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_like_iam() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("*", "iam:PassRole", true),
            ("iam:*", "iam:PassRole", true),
            ("IAM:pass*", "iam:PassRole", true),
            ("iam:Pass????", "iam:PassRole", true),
            ("iam:Pass???", "iam:PassRole", false),
            ("iam:*Role", "iam:PassRole", true),
            ("iam:*Role", "iam:PassRoles", false),
            ("i*m:*s*R*e", "iam:PassRole", true),
            ("iam:", "iam:PassRole", false),
            ("", "iam:PassRole", false),
            ("", "", true),
            ("**", "x", true),
            ("?*", "", false),
            ("a*bc", "abbc", true),
            ("é?", "éü", true),
            ("iam:[A-Z]*", "iam:PassRole", false),
            ("iam.PassRole", "iam:PassRole", false),
        ] {
            assert_eq!(matches_ignore_case(pattern, text), want, "{pattern} against {text}");
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = "*a".repeat(2_000) + "b";
        let text = "a".repeat(5_000);
        assert!(!matches_ignore_case(&pattern, &text));
    }
}
