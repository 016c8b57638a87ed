//! How many of the cases of a list have each value of a field.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{ListRequest, conditions, count, has_flag};
use crate::domain::scope::Flag;
use crate::domain::search::{FacetCount, Facets};
use crate::store::{AnyConn, Stored};

/// A facet lists at most this many values.
const FACET_MAX: usize = 300;

#[derive(QueryableByName)]
struct FacetRow {
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) fn facets(conn: &mut AnyConn, request: &ListRequest) -> Stored<Facets> {
    let columns = [
        ("scope", "scope"),
        ("authority", "authority"),
        ("category", "category"),
        ("status", "status"),
        ("agency", "agency_id"),
        ("area", "area_id"),
        ("channel", "channel"),
    ];
    let mut out = Facets::new();
    for (field, column) in columns {
        let sql = format!(
            "SELECT CAST({column} AS TEXT) AS key, COUNT(*) AS count FROM cases WHERE {} \
             GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT {FACET_MAX}",
            conditions(request, Some(field)).join(" AND ")
        );
        let rows = diesel::sql_query(sql).load::<FacetRow>(conn)?;
        out.insert(field, rows.into_iter().filter_map(facet_count).collect());
    }
    let mut of_flags = Vec::new();
    for flag in Flag::ALL {
        let mut all = conditions(request, Some("flag"));
        all.push(has_flag(*flag));
        let count = u64::try_from(count(conn, &all)?).unwrap_or(0);
        if count > 0 {
            of_flags.push(FacetCount { key: flag.to_string(), count });
        }
    }
    of_flags.sort_by_key(|facet| std::cmp::Reverse(facet.count));
    out.insert("flag", of_flags);
    Ok(out)
}

fn facet_count(row: FacetRow) -> Option<FacetCount> {
    Some(FacetCount { key: row.key?, count: u64::try_from(row.count).ok()? })
}
