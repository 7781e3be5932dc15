//! Answers of queries to AWS Config that are made now.

use std::sync::Arc;

use partywall_model::{Resource, Source, Value};

use super::file::Selected;
use super::{ConfigItems, ConfigReader, ReadError};
use crate::CollectError;

impl ConfigReader<'_> {
    /// Reads one page that `SelectResourceConfig` or `SelectAggregateResourceConfig` answered.
    ///
    /// # Errors
    /// `emit` failed.
    pub(crate) fn query(
        &mut self,
        answer: &Value,
        source: &Arc<Source>,
        emit: &mut dyn FnMut(Resource) -> Result<(), CollectError>,
        out: &mut ConfigItems,
    ) -> Result<(), CollectError> {
        let fields = answer.at("QueryInfo.SelectFields").and_then(Value::as_list).unwrap_or_default();
        let fields = fields.iter().filter_map(|field| Some(field.get("Name")?.as_str()?.to_owned()));
        let selected = Selected::of(fields.collect());
        let Some(results) = answer.get("Results").and_then(Value::as_list) else {
            out.unreadable.push(format!("{}: there is no `Results` in it: it is not the whole answer", source.file));
            return Ok(());
        };
        for result in results {
            let read = match result.as_str() {
                Some(text) => self.item(text, &selected, source, emit, out),
                None => {
                    out.unreadable.push(format!("{}: a result is no text", source.file));
                    Ok(())
                }
            };
            match read {
                Err(ReadError::Sink(error)) => return Err(error),
                Err(ReadError::Json(error)) => out.unreadable.push(format!("{}: a result could not be read: {error}", source.file)),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}
