//! The single test binary: one link, one process, every test a module.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, loudly"
)]

#[macro_use]
mod harness;

mod accuracy;
mod administration;
mod attachments;
mod auth;
mod backends;
mod browser;
mod clocks;
mod conduct;
mod config;
mod contract;
mod crash;
mod deadlines;
mod encodings;
mod exposition;
mod finding;
mod health;
mod import;
mod known;
mod lab;
mod learning;
mod letters;
mod main_job;
mod manual;
mod metamorphic;
mod metrics;
mod openapi;
mod openapi_document;
mod outbox;
mod pack;
mod packaging;
mod proxy;
mod real_input;
mod reindex;
mod reports;
mod roles;
mod rust_source;
mod saved;
mod scope;
mod search;
mod service;
mod smtp;
mod smtp_server;
mod steps;
mod text;
mod tidy;
mod trouble;
mod twins;
