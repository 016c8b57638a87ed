//! How much room is left where the data lives.

use std::path::Path;

/// The least that may be left: a few months of an ordinary city, or some days of a crisis.
const LEAST_BYTES: u64 = 1 << 30;
/// Nobody has to be told of a large disk before less than this is left.
const MOST_BYTES: u64 = 20 << 30;
/// Between the two a twentieth of the disk must be left.
const SHARE: u64 = 20;

/// A disk in bytes; free is what an ordinary user may still write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub size: u64,
    pub free: u64,
}

impl Room {
    /// Must somebody make room soon?
    pub fn is_short(&self) -> bool {
        self.free < (self.size / SHARE).clamp(LEAST_BYTES, MOST_BYTES)
    }

    /// What is free, for people.
    pub fn gigabytes(&self) -> String {
        (self.free / 1_000_000_000).to_string()
    }
}

/// The room of the disk that a folder is on.
pub fn room(folder: &Path) -> std::io::Result<Room> {
    let disk = rustix::fs::statvfs(folder)?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok(Room { size: bytes(disk.f_blocks), free: bytes(disk.f_bavail) })
}
