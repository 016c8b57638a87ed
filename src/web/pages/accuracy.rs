//! How right the machine is: for leaders and triage, in words, a diagram and tables.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;

use super::choices::{self, Group};
use super::frame::{Frame, officer};
use crate::domain::accuracy::{Accuracy, Bin, OfficerLine, Share};
use crate::domain::in_language;
use crate::web::api::pairs;
use crate::web::api::reports::{asked, measured};
use crate::web::ask::Ask;
use crate::web::failure::Failure;

/// The diagram's inside, in units of its own: confidence from one half to one, and what was right.
const SIDE: f64 = 240.0;
/// Fewer reviewed decisions say nothing of a share.
const SAMPLE_MIN: i64 = 20;
/// So much less like what was learned is worth a word.
const DRIFT: f64 = 0.7;

struct Dot {
    x: String,
    y: String,
    radius: String,
    title: String,
}

struct Line {
    name: String,
    decided: String,
    coverage: String,
    reviewed: String,
    accuracy: String,
    category: String,
    nearness: String,
    is_low: bool,
}

struct Table {
    name: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "accuracy.html")]
struct Page<'a> {
    f: &'a Frame,
    from: NaiveDate,
    to: NaiveDate,
    agency: String,
    agencies: Vec<Group>,
    /// What the numbers mean, in sentences.
    said: Vec<String>,
    cards: Vec<(String, String, String)>,
    dots: Vec<Dot>,
    bins: Vec<[String; 4]>,
    tables: Vec<Table>,
    officers: Option<Vec<[String; 5]>>,
}

/// `GET /reports/accuracy`
pub async fn read(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    let frame = Frame::of_desk(&ask, &request, "accuracy-title", &signed.user)?;
    let asked = asked(&ask, &signed.user, &pairs(&request)?, false)?;
    let found = measured(&ask, &signed.user, asked.frame.clone()).await?;
    let agency = asked.agency.and_then(|id| ask.context.rules.agency(id));
    let category = |code: &str| {
        let known = ask.context.rules.category(code);
        known.map_or_else(|| code.to_owned(), |c| in_language(&c.names, &ask.language).to_owned())
    };
    let tables = [
        ("accuracy-by-category", lines(&frame, &found, &found.by_category, &category)),
        (
            "accuracy-by-channel",
            lines(&frame, &found, &found.by_channel, &|word| frame.word("channel", word)),
        ),
        ("accuracy-by-month", lines(&frame, &found, &found.by_month, &str::to_owned)),
    ];
    let table = |(name, lines): (&str, Vec<Line>)| Table { name: frame.t(name), lines };
    let page = Page {
        from: found.from,
        to: found.to,
        agency: agency.map(|agency| agency.code.clone()).unwrap_or_default(),
        agencies: choices::agencies(&ask),
        said: said(&frame, &found),
        cards: cards(&frame, &found),
        dots: found.bins.iter().map(|bin| dot(&frame, bin)).collect(),
        bins: found.bins.iter().map(|bin| bin_line(&frame, bin)).collect(),
        tables: tables.into_iter().map(table).collect(),
        officers: found.officers.as_ref().map(|all| officers(&frame, all)),
        f: &frame,
    };
    frame.page(&page)
}

fn share(f: &Frame, share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| f.percent(&share))
}

/// The interval is printed with each accuracy: a number without it says too much.
fn with_interval(f: &Frame, one: &Share) -> String {
    match (one.accuracy, one.low.zip(one.high)) {
        (Some(accuracy), Some((low, high))) => {
            format!("{} ({}–{})", f.percent(&accuracy), f.percent(&low), f.percent(&high))
        }
        _ => "–".to_owned(),
    }
}

fn cards(f: &Frame, found: &Accuracy) -> Vec<(String, String, String)> {
    let all = &found.all;
    let of = |n: i64| f.with("reports-of", "n", &f.number(&n));
    vec![
        (f.t("accuracy-right"), share(f, all.accuracy), of(all.reviewed)),
        (f.t("accuracy-coverage"), share(f, all.coverage), of(all.decided)),
        (f.t("accuracy-category"), share(f, all.category_accuracy), of(all.reviewed)),
        (f.t("accuracy-ece"), share(f, found.ece), of(all.reviewed)),
    ]
}

fn said(f: &Frame, found: &Accuracy) -> Vec<String> {
    let all = &found.all;
    let wanted = f.percent(&found.wanted);
    let mut out = Vec::new();
    let id = match (all.reviewed, all.low, all.high) {
        (n, _, _) if n < SAMPLE_MIN => "accuracy-few",
        (_, Some(low), _) if low >= found.wanted => "accuracy-good",
        (_, _, Some(high)) if high < found.wanted => "accuracy-bad",
        _ => "accuracy-open",
    };
    out.push(f.with(id, "wanted", &wanted));
    if let (Some(now), Some(learned)) = (all.nearness, found.learned_nearness)
        && now < learned * DRIFT
    {
        out.push(f.t("accuracy-drift"));
    }
    out
}

fn lines(
    f: &Frame,
    found: &Accuracy,
    all: &BTreeMap<String, Share>,
    name: &dyn Fn(&str) -> String,
) -> Vec<Line> {
    let line = |(key, one): (&String, &Share)| Line {
        name: name(key),
        decided: f.number(&one.decided),
        coverage: share(f, one.coverage),
        reviewed: f.number(&one.reviewed),
        accuracy: with_interval(f, one),
        category: share(f, one.category_accuracy),
        nearness: share(f, one.nearness),
        is_low: one.reviewed >= SAMPLE_MIN && one.high.is_some_and(|high| high < found.wanted),
    };
    all.iter().map(line).collect()
}

fn dot(f: &Frame, bin: &Bin) -> Dot {
    let text = |value: f64| format!("{value:.1}");
    let count = f64::from(i32::try_from(bin.count).unwrap_or(i32::MAX));
    let [said, right, count_text, _] = bin_line(f, bin);
    Dot {
        x: text((bin.confidence - 0.5).max(0.0) * 2.0 * SIDE),
        y: text(SIDE - bin.accuracy * SIDE),
        radius: text((2.0 + count.ln().max(0.0) * 1.5).min(14.0)),
        title: format!("{said}: {right} ({count_text})"),
    }
}

fn bin_line(f: &Frame, bin: &Bin) -> [String; 4] {
    let range = format!("{}–{}", f.percent(&bin.from), f.percent(&bin.to));
    [f.percent(&bin.confidence), f.percent(&bin.accuracy), f.number(&bin.count), range]
}

fn officers(f: &Frame, all: &[OfficerLine]) -> Vec<[String; 5]> {
    let line = |one: &OfficerLine| {
        let n = |count: i64| f.number(&count);
        let against = crate::domain::figures::rate(one.against_machine, one.after_machine);
        [
            one.name.clone(),
            n(one.decisions),
            n(one.after_machine),
            format!("{} ({})", n(one.against_machine), share(f, against)),
            n(one.overruled),
        ]
    };
    all.iter().map(line).collect()
}
