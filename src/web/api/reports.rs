//! The leaders' figures.

use actix_web::{HttpRequest, HttpResponse};
use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::{desk, pairs};
use crate::domain::accuracy::Accuracy;
use crate::domain::agency::AgencyId;
use crate::domain::error::{FieldError, Refusal, Rule, UnknownWord};
use crate::domain::figures::{Split, Step};
use crate::domain::user::User;
use crate::flow::{accuracy, report};
use crate::intake::query::day;
use crate::store::figures::{Frame, SeriesRow};
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::Failure;
use crate::web::identity::Signed;

/// A report is of at most this many days: ten years.
pub const DAYS_MAX: i64 = 3_660;

/// How a series is cut unless told.
pub const BY_DEFAULT: Step = Step::Month;
pub const SPLIT_DEFAULT: Split = Split::Scope;

/// What was asked: the frame, and how a series is cut.
pub struct Asked {
    pub frame: Frame,
    pub by: Step,
    pub split: Split,
    pub agency: Option<AgencyId>,
}

/// Reads a report's parameters; without dates it is about this month.
pub fn asked(
    ask: &Ask,
    user: &User,
    pairs: &[(String, String)],
    strict: bool,
) -> Result<Asked, Failure> {
    match read(ask, user, pairs, strict) {
        (asked, errors) if errors.is_empty() => Ok(asked),
        (_, errors) => Err(Failure::invalid(errors)),
    }
}

/// Reads what can be read of the parameters, and names the others.
pub fn read(
    ask: &Ask,
    user: &User,
    pairs: &[(String, String)],
    strict: bool,
) -> (Asked, Vec<FieldError>) {
    let today = today(ask);
    let month = (today.with_day(1).unwrap_or(today), today);
    let (mut from, mut to) = month;
    let (mut by, mut split, mut agency) = (BY_DEFAULT, SPLIT_DEFAULT, None);
    let mut errors = Vec::new();
    let word = |unknown: UnknownWord| (Rule::UnknownCode, unknown.known.join(", "));
    let bare = |rule: Rule| (rule, String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.trim().is_empty()) {
        let value = value.trim();
        let taken = match name.as_str() {
            "from" => day(value).map(|d| from = d).map_err(bare),
            "to" => day(value).map(|d| to = d).map_err(bare),
            "by" => value.parse().map(|b| by = b).map_err(word),
            "split" => value.parse().map(|s| split = s).map_err(word),
            "agency" => match ask.context.rules.agency_by_code(value, today) {
                Some(found) => {
                    agency = Some(found.id);
                    Ok(())
                }
                None => Err(bare(Rule::UnknownCode)),
            },
            // Every answer takes it: it is read where the request comes in.
            "language" => Ok(()),
            _ if strict => Err(bare(Rule::UnknownField)),
            _ => Ok(()),
        };
        if let Err((rule, limit)) = taken {
            errors.push(FieldError::limit(name, rule, &limit, value));
        }
    }
    if let Some(error) = wrong_period(from, to) {
        errors.push(error);
        (from, to) = month;
    }
    (Asked { frame: frame_for(ask, user, (from, to), agency), by, split, agency }, errors)
}

fn wrong_period(from: NaiveDate, to: NaiveDate) -> Option<FieldError> {
    let days = (to - from).num_days();
    if days < 0 {
        let (limit, actual) = (from.to_string(), to.to_string());
        return Some(FieldError::limit("to", Rule::TooEarly, &limit, &actual));
    }
    let (limit, actual) = (DAYS_MAX.to_string(), days.to_string());
    let error = || FieldError::limit("to", Rule::PeriodTooLong, &limit, &actual);
    (days > DAYS_MAX).then(error)
}

/// The frame within what the user may see.
pub fn frame_for(
    ask: &Ask,
    user: &User,
    days: (NaiveDate, NaiveDate),
    agency: Option<i64>,
) -> Frame {
    let rules = &ask.context.rules;
    let seen = user.agencies_seen(rules);
    let agencies = match (seen, agency.map(|id| rules.subtree(id))) {
        (Some(seen), Some(wanted)) => {
            Some(wanted.into_iter().filter(|id| seen.contains(id)).collect())
        }
        (seen, wanted) => wanted.or(seen),
    };
    Frame::new(rules, days, agencies, ask.context.now)
}

/// `GET /api/v1/reports/summary`
pub async fn summary(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let frame = period(&ask, &signed, &request)?;
    Ok(HttpResponse::Ok().json(report::summary(&ask.context, frame).await?))
}

/// `GET /api/v1/reports/accuracy`
pub async fn accuracy(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let frame = period(&ask, &signed, &request)?;
    Ok(HttpResponse::Ok().json(measured(&ask, &signed.user, frame).await?))
}

/// The accuracy of a period, as the user may see it.
pub async fn measured(ask: &Ask, user: &User, frame: Frame) -> Result<Accuracy, Failure> {
    if !user.may_read_accuracy() {
        return Err(Refusal::Forbidden.into());
    }
    Ok(accuracy::accuracy(&ask.context, frame, user.may_read_officers()).await?)
}

/// The frame of a report that is not cut into periods or parts.
fn period(ask: &Ask, signed: &Signed, request: &HttpRequest) -> Result<Frame, Failure> {
    desk::ready(&signed.user)?;
    let pairs = pairs(request)?;
    match pairs.iter().find(|(name, _)| ["by", "split"].contains(&name.as_str())) {
        Some((name, _)) => Err(Failure::invalid(vec![FieldError::new(name, Rule::UnknownField)])),
        None => Ok(asked(ask, &signed.user, &pairs, true)?.frame),
    }
}

/// `GET /api/v1/reports/series`
pub async fn series(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    desk::ready(&signed.user)?;
    let asked = asked(&ask, &signed.user, &pairs(&request)?, true)?;
    let rows = report::series(&ask.context, asked.frame, asked.by, asked.split).await?;
    let rows: Vec<_> = rows.iter().map(|row| row_json(&ask, asked.split, row)).collect();
    Ok(HttpResponse::Ok().json(json!({"by": asked.by, "split": asked.split, "rows": rows})))
}

fn row_json(ask: &Ask, split: Split, row: &SeriesRow) -> serde_json::Value {
    let named = row.key.as_deref().map(|key| desk::named(ask, split.word(), key));
    json!({
        "period": row.period,
        "key": named.as_ref().map(|(code, _)| code),
        "name": named.as_ref().map(|(_, name)| name),
        "count": row.count,
    })
}
