//! What a PDF says (ISO 32000-1): the text of its pages, enough to be searched by. A reader of our
//! own, since the ones there are panic on broken files and unpack whatever a file claims: here
//! every loop has a limit and nothing but text is looked at. Encrypted files and pictures of pages
//! say nothing; neither do fonts without a table of characters and with names of their own.

mod font;
mod objects;
mod value;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::domain::attachment::FILE_TEXT_MAX;
use font::Font;
use objects::Objects;
use value::{Dict, Reader, Value};

/// Words of all pages together: some seconds of work on a slow machine.
const WORDS_MAX: usize = 8_000_000;
/// Forms within forms, and resources that come from above.
const FORMS_DEPTH_MAX: usize = 4;
const PARENTS_MAX: usize = 32;
const STATES_MAX: usize = 64;

/// A gap of so much of the letters' height parts words; a step of so much another line.
const GAP_OF_WORDS: f64 = 0.18;
const STEP_OF_LINES: f64 = 0.4;

/// The text, as far as it can be read.
pub fn text(bytes: &[u8]) -> String {
    if bytes.windows(8).any(|window| window == b"/Encrypt") {
        return String::new();
    }
    let objects = Objects::of(bytes);
    let mut page = Writer { out: String::new(), chars: 0, words_left: WORDS_MAX, ended: None };
    let mut fonts = BTreeMap::new();
    for number in objects.numbers() {
        let Some(Value::Dict(dict)) = objects.object(number) else { continue };
        if dict.get("Type").and_then(Value::name) != Some("Page") {
            continue;
        }
        let resources = resources(&objects, &dict);
        let content = content(&objects, &dict);
        let mut run = Run { objects: &objects, fonts: &mut fonts, page: &mut page };
        run.show(&content, &resources, IDENTITY, FORMS_DEPTH_MAX);
        page.line();
        if page.is_full() {
            break;
        }
    }
    page.out
}

/// A page's own, or those of what it belongs to.
fn resources(objects: &Objects<'_>, page: &Dict) -> Dict {
    let mut at = page.clone();
    for _ in 0..PARENTS_MAX {
        if let Some(found) = objects.inner(&at, "Resources") {
            return found;
        }
        match objects.inner(&at, "Parent") {
            Some(parent) => at = parent,
            None => break,
        }
    }
    Dict::new()
}

fn content(objects: &Objects<'_>, page: &Dict) -> Vec<u8> {
    let mut parts = match page.get("Contents") {
        Some(Value::List(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    if let [Value::Ref(number)] = parts.as_slice()
        && let Some(Value::List(list)) = objects.object(*number)
    {
        parts = list;
    }
    let mut out = Vec::new();
    for part in parts {
        if let Value::Ref(number) = part {
            out.extend(objects.stream(number).unwrap_or_default());
            out.push(b'\n');
        }
    }
    out
}

type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `one`, then `other`.
fn times(one: Matrix, other: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [g, h, i, j, k, l] = other;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

fn matrix(values: &[f64]) -> Option<Matrix> {
    values.last_chunk::<6>().copied()
}

/// What is written, and where the last letter ended.
struct Writer {
    out: String,
    chars: usize,
    words_left: usize,
    ended: Option<(f64, f64)>,
}

impl Writer {
    fn is_full(&self) -> bool {
        self.chars >= FILE_TEXT_MAX || self.words_left == 0
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.ended = None;
    }

    /// Begins at a place: another line, another word, or on in the same word.
    fn begin(&mut self, (x, y): (f64, f64), height: f64) {
        let Some((last_x, last_y)) = self.ended else { return };
        if (y - last_y).abs() > height * STEP_OF_LINES {
            self.out.push('\n');
        } else if x - last_x > height * GAP_OF_WORDS || last_x - x > height {
            self.out.push(' ');
        }
    }
}

#[derive(Clone)]
struct State {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_space: f64,
    word_space: f64,
    leading: f64,
    scale: f64,
}

struct Run<'a, 'b> {
    objects: &'a Objects<'b>,
    fonts: &'a mut BTreeMap<u32, Rc<Font>>,
    page: &'a mut Writer,
}

/// What a page calls by name; each font is made once.
struct Named {
    fonts: Dict,
    forms: Dict,
    known: BTreeMap<String, Option<Rc<Font>>>,
}

impl Named {
    fn of(objects: &Objects<'_>, resources: &Dict) -> Named {
        let all = |kind: &str| objects.inner(resources, kind).unwrap_or_default();
        Named { fonts: all("Font"), forms: all("XObject"), known: BTreeMap::new() }
    }
}

/// Where a run of text stands.
struct Place {
    line: Matrix,
    at: Matrix,
}

impl Run<'_, '_> {
    /// Follows the operators of a page or a form (annex A).
    fn show(&mut self, content: &[u8], resources: &Dict, page: Matrix, depth: usize) {
        let plain = State {
            page,
            font: None,
            size: 0.0,
            letter_space: 0.0,
            word_space: 0.0,
            leading: 0.0,
            scale: 1.0,
        };
        let (mut state, mut states) = (plain, Vec::new());
        let mut place = Place { line: IDENTITY, at: IDENTITY };
        let mut reader = Reader::new(content, 0, self.page.words_left);
        let mut operands: Vec<Value> = Vec::new();
        let mut named = Named::of(self.objects, resources);
        while let Some(value) = reader.next() {
            let Value::Word(word) = &value else {
                operands.push(value);
                continue;
            };
            self.page.words_left = reader.words_left;
            match word.as_str() {
                "q" if states.len() < STATES_MAX => states.push(state.clone()),
                "Q" => state = states.pop().unwrap_or(state),
                "BT" => place = Place { line: IDENTITY, at: IDENTITY },
                "ID" => skip_picture(&mut reader),
                "Do" if depth > 0 => {
                    self.form(&operands, (resources, &named.forms), &state, depth);
                    reader.words_left = self.page.words_left;
                }
                "Tf" => self.choose_font(&operands, &mut named, &mut state),
                "Tj" | "TJ" | "'" | "\"" => {
                    if word != "Tj" && word != "TJ" {
                        place.next_line(&[0.0, -state.leading]);
                    }
                    self.shown(&operands, &state, &mut place);
                }
                other => set(other, &numbers(&operands), &mut state, &mut place),
            }
            operands.clear();
            if self.page.is_full() {
                return;
            }
        }
        self.page.words_left = reader.words_left;
    }

    fn choose_font(&mut self, operands: &[Value], named: &mut Named, state: &mut State) {
        let [Value::Name(name), Value::Number(size)] = operands else { return };
        state.size = *size;
        if let Some(known) = named.known.get(name) {
            state.font = known.clone();
            return;
        }
        let fonts = &named.fonts;
        let made = || Some(Rc::new(Font::of(self.objects, &self.objects.inner(fonts, name)?)));
        state.font = match fonts.get(name) {
            Some(Value::Ref(number)) => match self.fonts.get(number) {
                Some(known) => Some(known.clone()),
                None => {
                    let font = made();
                    self.fonts.extend(font.clone().map(|font| (*number, font)));
                    font
                }
            },
            _ => made(),
        };
        named.known.insert(name.clone(), state.font.clone());
    }

    fn form(
        &mut self,
        operands: &[Value],
        (resources, forms): (&Dict, &Dict),
        state: &State,
        depth: usize,
    ) {
        let Some(name) = operands.last().and_then(Value::name) else { return };
        let Some(Value::Ref(number)) = forms.get(name) else { return };
        let Some(Value::Dict(dict)) = self.objects.object(*number) else { return };
        if dict.get("Subtype").and_then(Value::name) != Some("Form") {
            return;
        }
        let own = self.objects.inner(&dict, "Resources");
        let turned = self.objects.member(&dict, "Matrix");
        let turned = turned.as_ref().and_then(Value::list).map(numbers);
        let turned = turned.as_deref().and_then(matrix).unwrap_or(IDENTITY);
        let content = self.objects.stream(*number).unwrap_or_default();
        let page = times(turned, state.page);
        self.show(&content, own.as_ref().unwrap_or(resources), page, depth.saturating_sub(1));
    }

    fn shown(&mut self, operands: &[Value], state: &State, place: &mut Place) {
        let Some(font) = &state.font else { return };
        let parts = match operands.last() {
            Some(Value::List(list)) => list.as_slice(),
            Some(Value::Text(_)) => operands,
            _ => return,
        };
        for part in parts {
            match part {
                Value::Number(back) => place.on(-back / 1000.0 * state.size * state.scale),
                Value::Text(text) => self.letters(font, text, state, place),
                _ => {}
            }
        }
    }

    fn letters(&mut self, font: &Font, text: &[u8], state: &State, place: &mut Place) {
        for (code, means, width) in font.read(text) {
            let [a, b, c, d, x, y] = times(place.at, state.page);
            let height = (a * d - b * c).abs().sqrt() * state.size.abs();
            let is_space = means.trim().is_empty();
            if !is_space {
                self.page.begin((x, y), height);
            }
            self.page.out.push_str(means);
            self.page.chars += means.chars().count();
            let space = if code == 32 && !font.is_wide { state.word_space } else { 0.0 };
            place.on((width * state.size + state.letter_space + space) * state.scale);
            let [.., x, y] = times(place.at, state.page);
            self.page.ended = Some((x, y));
        }
    }
}

impl Place {
    fn next_line(&mut self, by: &[f64]) {
        if let [x, y] = by {
            self.line = times([1.0, 0.0, 0.0, 1.0, *x, *y], self.line);
            self.at = self.line;
        }
    }

    fn on(&mut self, by: f64) {
        self.at = times([1.0, 0.0, 0.0, 1.0, by, 0.0], self.at);
    }
}

fn numbers(values: &[Value]) -> Vec<f64> {
    values.iter().filter_map(Value::number).collect()
}

/// The operators that only set something.
fn set(word: &str, numbers: &[f64], state: &mut State, place: &mut Place) {
    let last = numbers.last().copied().unwrap_or(0.0);
    match word {
        "cm" => state.page = matrix(numbers).map_or(state.page, |m| times(m, state.page)),
        "Tm" => {
            if let Some(matrix) = matrix(numbers) {
                *place = Place { line: matrix, at: matrix };
            }
        }
        "Td" => place.next_line(numbers),
        "TD" => {
            state.leading = -last;
            place.next_line(numbers);
        }
        "T*" => place.next_line(&[0.0, -state.leading]),
        "TL" => state.leading = last,
        "Tc" => state.letter_space = last,
        "Tw" => state.word_space = last,
        "Tz" => state.scale = last / 100.0,
        _ => {}
    }
}

/// Over the bytes of a picture that stands between the words (8.9.7).
fn skip_picture(reader: &mut Reader<'_>) {
    let end = reader.rest().windows(3).position(|w| w == b"EI\n" || w == b"EI " || w == b"EI\r");
    reader.at = end.map_or(usize::MAX, |end| reader.at.saturating_add(end + 3));
}
