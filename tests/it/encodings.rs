//! Old encodings of Vietnamese: what is in one is read, what is not stays as it is.

use std::collections::BTreeMap;
use std::time::Instant;

use dangvan::pack::read_embedded;
use dangvan::text::encodings::{Encoding, converted};
use dangvan::text::syllable::{is_bare_syllable, is_syllable};
use dangvan::text::typing::retyped;
use dangvan::text::{folded, marked, nfc, tokens};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

/// The small letters with the code of each in TCVN3, as Latin-1 shows it.
const TCVN3: &str = "àµ á¸ ả¶ ã· ạ¹ ă¨ ằ» ắ¾ ẳ¼ ẵ½ ặÆ â© ầÇ ấÊ ẩÈ ẫÉ ậË đ® èÌ éÐ ẻÎ ẽÏ ẹÑ êª \
    ềÒ ếÕ ểÓ ễÔ ệÖ ì× íÝ ỉØ ĩÜ ịÞ òß óã ỏá õâ ọä ô« ồå ốè ổæ ỗç ộé ơ¬ ờê ớí ởë ỡì ợî ùï úó ủñ ũò \
    ụô ư\u{ad} ừõ ứø ửö ữ÷ ựù ỳú ýý ỷû ỹü ỵþ Ă¡ Â¢ Ê£ Ô¤ Ơ¥ Ư¦ Đ§";

/// Of VNI; capitals have the capitals of the codes.
const VNI: &str = "\
    àaø áaù ảaû ãaõ ạaï ăaê ằaè ắaé ẳaú ẵaü ặaë âaâ ầaà ấaá ẩaå ẫaã ậaä đñ èeø éeù ẻeû ẽeõ \
    ẹeï êeâ ềeà ếeá ểeå ễeã ệeä ìì íí ỉæ ĩó ịò òoø óoù ỏoû õoõ ọoï ôoâ ồoà ốoá ổoå ỗoã ộoä \
    ơô ờôø ớôù ởôû ỡôõ ợôï ùuø úuù ủuû ũuõ ụuï ưö ừöø ứöù ửöû ữöõ ựöï ỳyø ýyù ỷyû ỹyõ ỵî";

fn codes(encoding: Encoding) -> BTreeMap<char, String> {
    let table = if encoding == Encoding::Tcvn3 { TCVN3 } else { VNI };
    let mut out = BTreeMap::new();
    for entry in table.split(' ') {
        let mut chars = entry.chars();
        out.insert(chars.next().unwrap(), chars.as_str().to_owned());
    }
    for (letter, code) in out.clone() {
        let capital = letter.to_uppercase().next().unwrap();
        let capital_code = match encoding {
            // A capital with a tone: the letter, and the small one's code.
            Encoding::Tcvn3 => {
                let bare: String = capital.nfd().filter(|c| !TONES.contains(c)).nfc().collect();
                let base = out.get(&bare.chars().next().unwrap()).cloned().unwrap_or(bare.clone());
                format!("{base}{code}")
            }
            Encoding::VniWindows => code.to_uppercase(),
        };
        out.entry(capital).or_insert(capital_code);
    }
    out
}

const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

fn encode(text: &str, codes: &BTreeMap<char, String>) -> String {
    text.chars().map(|c| codes.get(&c).cloned().unwrap_or_else(|| c.to_string())).collect()
}

/// The exemplars of a pack in a language.
fn exemplars(pack: &str, language: &str) -> Vec<String> {
    let pack = read_embedded(pack).unwrap();
    let of = pack.exemplars.into_iter().filter(|e| e.language == language);
    of.map(|e| e.text).collect()
}

#[test]
fn ordinary_texts_stay() {
    let mut all = exemplars("hcmc", "vi");
    assert!(all.len() > 1000);
    all.extend(exemplars("hcmc", "en"));
    all.extend(exemplars("plain", "en"));
    for text in all {
        assert_eq!(converted(&text), None, "{text}");
    }
}

#[test]
fn texts_in_other_languages_stay() {
    for text in [
        "Où est le café ? Là-bas, à côté de la mairie, près du château. « Ça va ? » Noël, maïs.",
        "Où ça ? Là. « Déjà vu » à la fête, naïf et têtu, où l'été a été gâché.",
        "Für Bürger: § 5 Abs. 2 gilt. Die Straße heißt Größe, schön; «über» Öl, Ärger, Äpfel.",
        "På så vis må vi gå då. Är det här också för två? Åre, så.",
        "Vi så på båden, å på Sjælland; blåbærgrød på fløde. Æ, ø, å.",
        "Hyvää työtä, sää on märkä. Näin käy, yö tulee, sä tiedät.",
        "¿Dónde está el niño? ¡Mañana! El año pasado, también él sabía más: señor, acción.",
        "Não há ações às três da manhã; põe a mão no chão, é só isso. Avó, baú, você.",
        "L'associació del col·legi: més informació, això és tot. És així.",
        "È già là, perché così è più bello. Città, università, però.",
        "Þetta er íslenska: æðar, óður, úr, ýta, á, í. Það var þá.",
        "Zürich – 25 µm ± 2 %, ½ h, 3×4, © 2024 Nokia® ¶ § 7 «quotes» £5 ¥100 ¤ ¬p ¦",
        "a soft\u{ad}hyphen in a long\u{ad}er word, and two\u{ad}fold co\u{ad}op",
        "á à é è ó ò ô ö ü ñ æ ø",
        "há»“ sÆ¡ trá»… háº¡n cá»§a tÃ´i",
        "hòa có ôm mì lò, tôi bí cô hô hò, ô tô có lô, mì gói. Có ì có ì?",
        "",
        "hoof sow ddaats ddai, ho62 so7 d9a61t",
        "hồ sơ",
        "Thành phố Hồ Chí Minh hå s¬",
    ] {
        assert_eq!(converted(text), None, "{text}");
    }
}

#[test]
fn old_encodings_are_read() {
    use Encoding::{Tcvn3, VniWindows};
    for (encoding, text, meant) in [
        (Tcvn3, "hå s¬", "hồ sơ"),
        (
            Tcvn3,
            "T«i nép hå s¬ cÊp ®æi sæ, 3 th¸ng ch\u{ad}a cã kÕt qu¶.",
            "Tôi nộp hồ sơ cấp đổi sổ, 3 tháng chưa có kết quả.",
        ),
        (Tcvn3, "ñy ban nh©n d©n ph\u{ad}êng", "ủy ban nhân dân phường"),
        (Tcvn3, "CéNG HOµ X· HéI CHñ NGHÜA VIÖT NAM", "CỘNG HOÀ Xã HỘI CHỦ NGHĨA VIỆT NAM"),
        (Tcvn3, "§Êt ®ai t¹i QuËn 3", "Đất đai tại Quận 3"),
        (
            VniWindows,
            "Toâi noäp hoà sô caáp ñoåi soå, chöa coù keát quaû.",
            "Tôi nộp hồ sơ cấp đổi sổ, chưa có kết quả.",
        ),
        (VniWindows, "CỘNG HÒA\nUÛY BAN NHAÂN DAÂN PHÖÔØNG", "CỘNG HÒA\nỦY BAN NHÂN DÂN PHƯỜNG"),
    ] {
        assert_eq!(converted(text), Some((encoding, meant.to_owned())), "{text}");
    }
}

#[test]
fn what_was_written_is_read_again() {
    for encoding in [Encoding::Tcvn3, Encoding::VniWindows] {
        let codes = codes(encoding);
        let (mut read, mut left) = (0, 0);
        for text in exemplars("hcmc", "vi") {
            let text = nfc(&text);
            let old = encode(&text, &codes);
            match converted(&old) {
                Some((found, out)) => {
                    assert_eq!((found, out.as_str()), (encoding, text.as_str()));
                    assert_eq!(converted(&out), None, "{out}");
                    read += 1;
                }
                // Words without marks say nothing; a text with few others is no clear case.
                None if old != text => left += 1,
                None => {}
            }
        }
        assert!(read > 3000 && left * 50 < read, "{encoding:?}: {read} read, {left} left");
    }
}

#[test]
fn syllables_are_told_from_other_words() {
    for word in [
        "hồ", "sơ", "được", "giếng", "gì", "quốc", "khuỷu", "nghĩa", "ở", "ý", "yêu", "người",
        "thuở", "đất", "quyết", "uỷ", "huỳnh", "xoắn", "ngoèo", "kỷ",
    ] {
        assert!(is_syllable(&marked(word)), "{word}");
        assert!(is_bare_syllable(&folded(word)), "{word}");
    }
    for word in
        ["door", "of", "tax", "straße", "cát́", "hôc", "bàt", "cê", "ke\u{302}a", "", "ngi", "ghà"]
    {
        assert!(!is_syllable(&marked(word)), "{word}");
    }
    for word in ["door", "of", "tax", "see", "off", "hoof", "sow", "ddaats", "jazz", "w", "qu"] {
        assert!(!is_bare_syllable(word), "{word}");
    }
    let (mut known, mut all) = (0, 0);
    for text in exemplars("hcmc", "vi") {
        for token in tokens(&text).iter().filter(|t| t.marked != t.folded) {
            all += 1;
            known += usize::from(is_syllable(&token.marked));
        }
    }
    assert!(known * 1000 > all * 995, "{known} of {all}");
}

/// The time of a reading, the least of three.
fn seconds(text: &str) -> f64 {
    let once = |_| {
        let start = Instant::now();
        let _ = converted(text);
        let _ = folded(text);
        start.elapsed().as_secs_f64()
    };
    (0..3).map(once).fold(f64::MAX, f64::min)
}

#[test]
fn reading_is_linear() {
    let part = "T«i nép hå s¬, Toâi noäp hoà sô ở đây о́ ｈｏ\u{200b}̀ ";
    let text = part.repeat(500_000 / part.len());
    let (one, two) = (seconds(&text), seconds(&text.repeat(2)));
    assert!(two < one * 3.5 + 0.05, "{one} s, then {two} s");
}

proptest! {
    #[test]
    fn converting_never_fails_and_is_done_once(
        text in "\\PC{0,80}",
        tail in "[\u{a0}-\u{ff} a-z]{0,80}",
    ) {
        let text = format!("{text} {tail}");
        if let Some((_, out)) = converted(&text) {
            prop_assert_eq!(converted(&out), None);
            prop_assert_eq!(nfc(&out), out);
        }
        let _ = (is_syllable(&text), is_bare_syllable(&text));
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let latin: String = bytes.iter().map(|b| char::from(*b)).collect();
        for text in [latin, String::from_utf8_lossy(&bytes).into_owned()] {
            let _ = converted(&text);
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(marked(&text), marked(&decomposed));
            prop_assert_eq!(folded(&text), folded(&decomposed));
            prop_assert_eq!(marked(&marked(&text)), marked(&text));
        }
    }
}

#[test]
fn keys_left_in_a_text_are_read() {
    for pair in
        "hoof-hồ sow-sơ ddaats-đất phuwowngf-phường ho62-hồ so7-sơ d9at61-đất tieengs-tiếng \
        dduwowcj-được nguwowif-người khoong-không lafm-làm giaays-giấy quyeenf-quyền soongs-sống \
        phuong72-phường nhwng-nhưng nhuwngx-những quoocs-quốc hoawcj-hoặc muaw-mưa Vieejt-việt \
        thur-thủ tucj-tục cuar-của d9uoc75-được nuwowcs-nước"
            .split_whitespace()
    {
        let (keys, meant) = pair.split_once('-').unwrap();
        assert_eq!(retyped(keys).as_deref(), Some(meant), "{keys}");
    }
    for word in ["of", "door", "see", "off", "tax", "too", "hồ", "ho", "a4", "covid19", "mp3", ""]
    {
        assert_eq!(retyped(word), None, "{word}");
    }
    let english = exemplars("hcmc", "en").into_iter().chain(exemplars("plain", "en"));
    for text in english.chain(exemplars("hcmc", "vi")) {
        for token in tokens(&text).iter().filter(|t| t.marked != "co2") {
            assert_eq!(retyped(&token.marked), None, "{} in {text}", token.marked);
        }
    }
}

#[test]
fn what_looks_alike_is_the_same_word() {
    for (typed, same) in [
        ("h\u{43e}\u{300} s\u{43e}", "hò so"),
        ("Р\u{200b}hường", "phường"),
        ("ｈồ　ｓơ　１２", "hồ　sơ　12"),
        ("a\u{301}\u{306}n", "ắn"),
        ("ǎn", "ăn"),
        ("h\u{ad}ồ", "hồ"),
        ("\u{feff}Ɖất", "đất"),
        ("Привет", "привет"),
        ("Ελλάδα", "ελλάδα"),
    ] {
        assert_eq!(marked(typed), same, "{typed}");
    }
    let found = tokens("x \u{200b}hồ\u{200b}sơ\u{2060} \u{ad} y");
    let words: Vec<_> = found.iter().map(|t| (t.marked.as_str(), t.offset, t.length)).collect();
    assert_eq!(words, [("x", 0, 1), ("hồsơ", 3, 6), ("y", 12, 1)]);
}
