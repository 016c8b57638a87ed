//! Đăng Văn: citizens file, the service stores, judges, routes, mails, watches and counts.

pub mod cli;
pub mod clock;
pub mod domain;
pub mod index;
pub mod pack;
pub mod seal;
pub mod text;
