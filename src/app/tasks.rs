//! When each task of the worker last did its work without a fault, and which has not for long.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::TimeDelta;

use crate::clock::Moment;

/// A task of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Task {
    /// Without a success for so long something is wrong with it.
    patience: TimeDelta,
    begun: Moment,
    succeeded: Option<Moment>,
}

/// The tasks that run in this process. None before the worker starts, and none in commands.
#[derive(Debug, Default)]
pub struct Tasks(Mutex<BTreeMap<&'static str, Task>>);

impl Tasks {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<&'static str, Task>) -> T) -> T {
        match self.0.lock() {
            Ok(mut tasks) => look(&mut tasks),
            // A panic while writing an instant leaves the others whole.
            Err(poisoned) => look(&mut poisoned.into_inner()),
        }
    }

    /// A task starts; it is expected to succeed within its patience again and again.
    pub fn begin(&self, name: &'static str, patience: TimeDelta, now: Moment) {
        let task = Task { patience, begun: now, succeeded: None };
        self.with(|tasks| tasks.insert(name, task));
    }

    /// A task has done its work, or found none, without a fault.
    pub fn succeeded(&self, name: &'static str, now: Moment) {
        self.with(|tasks| {
            if let Some(task) = tasks.get_mut(name) {
                task.succeeded = Some(now);
            }
        });
    }

    /// Each task and when it last succeeded.
    pub fn last(&self) -> Vec<(&'static str, Option<Moment>)> {
        self.with(|tasks| tasks.iter().map(|(name, task)| (*name, task.succeeded)).collect())
    }

    /// Tasks that have not succeeded within their patience, and for how many seconds.
    pub fn stale(&self, now: Moment) -> Vec<(&'static str, i64)> {
        let since = |task: &Task| now - task.succeeded.unwrap_or(task.begun);
        self.with(|tasks| {
            let stale = tasks.iter().filter(|(_, task)| since(task) > task.patience);
            stale.map(|(name, task)| (*name, since(task).num_seconds())).collect()
        })
    }
}
