//! A strict reader of Prometheus' text format (version 0.0.4): what it does not know is a fault.

use std::collections::{BTreeMap, BTreeSet};

/// One series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
}

/// All series of one scrape.
pub struct Scrape {
    pub samples: BTreeMap<Sample, f64>,
}

impl Scrape {
    pub fn find(&self, (name, labels): (&str, &[(&str, &str)])) -> Option<f64> {
        let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.samples.get(&Sample { name: name.to_owned(), labels }).copied()
    }

    pub fn get(&self, wanted: (&str, &[(&str, &str)])) -> f64 {
        self.find(wanted).unwrap_or_else(|| panic!("no {wanted:?} in {:?}", self.samples))
    }

    pub fn family(&self, name: &str) -> Vec<(&Sample, f64)> {
        self.samples.iter().filter(|(s, _)| s.name == name).map(|(s, v)| (s, *v)).collect()
    }
}

/// The family that is being read.
struct Family {
    name: String,
    kind: String,
}

/// Reads a scrape, or fails with the line that is wrong.
pub fn read(text: &str) -> Scrape {
    assert!(text.ends_with('\n'), "the last line ends");
    let (mut samples, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let (mut helped, mut family): (Option<String>, Option<Family>) = (None, None);
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("no words: {line}"));
            assert!(help.ends_with('.'), "a sentence: {line}");
            assert!(seen.insert(name.to_owned()), "a second family: {line}");
            helped = Some(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(helped.take().as_deref(), Some(name), "HELP stands before it: {line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "a counter's name: {line}");
            assert!(is_name(name), "{line}");
            family = Some(Family { name: name.to_owned(), kind: kind.to_owned() });
        } else {
            let family = family.as_ref().unwrap_or_else(|| panic!("of no family: {line}"));
            let (sample, value) = read_sample(line);
            check_name(family, &sample, line);
            assert!(family.kind == "gauge" || value >= 0.0, "it counts: {line}");
            assert!(samples.insert(sample, value).is_none(), "twice: {line}");
        }
    }
    let scrape = Scrape { samples };
    check_histograms(&scrape);
    scrape
}

fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(good)
}

fn check_name(family: &Family, sample: &Sample, line: &str) {
    let part = sample.name.strip_prefix(&family.name);
    let part = part.unwrap_or_else(|| panic!("of another family: {line}"));
    match family.kind.as_str() {
        "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&part), "{line}"),
        _ => assert_eq!(part, "", "{line}"),
    }
    assert_eq!(part == "_bucket", sample.labels.contains_key("le"), "{line}");
}

/// `name{label="value",…} number`
fn read_sample(line: &str) -> (Sample, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    assert!(value.is_finite(), "{line}");
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, read_labels(rest.strip_suffix('}').unwrap(), line)),
        None => (series, BTreeMap::new()),
    };
    assert!(is_name(name), "{line}");
    (Sample { name: name.to_owned(), labels }, value)
}

fn read_labels(mut rest: &str, line: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        assert!(is_name(name), "{line}");
        let (mut value, mut chars) = (String::new(), after.char_indices());
        let end = loop {
            match chars.next().unwrap_or_else(|| panic!("a quote is open: {line}")) {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    plain @ ('\\' | '"') => plain,
                    other => panic!("\\{other}: {line}"),
                }),
                (_, plain) => value.push(plain),
            }
        };
        assert!(out.insert(name.to_owned(), value).is_none(), "a label twice: {line}");
        rest = match &after[end + 1..] {
            "" => return out,
            more => more.strip_prefix(',').unwrap_or_else(|| panic!("no comma: {line}")),
        };
    }
}

/// Steps go up, and the last one holds all.
fn check_histograms(scrape: &Scrape) {
    let mut steps: BTreeMap<Sample, Vec<(f64, f64)>> = BTreeMap::new();
    for (sample, count) in &scrape.samples {
        let mut whole = sample.clone();
        let Some(le) = whole.labels.remove("le") else { continue };
        whole.name = sample.name.replace("_bucket", "_count");
        let end = if le == "+Inf" { f64::INFINITY } else { le.parse().unwrap() };
        steps.entry(whole).or_default().push((end, *count));
    }
    for (whole, mut steps) in steps {
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(steps.windows(2).all(|two| two[0].1 <= two[1].1), "{whole:?}: {steps:?}");
        assert_eq!(steps.last(), Some(&(f64::INFINITY, scrape.samples[&whole])), "{whole:?}");
    }
}

#[test]
fn what_is_wrong_is_seen() {
    let good = "# HELP a_total It counts.\n# TYPE a_total counter\na_total{b=\"x\\\"}\"} 2\n";
    assert_eq!(read(good).get(("a_total", &[("b", "x\"}")])), 2.0);
    for (from, to) in [
        ("It counts.", "It counts"),
        ("# TYPE a_total counter\n", ""),
        ("counter", "gauge"),
        ("} 2", "} two"),
        ("} 2", "} NaN"),
        ("} 2", "} -2"),
        ("} 2", "}"),
        ("b=", "B="),
        ("b=", ""),
        ("\na_total{", "\na_totals{"),
        ("2\n", "2"),
        ("2\n", "2\n\n"),
        ("2\n", "2\na_total{b=\"x\\\"}\"} 2\n"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        let fault = std::panic::catch_unwind(|| read(&bad).samples.len());
        assert!(fault.is_err(), "{bad}");
    }
}
