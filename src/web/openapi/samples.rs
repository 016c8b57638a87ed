//! What examples name: codes of the installation's own rules, so that an example can be sent as it
//! stands.

use chrono::{Days, NaiveDate};

use crate::app::App;
use crate::domain::deadline::day_of;
use crate::domain::in_language;
use crate::domain::scope::Scope;
use crate::web::identity::cookie_name;

/// The example of a new due date is so many days away.
const EXTENSION_DAYS: u64 = 60;
/// The language of the document.
const LANGUAGE: &str = "en";

/// The values.
pub struct Samples {
    pub number: String,
    /// Nobody's.
    pub code: &'static str,
    pub agency: String,
    pub agency_name: String,
    pub area: String,
    /// In scope.
    pub category: String,
    pub procedure: String,
    pub destination: String,
    pub refusal: String,
    pub language: String,
    pub due_day: NaiveDate,
    pub public_url: String,
    pub track_url: String,
    pub cookie: &'static str,
}

/// Values of the rules as they stand.
pub fn samples(app: &App) -> Samples {
    let context = app.context();
    let rules = &context.rules;
    let today = day_of(context.now, rules.settings.zone);
    let own = |a: &&crate::domain::agency::Agency| {
        a.exists_on(today) && !a.is_external() && a.parent.is_some()
    };
    let agency = rules.agencies.iter().find(own);
    let area = rules.areas.iter().find(|a| a.exists_on(today));
    let category = rules.categories.iter().find(|c| c.scope == Scope::In);
    let code = |code: Option<&String>| code.cloned().unwrap_or_default();
    let public_url = context.public_url.to_string();
    let secret = "XXXX-XXXX-XXXX-XXXX-X";
    Samples {
        number: format!("{}26-000001-3", rules.settings.number_prefix),
        code: secret,
        agency: code(agency.map(|a| &a.code)),
        agency_name: agency.map_or("", |a| in_language(&a.names, LANGUAGE)).to_owned(),
        area: code(area.map(|a| &a.code)),
        category: code(category.map(|c| &c.code)),
        procedure: code(rules.procedures.first().map(|p| &p.code)),
        destination: code(rules.destinations.first().map(|d| &d.code)),
        refusal: code(rules.refusals.first().map(|r| &r.code)),
        language: rules.default_language().to_owned(),
        due_day: today.checked_add_days(Days::new(EXTENSION_DAYS)).unwrap_or(today),
        track_url: format!("{public_url}/track/{secret}"),
        cookie: cookie_name(&app.config.public_url),
        public_url,
    }
}
