//! The lists that forms choose from, in groups and in the reader's language.

use crate::domain::in_language;
use crate::web::ask::Ask;
use crate::web::desk_list::today;

/// Something that may be chosen.
pub struct Choice {
    pub code: String,
    pub name: String,
}

/// Choices under one heading.
pub struct Group {
    pub name: String,
    pub options: Vec<Choice>,
}

fn group(groups: &mut Vec<Group>, name: String, choice: Choice) {
    match groups.iter_mut().find(|g| g.name == name) {
        Some(found) => found.options.push(choice),
        None => groups.push(Group { name, options: vec![choice] }),
    }
}

/// Agencies of today by level.
pub fn agencies(ask: &Ask) -> Vec<Group> {
    let mut out = Vec::new();
    let day = today(ask);
    for agency in ask.context.rules.agencies.iter().filter(|a| a.exists_on(day)) {
        let name = in_language(&agency.names, &ask.language).to_owned();
        let choice = Choice { code: agency.code.clone(), name };
        group(&mut out, ask.say(&format!("level-{}", agency.level)), choice);
    }
    out
}

/// Areas of today by level.
pub fn areas(ask: &Ask) -> Vec<Group> {
    let mut out = Vec::new();
    let day = today(ask);
    for area in ask.context.rules.areas.iter().filter(|a| a.exists_on(day)) {
        let name = in_language(&area.names, &ask.language).to_owned();
        let choice = Choice { code: area.code.clone(), name };
        group(&mut out, ask.say(&format!("level-{}", area.level)), choice);
    }
    out
}

/// Procedures by field.
pub fn procedures(ask: &Ask) -> Vec<Group> {
    let mut out = Vec::new();
    let rules = &ask.context.rules;
    for procedure in &rules.procedures {
        let field = rules.fields.iter().find(|f| f.code == procedure.field);
        let field = field.map_or("", |f| in_language(&f.names, &ask.language)).to_owned();
        let name = in_language(&procedure.names, &ask.language).to_owned();
        group(&mut out, field, Choice { code: procedure.code.clone(), name });
    }
    out
}

/// Categories by scope.
pub fn categories(ask: &Ask) -> Vec<Group> {
    let mut out = Vec::new();
    for category in &ask.context.rules.categories {
        let name = in_language(&category.names, &ask.language).to_owned();
        let choice = Choice { code: category.code.clone(), name };
        group(&mut out, ask.say(&format!("scope-{}", category.scope)), choice);
    }
    out
}
