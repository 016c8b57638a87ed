//! Under which names a trained model is kept: of its recipe, and of the pack's part in what it was
//! trained on.

use super::model::RECIPE;
use crate::domain::jurisdiction::Jurisdiction;
use crate::seal::fingerprint;

/// Recipe and data, as text.
pub fn key(rules: &Jurisdiction) -> (String, String) {
    // What an administrator sets without teaching anything, a mode say, trains nothing anew.
    let categories: Vec<_> = rules.categories.iter().map(|c| (&c.code, c.scope)).collect();
    let taught = (categories, &rules.cues, &rules.acts, &rules.exemplars);
    (format!("scope-{RECIPE}"), fingerprint(format!("{taught:?}").as_bytes()))
}
