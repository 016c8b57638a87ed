//! Secrets to identity: passwords and tokens. No rows, no cookies and no roles here.

pub mod password;
pub mod token;
