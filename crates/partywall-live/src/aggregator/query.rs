//! Queries in AWS Config's language, and what their results say.

use std::sync::Arc;

use partywall_model::Value;

/// AWS Config API reference, SelectAggregateResourceConfig, `Expression`: maximum length.
const MAX_EXPRESSION: usize = 4096;

/// The largest page, `Limit` of the same.
pub(super) const PAGE: u64 = 100;

/// Rows that one query answers, so that several run at once: a type of more rows has a query of its own.
const ROWS: u64 = 10 * PAGE;

/// What is selected of each item. `*` would select the scalar properties only (AWS Config Developer Guide, "Querying the Current
/// Configuration State of AWS Resources with AWS Config").
const SELECTED: &str = "accountId, awsRegion, resourceType, resourceId, resourceName, arn, configurationItemStatus, \
    configurationItemCaptureTime, tags, configuration, supplementaryConfiguration";

/// One query for rows of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// Config's names of the types.
    pub(super) types: Vec<Arc<str>>,
    /// How many rows AWS Config counted.
    pub(super) rows: u64,
}

impl Query {
    /// The expression, of the Regions and of what has none.
    pub(super) fn expression(&self, account: &str, regions: &[Arc<str>]) -> String {
        format!("SELECT {SELECTED} WHERE {} AND resourceType IN ({})", of_account(account, regions), quoted(&self.types))
    }
}

/// `accountId = '…' AND awsRegion IN (…)`, with what has no Region.
fn of_account(account: &str, regions: &[Arc<str>]) -> String {
    let global = Arc::from("global");
    format!("accountId = '{account}' AND awsRegion IN ({})", quoted(regions.iter().chain([&global])))
}

/// Texts as the language writes them. All come from AWS or the catalogue; a quote in one would end it early and is left out.
fn quoted<'a>(texts: impl IntoIterator<Item = &'a Arc<str>>) -> String {
    texts.into_iter().map(|text| format!("'{}'", text.replace('\'', ""))).collect::<Vec<_>>().join(", ")
}

/// Counts rows by type. AWS Config groups by one property only (Developer Guide, "Query Components").
pub(super) fn count_of_account(account: &str, regions: &[Arc<str>]) -> String {
    format!("SELECT resourceType, COUNT(*) WHERE {} GROUP BY resourceType", of_account(account, regions))
}

/// Counts rows of all accounts by type.
pub(super) fn count_of_region(region: &str) -> String {
    format!("SELECT resourceType, COUNT(*) WHERE awsRegion = '{}' GROUP BY resourceType", region.replace('\'', ""))
}

/// The recorders, which AWS Config records wherever there are any.
pub(super) const RECORDERS: &str = "SELECT accountId, awsRegion, configuration WHERE resourceType = 'AWS::Config::ConfigurationRecorder'";

/// Distributes types over queries: together what is small, within the length that an expression may have.
pub(super) fn packed(mut counted: Vec<(Arc<str>, u64)>, account: &str, regions: &[Arc<str>]) -> Vec<Query> {
    counted.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut queries: Vec<Query> = Vec::new();
    for (name, rows) in counted {
        let fits = |query: &&mut Query| {
            query.rows + rows <= ROWS && query.expression(account, regions).len() + name.len() + ", ''".len() <= MAX_EXPRESSION
        };
        match queries.iter_mut().find(fits) {
            Some(query) => {
                query.types.push(name);
                query.rows += rows;
            }
            None => queries.push(Query { types: vec![name], rows }),
        }
    }
    queries
}

/// The results of a page, which are JSON texts.
///
/// # Errors
/// It is no answer of a query; one line.
pub(super) fn results(answer: &Value) -> Result<Vec<Value>, String> {
    let results = answer.get("Results").and_then(Value::as_list).ok_or("there is no `Results` in it")?;
    let parsed = |result: &Value| {
        let text = result.as_str().ok_or_else(|| "a result is no text".to_owned())?;
        partywall_collect::parse_json(text).map_err(|error| format!("a result could not be read: {error}"))
    };
    results.iter().map(parsed).collect()
}

/// Rows by Config's name of the type.
///
/// # Errors
/// A result of a counting query is none; one line.
pub(super) fn counts(results: &[Value]) -> Result<Vec<(Arc<str>, u64)>, String> {
    let one = |result: &Value| {
        let name = result.get("resourceType")?.as_str()?;
        let Value::Int(rows) = result.get("COUNT(*)")? else { return None };
        Some((Arc::from(name), u64::try_from(*rows).ok()?))
    };
    results.iter().map(|result| one(result).ok_or_else(|| "a result does not count a type".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions() -> Vec<Arc<str>> {
        vec![Arc::from("eu-central-1"), Arc::from("us-east-1")]
    }

    #[test]
    fn what_is_large_has_a_query_of_its_own_and_no_expression_is_too_long() {
        let mut counted: Vec<(Arc<str>, u64)> = (0..400).map(|number| (Arc::from(format!("AWS::Service::Type{number}")), 1)).collect();
        counted.extend([(Arc::from("AWS::EC2::NetworkInterface"), 1_100), (Arc::from("AWS::EC2::Volume"), 900)]);
        let queries = packed(counted.clone(), "111122223333", &regions());
        assert_eq!(queries.iter().map(|query| query.types.len()).sum::<usize>(), counted.len());
        assert_eq!(queries.iter().map(|query| query.rows).sum::<u64>(), 2_400);
        assert_eq!(queries.first(), Some(&Query { types: vec![Arc::from("AWS::EC2::NetworkInterface")], rows: 1_100 }));
        assert!(queries.iter().all(|query| query.types.len() == 1 || query.rows <= ROWS));
        assert!(queries.iter().all(|query| query.expression("111122223333", &regions()).len() <= MAX_EXPRESSION));
        assert!(queries.len() >= 4, "{}", queries.len());
    }

    #[test]
    fn a_quote_ends_no_text() {
        let query = Query { types: vec![Arc::from("AWS::S3::Bucket'; x")], rows: 1 };
        let expression = query.expression("111122223333", &regions());
        assert!(expression.ends_with("awsRegion IN ('eu-central-1', 'us-east-1', 'global') AND resourceType IN ('AWS::S3::Bucket; x')"));
    }

    #[test]
    fn counts_are_numbers_of_types() {
        let of = |text: &str| counts(&[partywall_collect::parse_json(text).unwrap()]);
        assert_eq!(of(r#"{"COUNT(*)":3,"resourceType":"AWS::EC2::VPC"}"#), Ok(vec![(Arc::from("AWS::EC2::VPC"), 3)]));
        assert!(of(r#"{"COUNT(*)":-3,"resourceType":"AWS::EC2::VPC"}"#).is_err() && of(r#"{"resourceType":"AWS::EC2::VPC"}"#).is_err());
        let broken = partywall_collect::parse_json(r#"{"Results":["{"]}"#).unwrap();
        assert!(results(&broken).is_err() && results(&Value::Map(Vec::new())).is_err());
    }
}
