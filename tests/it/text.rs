//! The written forms of words, tokens, excerpts, personal data: examples and properties.

use dangvan::text::excerpt::excerpt;
use dangvan::text::personal::PersonalPatterns;
use dangvan::text::{clean, folded, marked, tokens};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

#[test]
fn one_place_for_the_tone() {
    for (typed, kept) in [
        ("hoà", "hòa"),
        ("HOÀ", "hòa"),
        ("thuỷ", "thủy"),
        ("khoẻ", "khỏe"),
        ("xoá", "xóa"),
        ("uỷ", "ủy"),
        ("hoàn", "hoàn"),
        ("quý", "quý"),
        ("qúy", "quý"),
        ("quả", "quả"),
        ("già", "già"),
        ("gìa", "già"),
        ("gì", "gì"),
        ("ngoài", "ngoài"),
        ("tuyến", "tuyến"),
        ("thuở", "thuở"),
        ("mía", "mía"),
        ("lọai", "loại"),
        ("giếng", "giếng"),
        ("lựơng", "lượng"),
        ("đựơc", "được"),
        ("nghiã", "nghĩa"),
        ("baỏ", "bảo"),
        ("Ðường", "đường"),
        ("khuỷu", "khuỷu"),
        ("café", "café"),
        ("señor", "señor"),
        ("résumé", "résumé"),
    ] {
        assert_eq!(marked(typed), kept, "{typed}");
    }
    assert_eq!(folded("Đăng Văn ở phường Hoà Bình"), "dang van o phuong hoa binh");
}

#[test]
fn tokens_know_their_place_and_wards_their_number() {
    let text = "Phường 06, P.06 và P6: hoà giải";
    let found = tokens(text);
    let words: Vec<&str> = found.iter().map(|t| t.marked.as_str()).collect();
    assert_eq!(words, ["phường", "6", "p", "6", "và", "p", "6", "hòa", "giải"]);
    let last = found.last().unwrap();
    let at: String = text.chars().skip(last.offset).take(last.length).collect();
    assert_eq!(at, "giải");
}

#[test]
fn a_text_is_cleaned_at_the_door() {
    assert_eq!(clean("  a\r\nb\rc\t ").unwrap(), "a\nb\nc");
    assert_eq!(clean("hoa\u{300}").unwrap(), "hoà");
    assert!(clean("a\u{0}b").is_err());
    assert!(clean("a\u{85}b").is_err());
}

#[test]
fn personal_data_is_found_and_masked() {
    let pairs = [
        ("telephone".to_owned(), r"\b0\d{9}\b".to_owned()),
        ("identity_number".to_owned(), r"\b\d{12}\b".to_owned()),
    ];
    let patterns = PersonalPatterns::compile(&pairs).unwrap();
    let text = "Số đt 0901234567, căn cước 079200001234 nhé";
    let found = patterns.find(text);
    assert_eq!(found.len(), 2);
    let phone: String = text.chars().skip(found[0].offset).take(found[0].length).collect();
    assert_eq!((phone.as_str(), found[0].kind.as_str()), ("0901234567", "telephone"));
    assert_eq!(patterns.mask(text), "Số đt ▒▒▒, căn cước ▒▒▒ nhé");
    assert!(PersonalPatterns::compile(&[("x".to_owned(), "(".to_owned())]).is_err());
}

#[test]
fn an_excerpt_shows_the_words_looked_for() {
    let text = "một hai ba bốn năm sáu bảy tám chín mười trễ hẹn rồi lại trễ hẹn nữa";
    let terms = ["tre".to_owned(), "hen".to_owned()];
    let part = excerpt(text, &terms, 24);
    assert!(part.text.starts_with('…') && part.text.contains("trễ hẹn"), "{part:?}");
    for (offset, length) in &part.highlights {
        let word: String = part.text.chars().skip(*offset).take(*length).collect();
        assert!(word == "trễ" || word == "hẹn", "{word}");
    }
    let whole = excerpt("ngắn", &terms, 24);
    assert_eq!((whole.text.as_str(), whole.highlights.len()), ("ngắn", 0));
    assert_eq!(excerpt(text, &[], 11).text, "một hai ba…");
}

proptest! {
    #[test]
    fn both_forms_are_idempotent(text in "\\PC{0,60}") {
        let once = marked(&text);
        prop_assert_eq!(marked(&once), once.clone());
        let bare = folded(&text);
        prop_assert_eq!(folded(&bare), bare.clone());
        prop_assert_eq!(folded(&once), bare);
    }

    #[test]
    fn composed_and_decomposed_are_equal(
        text in "[a-zA-ZăâêôơưđĂÂÊÔƠƯĐáàảãạếềểễệốồổỗộớờởỡợứừửữựýỳỷỹỵ0-9 .,]{0,60}"
    ) {
        let decomposed: String = text.nfd().collect();
        prop_assert_eq!(marked(&text), marked(&decomposed));
        prop_assert_eq!(folded(&text), folded(&decomposed));
        prop_assert_eq!(tokens(&text), tokens(&decomposed));
    }

    #[test]
    fn tokens_lie_within_the_text_in_order(text in "\\PC{0,80}") {
        let total = text.nfc().count();
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(token.offset >= end && token.length > 0);
            end = token.end();
        }
        prop_assert!(end <= total);
    }

    #[test]
    fn excerpts_never_fail(text in "\\PC{0,200}", most in 1_usize..60) {
        let terms: Vec<String> = tokens(&text).into_iter().map(|t| t.folded).collect();
        let part = excerpt(&text, &terms, most);
        prop_assert!(part.text.chars().count() <= most + 2);
    }
}
