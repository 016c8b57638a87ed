//! The query of the desk's list and of the reports: parameters of a URL as filters, each refused by
//! name where wrong.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::domain::error::{FieldError, Rule, UnknownWord};
use crate::domain::figures::Figure;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::search::{Due, FACET_FIELDS, Filters, LIMIT_DEFAULT, LIMIT_MAX, Queue, Sort};
use crate::domain::user::UserId;

/// A search is not longer than this: more is a text, and no search.
pub const Q_MAX: usize = 500;

/// The parameters of `GET /api/v1/desk/cases`.
#[derive(Debug, Clone, Default)]
pub struct DeskQuery {
    pub q: String,
    pub filters: Filters,
    pub figure: Option<Figure>,
    pub sort: Option<Sort>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// Who asks, of which day, by which rules.
pub struct Asker<'a> {
    pub rules: &'a Jurisdiction,
    pub user: UserId,
    pub today: NaiveDate,
    /// Unknown parameters are refused under `/api` and ignored on pages.
    pub strict: bool,
}

/// Reads the parameters in order; every wrong one is named.
pub fn desk_query(
    pairs: &[(String, String)],
    asker: &Asker<'_>,
) -> Result<DeskQuery, Vec<FieldError>> {
    let mut query = DeskQuery { limit: LIMIT_DEFAULT, ..DeskQuery::default() };
    let mut errors = Vec::new();
    for (name, value) in pairs {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        if let Err(rule) = take(&mut query, name, value, asker) {
            if rule == Rule::UnknownField && !asker.strict {
                continue;
            }
            errors.push(FieldError::limit(name, rule, "", value));
        }
    }
    let (from, to) = (query.filters.from, query.filters.to);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        errors.push(FieldError::new("to", Rule::OutOfRange));
    }
    if errors.is_empty() { Ok(query) } else { Err(errors) }
}

fn take(query: &mut DeskQuery, name: &str, value: &str, asker: &Asker<'_>) -> Result<(), Rule> {
    if let Some(value) = value.strip_prefix('-').filter(|_| FACET_FIELDS.contains(&name)) {
        let without = query.filters.without.take().map(|filters| *filters).unwrap_or_default();
        let mut inner = DeskQuery { filters: without, ..DeskQuery::default() };
        let taken = take(&mut inner, name, value.trim(), asker);
        query.filters.without = Some(Box::new(inner.filters));
        return taken;
    }
    let (rules, filters) = (asker.rules, &mut query.filters);
    match name {
        "q" => {
            query.q = crate::text::nfc(value);
            if crate::text::scalars(&query.q) > Q_MAX { Err(Rule::TooLong) } else { Ok(()) }
        }
        "scope" => push(&mut filters.scope, value),
        "authority" => push(&mut filters.authority, value),
        "status" => push(&mut filters.status, value),
        "flag" => push(&mut filters.flag, value),
        "channel" => push(&mut filters.channel, value),
        "category" => {
            let known = rules.category(value).ok_or(Rule::UnknownCode)?;
            filters.category.push(known.code.clone());
            Ok(())
        }
        "agency" => {
            let agency = rules.agency_by_code(value, asker.today).ok_or(Rule::UnknownCode)?;
            filters.agency.extend(rules.subtree(agency.id));
            Ok(())
        }
        "area" => {
            let area = rules.area_by_code(value, asker.today).ok_or(Rule::UnknownCode)?;
            filters.area.push(area.id);
            Ok(())
        }
        "assigned" if value == "me" => {
            filters.assigned.push(asker.user);
            Ok(())
        }
        "assigned" => {
            filters.assigned.push(value.parse().map_err(|_| Rule::WrongType)?);
            Ok(())
        }
        _ => take_other(query, name, value),
    }
}

/// What is no list of values.
fn take_other(query: &mut DeskQuery, name: &str, value: &str) -> Result<(), Rule> {
    let filters = &mut query.filters;
    match name {
        "due" => word(value).map(|due: Due| filters.due = Some(due)),
        "queue" => word(value).map(|queue: Queue| filters.queue = Some(queue)),
        "from" => day(value).map(|day| filters.from = Some(day)),
        "to" => day(value).map(|day| filters.to = Some(day)),
        "figure" => {
            query.figure = Some(Figure::parse(value).ok_or(Rule::UnknownCode)?);
            Ok(())
        }
        "sort" => word(value).map(|sort: Sort| query.sort = Some(sort)),
        "limit" => {
            let limit: usize = value.parse().map_err(|_| Rule::WrongType)?;
            query.limit = limit;
            if (1..=LIMIT_MAX).contains(&limit) { Ok(()) } else { Err(Rule::OutOfRange) }
        }
        "cursor" => {
            query.cursor = Some(value.to_owned());
            Ok(())
        }
        // Every answer takes it: it is read where the request comes in.
        "language" => Ok(()),
        _ => Err(Rule::UnknownField),
    }
}

fn word<T: FromStr<Err = UnknownWord>>(value: &str) -> Result<T, Rule> {
    value.parse().map_err(|_| Rule::UnknownCode)
}

fn push<T: FromStr<Err = UnknownWord>>(list: &mut Vec<T>, value: &str) -> Result<(), Rule> {
    list.push(word(value)?);
    Ok(())
}

/// A calendar day of a URL.
pub fn day(value: &str) -> Result<NaiveDate, Rule> {
    value.parse().map_err(|_| Rule::NotDate)
}
