//! The configuration, validated once: flags, then environment, then `dangvan.toml`, then defaults.
//! Nothing is opened or connected here, and no password is ever shown.

mod sources;
mod values;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use sources::{GlobalArgs, Source};
pub use values::Network;

use sources::{Found, Name, Settings};

/// The file that is read from the working directory, where there is one.
pub const FILE: &str = "dangvan.toml";

/// What the service needs to know about its surroundings.
#[derive(Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Where metrics are read, without a sign-in; unset: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The folder of everything that is made at run time.
    pub data: PathBuf,
    /// `sqlite:PATH`, relative to `data`, or `postgres://…`; the store takes it apart.
    pub database_url: String,
    /// `file:FOLDER`, relative to `data`, or `s3+https://…`; the store takes it apart.
    pub files_url: String,
    /// Unset: mails are files in the data folder.
    pub smtp_url: Option<String>,
    /// An address, or `Name <address>`.
    pub mail_from: String,
    /// The domain of Message-IDs and reply addresses.
    pub mail_domain: String,
    /// Scheme, host and port, without a slash at the end.
    pub public_url: String,
    pub key_file: PathBuf,
    /// Unset: the embedded one.
    pub pack: Option<PathBuf>,
    /// Directives of the log filter.
    pub log: String,
    pub trusted_proxies: Vec<Network>,
    pub rate_limit: bool,
    shown: Vec<Shown>,
}

/// A setting as it may be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    name: &'static str,
    value: String,
    source: Source,
}

/// A setting that cannot be used. The value is as it may be shown: without passwords.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}{}: {message}", shown_value(value_shown.as_deref()))]
pub struct ConfigError {
    pub name: String,
    pub value_shown: Option<String>,
    pub message: String,
}

impl ConfigError {
    fn new(name: &str, value_shown: Option<&str>, message: impl Into<String>) -> ConfigError {
        ConfigError {
            name: name.to_owned(),
            value_shown: value_shown.map(str::to_owned),
            message: message.into(),
        }
    }
}

impl Config {
    /// Reads everything, with `dangvan.toml` of the working directory; all faults are told at once.
    pub fn load(
        args: &GlobalArgs,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, Vec<ConfigError>> {
        Config::load_with(args, env, Path::new(FILE))
    }

    /// The same with another file; a file that is not there holds nothing.
    pub fn load_with(
        args: &GlobalArgs,
        env: &dyn Fn(&str) -> Option<String>,
        file: &Path,
    ) -> Result<Config, Vec<ConfigError>> {
        let (settings, errors) = Settings::gather(args, env, file);
        Reader { settings, errors, shown: Vec::new() }.read()
    }

    /// Every setting, its value and where it came from, one a line.
    pub fn to_lines(&self) -> Vec<String> {
        let width = |length: fn(&Shown) -> usize| self.shown.iter().map(length).max().unwrap_or(0);
        let names = width(|s| s.name.chars().count());
        let values = width(|s| s.value.chars().count());
        self.shown
            .iter()
            .map(|s| format!("{:names$} = {:values$}  ({})", s.name, s.value, s.source))
            .collect()
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_lines().join("\n"))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.shown).finish()
    }
}

/// Turns found texts into typed values, and gathers what is wrong.
struct Reader {
    settings: Settings,
    errors: Vec<ConfigError>,
    shown: Vec<Shown>,
}

impl Reader {
    fn read(mut self) -> Result<Config, Vec<ConfigError>> {
        let listen = self.required(Name::Listen, "127.0.0.1:8080", values::socket);
        let data = self.required(Name::Data, "var", values::path).unwrap_or_default();
        let database_url =
            self.required(Name::DatabaseUrl, "sqlite:dangvan.db", values::database_url);
        let files_url = self.required(Name::FilesUrl, "file:files", values::files_url);
        let smtp_url = self.optional(Name::SmtpUrl, "unset: files", values::smtp_url);
        // Where a fault is told already, a stand-in keeps it from being told again.
        let stand_in = || "http://localhost".to_owned();
        let default_url = listen.map_or_else(stand_in, values::default_public_url);
        let public_url = self.required(Name::PublicUrl, &default_url, values::public_url);
        let host = public_url.as_deref().map_or("localhost".to_owned(), values::mail_host);
        let domain = self.required(Name::MailDomain, &host, values::domain);
        let from = self.required(Name::MailFrom, &format!("no-reply@{host}"), values::mailbox);
        let key_file = self.required(Name::KeyFile, "key", values::path);
        let pack = self.optional(Name::Pack, "embedded", values::path);
        let metrics_listen = self.optional(Name::MetricsListen, "unset: off", values::socket);
        let log = self.required(Name::Log, "info", values::any);
        let proxies = self.optional(Name::TrustedProxies, "none", values::networks);
        let rate_limit = self.required(Name::RateLimit, "on", values::switch);
        self.check_together(listen, rate_limit);
        self.check_metrics(listen, metrics_listen);
        let config = Config {
            listen: listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
            metrics_listen,
            key_file: data.join(key_file.unwrap_or_default()),
            pack: pack.map(|p| data.join(p)),
            data,
            database_url: database_url.unwrap_or_default(),
            files_url: files_url.unwrap_or_default(),
            smtp_url,
            mail_from: from.unwrap_or_default(),
            mail_domain: domain.unwrap_or_default(),
            public_url: public_url.unwrap_or_default(),
            log: log.unwrap_or_default(),
            trusted_proxies: proxies.unwrap_or_default(),
            rate_limit: rate_limit.unwrap_or(true),
            shown: self.shown,
        };
        if self.errors.is_empty() { Ok(config) } else { Err(self.errors) }
    }

    /// What no single setting can tell.
    fn check_together(&mut self, listen: Option<SocketAddr>, rate_limit: Option<bool>) {
        if rate_limit == Some(false) && listen.is_some_and(|l| !l.ip().is_loopback()) {
            let why = "off is for a loopback listening address only";
            let name = Name::RateLimit.variable();
            self.errors.push(ConfigError::new(name, Some("off"), why));
        }
    }

    /// Whoever reaches the service must not reach its metrics by that.
    fn check_metrics(&mut self, listen: Option<SocketAddr>, metrics: Option<SocketAddr>) {
        if let Some(metrics) = metrics.filter(|metrics| Some(*metrics) == listen) {
            let why = "it must be another address than DANGVAN_LISTEN";
            let (name, shown) = (Name::MetricsListen.variable(), metrics.to_string());
            self.errors.push(ConfigError::new(name, Some(&shown), why));
        }
    }

    fn required<T>(
        &mut self,
        name: Name,
        default: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = self.settings.take(name);
        let default = || Found { value: default.to_owned(), source: Source::Default };
        self.parse(name, found.unwrap_or_else(default), parse)
    }

    fn optional<T>(
        &mut self,
        name: Name,
        unset_shown: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.settings.take(name) {
            Some(found) => self.parse(name, found, parse),
            None => {
                self.show(name, unset_shown.to_owned(), Source::Default);
                None
            }
        }
    }

    fn parse<T>(
        &mut self,
        name: Name,
        found: Found,
        parse: fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let shown = values::without_password(&found.value);
        match parse(&found.value) {
            Ok(value) => {
                self.show(name, shown, found.source);
                Some(value)
            }
            Err(why) => {
                let why = format!("{why} (from {})", found.source);
                self.errors.push(ConfigError::new(name.variable(), Some(&shown), why));
                None
            }
        }
    }

    fn show(&mut self, name: Name, value: String, source: Source) {
        self.shown.push(Shown { name: name.variable(), value, source });
    }
}

fn shown_value(value: Option<&str>) -> String {
    value.map(|v| format!(" = {v}")).unwrap_or_default()
}
