//! Đăng Văn: citizens file, the service stores, judges, routes, mails, watches and counts.

pub mod auth;
pub mod clock;
pub mod config;
pub mod domain;
pub mod mail;
pub mod seal;
pub mod store;
pub mod telemetry;
