//! What is counted while the process runs, and the text that Prometheus reads. The only place that
//! names its crate; the registry belongs to the service and is no global, so that two services in
//! one process count apart. Nothing of a case, a person or a path stands in a label.

use std::time::Duration;

use prometheus::proto::MetricFamily;
use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder,
};

pub use prometheus::Error as MetricsError;

/// The type of the text (Prometheus' exposition format, version 0.0.4).
pub const TEXT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The methods that are told apart: a client may send any word, and labels must stay few.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Upper ends of the steps of time, in seconds: a cached page takes one millisecond, filing a case
/// some, a report over years a second; what takes ten has gone wrong.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The counters of the process. They begin at nothing with it.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    received: IntCounterVec,
}

impl Metrics {
    /// `channels`: the ways in by which cases may come, each counted from nought.
    pub fn new(channels: impl Iterator<Item = &'static str>) -> Result<Metrics, MetricsError> {
        let requests = Opts::new("dangvan_requests_total", "Requests answered.");
        let seconds = HistogramOpts::new(
            "dangvan_request_duration_seconds",
            "How long requests took until their answer began.",
        );
        let received = Opts::new(
            "dangvan_cases_received_total",
            "Cases that this process has taken and acknowledged, by the way they came in.",
        );
        let metrics = Metrics {
            registry: Registry::new(),
            requests: IntCounterVec::new(requests, &["method", "route", "status"])?,
            seconds: HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["method", "route"])?,
            received: IntCounterVec::new(received, &["channel"])?,
        };
        for channel in channels {
            metrics.received.get_metric_with_label_values(&[channel])?;
        }
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.received.clone()))?;
        Ok(metrics)
    }

    /// A request was answered. `route` is the pattern and never the path.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }

    /// A case was taken.
    pub fn received(&self, channel: &str) {
        self.received.with_label_values(&[channel]).inc();
    }

    /// What was counted so far, as the beginning of an answer to a scrape.
    pub fn page(&self) -> Page {
        Page { counted: self.registry.gather(), now: Registry::new() }
    }
}

/// One answer to a scrape: what was counted, and what is so at this moment. What cannot be known at
/// this moment is not in it, so that nothing old is taken for new.
pub struct Page {
    counted: Vec<MetricFamily>,
    now: Registry,
}

impl Page {
    /// A measure without labels.
    pub fn one(&mut self, name: &str, help: &str, value: f64) -> Result<(), MetricsError> {
        self.by(name, help, &[], [(vec![], value)])
    }

    /// A measure by the words of one label.
    pub fn each<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<(), MetricsError> {
        self.by(name, help, &[label], values.into_iter().map(|(word, n)| (vec![word], n)))
    }

    /// A measure by the words of some labels.
    pub fn by<'a>(
        &mut self,
        name: &str,
        help: &str,
        labels: &[&str],
        values: impl IntoIterator<Item = (Vec<&'a str>, f64)>,
    ) -> Result<(), MetricsError> {
        let family = GaugeVec::new(Opts::new(name, help), labels)?;
        self.now.register(Box::new(family.clone()))?;
        for (words, value) in values {
            family.get_metric_with_label_values(&words)?.set(value);
        }
        Ok(())
    }

    /// The whole as text.
    pub fn text(mut self) -> Result<Vec<u8>, MetricsError> {
        self.counted.extend(self.now.gather());
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.counted, &mut out)?;
        Ok(out)
    }
}
