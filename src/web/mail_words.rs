//! Why a mail was not delivered, in the reader's language: our own reasons are translated; what a
//! server said stands as it was said.

use crate::text::messages::Messages;

/// What stands before the colon, or the whole, and the message that says it.
const KNOWN: [(&str, &str); 9] = [
    ("connecting", "mail-why-connecting"),
    ("starting TLS", "mail-why-tls"),
    ("signing in, see DANGVAN_SMTP_URL", "mail-why-sign-in"),
    ("the recipient", "mail-why-recipient"),
    ("the content", "mail-why-content"),
    ("waiting for the last reply", "mail-why-reply"),
    ("no reply to the sender or the recipient", "mail-why-silent"),
    ("no address that could be written to", "mail-no_address"),
    ("the recipient may no longer know of the case", "mail-why-withheld"),
];

/// The reason in words.
pub fn of(messages: &Messages, language: &str, why: &str) -> String {
    let (step, said) = why.split_once(": ").unwrap_or((why, ""));
    let known = KNOWN.iter().find(|(words, _)| *words == step);
    let Some((_, id)) = known else {
        return messages.say(language, "mail-why-other", &[("said", why)]);
    };
    let step = messages.say(language, id, &[]);
    if said.is_empty() { step } else { format!("{step} ({said})") }
}

/// Is it the way out that fails, and not this one mail? A server that answered is there.
pub fn is_of_way_out(why: &str) -> bool {
    !["the recipient: ", "the content: "].iter().any(|step| why.starts_with(step))
}
