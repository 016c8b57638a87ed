//! The query of the desk's list and of the reports: parameters of a URL as filters, each refused by
//! name where wrong.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::domain::error::{FieldError, Rule, UnknownWord};
use crate::domain::figures::Figure;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::search::{DeskQuery, Due, FACET_FIELDS, LIMIT_DEFAULT, LIMIT_MAX, Queue, Sort};
use crate::domain::user::UserId;

/// A search is not longer than this: more is a text, and no search.
pub const Q_MAX: usize = 500;

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
    match read(pairs, asker) {
        (query, errors) if errors.is_empty() => Ok(query),
        (_, errors) => Err(errors),
    }
}

/// Reads what can be read of the parameters, and names the others.
pub fn read(pairs: &[(String, String)], asker: &Asker<'_>) -> (DeskQuery, Vec<FieldError>) {
    let mut query = DeskQuery { limit: LIMIT_DEFAULT, ..DeskQuery::default() };
    let mut errors = Vec::new();
    for (name, value) in pairs {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        if let Err(wrong) = take(&mut query, name, value, asker) {
            if wrong.rule == Rule::UnknownField && !asker.strict {
                continue;
            }
            errors.push(FieldError::limit(name, wrong.rule, &wrong.limit, value));
        }
    }
    let filters = &mut query.filters;
    if let Some((from, to)) = filters.from.zip(filters.to)
        && to < from
    {
        let (limit, actual) = (from.to_string(), to.to_string());
        errors.push(FieldError::limit("to", Rule::TooEarly, &limit, &actual));
        filters.to = None;
    }
    (query, errors)
}

/// A rule that a value breaks, and what the rule allows.
struct Wrong {
    rule: Rule,
    limit: String,
}

impl From<Rule> for Wrong {
    fn from(rule: Rule) -> Wrong {
        Wrong { rule, limit: String::new() }
    }
}

fn not_a(kind: &str) -> Wrong {
    Wrong { rule: Rule::WrongType, limit: kind.to_owned() }
}

fn take(query: &mut DeskQuery, name: &str, value: &str, asker: &Asker<'_>) -> Result<(), Wrong> {
    if let Some(value) = value.strip_prefix('-').filter(|_| FACET_FIELDS.contains(&name)) {
        let without = query.filters.without.take().map(|filters| *filters).unwrap_or_default();
        let mut inner = DeskQuery { filters: without, ..DeskQuery::default() };
        let taken = take(&mut inner, name, value.trim(), asker);
        query.filters.without = Some(Box::new(inner.filters));
        return taken;
    }
    let (rules, filters) = (asker.rules, &mut query.filters);
    match name {
        // A search is never an error: what is too long is searched for by its beginning.
        "q" => query.q = crate::text::nfc(value).chars().take(Q_MAX).collect(),
        "scope" => push(&mut filters.scope, value)?,
        "authority" => push(&mut filters.authority, value)?,
        "status" => push(&mut filters.status, value)?,
        "flag" => push(&mut filters.flag, value)?,
        "channel" => push(&mut filters.channel, value)?,
        "category" => {
            let known = rules.category(value).ok_or(Rule::UnknownCode)?;
            filters.category.push(known.code.clone());
        }
        "agency" => {
            let agency = rules.agency_by_code(value, asker.today).ok_or(Rule::UnknownCode)?;
            filters.agency.extend(rules.subtree(agency.id));
        }
        "area" => {
            let area = rules.area_by_code(value, asker.today).ok_or(Rule::UnknownCode)?;
            filters.area.push(area.id);
        }
        "assigned" if value == "me" => filters.assigned.push(asker.user),
        "assigned" if value.contains('@') => query.assigned_to.push(value.to_lowercase()),
        "assigned" => filters.assigned.push(value.parse().map_err(|_| not_a("officer"))?),
        "due" => filters.due = Some(word::<Due>(value)?),
        "queue" => filters.queue = Some(word::<Queue>(value)?),
        "from" => filters.from = Some(day(value)?),
        "to" => filters.to = Some(day(value)?),
        "figure" => query.figure = Some(Figure::parse(value).ok_or(Rule::UnknownCode)?),
        "sort" => query.sort = Some(word::<Sort>(value)?),
        "limit" => query.limit = limit(value)?,
        "cursor" => query.cursor = Some(value.to_owned()),
        // Every answer takes it: it is read where the request comes in.
        "language" => {}
        _ => return Err(Rule::UnknownField.into()),
    }
    Ok(())
}

fn limit(value: &str) -> Result<usize, Wrong> {
    let limit: usize = value.parse().map_err(|_| not_a("integer"))?;
    match (1..=LIMIT_MAX).contains(&limit) {
        true => Ok(limit),
        false => Err(Wrong { rule: Rule::OutOfRange, limit: format!("1 – {LIMIT_MAX}") }),
    }
}

fn word<T: FromStr<Err = UnknownWord>>(value: &str) -> Result<T, Wrong> {
    value.parse().map_err(|unknown: UnknownWord| {
        let limit = unknown.known.join(", ");
        Wrong { rule: Rule::UnknownCode, limit }
    })
}

fn push<T: FromStr<Err = UnknownWord>>(list: &mut Vec<T>, value: &str) -> Result<(), Wrong> {
    list.push(word(value)?);
    Ok(())
}

/// A calendar day of a URL.
pub fn day(value: &str) -> Result<NaiveDate, Rule> {
    value.parse().map_err(|_| Rule::NotDate)
}
