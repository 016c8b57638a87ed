//! Đăng Văn: citizens file, the service stores, judges, routes, mails, watches and counts.
//!
//! A case changes only by recording an event (`flow::record`). Recording writes the event, the new
//! row, the change mark for the index and the notices for the outbox in one transaction; search,
//! the learned model, mail and reports are derived from that. Four floors, imports only go down:
//! doors (`web`, `worker`, `cli`), verbs (`flow`), translators (`intake`, `store`, `index`, `mail`,
//! `auth`, `pack`), ground (`domain`, `text`, `clock`, `seal`).

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod flow;
pub mod index;
pub mod intake;
pub mod mail;
pub mod pack;
pub mod seal;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod web;
pub mod worker;
