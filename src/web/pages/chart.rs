//! A chart of numbers by period, drawn as bars of our own, always beside the table that holds them.

use super::frame::Frame;

/// The chart's inside, in units of its own.
const WIDTH: i64 = 640;
const HEIGHT: i64 = 180;
/// More bars than this cannot be read; the table holds every row.
const BARS_MAX: usize = 40;

/// One bar and what it says when it is pointed at.
pub struct Bar {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
    pub title: String,
}

/// The bars, and what the tallest stands for.
pub struct Chart {
    pub bars: Vec<Bar>,
    pub most: String,
}

/// One bar for each period, the last ones where there are too many.
pub fn chart(f: &Frame, periods: &[(&str, i64)]) -> Chart {
    let skipped = periods.len().saturating_sub(BARS_MAX);
    let shown = periods.iter().skip(skipped);
    let most = shown.clone().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let room = WIDTH / i64::try_from(shown.len().max(1)).unwrap_or(1);
    let width = (room - 4).clamp(4, 60);
    let mut bars = Vec::new();
    for (place, (period, count)) in (0..).zip(shown) {
        let height = count * HEIGHT / most;
        let title = format!("{period}: {}", f.number(count));
        bars.push(Bar { x: place * room + 2, y: HEIGHT - height, width, height, title });
    }
    Chart { bars, most: f.number(&most) }
}
