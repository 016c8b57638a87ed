//! Where settings come from: flags, environment, file. Values are texts here; nothing is judged.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::{ConfigError, FILE};

/// Flags that every command understands.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub struct GlobalArgs {
    /// Where the service listens [DANGVAN_LISTEN, 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The folder for everything made at run time [DANGVAN_DATA, var]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data: Option<String>,
    /// sqlite:PATH or postgres://… [DANGVAN_DATABASE_URL, sqlite:dangvan.db]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// file:FOLDER, or s3+https://KEY:SECRET@HOST/BUCKET [DANGVAN_FILES_URL, file:files]
    #[arg(long, global = true, value_name = "URL")]
    pub files_url: Option<String>,
    /// smtp://, smtps:// or smtp+starttls://; unset: mails are files [DANGVAN_SMTP_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Who mails are from [DANGVAN_MAIL_FROM, no-reply@ the public host]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// The domain of Message-IDs [DANGVAN_MAIL_DOMAIN, the public host]
    #[arg(long, global = true, value_name = "DOMAIN")]
    pub mail_domain: Option<String>,
    /// How citizens reach the service [DANGVAN_PUBLIC_URL, http:// the listening address]
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// The installation's key, in the data folder [DANGVAN_KEY_FILE, key]
    #[arg(long, global = true, value_name = "FILE")]
    pub key_file: Option<String>,
    /// The pack of the jurisdiction, in the data folder [DANGVAN_PACK, the embedded one]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub pack: Option<String>,
    /// Where metrics are read without a sign-in; unset: nowhere [DANGVAN_METRICS_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub metrics_listen: Option<String>,
    /// What is logged [DANGVAN_LOG, info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// Proxies whose forwarded addresses are believed, with commas [DANGVAN_TRUSTED_PROXIES]
    #[arg(long, global = true, value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,
    /// on or off; off on a loopback address only [DANGVAN_RATE_LIMIT, on]
    #[arg(long, global = true, value_name = "SWITCH")]
    pub rate_limit: Option<String>,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment,
    File,
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::File => FILE,
            Source::Default => "default",
        })
    }
}

/// The settings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Listen,
    Data,
    DatabaseUrl,
    FilesUrl,
    SmtpUrl,
    MailFrom,
    MailDomain,
    PublicUrl,
    KeyFile,
    Pack,
    MetricsListen,
    Log,
    TrustedProxies,
    RateLimit,
}

impl Name {
    const ALL: [Name; 14] = [
        Name::Listen,
        Name::Data,
        Name::DatabaseUrl,
        Name::FilesUrl,
        Name::SmtpUrl,
        Name::MailFrom,
        Name::MailDomain,
        Name::PublicUrl,
        Name::KeyFile,
        Name::Pack,
        Name::MetricsListen,
        Name::Log,
        Name::TrustedProxies,
        Name::RateLimit,
    ];

    /// The environment variable, which is also the name in messages.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Name::Listen => "DANGVAN_LISTEN",
            Name::Data => "DANGVAN_DATA",
            Name::DatabaseUrl => "DANGVAN_DATABASE_URL",
            Name::FilesUrl => "DANGVAN_FILES_URL",
            Name::SmtpUrl => "DANGVAN_SMTP_URL",
            Name::MailFrom => "DANGVAN_MAIL_FROM",
            Name::MailDomain => "DANGVAN_MAIL_DOMAIN",
            Name::PublicUrl => "DANGVAN_PUBLIC_URL",
            Name::KeyFile => "DANGVAN_KEY_FILE",
            Name::Pack => "DANGVAN_PACK",
            Name::MetricsListen => "DANGVAN_METRICS_LISTEN",
            Name::Log => "DANGVAN_LOG",
            Name::TrustedProxies => "DANGVAN_TRUSTED_PROXIES",
            Name::RateLimit => "DANGVAN_RATE_LIMIT",
        }
    }

    /// The key in the file: the variable without its prefix, in small letters.
    fn key(self) -> String {
        self.variable().trim_start_matches("DANGVAN_").to_ascii_lowercase()
    }

    fn flag(self, args: &GlobalArgs) -> Option<&String> {
        match self {
            Name::Listen => args.listen.as_ref(),
            Name::Data => args.data.as_ref(),
            Name::DatabaseUrl => args.database_url.as_ref(),
            Name::FilesUrl => args.files_url.as_ref(),
            Name::SmtpUrl => args.smtp_url.as_ref(),
            Name::MailFrom => args.mail_from.as_ref(),
            Name::MailDomain => args.mail_domain.as_ref(),
            Name::PublicUrl => args.public_url.as_ref(),
            Name::KeyFile => args.key_file.as_ref(),
            Name::Pack => args.pack.as_ref(),
            Name::MetricsListen => args.metrics_listen.as_ref(),
            Name::Log => args.log.as_ref(),
            Name::TrustedProxies => args.trusted_proxies.as_ref(),
            Name::RateLimit => args.rate_limit.as_ref(),
        }
    }
}

/// A text and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) value: String,
    pub(super) source: Source,
}

/// The settings that are given somewhere.
pub(super) struct Settings(BTreeMap<Name, Found>);

impl Settings {
    /// Takes each setting from the first source that has it. An empty variable counts as unset.
    pub(super) fn gather(
        args: &GlobalArgs,
        env: &dyn Fn(&str) -> Option<String>,
        file: &Path,
    ) -> (Settings, Vec<ConfigError>) {
        let (mut in_file, errors) = read_file(file);
        let mut found = BTreeMap::new();
        for name in Name::ALL {
            let flag = name.flag(args).map(|v| (v.clone(), Source::Flag));
            let variable = || {
                let value = env(name.variable()).filter(|v| !v.trim().is_empty());
                value.map(|v| (v, Source::Environment))
            };
            let written = in_file.remove(&name).map(|v| (v, Source::File));
            if let Some((value, source)) = flag.or_else(variable).or(written) {
                found.insert(name, Found { value: value.trim().to_owned(), source });
            }
        }
        (Settings(found), errors)
    }

    pub(super) fn take(&mut self, name: Name) -> Option<Found> {
        self.0.remove(&name)
    }
}

/// The settings of the file, by name. An unknown key is an error, since it is most likely a slip.
fn read_file(path: &Path) -> (BTreeMap<Name, String>, Vec<ConfigError>) {
    let shown = path.display().to_string();
    let failed = |why: String| (BTreeMap::new(), vec![ConfigError::new(&shown, None, why)]);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Default::default(),
        Err(e) => return failed(e.to_string()),
    };
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        // The parser's own message would quote the line, which may hold a password.
        Err(e) => return failed(format!("{}{}", e.message(), line_of(&text, e.span()))),
    };
    let (mut found, mut errors) = (BTreeMap::new(), Vec::new());
    for (key, value) in table {
        let Some(name) = Name::ALL.into_iter().find(|n| n.key() == key) else {
            let known: Vec<String> = Name::ALL.into_iter().map(Name::key).collect();
            let why = format!("{shown} knows no such key; it knows {}", known.join(", "));
            errors.push(ConfigError::new(&key, None, why));
            continue;
        };
        match as_text(value) {
            Some(text) => {
                found.insert(name, text);
            }
            None => errors.push(ConfigError::new(&key, None, format!("{shown}: not a text"))),
        }
    }
    (found, errors)
}

fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(before) = span.and_then(|s| text.get(..s.start)) else { return String::new() };
    format!(" in line {}", before.matches('\n').count() + 1)
}

/// A text as it stands, a switch as a word, a list of texts with commas.
fn as_text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Boolean(on) => Some(if on { "on" } else { "off" }.to_owned()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|t| t.join(","))
        }
        _ => None,
    }
}
