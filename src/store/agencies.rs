//! Agencies and areas: rows with validity and successors by id.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::cases::{json, unjson};
use super::schema::{agencies, areas};
use super::{AnyConn, StoreError, Stored, dialect};
use crate::domain::agency::Agency;
use crate::domain::place::Area;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = agencies, treat_none_as_null = true)]
struct AgencyRow {
    id: i64,
    code: String,
    level: String,
    parent_id: Option<i64>,
    names: String,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    area_id: Option<i64>,
    fields: String,
    answers_unreviewed: bool,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    successors: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = areas)]
struct AreaRow {
    id: i64,
    code: String,
    level: String,
    parent_id: Option<i64>,
    names: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    successors: String,
}

fn agency_row(agency: &Agency) -> Stored<AgencyRow> {
    Ok(AgencyRow {
        id: agency.id,
        code: agency.code.clone(),
        level: agency.level.clone(),
        parent_id: agency.parent,
        names: json(&agency.names)?,
        email: agency.email.clone(),
        phone: agency.phone.clone(),
        address: agency.address.clone(),
        area_id: agency.area,
        fields: json(&agency.fields)?,
        answers_unreviewed: agency.answers_unreviewed,
        valid_from: agency.valid_from,
        valid_to: agency.valid_to,
        successors: json(&agency.successors)?,
    })
}

/// All agencies, by id.
pub fn all(conn: &mut AnyConn) -> Stored<Vec<Agency>> {
    let rows = agencies::table.order(agencies::id).load::<AgencyRow>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        out.push(Agency {
            id: row.id,
            code: row.code,
            level: row.level,
            parent: row.parent_id,
            names: unjson(&row.names)?,
            email: row.email,
            phone: row.phone,
            address: row.address,
            area: row.area_id,
            fields: unjson(&row.fields)?,
            answers_unreviewed: row.answers_unreviewed,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            successors: unjson(&row.successors)?,
        });
    }
    Ok(out)
}

/// The addresses of an agency as they stand now; `None` where there is no such agency.
pub fn email_of(conn: &mut AnyConn, id: i64) -> Stored<Option<String>> {
    let found = agencies::table.find(id).select(agencies::email).first(conn).optional()?;
    Ok(found.flatten())
}

/// All areas, by id.
pub fn areas(conn: &mut AnyConn) -> Stored<Vec<Area>> {
    let rows = areas::table.order(areas::id).load::<AreaRow>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        out.push(Area {
            id: row.id,
            code: row.code,
            level: row.level,
            parent: row.parent_id,
            names: unjson(&row.names)?,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            successors: unjson(&row.successors)?,
        });
    }
    Ok(out)
}

/// Fills empty tables from a pack, whose ids are the rows' places. Parents are set after all rows
/// are there, since a parent may stand later in the file.
pub fn fill(conn: &mut AnyConn, new_areas: &[Area], new_agencies: &[Agency]) -> Stored<()> {
    for area in new_areas {
        let row = AreaRow {
            id: area.id,
            code: area.code.clone(),
            level: area.level.clone(),
            parent_id: None,
            names: json(&area.names)?,
            valid_from: area.valid_from,
            valid_to: area.valid_to,
            successors: json(&area.successors)?,
        };
        diesel::insert_into(areas::table).values(&row).execute(conn)?;
    }
    for agency in new_agencies {
        let row = AgencyRow { parent_id: None, ..agency_row(agency)? };
        diesel::insert_into(agencies::table).values(&row).execute(conn)?;
    }
    for area in new_areas.iter().filter(|a| a.parent.is_some()) {
        diesel::update(areas::table.find(area.id))
            .set(areas::parent_id.eq(area.parent))
            .execute(conn)?;
    }
    for agency in new_agencies.iter().filter(|a| a.parent.is_some()) {
        diesel::update(agencies::table.find(agency.id))
            .set(agencies::parent_id.eq(agency.parent))
            .execute(conn)?;
    }
    dialect::after_explicit_ids(conn, "areas")?;
    dialect::after_explicit_ids(conn, "agencies")
}

/// Writes the contacts of an agency, edited by an administrator: e-mail, telephone, address.
pub fn set_contacts(
    conn: &mut AnyConn,
    id: i64,
    [email, phone, address]: [Option<String>; 3],
) -> Stored<()> {
    let changed = diesel::update(agencies::table.find(id))
        .set((agencies::email.eq(email), agencies::phone.eq(phone), agencies::address.eq(address)))
        .execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}
