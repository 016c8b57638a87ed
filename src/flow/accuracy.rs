//! The machine measured by what officers said afterwards: one read, so that all numbers are of the
//! same moment.

use std::collections::BTreeMap;

use super::{Context, FlowError, off_thread};
use crate::domain::accuracy::{Accuracy, Share, Tally, calibration};
use crate::store::accuracy;
use crate::store::figures::Frame;

/// The accuracy of a period; with the officers' own lines where the reader may know of them.
pub async fn accuracy(
    context: &Context,
    frame: Frame,
    with_officers: bool,
) -> Result<Accuracy, FlowError> {
    let (from, to) = (frame.from, frame.to);
    let read = context.store.read(move |conn| {
        let groups = accuracy::groups(conn, &frame)?;
        let officers = match with_officers {
            true => Some(accuracy::officers(conn, &frame)?),
            false => None,
        };
        Ok::<_, FlowError>((groups, officers))
    });
    let (groups, officers) = read.await?;
    let engine = context.engine.clone();
    let learned_nearness = off_thread(move || engine.usual_nearness()).await?;
    let mut all = Tally::default();
    let mut bins: BTreeMap<i64, Tally> = BTreeMap::new();
    let mut category: BTreeMap<String, Tally> = BTreeMap::new();
    let mut channel: BTreeMap<String, Tally> = BTreeMap::new();
    let mut month: BTreeMap<String, Tally> = BTreeMap::new();
    for group in groups {
        all.add(&group.tally);
        bins.entry(group.bin).or_default().add(&group.tally);
        category.entry(group.category.unwrap_or_default()).or_default().add(&group.tally);
        channel.entry(group.channel).or_default().add(&group.tally);
        month.entry(group.month).or_default().add(&group.tally);
    }
    category.remove("");
    let (bins, ece) = calibration(&bins);
    Ok(Accuracy {
        from,
        to,
        all: all.share(),
        ece,
        bins,
        by_category: shares(category),
        by_channel: shares(channel),
        by_month: shares(month),
        learned_nearness,
        wanted: context.rules.settings.wanted_precision,
        officers,
    })
}

fn shares(tallies: BTreeMap<String, Tally>) -> BTreeMap<String, Share> {
    tallies.into_iter().map(|(key, tally)| (key, tally.share())).collect()
}
