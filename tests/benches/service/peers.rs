//! The same texts and searches elsewhere: raw tantivy, FTS5 of SQLite, `tsvector` with GIN of
//! PostgreSQL. The first twenty and how many there are.

use std::path::Path;
use std::time::Instant;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TEXT};
use tantivy::{Index, IndexWriter, TantivyDocument, Term};

use crate::PAGE;
use crate::times::Times;

/// Each peer in its turn, on a fresh place of its own.
pub fn run(texts: &[String], queries: &[[String; 3]], folder: &Path) {
    raw_tantivy(texts, queries, &folder.join("raw"));
    fts5(texts, queries, &folder.join("fts5.db"));
    match std::env::var("DANGVAN_TEST_POSTGRES") {
        Ok(server) => tsvector(texts, queries, &server),
        Err(_) => println!("  tsvector + GIN: not measured, DANGVAN_TEST_POSTGRES is not set"),
    }
}

/// A query of the words, as lower-case terms of one field.
fn words_query(field: Field, words: &[String; 3], occur: Occur) -> BooleanQuery {
    let term = |word: &String| -> (Occur, Box<dyn Query>) {
        let term = Term::from_field_text(field, &word.to_lowercase());
        (occur, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)))
    };
    BooleanQuery::new(words.iter().map(term).collect())
}

fn raw_tantivy(texts: &[String], queries: &[[String; 3]], folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    let mut schema = Schema::builder();
    let field = schema.add_text_field("text", TEXT);
    let id = schema.add_u64_field("id", STORED);
    let index = Index::create_in_dir(folder, schema.build()).unwrap();
    let start = Instant::now();
    let mut writer: IndexWriter = index.writer_with_num_threads(2, 100_000_000).unwrap();
    for (at, text) in texts.iter().enumerate() {
        let mut document = TantivyDocument::default();
        document.add_text(field, text);
        document.add_u64(id, at as u64);
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
    let rate = texts.len() as f64 / start.elapsed().as_secs_f64();
    let searcher = index.reader().unwrap().searcher();
    for (name, occur) in [("all", Occur::Must), ("any", Occur::Should)] {
        let mut times = Times::default();
        for words in queries {
            let query = words_query(field, words, occur);
            let start = Instant::now();
            let collectors = (TopDocs::with_limit(PAGE).order_by_score(), Count);
            std::hint::black_box(searcher.search(&query, &collectors).unwrap());
            times.add(start);
        }
        println!("  raw tantivy, {name} of 3 words: {times} (built: {rate:.0} a second)");
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

fn fts5(texts: &[String], queries: &[[String; 3]], file: &Path) {
    let _ = std::fs::remove_file(file);
    let mut conn = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    let made = "CREATE VIRTUAL TABLE texts USING fts5(body, content='')";
    diesel::sql_query(made).execute(&mut conn).unwrap();
    let start = Instant::now();
    conn.transaction(|conn| {
        for (at, text) in texts.iter().enumerate() {
            diesel::sql_query("INSERT INTO texts (rowid, body) VALUES (?, ?)")
                .bind::<BigInt, _>(at as i64)
                .bind::<Text, _>(text)
                .execute(conn)?;
        }
        QueryResult::Ok(())
    })
    .unwrap();
    let rate = texts.len() as f64 / start.elapsed().as_secs_f64();
    for (name, between) in [("all", " AND "), ("any", " OR ")] {
        let mut times = Times::default();
        for words in queries {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            let wanted = quoted.join(between);
            let start = Instant::now();
            let page = format!(
                "SELECT rowid AS id FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT {PAGE}"
            );
            let page: Vec<Row> =
                diesel::sql_query(page).bind::<Text, _>(&wanted).load(&mut conn).unwrap();
            let count = "SELECT count(*) AS id FROM texts WHERE texts MATCH ?";
            let count: Row =
                diesel::sql_query(count).bind::<Text, _>(&wanted).get_result(&mut conn).unwrap();
            times.add(start);
            std::hint::black_box((page.first().map(|row| row.id), count.id));
        }
        println!("  SQLite FTS5, {name} of 3 words: {times} (built: {rate:.0} a second)");
    }
}

fn tsvector(texts: &[String], queries: &[[String; 3]], server: &str) {
    let mut conn = PgConnection::establish(server).unwrap();
    let start = Instant::now();
    let mut run = |sql: &str| {
        diesel::sql_query(sql).execute(&mut conn).unwrap();
    };
    run("DROP TABLE IF EXISTS bench_texts");
    run("CREATE TABLE bench_texts (id BIGINT PRIMARY KEY, body TEXT NOT NULL, v TSVECTOR)");
    conn.transaction(|conn| {
        for (at, text) in texts.iter().enumerate() {
            diesel::sql_query("INSERT INTO bench_texts VALUES ($1, $2, to_tsvector('simple', $2))")
                .bind::<BigInt, _>(at as i64)
                .bind::<Text, _>(text)
                .execute(conn)?;
        }
        QueryResult::Ok(())
    })
    .unwrap();
    diesel::sql_query("CREATE INDEX ON bench_texts USING GIN (v)").execute(&mut conn).unwrap();
    diesel::sql_query("VACUUM ANALYZE bench_texts").execute(&mut conn).unwrap();
    let rate = texts.len() as f64 / start.elapsed().as_secs_f64();
    for (name, between) in [("all", " & "), ("any", " | ")] {
        let mut times = Times::default();
        for words in queries {
            let wanted = words.join(between);
            let start = Instant::now();
            let page = format!(
                "SELECT id FROM bench_texts, to_tsquery('simple', $1) q WHERE v @@ q
                 ORDER BY ts_rank(v, q) DESC LIMIT {PAGE}"
            );
            let page: Vec<Row> =
                diesel::sql_query(page).bind::<Text, _>(&wanted).load(&mut conn).unwrap();
            times.add(start);
            std::hint::black_box(page.first().map(|row| row.id));
        }
        println!(
            "  tsvector + GIN, {name} of 3 words, ranked: {times} (built: {rate:.0} a second)"
        );
    }
    diesel::sql_query("DROP TABLE bench_texts").execute(&mut conn).unwrap();
}
