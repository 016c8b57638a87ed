//! A text cut where something is marked in it, so that a page can mark it without a line of HTML
//! from outside.

/// A part of a text; marked ones carry a class, which may be empty.
pub struct Piece {
    pub text: String,
    pub is_marked: bool,
    pub class: &'static str,
}

/// Cuts a text at marks of offset and length in scalars. Marks that overlap an earlier one are left
/// out.
pub fn pieces(text: &str, mut marks: Vec<(usize, usize, &'static str)>) -> Vec<Piece> {
    marks.sort_unstable();
    let mut out = Vec::new();
    let mut left = text.chars();
    let mut at = 0;
    let plain = |text: String| Piece { text, is_marked: false, class: "" };
    for (offset, length, class) in marks {
        if offset < at || length == 0 {
            continue;
        }
        let before: String = left.by_ref().take(offset - at).collect();
        let marked: String = left.by_ref().take(length).collect();
        at = offset + length;
        out.push(plain(before));
        out.push(Piece { text: marked, is_marked: true, class });
    }
    out.push(plain(left.collect()));
    out.retain(|piece| !piece.text.is_empty());
    out
}
