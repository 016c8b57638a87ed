//! The forms of kept searches.

use super::IntakeError;
use super::fields::Fields;
use crate::domain::error::Rule;
use crate::domain::saved::{Alert, Wish};
use crate::domain::search::FACET_FIELDS;

/// A name fits on one line of the desk.
const NAME_MAX: usize = 80;
/// More cases than this a threshold does not wait for.
const THRESHOLD_MAX: i64 = 1_000_000;
/// The parameters of the list that are kept beside the facets; page, order and what stands beside
/// the list are not the search's.
const KEPT: [&str; 7] = ["q", "queue", "figure", "from", "to", "due", "assigned"];

/// What of the parameters of a list makes the search.
pub fn kept(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let is_kept = |name: &str| KEPT.contains(&name) || FACET_FIELDS.contains(&name);
    let given = pairs.iter().filter(|(name, value)| is_kept(name) && !value.trim().is_empty());
    given.cloned().collect()
}

/// A search to be kept: its name and when mail tells of it.
pub fn wish(mut fields: Fields, query: Vec<(String, String)>) -> Result<Wish, IntakeError> {
    let name = fields.line("name", NAME_MAX);
    if name.is_none() && fields.errors.is_empty() {
        fields.wrong("name", Rule::Required);
    }
    if query.is_empty() {
        fields.wrong("searches", Rule::Required);
    }
    let alert = read_alert(&mut fields);
    let wish = name.zip(alert);
    fields.finish(wish.map(|(name, (alert, threshold))| Wish { name, query, alert, threshold }))
}

/// When mail tells of it, and from how many cases on.
pub fn alert(mut fields: Fields) -> Result<(Alert, Option<i64>), IntakeError> {
    let alert = read_alert(&mut fields);
    fields.finish(alert)
}

fn read_alert(fields: &mut Fields) -> Option<(Alert, Option<i64>)> {
    fields.default_word("alert", Alert::None.word());
    let alert = fields.word("alert");
    let threshold = fields.whole("threshold", 1, THRESHOLD_MAX);
    let is_waited_for = alert == Some(Alert::Threshold);
    if is_waited_for && threshold.is_none() && !fields.errors.iter().any(|e| e.field == "threshold")
    {
        fields.wrong("threshold", Rule::Required);
    }
    alert.map(|alert| (alert, threshold.filter(|_| is_waited_for)))
}
