//! Who filed: identity and contact. Sealed in the store, shown by role only.

use serde::{Deserialize, Serialize};

super::words! {
    /// What the reporter is.
    ReporterKind {
        Individual = "individual",
        Business = "business",
        Organisation = "organisation",
    }
}

/// The reporter of a case. All but the kind may be missing: that is a flag, not a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporter {
    pub kind: ReporterKind,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
}

impl Reporter {
    /// A reporter of whom nothing is kept.
    pub fn anonymous(kind: ReporterKind) -> Reporter {
        Reporter { kind, name: None, email: None, phone: None, address: None }
    }

    /// Name and a way to reach the person: what a case needs to be taken as it is.
    pub fn is_complete(&self) -> bool {
        self.name.is_some() && (self.email.is_some() || self.phone.is_some())
    }

    /// Nothing of the person is known.
    pub fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.email.is_none()
            && self.phone.is_none()
            && self.address.is_none()
    }
}

/// A telephone number in E.164 (ITU-T E.164: at most 15 digits), so that every way of writing it is
/// one.
/// `None` where it can be no number.
pub fn e164(typed: &str, country_code: &str) -> Option<String> {
    let international = typed.trim_start().starts_with('+');
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let known = typed.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c));
    if !known || digits.len() < 6 || digits.len() > 15 {
        return None;
    }
    let national = match (international, digits.strip_prefix('0')) {
        (true, _) => return Some(format!("+{digits}")),
        (false, Some(rest)) => rest,
        (false, None) => match digits.strip_prefix(country_code) {
            Some(_) if digits.len() > 9 => return Some(format!("+{digits}")),
            _ => &digits,
        },
    };
    Some(format!("+{country_code}{national}"))
}

/// An e-mail address is not longer (RFC 5321).
pub const EMAIL_MAX: usize = 254;

/// Could this be an e-mail address (RFC 5321: at most 254 octets, one @, a domain with a dot)?
pub fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_good = !local.is_empty() && local.len() <= 64 && !local.contains('@');
    let plain =
        text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>(),;:\"".contains(c));
    let labels_good = domain.split('.').count() >= 2
        && domain.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    text.len() <= EMAIL_MAX && local_good && plain && labels_good
}
