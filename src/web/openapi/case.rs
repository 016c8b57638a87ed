//! Schemas of a case: for the citizen, in the desk's list, whole.

use utoipa::openapi::schema::Schema;

use super::kit::{
    Member, count, instant, list, may, must, named, or_null, record, share, text, whole, word,
    words_of, yes_no,
};
use super::samples::Samples;
use super::words::{Named, by, category_or_null, code};
use crate::domain::action::What;
use crate::domain::attachment::MediaType;
use crate::domain::letter::LetterKind;
use crate::domain::search::FACET_FIELDS;
use crate::store::outbox::MailState;

/// The schemas of this file.
pub fn schemas(samples: &Samples) -> Vec<Named> {
    let mut out = story();
    out.extend(citizens(samples));
    out.extend(desk(samples));
    out.extend(lists());
    out.push(("Preview", preview(samples)));
    out
}

fn event_kind() -> Member {
    must("kind", text("One word, such as received, decided, routed.").examples(["routed"]))
}

fn story() -> Vec<Named> {
    let message = vec![
        must("at", instant("")),
        must("from", word(["citizen", "agency"], "Who wrote.")),
        must("text", text("")),
    ];
    let answer = vec![must("text", text("")), must("at", instant("When it took effect."))];
    let rating = vec![
        must("score", super::requests::score()),
        must("at", instant("")),
        may("text", text("What the citizen wrote with it.")),
    ];
    let event = vec![
        must("at", instant("When it happened.")),
        event_kind(),
        must("by", text(&by())),
        may("text", text("What was written with it.")),
        must("public", yes_no("The citizen sees it too.")),
        may("agency", named("AgencyName", "Of a routing.")),
        may("rule", text("Of a routing: the rule that chose the agency.").examples(["officer"])),
    ];
    let attachment = vec![
        must("id", whole("")),
        must("name", text("With an ending of its type.").examples(["receipt.pdf"])),
        must("type", word(words_of!(MediaType), "By what is in it.")),
        must("size", count("In bytes.")),
        must("from", word(["citizen", "agency"], "Who brought it.")),
        must("at", instant("When it came.")),
        must("preview", yes_no("There is a small picture of it.")),
    ];
    let mail = vec![
        must("id", whole("")),
        must("to", text("`reporter`, or the name of the agency or officer; no address.")),
        must("kind", word(words_of!(LetterKind), "Which letter.")),
        must("state", word(words_of!(MailState), "Where it stands.")),
        must("attempts", count("Tries so far.")),
        may("last_error", text("Why the last try failed.")),
    ];
    vec![
        ("Message", record("Something said between citizen and agency.", message).into()),
        ("Answer", record("The answer, referral or refusal that took effect.", answer).into()),
        ("Rating", record("The citizen's rating.", rating).into()),
        ("Event", record("A line of the story of a case.", event).into()),
        ("Mail", record("A mail of the case.", mail).into()),
        ("Attachment", record("A file; its bytes are another answer.", attachment).into()),
    ]
}

fn number(samples: &Samples) -> Member {
    must("number", text("The public name of the case.").examples([samples.number.as_str()]))
}

fn citizens(samples: &Samples) -> Vec<Named> {
    let next = "What happens now, in a sentence for the citizen.";
    let filed = vec![
        number(samples),
        must("code", text("The citizen's secret: it opens the case.").examples([samples.code])),
        must("status", named("Status", "")),
        must("scope", named("Scope", "")),
        must("category", category_or_null(samples)),
        must("agency", or_null(named("AgencyName", "Who answers."))),
        must("due_at", or_null(instant("By when."))),
        must("next", text(next)),
        must("track_url", text("The page of the case.").examples([samples.track_url.as_str()])),
    ];
    let event = vec![
        must("at", instant("")),
        event_kind(),
        may("text", text("What was written to or by the citizen.")),
        may("agency", text("Of a routing: the name of the agency.")),
    ];
    let view = vec![
        number(samples),
        must("status", named("Status", "")),
        must("scope", named("Scope", "")),
        must("category", category_or_null(samples)),
        must("agency", or_null(named("AgencyName", "Who answers."))),
        may("title", text("")),
        must("text", text("As it was filed.")),
        must("received_at", instant("")),
        must("due_at", or_null(instant("By when, while the case is open."))),
        must("next", text(next)),
        must("events", list(named("CitizenEvent", ""), "The story, the first first.")),
        must("messages", list(named("Message", ""), "")),
        must("attachments", list(named("Attachment", ""), "Own files and those of answers.")),
        must("answer", or_null(named("Answer", ""))),
        must("rating", or_null(named("Rating", ""))),
        must("can", list(named("CitizenStep", ""), "What the citizen may do now.")),
    ];
    vec![
        ("Filed", record("The receipt of a case.", filed).into()),
        ("CitizenEvent", record("A line of the citizen's story.", event).into()),
        ("CitizenCase", record("The case as its reporter sees it.", view).into()),
    ]
}

/// The members that the list and the whole case have in common.
fn item(samples: &Samples) -> Vec<Member> {
    vec![
        number(samples),
        must("status", named("Status", "")),
        must("scope", named("Scope", "")),
        must("authority", named("Authority", "")),
        must("category", category_or_null(samples)),
        must("confidence", or_null(share("Null where an officer decided."))),
        must("flags", list(named("Flag", ""), "")),
        must("agency", or_null(named("AgencyName", "Who answers."))),
        must("area", or_null(code("/api/v1/areas", &samples.area, ""))),
        must("channel", named("Channel", "")),
        must("received_at", instant("")),
        must("due_at", or_null(instant("The end of the last day."))),
        must("overdue", yes_no("The due date is past and somebody must still act.")),
        must("excerpt", text("The first words, or the ones that were looked for.")),
        must("restricted", yes_no("Only some may read it.")),
        must("unreviewed", yes_no("The answer took effect without a second pair of eyes.")),
    ]
}

fn desk(samples: &Samples) -> Vec<Named> {
    let decision = vec![
        must("basis", named("Basis", "")),
        must("scope", named("Scope", "")),
        must("authority", named("Authority", "")),
        must("category", category_or_null(samples)),
        must("labels", list(named("Label", ""), "Of the last decision.")),
        must("confidence", or_null(share("Calibrated; null where an officer decided."))),
        must("reasons", list(named("Reason", ""), "The strongest first.")),
        must("neighbours", list(named("Neighbour", ""), "The nearest decided texts.")),
        must("model", or_null(text("The version of the machine that decided."))),
        must("decided_at", instant("")),
        must("by", or_null(text("The officer's name."))),
        must("likely_scope", or_null(named("Scope", "Likeliest, also where the scope is `ask`."))),
        must("likely_category", category_or_null(samples)),
        must("verdict", or_null(text("Of a machine's decision: `confirmed` or `corrected`."))),
    ];
    let deadline = vec![
        must("due_at", or_null(instant(""))),
        must("clock", or_null(text("Which time limit runs."))),
        must("basis", or_null(text("Where it is laid down."))),
        must("sentence", or_null(text("The due date in words."))),
    ];
    let suggested = vec![
        must("code", code("/api/v1/agencies", &samples.agency, "")),
        must("name", text("")),
        must("rule", text("`same`, `above`, `rule:LINE` or `neighbours`.").examples(["same"])),
    ];
    let ledger = vec![
        must("clock", text("Which time limit ran.")),
        must("due_at", instant("")),
        must("cause", text("The kind of the event that set it.").examples(["decided"])),
        must("from_at", instant("")),
        must("until_at", or_null(instant("Null: it holds."))),
    ];
    let pending = vec![
        must("what", word(words_of!(What), "")),
        must("text", text("The answer, or why more time is asked for.")),
        must("by", or_null(text("The officer's name."))),
        must("at", or_null(instant(""))),
        may("due_at", instant("The due date that is asked for.")),
    ];
    vec![
        ("LedgerLine", record("A due date of the ledger.", ledger).into()),
        ("Suggested", record("An agency and the rule that names it.", suggested).into()),
        ("Pending", record("What waits for another pair of eyes.", pending).into()),
        ("DeskItem", record("A row of the desk's list.", item(samples)).into()),
        ("Decision", record("A decision and what it rests on.", decision).into()),
        ("Deadline", record("The due date and where it comes from.", deadline).into()),
        ("Case", record("The whole case, as the role may see it.", whole_case(samples)).into()),
    ]
}

fn whole_case(samples: &Samples) -> Vec<Member> {
    let procedure = code("/api/v1/procedures", &samples.procedure, "");
    let mut out = item(samples);
    out.extend([
        must("version", count("Counts every event; the ETag counts those of people.")),
        must("title", or_null(text(""))),
        must("text", text("Masked for oversight.")),
        must("originals", list(text(""), "Texts as they were sent in an old encoding.")),
        must("language", text("").examples([samples.language.as_str()])),
        must("reporter", or_null(named("Reporter", "Null where the role may not see it."))),
        must("reporter_kind", named("ReporterKind", "")),
        must("hide_identity", yes_no("No agency may see who filed.")),
        must("consent_publish", yes_no("The answer may be published.")),
        must("external_id", or_null(text("Its name in the system that it came from."))),
        must("about", or_null(named("AgencyName", "The office that the case is about."))),
        must("suggested", or_null(named("Suggested", "Who should answer, where nobody does yet."))),
        must("decision", or_null(named("Decision", "The last one."))),
        must("decisions", list(named("Decision", ""), "All of them, the last last.")),
        must("deadline", named("Deadline", "")),
        must("deadlines", list(named("LedgerLine", ""), "Every due date so far.")),
        must("events", list(named("Event", ""), "The story, the first first.")),
        must("mails", list(named("Mail", ""), "")),
        must("attachments", list(named("Attachment", ""), "Of citizens and officers.")),
        must(
            "attachments_kept_back",
            count("Files that may say who wrote, where you may not know."),
        ),
        must("related", list(text(""), "Numbers of other cases of the same reporter.")),
        must("procedure", or_null(procedure)),
        must("location", or_null(named("Location", "Null for oversight."))),
        must("assigned_to", or_null(text("The officer's name."))),
        must("messages", list(named("Message", ""), "")),
        must("answer", or_null(named("Answer", ""))),
        must("rating", or_null(named("Rating", ""))),
        must("pending", or_null(named("Pending", "What waits for approval."))),
        must("can", list(named("DeskStep", ""), "What you may do now.")),
    ]);
    out
}

/// Of `behind_seconds`.
pub const BEHIND: &str = "0 where nothing waits for the index; null where none is open.";

const TOTAL: &str = "Exact; without words and of more than 20,000 cases at most five seconds old.";

const MEANT: &str = "Where words stand in no case that you may read: the search with the nearest \
    words that do.";

fn lists() -> Vec<Named> {
    let facet = vec![
        must("key", text("The word or code, as the filter takes it.").examples(["in"])),
        must("name", text("In the reader's language.")),
        must("count", count("Cases, whatever the filter on this field says.")),
    ];
    let facets = FACET_FIELDS.iter().map(|field| may(field, list(named("FacetCount", ""), "")));
    let behind = vec![must("behind_seconds", or_null(count(BEHIND)))];
    let next = "For the next page, with the same filters; null on the last.";
    let answered = vec![
        must("items", list(named("DeskItem", ""), "")),
        must("total", count(TOTAL)),
        must("restricted", count("Cases that a figure counts and you may not read.")),
        must("facets", named("Facets", "")),
        must("next_cursor", or_null(text(next))),
        must("read_as", text("How the search was understood, in words.")),
        must("did_you_mean", or_null(text(MEANT))),
        must("index", record("How far the search is behind.", behind)),
    ];
    let similar = vec![must("items", list(named("DeskItem", ""), "The likest first."))];
    vec![
        ("FacetCount", record("A value with its count.", facet).into()),
        ("Facets", record("Counts by field.", facets.collect()).into()),
        ("DeskList", record("A page of the desk's list.", answered).into()),
        ("SimilarCases", record("Cases like this one.", similar).into()),
    ]
}

fn preview(samples: &Samples) -> Schema {
    let agency = vec![
        must("code", text("").examples([samples.agency.as_str()])),
        must("name", text("")),
        must("confidence", share("1 where a rule names the agency.")),
        must("rule", text("Which rule chose it.").examples(["rule:10"])),
    ];
    let members = vec![
        must("scope", named("Scope", "`ask` where the machine leaves it to an officer.")),
        must("category", category_or_null(samples)),
        must("labels", list(named("Label", ""), "")),
        must("confidence", share("Of the likelier side.")),
        must("scores", super::kit::map(share(""), "For `in` and `out`; they sum to 1.")),
        must("reasons", list(named("Reason", ""), "The strongest first.")),
        must("neighbours", list(named("Neighbour", ""), "")),
        must("agency", or_null(record("Who would answer.", agency))),
        must("flags", list(named("Flag", ""), "")),
        must("model", text("The version of the machine.")),
    ];
    record("What the machine says of a text.", members).into()
}
