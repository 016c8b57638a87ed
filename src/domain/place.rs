//! Areas: wards, communes, districts, as they were and are.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Names;

/// The row's id.
pub type AreaId = i64;

/// An area of the jurisdiction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub id: AreaId,
    pub code: String,
    pub level: String,
    pub parent: Option<AreaId>,
    pub names: Names,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub successors: Vec<AreaId>,
}

impl Area {
    /// Does it exist on `day`?
    pub fn exists_on(&self, day: NaiveDate) -> bool {
        super::agency::valid_on(self.valid_from, self.valid_to, day)
    }
}

/// A point on the map, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
}
