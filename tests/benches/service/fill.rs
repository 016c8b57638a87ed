//! Cases to measure with: the pack's exemplars over and over, two at a time, with other figures and
//! words left out, taken over as history from another system is.

use std::time::Instant;

use chrono::TimeDelta;
use dangvan::app::App;
use dangvan::domain::agency::AgencyId;
use dangvan::domain::case::{Channel, Status};
use dangvan::domain::reporter::{Reporter, ReporterKind};
use dangvan::domain::scope::{Example, Scope};
use dangvan::domain::submission::{Historical, Submission};
use dangvan::flow::import::{BATCH, Wishes, import};

use crate::random::Random;

/// The cases come from so many days.
const DAYS: u64 = 3 * 365;

/// What has been filled in.
pub struct Filler {
    random: Random,
    exemplars: Vec<Example>,
    agencies: Vec<AgencyId>,
    pub texts: Vec<String>,
}

impl Filler {
    pub fn new(app: &App) -> Filler {
        let rules = app.rules().jurisdiction;
        let sided = |e: &&Example| e.scope != Scope::Ask && e.language == "vi";
        Filler {
            random: Random::new(11),
            exemplars: rules.exemplars.iter().filter(sided).cloned().collect(),
            agencies: rules.agencies.iter().map(|a| a.id).collect(),
            texts: Vec::new(),
        }
    }

    /// Fills on to so many cases; how many were taken in how many seconds.
    pub async fn to(&mut self, app: &App, size: usize) -> (usize, f64) {
        let before = self.texts.len();
        let mut seconds = 0.0;
        while self.texts.len() < size {
            let context = app.context();
            let count = BATCH.min(size - self.texts.len());
            let batch = (0..count).map(|_| self.one(context.now)).collect();
            let start = Instant::now();
            import(&context, batch, Wishes::default()).await.unwrap();
            seconds += start.elapsed().as_secs_f64();
        }
        (self.texts.len() - before, seconds)
    }

    /// Three words that stand in one of the texts.
    pub fn queries(&mut self, count: usize) -> Vec<[String; 3]> {
        let mut out = Vec::with_capacity(count);
        while out.len() < count {
            let text = &self.texts[self.random.below(self.texts.len() as u64) as usize];
            let words = text.split(|c: char| !c.is_alphabetic());
            let words: Vec<&str> = words.filter(|w| w.chars().count() >= 3).collect();
            if words.len() < 10 {
                continue;
            }
            let mut words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            words.sort();
            words.dedup();
            self.random.shuffle(&mut words);
            if let [one, two, three, ..] = words.as_slice() {
                out.push([one.clone(), two.clone(), three.clone()]);
            }
        }
        out
    }

    fn one(&mut self, now: dangvan::clock::Moment) -> Historical {
        let first = self.random.below(self.exemplars.len() as u64) as usize;
        let second = self.random.below(self.exemplars.len() as u64) as usize;
        let text = format!("{} {}", self.exemplars[first].text, self.exemplars[second].text);
        let text = self.random.other_words(&text);
        self.texts.push(text.clone());
        let example = &self.exemplars[first];
        let received_at = now - TimeDelta::minutes(self.random.below(DAYS * 24 * 60) as i64);
        let is_answered = self.random.below(4) > 0;
        let days = TimeDelta::days(self.random.below(30) as i64);
        let answered_at = Some(received_at + days).filter(|at| is_answered && *at < now);
        let agency = self.agencies[self.random.below(self.agencies.len() as u64) as usize];
        let rating = (self.random.below(5) == 0).then(|| self.random.below(5) as i64 + 1);
        Historical {
            scope: Some(example.scope),
            category: Some(example.category.clone()),
            agency: Some(agency),
            status: if answered_at.is_some() { Status::Answered } else { Status::InProgress },
            due_at: Some(received_at + TimeDelta::days(21)),
            answered_at,
            rating: rating.filter(|_| answered_at.is_some()),
            submission: submission(text, received_at),
        }
    }
}

fn submission(text: String, received_at: dangvan::clock::Moment) -> Submission {
    Submission {
        text,
        originals: Vec::new(),
        title: None,
        language: "vi".to_owned(),
        reporter: Reporter::anonymous(ReporterKind::Individual),
        area: None,
        agency: None,
        procedure: None,
        location: None,
        anonymous: true,
        hide_identity: false,
        consent_publish: false,
        channel: Channel::Web,
        external_id: None,
        received_at,
    }
}
