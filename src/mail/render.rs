//! A letter of the pack, filled in, as plain text and as HTML. Words come from the letter alone.

use askama::Template;

use crate::domain::letter::{Letter, Placeholder, Values};

/// Lines of plain text are broken here; RFC 3676 asks for at most 78.
const TEXT_CHARS: usize = 72;

/// What stands around every letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub city: String,
    pub footer: Vec<String>,
    /// What the button says that opens the link.
    pub button: String,
    pub language: String,
}

/// A letter ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter cannot be composed.
#[derive(Debug, thiserror::Error)]
#[error("the frame of the letter cannot be filled in: {0}")]
pub struct RenderError(#[from] askama::Error);

enum Block<'a> {
    Lines(Vec<&'a str>),
    Button(&'a str),
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Page<'a> {
    subject: &'a str,
    blocks: &'a [Block<'a>],
    frame: &'a Frame,
}

/// Fills in a letter. A paragraph that is the case's own link alone becomes a button; a link that
/// somebody wrote into a text stays text, so that no stranger puts a button into our mail.
pub fn compose(letter: &Letter, values: &Values, frame: &Frame) -> Result<Composed, RenderError> {
    let (subject, paragraphs) = letter.fill(values);
    let subject = one_line(&subject);
    let links: Vec<&str> = [Placeholder::TrackUrl, Placeholder::DeskUrl]
        .iter()
        .filter_map(|placeholder| values.get(placeholder))
        .map(|link| link.trim())
        .filter(|link| link.starts_with("https://") || link.starts_with("http://"))
        .collect();
    let blocks: Vec<Block<'_>> = paragraphs
        .iter()
        .map(|paragraph| paragraph.trim())
        .map(|paragraph| match links.iter().find(|link| **link == paragraph) {
            Some(link) => Block::Button(link),
            None => Block::Lines(paragraph.lines().map(str::trim_end).collect()),
        })
        .collect();
    let html = Page { subject: &subject, blocks: &blocks, frame }.render()?;
    Ok(Composed { text: plain(&blocks, frame), subject, html })
}

fn plain(blocks: &[Block<'_>], frame: &Frame) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Lines(lines) => lines.iter().for_each(|line| wrap(line, &mut out)),
            // Broken, it would not open.
            Block::Button(link) => {
                out.push_str(link);
                out.push('\n');
            }
        }
        out.push('\n');
    }
    if !frame.footer.is_empty() {
        // The mark by which mail programs know where a letter ends (RFC 3676, 4.3).
        out.push_str("-- \n");
        frame.footer.iter().for_each(|line| wrap(line, &mut out));
    }
    out
}

/// Appends `line` in lines of bounded length; a longer word stands alone.
fn wrap(line: &str, out: &mut String) {
    if line.chars().count() <= TEXT_CHARS {
        out.push_str(line);
        out.push('\n');
        return;
    }
    let mut used = 0;
    for word in line.split_whitespace() {
        let chars = word.chars().count();
        if used > 0 && used + 1 + chars > TEXT_CHARS {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += chars;
    }
    out.push('\n');
}

/// A header is one line: no control characters.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
