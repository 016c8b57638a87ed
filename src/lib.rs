//! Đăng Văn: citizens file, the service stores, judges, routes, mails, watches and counts.
//!
//! A case changes only by recording an event (`flow::record`). Four floors, imports only go down; the README draws them.

pub mod clock;
pub mod domain;
pub mod intake;
pub mod seal;
pub mod store;
pub mod text;
