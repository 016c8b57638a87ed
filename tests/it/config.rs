//! The configuration: which source wins, what is refused, and that no password is shown.

use std::path::Path;

use clap::Parser;
use dangvan::config::{Config, ConfigError, GlobalArgs};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    global: GlobalArgs,
}

fn load(
    flags: &[&str],
    env: &[(&str, &str)],
    file: Option<&str>,
) -> Result<Config, Vec<ConfigError>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dangvan.toml");
    if let Some(text) = file {
        std::fs::write(&path, text).unwrap();
    }
    let line = Line::parse_from(std::iter::once(&"dangvan").chain(flags));
    let env = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    Config::load_with(&line.global, &env, &path)
}

fn one_error(flags: &[&str]) -> ConfigError {
    let mut errors = load(flags, &[], None).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn defaults_need_nothing() {
    let config = load(&[], &[], None).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.key_file, Path::new("var/key"));
    assert_eq!(config.database_url, "sqlite:dangvan.db");
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.mail_from, "no-reply@localhost");
    assert_eq!(config.mail_domain, "localhost");
    assert!(config.smtp_url.is_none() && config.pack.is_none() && config.rate_limit);
    assert_eq!(config.to_lines().len(), 14);
    assert!(config.to_lines().iter().all(|l| l.ends_with("(default)")));
}

#[test]
fn flags_beat_environment_beats_file() {
    let file = "listen = \"127.0.0.1:1\"\ndata = \"/srv/a\"\nlog = \"warn\"\n";
    let env = [("DANGVAN_LISTEN", "127.0.0.1:2"), ("DANGVAN_DATA", "/srv/b"), ("DANGVAN_LOG", "")];
    let config = load(&["--listen", "localhost:3"], &env, Some(file)).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.data, Path::new("/srv/b"));
    assert_eq!(config.log, "warn");
    let shown = config.to_string();
    assert!(shown.contains("(flag)"), "{shown}");
    assert!(shown.contains("(environment)") && shown.contains("(dangvan.toml)"), "{shown}");
}

#[test]
fn relative_paths_are_taken_from_the_data_folder() {
    let config = load(&["--data", "/srv/dv", "--pack", "town", "--key-file", "/k"], &[], None);
    let config = config.unwrap();
    assert_eq!(config.pack.as_deref(), Some(Path::new("/srv/dv/town")));
    assert_eq!(config.key_file, Path::new("/k"));
}

#[test]
fn mail_names_come_from_the_public_host() {
    let config = load(&["--public-url", "https://Hear.Town.example/"], &[], None).unwrap();
    assert_eq!(config.public_url, "https://hear.town.example");
    assert_eq!(config.mail_from, "no-reply@hear.town.example");
    let config = load(&["--listen", "0.0.0.0:80"], &[], None).unwrap();
    assert_eq!(config.public_url, "http://localhost:80");
    let config = load(&["--public-url", "http://10.1.2.3:8080"], &[], None).unwrap();
    assert_eq!(config.mail_domain, "[10.1.2.3]");
}

#[test]
fn passwords_are_never_shown() {
    let flags = [
        "--database-url",
        "postgres://dv:geheim@db.example/dv?sslpassword=geheim&x=1",
        "--smtp-url",
        "smtps://user:ge@he:im@mail.example",
    ];
    let config = load(&flags, &[], None).unwrap();
    for text in [config.to_string(), format!("{config:?}")] {
        assert!(!text.contains("geheim") && !text.contains("he:im"), "{text}");
        assert!(text.contains("postgres://dv:••••@db.example/dv?sslpassword=••••&x=1"), "{text}");
    }
    let error = one_error(&["--smtp-url", "imap://user:geheim@mail.example"]);
    assert!(!error.to_string().contains("geheim"), "{error}");
    let broken = "smtp_url = \"smtp://u:geheim@h\nlisten = 3";
    let errors = load(&[], &[], Some(broken)).unwrap_err();
    assert!(!format!("{errors:?}").contains("geheim"), "{errors:?}");
}

#[test]
fn what_is_wrong_is_named_and_all_at_once() {
    let flags = ["--listen", "here", "--rate-limit", "maybe", "--public-url", "ftp://x"];
    let errors = load(&flags, &[("DANGVAN_TRUSTED_PROXIES", "10.0.0.0/33")], None).unwrap_err();
    let names: Vec<&str> = errors.iter().map(|e| e.name.as_str()).collect();
    for name in
        ["DANGVAN_LISTEN", "DANGVAN_RATE_LIMIT", "DANGVAN_PUBLIC_URL", "DANGVAN_TRUSTED_PROXIES"]
    {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
}

#[test]
fn unknown_keys_of_the_file_are_errors() {
    let errors = load(&[], &[], Some("lisen = \"127.0.0.1:1\"\n")).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].name, "lisen");
    assert!(errors[0].message.contains("listen, data"), "{}", errors[0]);
}

#[test]
fn urls_are_checked() {
    for good in ["smtp://h", "smtps://u:p@h:465/", "smtp+starttls://[::1]:587"] {
        assert!(load(&["--smtp-url", good], &[], None).is_ok(), "{good}");
    }
    for bad in ["smtp://", "smtp://h:0", "smtp://h:99999", "smtp://h/x?tls=no", "mail.example"] {
        assert_eq!(one_error(&["--smtp-url", bad]).name, "DANGVAN_SMTP_URL", "{bad}");
    }
    for bad in ["https://h/path", "https://u:p@h", "https://"] {
        assert_eq!(one_error(&["--public-url", bad]).name, "DANGVAN_PUBLIC_URL", "{bad}");
    }
    for bad in ["mysql://h/d", "sqlite:", "dangvan.db"] {
        assert_eq!(one_error(&["--database-url", bad]).name, "DANGVAN_DATABASE_URL", "{bad}");
    }
    for bad in ["nobody", "a@b\nBcc: c@d", "A <a@b", "@b"] {
        assert_eq!(one_error(&["--mail-from", bad]).name, "DANGVAN_MAIL_FROM", "{bad}");
    }
}

#[test]
fn rate_limits_may_be_off_on_a_loopback_address_only() {
    assert!(!load(&["--rate-limit", "off"], &[], None).unwrap().rate_limit);
    assert!(load(&["--rate-limit", "off", "--listen", "[::1]:1"], &[], None).is_ok());
    let error = one_error(&["--rate-limit", "off", "--listen", "0.0.0.0:8080"]);
    assert_eq!(error.name, "DANGVAN_RATE_LIMIT");
}

#[test]
fn networks_hold_their_addresses() {
    let file = "trusted_proxies = [\"10.0.0.0/8\", \"2001:db8::/32\", \"192.0.2.7\"]\n";
    let config = load(&[], &[], Some(file)).unwrap();
    let trusted = |address: &str| {
        let address = address.parse().unwrap();
        config.trusted_proxies.iter().any(|n| n.contains(address))
    };
    assert!(trusted("10.255.0.1") && trusted("::ffff:10.0.0.1") && trusted("2001:db8::1"));
    assert!(trusted("192.0.2.7"));
    assert!(!trusted("11.0.0.1") && !trusted("192.0.2.8") && !trusted("2001:db9::1"));
    let all = load(&["--trusted-proxies", "0.0.0.0/0"], &[], None).unwrap();
    assert!(all.trusted_proxies[0].contains("8.8.8.8".parse().unwrap()));
}
