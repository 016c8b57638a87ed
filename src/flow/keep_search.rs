//! An officer keeps a search; mail tells of new cases in it when the officer wants. What was in it
//! at that moment is no news.

use chrono::TimeDelta;

use super::{Context, FlowError};
use crate::clock::Moment;
use crate::domain::error::{FieldError, Refusal, Rule};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::letter::{LetterKind, Placeholder, Values};
use crate::domain::saved::{Alert, Look, News, SAVED_MAX, Saved, SavedId, Wish, next_look};
use crate::domain::user::{User, UserId};
use crate::seal::{Uid, hex, random};
use crate::store::outbox::{self, NewMail};
use crate::store::{StoreError, saved, users};

/// So many searches are looked at in one go.
pub const LOOKS_MAX: i64 = 100;
/// A search that is not understood, or whose officer is shut out, is looked at again after this.
pub const AFTER_A_DAY: TimeDelta = TimeDelta::hours(24);
/// One that could not be looked at, or whose index is not ready, after this.
pub const AFTER_A_MINUTE: TimeDelta = TimeDelta::minutes(1);

/// An officer's searches, the oldest first.
pub async fn list(context: &Context, user: UserId) -> Result<Vec<Saved>, FlowError> {
    let seal = context.store.seal().clone();
    context.store.read(move |conn| Ok(saved::of_user(conn, &seal, user)?)).await
}

/// One of the officer's searches.
pub async fn one(context: &Context, user: UserId, id: SavedId) -> Result<Saved, FlowError> {
    let seal = context.store.seal().clone();
    context.store.read(move |conn| Ok(saved::own(conn, &seal, user, id)?)).await
}

/// Keeps a search. Refuses a name that the officer has given before, and more than `SAVED_MAX`.
pub async fn keep(
    context: &Context,
    user: UserId,
    wish: Wish,
    look: Option<Look>,
) -> Result<SavedId, FlowError> {
    let (rules, now) = (context.rules.clone(), context.now);
    let kept = context.store.write(move |tx| {
        let known = saved::of_user(tx.conn, tx.seal, user)?;
        if known.len() >= SAVED_MAX {
            let (limit, actual) = (SAVED_MAX.to_string(), (known.len() + 1).to_string());
            return Err(FlowError::field(FieldError::limit(
                "searches",
                Rule::OutOfRange,
                &limit,
                &actual,
            )));
        }
        if known.iter().any(|one| one.wish.name == wish.name) {
            return Err(FlowError::field(FieldError::new("name", Rule::Taken)));
        }
        let mut new = begun(user, wish);
        begin(&mut new, look, &rules, now);
        Ok(saved::insert(tx, &new, now)?)
    });
    kept.await
}

/// What is there now is no news; where the index cannot say it yet, the first look will.
fn begin(search: &mut Saved, look: Option<Look>, rules: &Jurisdiction, now: Moment) {
    match look {
        Some(look) => {
            search.look(&look, rules, now);
        }
        None => {
            search.held = None;
            search.look_at = next_look(search.wish.alert, rules, now);
        }
    }
}

fn begun(user: UserId, wish: Wish) -> Saved {
    Saved {
        id: 0,
        user,
        wish,
        held: None,
        is_over: false,
        looked_at: None,
        look_at: None,
        is_broken: false,
    }
}

/// Sets when mail tells of it; what is in it now is no news.
pub async fn set_alert(
    context: &Context,
    user: UserId,
    id: SavedId,
    (alert, threshold): (Alert, Option<i64>),
    look: Option<Look>,
) -> Result<(), FlowError> {
    let (rules, now) = (context.rules.clone(), context.now);
    let set = context.store.write(move |tx| {
        let mut known = saved::own(tx.conn, tx.seal, user, id)?;
        known.wish.alert = alert;
        known.wish.threshold = threshold;
        begin(&mut known, look, &rules, now);
        Ok::<_, FlowError>(saved::change(tx.conn, &known)?)
    });
    set.await
}

/// Keeps it no longer; returns what it was, so that it can be kept again.
pub async fn remove(context: &Context, user: UserId, id: SavedId) -> Result<Wish, FlowError> {
    let removed = context.store.write(move |tx| {
        let known = saved::own(tx.conn, tx.seal, user, id)?;
        if !saved::remove(tx.conn, user, id)? {
            return Err(FlowError::Refusal(Refusal::NotFound));
        }
        Ok(known.wish)
    });
    removed.await
}

/// The searches that are to be looked at now, with their officers; nothing for the officer who is
/// shut out.
pub async fn due(context: &Context) -> Result<Vec<(Saved, Option<User>)>, FlowError> {
    let (seal, now) = (context.store.seal().clone(), context.now);
    let due = context.store.read(move |conn| {
        let mut out = Vec::new();
        for one in saved::due(conn, &seal, now, LOOKS_MAX)? {
            let user = users::by_id(conn, one.user)?.user;
            out.push((one, Some(user).filter(|user| !user.disabled)));
        }
        Ok::<_, StoreError>(out)
    });
    Ok(due.await?)
}

/// Writes a look down and, where there is news, the mail that tells it, in one transaction: of
/// several processes one does it. Returns whether a mail was written.
pub async fn tell(
    context: &Context,
    user: &User,
    mut known: Saved,
    look: Look,
) -> Result<bool, FlowError> {
    let Some(was_due) = known.look_at else { return Ok(false) };
    let now = context.now;
    let news = known.look(&look, &context.rules, now);
    let mail = news.map(|news| mail(context, user, &known, news)).transpose()?;
    let told = context.store.write(move |tx| {
        if !saved::looked(tx.conn, &known, was_due)? {
            return Ok(false);
        }
        match &mail {
            Some(mail) => outbox::insert(tx.conn, None, mail, now)?,
            None => return Ok(false),
        }
        Ok::<_, FlowError>(true)
    });
    told.await
}

/// Writes down that a search could not be looked at now, and whether that is since it names what is
/// gone.
pub async fn put_off(
    context: &Context,
    mut known: Saved,
    (by, is_broken): (TimeDelta, bool),
) -> Result<(), FlowError> {
    let Some(was_due) = known.look_at else { return Ok(()) };
    known.is_broken = is_broken;
    known.look_at = Some(context.now + by);
    context
        .store
        .write(move |tx| {
            saved::looked(tx.conn, &known, was_due)?;
            Ok::<_, FlowError>(())
        })
        .await
}

fn mail(context: &Context, user: &User, known: &Saved, news: News) -> Result<NewMail, FlowError> {
    let uid: Uid = random()?;
    let mut parameters = Values::new();
    // The name may name a person: it is read when the mail is sent.
    parameters.insert(Placeholder::Search, known.id.to_string());
    match known.wish.threshold.filter(|_| known.wish.alert == Alert::Threshold) {
        Some(threshold) => parameters.insert(Placeholder::Threshold, threshold.to_string()),
        None => parameters.insert(Placeholder::New, news.new.to_string()),
    };
    parameters.insert(Placeholder::Total, news.total.to_string());
    Ok(NewMail {
        message_id: format!("{}@{}", hex(&uid), context.mail_domain),
        recipient_kind: "user",
        recipient_id: user.id,
        letter: LetterKind::Alert,
        parameters,
        text_hash: None,
        language: context.rules.language_or_default(&user.language).to_owned(),
        not_before: context.now,
    })
}
