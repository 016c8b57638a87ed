//! The trained models: a row each, one in use, the others beside it so that one can go back.

use diesel::prelude::*;

use super::schema::models;
use super::{AnyConn, StoreError, Stored};
use crate::clock::Moment;

crate::domain::words! {
    /// What a model is to the service.
    ModelState {
        Active = "active",
        /// Was in use before the next one.
        Former = "former",
        /// Taken out of use by hand.
        Withdrawn = "withdrawn",
    }
}

/// By which recipe a model was made and from which pack: another one does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelKey {
    pub recipe: String,
    pub data: String,
}

impl From<(String, String)> for ModelKey {
    fn from((recipe, data): (String, String)) -> ModelKey {
        ModelKey { recipe, data }
    }
}

/// A model to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewModel {
    pub key: ModelKey,
    pub bytes: Vec<u8>,
    /// So many officers' labels were learned beside the pack.
    pub labels: i64,
    /// The id of the newest label there was.
    pub last_label: i64,
}

/// A model as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRow {
    pub id: i64,
    pub state: ModelState,
    pub labels: i64,
    pub last_label: i64,
    pub made_at: Moment,
}

macro_rules! fits {
    ($key:expr) => {
        models::recipe.eq(&$key.recipe).and(models::data_marks.eq(&$key.data))
    };
}

/// The model in use that fits, with its id.
pub fn active(conn: &mut AnyConn, key: &ModelKey) -> Stored<Option<(i64, Vec<u8>)>> {
    let found = models::table
        .filter(fits!(key).and(models::state.eq(ModelState::Active.word())))
        .order(models::id.desc())
        .select((models::id, models::bytes))
        .first(conn)
        .optional()?;
    Ok(found)
}

/// The id of the model in use that fits.
pub fn active_id(conn: &mut AnyConn, key: &ModelKey) -> Stored<Option<i64>> {
    let found = models::table
        .filter(fits!(key).and(models::state.eq(ModelState::Active.word())))
        .order(models::id.desc())
        .select(models::id)
        .first(conn)
        .optional()?;
    Ok(found)
}

/// Every model that fits, the newest first.
pub fn all(conn: &mut AnyConn, key: &ModelKey) -> Stored<Vec<ModelRow>> {
    type Row = (i64, String, i64, i64, chrono::NaiveDateTime);
    let rows = models::table
        .filter(fits!(key))
        .order(models::id.desc())
        .select((models::id, models::state, models::labels, models::last_label, models::made_at))
        .load::<Row>(conn)?;
    let row = |(id, state, labels, last_label, made_at): Row| {
        let state = super::cases::word(&state)?;
        Ok(ModelRow { id, state, labels, last_label, made_at: made_at.and_utc() })
    };
    rows.into_iter().map(row).collect()
}

/// Keeps a trained model as the one in use; earlier ones stay beside it.
pub fn insert(conn: &mut AnyConn, new: &NewModel, at: Moment) -> Stored<i64> {
    diesel::update(models::table.filter(models::state.eq(ModelState::Active.word())))
        .set(models::state.eq(ModelState::Former.word()))
        .execute(conn)?;
    diesel::insert_into(models::table)
        .values((
            models::recipe.eq(&new.key.recipe),
            models::data_marks.eq(&new.key.data),
            models::bytes.eq(&new.bytes),
            models::state.eq(ModelState::Active.word()),
            models::made_at.eq(at.naive_utc()),
            models::labels.eq(new.labels),
            models::last_label.eq(new.last_label),
        ))
        .execute(conn)?;
    active_id(conn, &new.key)?.ok_or(StoreError::NotFound)
}

/// Takes the model in use out of it and the one before it back: the ids of both. `NotFound` where
/// there is none before.
pub fn roll_back(conn: &mut AnyConn, key: &ModelKey) -> Stored<(i64, i64)> {
    let now = active_id(conn, key)?.ok_or(StoreError::NotFound)?;
    let before: Option<i64> = models::table
        .filter(fits!(key).and(models::state.eq(ModelState::Former.word())))
        .filter(models::id.lt(now))
        .order(models::id.desc())
        .select(models::id)
        .first(conn)
        .optional()?;
    let before = before.ok_or(StoreError::NotFound)?;
    for (id, state) in [(now, ModelState::Withdrawn), (before, ModelState::Active)] {
        diesel::update(models::table.find(id)).set(models::state.eq(state.word())).execute(conn)?;
    }
    Ok((now, before))
}
