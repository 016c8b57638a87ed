//! Rate limits: per account for who is signed in, else per address. Counters live in this process
//! only.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Mutex;

use chrono::TimeDelta;
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::failure::Failure;
use crate::clock::Moment;

/// Failed sign-ins of one account from one address.
const FAILURES_OF_ACCOUNT: u32 = 10;
/// Failed sign-ins from one address, whatever the account: a city hall is one address.
const FAILURES_OF_ADDRESS: u32 = 100;
const FAILURES_WINDOW_MINUTES: i64 = 15;
/// Beyond this many keys the expired ones are dropped.
const KEYS_MAX: usize = 50_000;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// 60 at once, then 20 a minute.
    Submit,
    /// 60 a minute.
    Search,
    /// By code: 30 a minute.
    LookUp,
    /// Files and their small pictures, by code: 120 a minute, since a page shows several.
    File,
    /// Forms with files that are not sent yet: 60 at once, then 20 a minute.
    Draft,
}

/// The counters.
pub struct Limits {
    is_on: bool,
    submit: DefaultKeyedRateLimiter<String>,
    search: DefaultKeyedRateLimiter<String>,
    look_up: DefaultKeyedRateLimiter<String>,
    file: DefaultKeyedRateLimiter<String>,
    draft: DefaultKeyedRateLimiter<String>,
    failures: Mutex<HashMap<String, (Moment, u32)>>,
}

fn quota(per_minute: u32, burst: u32) -> Quota {
    let one = NonZeroU32::MIN;
    Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(one))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(one))
}

impl Limits {
    /// Limits of the product; `is_on` is false only for a service on a loopback address.
    pub fn new(is_on: bool) -> Limits {
        Limits {
            is_on,
            submit: RateLimiter::keyed(quota(20, 60)),
            search: RateLimiter::keyed(quota(60, 60)),
            look_up: RateLimiter::keyed(quota(30, 30)),
            file: RateLimiter::keyed(quota(120, 120)),
            draft: RateLimiter::keyed(quota(20, 60)),
            failures: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a request of `key`; refuses it with the seconds to wait.
    pub fn count(&self, limited: Limited, key: &str) -> Result<(), Failure> {
        let limiter = match limited {
            Limited::Submit => &self.submit,
            Limited::Search => &self.search,
            Limited::LookUp => &self.look_up,
            Limited::File => &self.file,
            Limited::Draft => &self.draft,
        };
        if !self.is_on {
            return Ok(());
        }
        if limiter.len() > KEYS_MAX {
            limiter.retain_recent();
        }
        limiter.check_key(&key.to_owned()).map_err(|wait| {
            let wait = wait.wait_time_from(limiter.clock().now());
            Failure::too_many(wait.as_secs() + 1)
        })
    }

    /// Refuses a sign-in after too many failures.
    pub fn may_sign_in(&self, account: &str, address: &str, now: Moment) -> Result<(), Failure> {
        if !self.is_on {
            return Ok(());
        }
        let both = self.failures_of(&both(account, address), now);
        let alone = self.failures_of(address, now);
        match (both, alone) {
            (Some((count, wait)), _) if count >= FAILURES_OF_ACCOUNT => {
                Err(Failure::too_many(wait))
            }
            (_, Some((count, wait))) if count >= FAILURES_OF_ADDRESS => {
                Err(Failure::too_many(wait))
            }
            _ => Ok(()),
        }
    }

    /// Counts a failed sign-in.
    pub fn sign_in_failed(&self, account: &str, address: &str, now: Moment) {
        let Ok(mut failures) = self.failures.lock() else { return };
        if failures.len() > KEYS_MAX {
            failures.retain(|_, (since, _)| now - *since < window());
        }
        for key in [both(account, address), address.to_owned()] {
            let entry = failures.entry(key).or_insert((now, 0));
            if now - entry.0 >= window() {
                *entry = (now, 0);
            }
            entry.1 += 1;
        }
    }

    fn failures_of(&self, key: &str, now: Moment) -> Option<(u32, u64)> {
        let failures = self.failures.lock().ok()?;
        let (since, count) = failures.get(key)?;
        let left = window() - (now - *since);
        let seconds = u64::try_from(left.num_seconds()).ok().filter(|s| *s > 0)?;
        Some((*count, seconds))
    }
}

fn window() -> TimeDelta {
    TimeDelta::minutes(FAILURES_WINDOW_MINUTES)
}

fn both(account: &str, address: &str) -> String {
    format!("{} {address}", account.to_lowercase())
}
