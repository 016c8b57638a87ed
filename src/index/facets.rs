//! Counted values beside a search: one pass for all fields without a filter, one more for each
//! field with one.

use serde_json::{Value, json};
use tantivy::Searcher;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::{AggContextParams, AggregationCollector};
use tantivy::query::Query;

use super::IndexError;
use crate::domain::search::{FacetCount, Facets};

/// A facet lists at most this many values.
const VALUES_MAX: u32 = 300;

/// Counts the values of `fields` among what `query` finds.
pub(super) fn count(
    searcher: &Searcher,
    query: &dyn Query,
    fields: &[&'static str],
    into: &mut Facets,
) -> Result<(), IndexError> {
    let mut request = serde_json::Map::new();
    for field in fields {
        let terms = json!({"terms": {"field": field, "size": VALUES_MAX, "segment_size": 5000}});
        request.insert((*field).to_owned(), terms);
    }
    let bad =
        |e: serde_json::Error| IndexError::File { path: "facets".into(), reason: e.to_string() };
    let request: Aggregations = serde_json::from_value(Value::Object(request)).map_err(bad)?;
    let collector = AggregationCollector::from_aggs(request, AggContextParams::default());
    let answer = searcher.search(query, &collector)?;
    let answer = serde_json::to_value(answer).map_err(bad)?;
    for field in fields {
        let buckets = answer.pointer(&format!("/{field}/buckets")).and_then(Value::as_array);
        let mut counts = Vec::new();
        for bucket in buckets.into_iter().flatten() {
            let key = bucket.get("key").and_then(Value::as_str);
            let count = bucket.get("doc_count").and_then(Value::as_u64);
            if let (Some(key), Some(count)) = (key, count) {
                counts.push(FacetCount { key: key.to_owned(), count });
            }
        }
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
        into.insert(field, counts);
    }
    Ok(())
}
