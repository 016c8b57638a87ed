//! Letters: what is filled in, how it looks, and what the record keeps of it.

use dangvan::clock::Moment;
use dangvan::domain::letter::{Letter, LetterKind, Placeholder, Values};
use dangvan::mail::render::{Composed, Frame, compose};
use dangvan::mail::{Limits, Outgoing, Sent, Transport, is_deliverable, spool};

const CODE: &str = "7KQ2-M9XD-4TRB-0WZH-C";
const LINK: &str = "https://hear.town.example/track/7KQ2-M9XD-4TRB-0WZH-C";

fn receipt(paragraphs: &[&str]) -> Letter {
    Letter {
        kind: LetterKind::Receipt,
        language: "vi".to_owned(),
        subject: "Đã nhận phản ánh – {number}".to_owned(),
        paragraphs: paragraphs.iter().map(|p| (*p).to_owned()).collect(),
    }
}

fn values(more: &[(Placeholder, &str)]) -> Values {
    let own = [
        (Placeholder::Number, "DV-2026-000123-4"),
        (Placeholder::Code, CODE),
        (Placeholder::TrackUrl, LINK),
        (Placeholder::Name, "Nguyễn Thị <b>Hoà</b> & con"),
    ];
    own.iter().chain(more).map(|(p, v)| (*p, (*v).to_owned())).collect()
}

fn composed(paragraphs: &[&str], more: &[(Placeholder, &str)]) -> Composed {
    let frame = Frame {
        city: "Thành phố Mẫu & Thử".to_owned(),
        footer: vec!["Thư này được gửi tự động.".to_owned(), "1 Quảng trường".to_owned()],
        button: "Mở vụ việc".to_owned(),
        language: "vi".to_owned(),
    };
    compose(&receipt(paragraphs), &values(more), &frame).unwrap()
}

fn outgoing(composed: Composed) -> Outgoing {
    Outgoing {
        message_id: "a1b2.1@town.example".to_owned(),
        from: "Thành phố Mẫu <no-reply@town.example>".to_owned(),
        to: "an.nguyen@citizen.example".to_owned(),
        subject: composed.subject,
        text: composed.text,
        html: composed.html,
        language: "vi".to_owned(),
        auto_submitted: true,
        references: Some("<first.0@town.example>".to_owned()),
        written_at: "2026-11-24T08:09:10.123456Z".parse::<Moment>().unwrap(),
    }
}

#[test]
fn a_letter_is_plain_text_and_html() {
    let paragraphs = ["Kính gửi {name},", "Mã riêng: {code}", "{track_url}", "{due_sentence}"];
    let letter = composed(&paragraphs, &[]);
    assert_eq!(letter.subject, "Đã nhận phản ánh – DV-2026-000123-4");
    insta::assert_snapshot!("letter_text", letter.text);
    insta::assert_snapshot!("letter_html", letter.html);
}

#[test]
fn html_escapes_what_people_wrote() {
    let text = "<script>alert('x')</script>\n\"quoted\" & {code}";
    let letter = composed(&["Kính gửi {name},", "{text}"], &[(Placeholder::Text, text)]);
    assert!(!letter.html.contains("<script>") && !letter.html.contains("<b>"), "{}", letter.html);
    // A placeholder within a value is text: nothing is filled in twice.
    assert!(letter.text.contains("{code}") && !letter.text.contains(CODE));
}

#[test]
fn only_the_case_s_own_link_is_a_button() {
    let letter = composed(&["{text}"], &[(Placeholder::Text, "https://evil.example/login")]);
    assert!(!letter.html.contains("href="), "{}", letter.html);
    let letter = composed(&["{track_url}"], &[]);
    assert!(letter.html.contains(&format!("href=\"{LINK}\"")), "{}", letter.html);
    let letter = composed(&["{track_url}"], &[(Placeholder::TrackUrl, "javascript:alert(1)")]);
    assert!(!letter.html.contains("href="), "{}", letter.html);
}

#[test]
fn plain_text_is_wrapped_and_links_are_not() {
    let long = "từ ".repeat(100);
    let link = format!("{LINK}?{}", "x".repeat(100));
    let more = [(Placeholder::Text, long.as_str()), (Placeholder::TrackUrl, link.as_str())];
    let letter = composed(&["{text}", "{track_url}"], &more);
    assert!(letter.text.lines().all(|l| l.chars().count() <= 72 || l == link), "{}", letter.text);
    assert!(letter.text.contains(&link));
    assert_eq!(letter.text.split_whitespace().filter(|w| *w == "từ").count(), 100);
}

#[test]
fn a_subject_is_one_line() {
    let more = [(Placeholder::Number, "1\r\nBcc: x@y.example\u{7}")];
    assert_eq!(composed(&[], &more).subject, "Đã nhận phản ánh – 1 Bcc: x@y.example");
}

#[test]
fn the_record_cannot_open_the_case() {
    let paragraphs = ["{code}", "{track_url}", "{text}"];
    let typed = [(Placeholder::Text, "I typed 7kq2m9xd4trb0wzhc; ĐÂY ạ 7kq2-m9xd-4trb-0wzh-c.")];
    let mail = outgoing(composed(&paragraphs, &typed));
    let kept = spool::kept_copy(&mail, Some(CODE), Some(LINK));
    assert!(!kept.to_lowercase().replace('-', "").contains("7kq2m9xd"), "{kept}");
    assert!(!kept.contains("citizen.example"), "{kept}");
    assert!(kept.contains("I typed ••••; ĐÂY ạ ••••."), "{kept}");
    assert!(kept.starts_with("From: Thành phố Mẫu <no-reply@town.example>\nSubject: Đã nhận"));
    assert_eq!(spool::blank_code("nothing to blank", None, Some("")), "nothing to blank");
}

#[test]
fn placeholders_cannot_be_written_to() {
    assert!(is_deliverable("an@citizen.example") && is_deliverable("An <an@citizen.example>"));
    for bad in ["", "an", "an@", "an@reporter.invalid", "an@INVALID", "a@b.example\nBcc: c@d"] {
        assert!(!is_deliverable(bad), "{bad}");
    }
}

#[tokio::test]
async fn files_are_whole_private_and_one_for_each_mail() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("mail");
    let transport = Transport::new(None, &mails, Limits::SERVICE).unwrap();
    let mail = outgoing(composed(&["{code}"], &[]));
    assert_eq!(transport.send(&mail).await, Sent::Accepted);
    assert_eq!(transport.send(&mail).await, Sent::Accepted);
    let names: Vec<_> = std::fs::read_dir(&mails)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["20261124T080910123456Z-a1b2.1@town.example.eml"]);
    let path = mails.join(&names[0]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(path).unwrap();
    for header in [
        "Message-ID: <a1b2.1@town.example>",
        "Date: Tue, 24 Nov 2026 08:09:10 +0000",
        "To: an.nguyen@citizen.example",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Content-Language: vi",
        "References: <first.0@town.example>",
        "In-Reply-To: <first.0@town.example>",
        "MIME-Version: 1.0",
    ] {
        assert!(text.contains(&format!("{header}\r\n")), "{header} is missing in\n{text}");
    }
    assert!(text.is_ascii() && text.contains("multipart/alternative"));
    assert!(text.contains(CODE), "the file is the delivery itself\n{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_tried_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail");
    std::fs::write(&file, "not a folder").unwrap();
    let transport = Transport::new(None, &file, Limits::SERVICE).unwrap();
    let sent = transport.send(&outgoing(composed(&["{code}"], &[]))).await;
    assert!(matches!(sent, Sent::TryLater(_)), "{sent:?}");
}
