//! From the text of a setting to its value, or to a sentence that says what it must be.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Shown in place of a password.
const BLANK: &str = "••••";

/// A network in CIDR form; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl Network {
    /// Is the address within? An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= self.prefix_bits
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= self.prefix_bits
            }
            _ => false,
        }
    }
}

pub(super) fn any(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(PathBuf::from(text)) }
}

pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let why = "it must be an address and a port, as 127.0.0.1:8080 or [::1]:8080";
    numeric.parse().map_err(|_| why.to_owned())
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it must be on or off".to_owned()),
    }
}

pub(super) fn database_url(text: &str) -> Result<String, String> {
    let known = text.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty())
        || text.starts_with("postgres://")
        || text.starts_with("postgresql://");
    let why = "it must be sqlite:PATH or postgres://…";
    if known { Ok(text.to_owned()) } else { Err(why.to_owned()) }
}

pub(super) fn files_url(text: &str) -> Result<String, String> {
    let is_folder = text.strip_prefix("file:").is_some_and(|path| !path.is_empty());
    let is_bucket = text.starts_with("s3+https://") || text.starts_with("s3+http://");
    let why = "it must be file:FOLDER or s3+https://KEY:SECRET@HOST/BUCKET?region=REGION";
    if is_folder || is_bucket { Ok(text.to_owned()) } else { Err(why.to_owned()) }
}

pub(super) fn smtp_url(text: &str) -> Result<String, String> {
    let rest = ["smtp://", "smtps://", "smtp+starttls://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .ok_or("it must begin with smtp://, smtps:// or smtp+starttls://")?;
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    check_host(place.trim_end_matches('/'))?;
    Ok(text.to_owned())
}

pub(super) fn public_url(text: &str) -> Result<String, String> {
    let origin = text.trim_end_matches('/');
    let (_, place) = origin
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        .ok_or("it must begin with http:// or https://")?;
    check_host(place)?;
    Ok(origin.to_ascii_lowercase())
}

/// `host` or `host:port`, and nothing else.
fn check_host(place: &str) -> Result<(), String> {
    let (host, port) = split_port(place);
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let known = match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(good),
    };
    if !known {
        return Err("scheme://host:port is wanted: the host is not readable".to_owned());
    }
    match port.map(str::parse::<u16>) {
        None => Ok(()),
        Some(Ok(port)) if port > 0 => Ok(()),
        Some(_) => Err("the port must be a number from 1 to 65535".to_owned()),
    }
}

fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    }
}

/// The listening address as a link; one that means every address is shown as this host.
pub(super) fn default_public_url(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() {
        format!("http://localhost:{}", listen.port())
    } else {
        format!("http://{listen}")
    }
}

/// The host of a public URL as the domain of mail addresses; numbers need brackets there.
pub(super) fn mail_host(public_url: &str) -> String {
    let place = public_url.split_once("://").map_or(public_url, |(_, place)| place);
    let (host, _) = split_port(place);
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => "localhost".to_owned(),
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) => host.to_owned(),
    }
}

pub(super) fn domain(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
    let known = !text.is_empty() && text.chars().all(good);
    if known { Ok(text.to_owned()) } else { Err("it must be a domain, in ASCII".to_owned()) }
}

pub(super) fn mailbox(text: &str) -> Result<String, String> {
    let why = "it must be an address, or Name <address>";
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').ok_or(why)?,
        None => text,
    };
    let (local, host) = address.rsplit_once('@').ok_or(why)?;
    let clean = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '@');
    let whole = !local.is_empty() && local.chars().all(clean) && !text.contains(['\r', '\n']);
    if !whole {
        return Err(why.to_owned());
    }
    domain(host)?;
    Ok(text.to_owned())
}

pub(super) fn networks(text: &str) -> Result<Vec<Network>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none");
    names.map(network).collect()
}

fn network(text: &str) -> Result<Network, String> {
    let why = || format!("{text}: neither an address nor a network as 10.0.0.0/8");
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| why())?;
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    let prefix_bits = match prefix {
        Some(prefix) => prefix.parse().map_err(|_| why())?,
        None => bits_max,
    };
    if prefix_bits > bits_max { Err(why()) } else { Ok(Network { address, prefix_bits }) }
}

/// The text with the password of a URL blanked, in the user's part and in a query.
pub(super) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{BLANK}@{place}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let Some((place, query)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let blanked: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if key.to_ascii_lowercase().contains("password") => {
                format!("{key}={BLANK}")
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{scheme}://{place}?{}", blanked.join("&"))
}
