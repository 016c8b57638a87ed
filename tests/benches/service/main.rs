//! How the service grows: cases taken over, the index built, searches, figures and memory at one
//! size after another, and the peers beside it on the same texts. `tests/run bench service`, and
//! after it:
//!
//! * `--cases 10000,100000`: the sizes, each filled on from the one before;
//! * `--database URL`: not SQLite but that empty PostgreSQL database.
//!
//! Times are of one run on whatever else the machine does: compare them with each other.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a trial that cannot go on must stop, and counts are small"
)]

mod fill;
mod peers;
#[path = "../random.rs"]
mod random;
mod times;

use std::sync::Arc;
use std::time::Instant;

use chrono::{Months, NaiveDate};
use dangvan::app::App;
use dangvan::clock::Clock;
use dangvan::config::{Config, GlobalArgs};
use dangvan::domain::figures::{Split, Step};
use dangvan::domain::search::DeskQuery;
use dangvan::domain::user::{Role, User};
use dangvan::flow::find::Finder;
use dangvan::flow::{adopt_pack, report, sync_index};
use dangvan::index::Index;
use dangvan::seal::Seal;
use dangvan::store::figures::Frame;
use dangvan::store::{DatabaseUrl, Store};
use times::Times;

/// Searches of each kind.
const SEARCHES: usize = 200;
/// Leaders' figures asked for.
const REPORTS: usize = 20;
/// A first page.
const PAGE: usize = 20;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let after = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1));
    let sizes = after("--cases").map_or("10000,100000", String::as_str);
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let app = assemble(folder.path(), after("--database").map(String::as_str)).await;
    let mut filler = fill::Filler::new(&app);
    for size in sizes {
        println!("\n{size} cases");
        let (taken, seconds) = filler.to(&app, size).await;
        println!("  taken over: {:.0} a second", taken as f64 / seconds);
        let (index, seconds) = build(&app).await;
        println!("  index built: {:.0} a second", size as f64 / seconds);
        println!("  memory (RssAnon): {} MB", anonymous_megabytes());
        let queries = filler.queries(SEARCHES);
        search(&app, index, &queries).await;
        figures(&app).await;
        peers::run(&filler.texts, &queries, folder.path());
    }
    app.store.stop();
}

async fn assemble(folder: &std::path::Path, database: Option<&str>) -> App {
    let data = folder.to_string_lossy().into_owned();
    let database = database.unwrap_or("sqlite:dangvan.db").to_owned();
    let env = |name: &str| match name {
        "DANGVAN_DATA" => Some(data.clone()),
        "DANGVAN_DATABASE_URL" => Some(database.clone()),
        _ => None,
    };
    let args = <Bare as clap::Parser>::parse_from(["bench"]).args;
    let config = Config::load_with(&args, &env, &folder.join("none.toml")).unwrap();
    let seal = Arc::new(Seal::from_bytes(&[7; 36]));
    let url = DatabaseUrl::parse(&config.database_url, &config.data).unwrap();
    let store = Store::open(&url, seal.clone()).unwrap();
    let rules = dangvan::pack::read_embedded("hcmc").unwrap();
    let filling = store.clone();
    let adopting =
        move || adopt_pack::adopt(&filling, rules, "-".to_owned(), Clock::System.now()).unwrap();
    assert!(tokio::task::spawn_blocking(adopting).await.unwrap(), "the database is empty");
    App::assemble(config, Clock::System, seal, store).await.unwrap()
}

#[derive(clap::Parser)]
struct Bare {
    #[command(flatten)]
    args: GlobalArgs,
}

/// Builds the index anew, as `dangvan reindex` does it.
async fn build(app: &App) -> (Arc<Index>, f64) {
    let (folder, rules) = (app.index_folder(), app.rules().jurisdiction);
    let start = Instant::now();
    sync_index::rebuild_alone(&app.store, &folder, &rules, |_| {}).await.unwrap();
    let seconds = start.elapsed().as_secs_f64();
    (Arc::new(sync_index::open(&app.store, folder, rules).await.unwrap()), seconds)
}

/// A triage officer, who sees all that is not restricted.
fn officer() -> User {
    User {
        id: 1,
        email: "triage@city.example".to_owned(),
        name: "Triage".to_owned(),
        role: Role::Triage,
        agency: None,
        confidential: false,
        must_change_password: false,
        notify_triage: false,
        language: "vi".to_owned(),
        disabled: false,
    }
}

async fn search(app: &App, index: Arc<Index>, queries: &[[String; 3]]) {
    let (context, user) = (app.context(), officer());
    let finder = Finder::new(&context, Some(index));
    let all = |words: &[String; 3]| words.join(" ");
    let any = |words: &[String; 3]| words.join(" OR ");
    for (name, said, with_facets) in [
        ("all of 3 words, with facets", &all as &dyn Fn(&[String; 3]) -> String, true),
        ("all of 3 words", &all, false),
        ("any of 3 words", &any, false),
    ] {
        let mut times = Times::default();
        let mut found = 0;
        for words in queries {
            let query = DeskQuery { q: said(words), limit: PAGE, ..DeskQuery::default() };
            let start = Instant::now();
            let answer = finder.find(&user, query, with_facets).await.unwrap();
            times.add(start);
            found += answer.answer.total;
        }
        println!("  search, {name}: {times}, {} found", found / queries.len() as i64);
    }
    let mut times = Times::default();
    for _ in 0..SEARCHES {
        let start = Instant::now();
        let query = DeskQuery { limit: 50, ..DeskQuery::default() };
        finder.find(&user, query, true).await.unwrap();
        times.add(start);
    }
    println!("  the desk's first page without a word, with facets: {times}");
}

/// The leaders' summary and series of a year.
async fn figures(app: &App) {
    let context = app.context();
    let to = context.now.date_naive();
    let from = to.checked_sub_months(Months::new(12)).unwrap_or(NaiveDate::MIN);
    let frame = Frame::new(&context.rules, (from, to), None, context.now);
    let (mut summary, mut series) = (Times::default(), Times::default());
    for _ in 0..REPORTS {
        let start = Instant::now();
        report::summary(&context, frame.clone()).await.unwrap();
        summary.add(start);
        let start = Instant::now();
        report::series(&context, frame.clone(), Step::Month, Split::Scope).await.unwrap();
        series.add(start);
    }
    println!("  leaders' summary: {summary}; series: {series}");
}

/// Memory that is no mapped file (proc(5)).
fn anonymous_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
