use crate::near::near;

/// The points of the compass in region codes. AWS adds areas and numbers every year, but has never needed another word here.
const COMPASS: [&str; 9] = ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// A region code: area, point of the compass, number.
///
/// # Errors
/// It is none; the message says what may be meant.
pub fn region_code(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    if let [area @ .., point, number] = parts.as_slice()
        && !area.is_empty()
        && area.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.len() <= 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        if COMPASS.contains(point) {
            return Ok(text.to_owned());
        }
        let meant = near(point, COMPASS).first().map(|point| format!("; did you mean `{}-{point}-{number}`?", area.join("-")));
        return Err(format!("`{text}` is no region code{}", meant.unwrap_or_default()));
    }
    Err(format!("`{text}` is no region code, such as eu-central-1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_checked_by_their_form() {
        for good in ["eu-central-1", "us-gov-west-1", "ap-southeast-7", "eusc-de-east-1", "us-isob-east-1", "mx-central-1"] {
            assert_eq!(region_code(good).unwrap(), good);
        }
        for bad in ["", "eu", "eu-central", "central-1", "Eu-central-1", "eu-central-1a", "eu--central-1", "{AWS::Region}"] {
            assert!(region_code(bad).is_err(), "{bad}");
        }
        assert_eq!(region_code("eu-cnetral-1").unwrap_err(), "`eu-cnetral-1` is no region code; did you mean `eu-central-1`?");
    }
}
