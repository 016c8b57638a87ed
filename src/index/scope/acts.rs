//! Acts of speech: what a text does, whatever it is about. It asks and only asks, tells of a result
//! not given, of being sent round, thanks. Patterns of the pack over the folded words; what is
//! found is a feature for the model and a reason for people.

use std::collections::BTreeMap;

use regex::bytes::{Regex, RegexBuilder};

use super::features::{Act, WHOLE};
use crate::domain::Names;
use crate::domain::taxonomy::{ActGroup, ActPattern};
use crate::text::Token;
use crate::text::personal::BadPattern;

/// The same act counts so often.
const TIMES_MAX: usize = 3;
/// Different acts of a group count so often.
const GROUP_MAX: usize = 4;
/// A compiled pattern takes no more than this.
const SIZE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// An act with everything that catches it, and the names of its features.
struct Kind {
    group: ActGroup,
    names: Names,
    regex: Regex,
    /// Found once, twice, thrice; in the first sentence, in the last.
    features: [String; 5],
}

/// The acts of a pack.
#[derive(Default)]
pub(crate) struct Acts {
    kinds: Vec<Kind>,
}

/// An act that was found, with the tokens that it covers, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActMatch {
    pub(crate) act: usize,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// The words of a text as patterns read them.
struct Line {
    bytes: Vec<u8>,
    /// Where each token starts.
    starts: Vec<usize>,
    /// Where sentences end.
    ends: Vec<usize>,
}

impl Acts {
    /// Reads the patterns; several of one act become one.
    pub(crate) fn compile(patterns: &[ActPattern]) -> Result<Acts, BadPattern> {
        let mut order: Vec<&ActPattern> = Vec::new();
        let mut joined: BTreeMap<&str, String> = BTreeMap::new();
        for pattern in patterns.iter().filter(|p| p.group != ActGroup::Part) {
            let text = pattern.whole(patterns);
            match joined.get_mut(pattern.act.as_str()) {
                Some(all) => all.push_str(&format!("|{text}")),
                None => {
                    order.push(pattern);
                    joined.insert(&pattern.act, text);
                }
            }
        }
        let mut kinds = Vec::with_capacity(order.len());
        for pattern in order {
            let text = joined.remove(pattern.act.as_str()).unwrap_or_default();
            let regex = RegexBuilder::new(&text).unicode(false).size_limit(SIZE_MAX_BYTES).build();
            let name = pattern.act.clone();
            let bad = |e: regex::Error| BadPattern {
                kind: format!("act {name}"),
                pattern: text.clone(),
                reason: e.to_string(),
            };
            kinds.push(Kind {
                group: pattern.group,
                names: pattern.names.clone(),
                regex: regex.map_err(bad)?,
                features: ["", " twice", " thrice", " first", " last"]
                    .map(|how| format!("act {name}{how}")),
            });
        }
        Ok(Acts { kinds })
    }

    /// What an act is called.
    pub(crate) fn names(&self, act: usize) -> Option<&Names> {
        self.kinds.get(act).map(|kind| &kind.names)
    }

    /// The acts of a text, in the order of the pack and then of the text, and what the model is
    /// told of them.
    pub(crate) fn read(&self, text: &str, tokens: &[Token]) -> (Vec<ActMatch>, Vec<Act<'_>>) {
        let line = Line::of(text, tokens);
        let mut found = Vec::new();
        for (kind, act) in self.kinds.iter().zip(0..) {
            for one in kind.regex.find_iter(&line.bytes) {
                let (first, last) = (line.token(one.start()), line.token_before(one.end()));
                found.push(ActMatch { act, first, last: last.max(first) });
            }
        }
        let features = self.features(line.edges(tokens.len()), &found);
        (found, features)
    }

    /// `edges`: the last token of the first sentence, and the first of the last.
    fn features(&self, edges: (usize, usize), found: &[ActMatch]) -> Vec<Act<'_>> {
        let (first_end, last_start) = edges;
        let mut out = Vec::new();
        let (mut asking, mut grievances) = (0, 0);
        for (kind, act) in self.kinds.iter().zip(0..) {
            let own: Vec<&ActMatch> = found.iter().filter(|f| f.act == act).collect();
            let Some(one) = own.first() else { continue };
            asking += usize::from(kind.group == ActGroup::Asking);
            grievances += usize::from(kind.group == ActGroup::Grievance);
            let [once, twice, thrice, first, last] = &kind.features;
            let times = [once, twice, thrice].into_iter().take(own.len().min(TIMES_MAX));
            for (name, at) in times.zip(&own) {
                out.push(spanned(name, at));
            }
            if one.first <= first_end {
                out.push(spanned(first, one));
            }
            if let Some(end) = own.last().filter(|f| f.last >= last_start) {
                out.push(spanned(last, end));
            }
        }
        out.extend(sums(asking, grievances));
        out
    }
}

fn spanned<'a>(name: &'a str, found: &ActMatch) -> Act<'a> {
    let place = |at: usize| u32::try_from(at).unwrap_or(0);
    Act { name, first: place(found.first), last: place(found.last) }
}

/// How much a text asks and how much it complains of: features of the text as a whole.
fn sums(asking: usize, grievances: usize) -> Vec<Act<'static>> {
    const ASKING: [&str; 5] = ["asking 0", "asking 1", "asking 2", "asking 3", "asking 4"];
    const GRIEVANCES: [&str; 5] =
        ["grievances 0", "grievances 1", "grievances 2", "grievances 3", "grievances 4"];
    let whole = |name| Act { name, first: WHOLE, last: WHOLE };
    let mut out = Vec::new();
    out.extend(ASKING.get(asking.min(GROUP_MAX)).map(|name| whole(name)));
    out.extend(GRIEVANCES.get(grievances.min(GROUP_MAX)).map(|name| whole(name)));
    out.push(match (asking > 0, grievances > 0) {
        (true, false) => whole("asks and complains of nothing"),
        (false, true) => whole("complains and asks nothing"),
        (true, true) => whole("complains and asks"),
        (false, false) => whole("neither asks nor complains"),
    });
    out
}

impl Line {
    fn of(text: &str, tokens: &[Token]) -> Line {
        let mut line = Line { bytes: Vec::new(), starts: Vec::new(), ends: Vec::new() };
        let mut signs = super::features::sentence_ends(text).into_iter().peekable();
        for (token, at) in tokens.iter().zip(0_usize..) {
            while let Some((_, sign)) = signs.next_if(|(end, _)| *end < token.offset) {
                line.sign(sign, at.checked_sub(1));
            }
            line.space();
            line.starts.push(line.bytes.len());
            let ascii = token.folded.chars().map(|c| u8::try_from(c).ok().filter(u8::is_ascii));
            line.bytes.extend(ascii.map(|byte| byte.unwrap_or(b'_')));
        }
        for (_, sign) in signs {
            line.sign(sign, tokens.len().checked_sub(1));
        }
        line
    }

    fn space(&mut self) {
        if !self.bytes.is_empty() {
            self.bytes.push(b' ');
        }
    }

    fn sign(&mut self, sign: char, after: Option<usize>) {
        self.space();
        self.bytes.push(if sign == '?' { b'?' } else { b'.' });
        self.ends.extend(after);
    }

    /// The last token of the first sentence, and the first of the last.
    fn edges(&self, tokens: usize) -> (usize, usize) {
        let first = self.ends.first().copied().unwrap_or(tokens);
        let last = self.ends.iter().rev().copied().find(|end| end + 1 < tokens);
        (first, last.map_or(0, |end| end + 1))
    }

    /// The token that a place lies in, or that ends before it.
    fn token(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    fn token_before(&self, end: usize) -> usize {
        self.starts.partition_point(|start| *start < end).saturating_sub(1)
    }
}
