//! What officers said of the machine's decisions, counted by the database.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::figures::{Frame, within};
use super::list::{one_of, quote, time};
use super::{AnyConn, Stored};
use crate::clock::Moment;
use crate::domain::accuracy::{BIN_PERMILLE, OfficerLine, Tally};
use crate::domain::scope::{Basis, Scope};

/// Decisions of one category, channel, month and step of confidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub category: Option<String>,
    pub channel: String,
    /// Of receipt: 2026-11.
    pub month: String,
    /// The lower end of the step, in thousandths.
    pub bin: i64,
    pub tally: Tally,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    category: Option<String>,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    month: String,
    #[diesel(sql_type = BigInt)]
    bin: i64,
    #[diesel(sql_type = BigInt)]
    decided: i64,
    #[diesel(sql_type = BigInt)]
    sure: i64,
    #[diesel(sql_type = BigInt)]
    reviewed: i64,
    #[diesel(sql_type = BigInt)]
    agreed: i64,
    #[diesel(sql_type = BigInt)]
    confirmed: i64,
    #[diesel(sql_type = BigInt)]
    confidence: i64,
    #[diesel(sql_type = BigInt)]
    measured: i64,
    #[diesel(sql_type = BigInt)]
    nearness: i64,
}

/// The side that an officer chose first after the machine's decision `m`.
fn officer_after() -> String {
    let officer = quote(Basis::Officer.word());
    format!(
        "(SELECT o.scope FROM decisions o WHERE o.case_id = m.case_id AND o.basis = {officer} \
         AND o.id > m.id ORDER BY o.id LIMIT 1)"
    )
}

/// The sum of a value over the rows that fulfil a condition.
fn sum(condition: &str, value: &str) -> String {
    format!("CAST(COALESCE(SUM(CASE WHEN {condition} THEN {value} ELSE 0 END), 0) AS BIGINT)")
}

/// The machine's decisions of a period, in groups.
pub fn groups(conn: &mut AnyConn, frame: &Frame) -> Stored<Vec<Group>> {
    let month = match conn {
        AnyConn::Pg(_) => "to_char(c.received_day, 'YYYY-MM')",
        AnyConn::Sqlite(_) => "strftime('%Y-%m', c.received_day)",
    };
    let agency = match &frame.agencies {
        Some(agencies) => format!(" AND {}", one_of("c.agency_id", agencies.iter())),
        None => String::new(),
    };
    let (ask, machine) = (quote(Scope::Ask.word()), quote(Basis::Machine.word()));
    let officer = officer_after();
    let reviewed = &format!("side <> {ask} AND said IS NOT NULL");
    let sql = format!(
        "SELECT category, channel, month, bin, COUNT(*) AS decided, {sure} AS sure, \
         {seen} AS reviewed, {agreed} AS agreed, {confirmed} AS confirmed, \
         {confidence} AS confidence, {measured} AS measured, {nearness} AS nearness \
         FROM (SELECT m.category AS category, c.channel AS channel, {month} AS month, \
         COALESCE(m.confidence_permille, 0) AS permille, \
         COALESCE(m.confidence_permille, 0) / {BIN_PERMILLE} AS bin, m.scope AS side, \
         m.verdict AS verdict, m.nearness_permille AS near, \
         CASE WHEN m.verdict IS NULL THEN NULL ELSE {officer} END AS said \
         FROM decisions m JOIN cases c ON c.id = m.case_id \
         WHERE m.basis = {machine} AND {taken}{agency}) AS judged \
         GROUP BY category, channel, month, bin ORDER BY month, channel, category, bin",
        sure = sum(&format!("side <> {ask}"), "1"),
        seen = sum(reviewed, "1"),
        agreed = sum(&format!("{reviewed} AND said = side"), "1"),
        confirmed = sum(&format!("{reviewed} AND verdict = 'confirmed'"), "1"),
        confidence = sum(reviewed, "permille"),
        measured = sum("near IS NOT NULL", "1"),
        nearness = sum("near IS NOT NULL", "near"),
        taken = within("m.decided_at", frame.span),
    );
    let rows = diesel::sql_query(sql).load::<Row>(conn)?;
    Ok(rows.into_iter().map(group).collect())
}

fn group(row: Row) -> Group {
    Group {
        category: row.category,
        channel: row.channel,
        month: row.month,
        bin: row.bin.min(1000 / BIN_PERMILLE - 1) * BIN_PERMILLE,
        tally: Tally {
            decided: row.decided,
            sure: row.sure,
            reviewed: row.reviewed,
            right: row.agreed,
            confirmed: row.confirmed,
            confidence: row.confidence,
            measured: row.measured,
            nearness: row.nearness,
        },
    }
}

#[derive(QueryableByName)]
struct OfficerRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    decisions: i64,
    #[diesel(sql_type = BigInt)]
    after_machine: i64,
    #[diesel(sql_type = BigInt)]
    against_machine: i64,
    #[diesel(sql_type = BigInt)]
    overruled: i64,
}

/// What each officer decided in the period, who decided most first.
pub fn officers(conn: &mut AnyConn, frame: &Frame) -> Stored<Vec<OfficerLine>> {
    let (ask, machine) = (quote(Scope::Ask.word()), quote(Basis::Machine.word()));
    let officer = quote(Basis::Officer.word());
    let sql = format!(
        "SELECT u.name AS name, COUNT(*) AS decisions, {after} AS after_machine, \
         {against} AS against_machine, {overruled} AS overruled \
         FROM (SELECT o.user_id AS user_id, o.scope AS side, \
         (SELECT m.scope FROM decisions m WHERE m.case_id = o.case_id AND m.basis = {machine} \
          AND m.id < o.id ORDER BY m.id DESC LIMIT 1) AS machine, \
         (SELECT n.scope FROM decisions n WHERE n.case_id = o.case_id AND n.basis = {officer} \
          AND n.id > o.id AND n.user_id <> o.user_id ORDER BY n.id LIMIT 1) AS later \
         FROM decisions o WHERE o.basis = {officer} AND {taken}) AS said \
         JOIN users u ON u.id = said.user_id GROUP BY u.id, u.name \
         ORDER BY 2 DESC, u.name LIMIT 200",
        after = sum(&format!("machine <> {ask}"), "1"),
        against = sum(&format!("machine <> {ask} AND machine <> side"), "1"),
        overruled = sum("later <> side", "1"),
        taken = within("o.decided_at", frame.span),
    );
    let rows = diesel::sql_query(sql).load::<OfficerRow>(conn)?;
    let line = |row: OfficerRow| OfficerLine {
        name: row.name,
        decisions: row.decisions,
        after_machine: row.after_machine,
        against_machine: row.against_machine,
        overruled: row.overruled,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Of the machine's last sure decisions for a category that an officer has decided since: how many
/// kept their side, and how many there are.
pub fn last_of(
    conn: &mut AnyConn,
    category: &str,
    since: Option<Moment>,
    most: i64,
) -> Stored<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        kept: i64,
        #[diesel(sql_type = BigInt)]
        looked_at: i64,
    }
    let since = since.map_or_else(String::new, |at| format!(" AND m.decided_at >= {}", time(at)));
    let sql = format!(
        "SELECT {kept} AS kept, COUNT(*) AS looked_at \
         FROM (SELECT m.scope AS side, {officer} AS said FROM decisions m \
         WHERE m.basis = {machine} AND m.verdict IS NOT NULL AND m.scope <> {ask} \
         AND m.category = {category}{since} ORDER BY m.id DESC LIMIT {most}) AS last",
        kept = sum("said = side", "1"),
        officer = officer_after(),
        machine = quote(Basis::Machine.word()),
        ask = quote(Scope::Ask.word()),
        category = quote(category),
    );
    let counts = diesel::sql_query(sql).get_result::<Counts>(conn)?;
    Ok((counts.kept, counts.looked_at))
}
