use std::cmp::Ordering;

/// Ids as people order them: runs of digits count as numbers, so `ac-2.10` stands behind `ac-2.9`.
pub(crate) fn natural(a: &str, b: &str) -> Ordering {
    let (mut a_rest, mut b_rest) = (a, b);
    while let (Some(a_run), Some(b_run)) = (first_run(a_rest), first_run(b_rest)) {
        let order = match (is_number(a_run), is_number(b_run)) {
            (true, true) => {
                let (a_digits, b_digits) = (a_run.trim_start_matches('0'), b_run.trim_start_matches('0'));
                a_digits.len().cmp(&b_digits.len()).then_with(|| a_digits.cmp(b_digits))
            }
            _ => a_run.cmp(b_run),
        };
        if order != Ordering::Equal {
            return order;
        }
        a_rest = a_rest.strip_prefix(a_run).unwrap_or_default();
        b_rest = b_rest.strip_prefix(b_run).unwrap_or_default();
    }
    // Equal numbers with different zeros before them are different ids.
    a_rest.len().cmp(&b_rest.len()).then_with(|| a.cmp(b))
}

fn is_number(run: &str) -> bool {
    run.starts_with(|letter: char| letter.is_ascii_digit())
}

/// The digits at the beginning, else what stands before the first digit.
fn first_run(text: &str) -> Option<&str> {
    let digits = text.chars().next()?.is_ascii_digit();
    let end = text.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(text.len());
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_count_as_numbers() {
        let sorted = ["ac-2", "ac-2.9", "ac-2.10", "ac-3", "ac-13", "at-1", "au-07", "au-7"];
        for (index, a) in sorted.iter().enumerate() {
            for (other, b) in sorted.iter().enumerate() {
                assert_eq!(natural(a, b), index.cmp(&other), "{a} {b}");
            }
        }
    }
}
