//! Which files are taken and which are not, by what is in them; each refusal names the file, the
//! rule and the limit, in both languages.

use actix_web::http::Method;
use dangvan::domain::attachment::NewFile;
use dangvan::intake::attachment::{Upload, examine};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::makers::{bomb, docx, jpeg_with_place, pdf, png, webp, zip};
use super::with_files;
use crate::harness::{Answer, Ask, Db, Town, town};

fn plain() -> Value {
    json!({"text": "The gate is broken since May.", "reporter": {"kind": "individual"}})
}

fn looked(name: &str, bytes: Vec<u8>) -> Result<NewFile, String> {
    examine(Upload { name: name.to_owned(), bytes }, 1).map_err(|error| error.rule.to_string())
}

fn old_office(stream: &str) -> Vec<u8> {
    let mut out = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    out.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

#[test]
fn a_file_is_what_is_in_it() {
    let types = || ("[Content_Types].xml", Vec::new());
    let sheet = zip(&[types(), ("xl/workbook.xml", Vec::new())]);
    let macros = zip(&[types(), ("word/document.xml", vec![]), ("word/vbaProject.bin", vec![])]);
    let wide: Vec<u8> = "\u{FEFF}Hẻm".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let taken: [(&str, Vec<u8>, &str, &str); 12] = [
        ("photo.jpg", png(), "image/png", "photo.png"),
        ("photo.png", pdf("Hẻm"), "application/pdf", "photo.pdf"),
        ("a.webp", webp(), "image/jpeg", "a.jpg"),
        ("a.JPEG", jpeg_with_place(b"x"), "image/jpeg", "a.jpeg"),
        ("b.doc", old_office("WordDocument"), "application/msword", "b.doc"),
        ("b.xls", old_office("Workbook"), "application/vnd.ms-excel", "b.xls"),
        (
            "c",
            docx("Hẻm"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "c.docx",
        ),
        (
            "c.zip",
            sheet,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "c.xlsx",
        ),
        ("page.html", b"<script>alert(1)</script>".to_vec(), "text/plain", "page.txt"),
        ("wide.txt", wide, "text/plain", "wide.txt"),
        ("C:\\x\\..\\y\u{202E}fdp.txt", b"words".to_vec(), "text/plain", "yfdp.txt"),
        ("", b"words".to_vec(), "text/plain", "file-1.txt"),
    ];
    for (name, bytes, kind, kept) in taken {
        let file = looked(name, bytes).unwrap_or_else(|rule| panic!("{name}: {rule}"));
        assert_eq!((file.media_type.word(), file.name.as_str()), (kind, kept), "{name}");
    }
    let refused: [(&str, Vec<u8>, &str); 9] = [
        ("a.pdf", b"MZ\x90\0\x03\0\0\0".to_vec(), "file_type"),
        ("a.jpg", b"GIF89a\x01\0\x01\0".to_vec(), "file_type"),
        ("a.docx", macros, "file_type"),
        ("a.zip", zip(&[("a.txt", b"words".to_vec())]), "file_type"),
        ("a.msi", old_office("Property"), "file_type"),
        ("a.txt", b"half\0binary".to_vec(), "file_type"),
        ("a.png", png()[..60].to_vec(), "file_broken"),
        ("a.png", bomb(), "picture_too_large"),
        ("a.png", Vec::new(), "file_empty"),
    ];
    for (name, bytes, rule) in refused {
        assert_eq!(looked(name, bytes).unwrap_err(), rule, "{name}");
    }
}

#[test]
fn documents_say_what_they_say() {
    let said = |bytes: Vec<u8>| looked("x", bytes).unwrap().text.unwrap_or_default();
    assert_eq!(said(docx("Văn thư hẹn")), "Văn thư hẹn\nR&D");
    assert_eq!(said(pdf("Quyết định về lối đi")), "Quyết định về lối đi");
    assert_eq!(said("một \r\n\r\n  hai".as_bytes().to_vec()), "một\nhai");
    let mut encrypted = pdf("Hẻm");
    encrypted.extend(b"trailer << /Encrypt 9 0 R >>");
    assert_eq!(said(encrypted), "");
    // A kilobyte that unpacks to a hundred megabytes is cut off.
    let types = ("[Content_Types].xml", Vec::new());
    let bomb = zip(&[types, ("word/document.xml", vec![b' '; 100_000_000])]);
    assert!(bomb.len() < 200_000);
    assert_eq!(said(bomb), "");
}

/// Files that would keep a careless reader busy for ever.
#[test]
fn a_malicious_document_costs_seconds() {
    let within: String = (1..400_000).map(|n| format!("{n} 0 obj(")).collect();
    let lists: String = (1..400_000).map(|n| format!("{n} 0 obj[<<")).collect();
    let names = "/F1 Tf /F1 9 Tf /X Do ".repeat(200_000);
    let ranges = "<0000> <FFFF> <0041>\n".repeat(90_000);
    let font = "<< /Subtype /Type0 /ToUnicode 5 0 R >>";
    let resources = format!("<< /Font << /F1 {font} >> /XObject << /X 4 0 R >> >>");
    let page = format!(
        "1 0 obj << /Type /Page /Contents 4 0 R /Resources {resources} >> endobj\n\
         4 0 obj << /Subtype /Form /Length {} >> stream\n{names}\nendstream endobj\n\
         5 0 obj << /Length {} >> stream\n1 beginbfrange {ranges} endbfrange\nendstream endobj",
        names.len(),
        ranges.len() + 32,
    );
    for text in [within, lists, page] {
        let since = std::time::Instant::now();
        let _ = looked("x.pdf", format!("%PDF-1.7\n{text}").into_bytes());
        assert!(since.elapsed().as_secs() < 60, "{:?}", since.elapsed());
    }
}

proptest! {
    /// Whatever the bytes are, looking at them ends and breaks nothing.
    #[test]
    fn no_bytes_break_the_reader(
        kind in 0..5_usize,
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let noise_alone = b"<<[(".repeat(50);
        let documents = [docx("Văn thư hẹn ngày"), pdf("Quyết định về")];
        let made: Vec<_> = [png(), webp(), noise_alone].into_iter().chain(documents).collect();
        let mut bytes = made[kind].clone();
        for (at, byte) in noise {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 4).max(1));
        let _ = looked("x", bytes);
    }
}

async fn post(town: &Town, language: &str, files: &[(&str, Vec<u8>)]) -> Answer {
    let headers = vec![("accept-language", language)];
    let parts = Some(with_files(&plain(), files));
    town.call(Method::POST, "/api/v1/cases", Ask { headers, parts, ..Ask::default() }).await
}

#[actix_web::test]
async fn each_refusal_names_the_file_and_the_limit() {
    let town = town("hcmc", Db::Sqlite).await;
    type Sent = Vec<(&'static str, Vec<u8>)>;
    let six: Sent = vec![("a.txt", b"words".to_vec()); 6];
    let large = || vec![b'a'; 10 * 1024 * 1024 + 1];
    let cases: [(Sent, &str, [&str; 2]); 5] = [
        (vec![("to.txt", large())], "file_too_large", ["10 MB", "“to.txt”"]),
        (vec![("máy.exe", b"MZ\x90\0".to_vec())], "file_type", ["JPG, PNG", "“máy.exe”"]),
        (vec![("b.png", bomb())], "picture_too_large", ["50 MP", "“b.png”"]),
        (vec![("e.txt", Vec::new())], "file_empty", ["", "“e.txt”"]),
        (six, "too_many_files", ["5", "6"]),
    ];
    for (files, rule, said) in &cases {
        for language in ["vi", "en"] {
            let answer = post(&town, language, files).await;
            assert_eq!(answer.status, 422, "{rule}: {}", answer.text);
            let error = &answer.body["errors"][0];
            assert_eq!((&error["field"], &error["rule"]), (&json!("attachments"), &json!(rule)));
            let message = error["message"].as_str().unwrap();
            assert!(said.iter().all(|part| message.contains(part)), "{message}");
            assert!(*rule == "too_many_files" || error["file"] == files[0].0, "{error}");
        }
    }
    // What is far beyond all limits is not read to its end.
    let answer = post(&town, "en", &[("a", large()), ("b", vec![0; 45 * 1024 * 1024])]).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    // Nothing of all that is left.
    assert_eq!(super::every_file(&town.folder.path().join("files")).len(), 0);
    let broken = vec![("content-type", "multipart/form-data; boundary=x")];
    let raw = Some(b"--x\r\nno end".to_vec());
    let ask = Ask { headers: broken, raw, ..Ask::default() };
    assert_eq!(town.call(Method::POST, "/api/v1/cases", ask).await.status, 400);
}

/// A page as Chromium prints it: fonts of two-byte codes, letters from more than one font.
#[test]
fn a_real_pdf_is_read() {
    let Ok(chromium) = std::env::var("DANGVAN_TEST_CHROMIUM") else {
        panic!("DANGVAN_TEST_CHROMIUM is missing: tests/run sets it");
    };
    let folder = tempfile::tempdir().unwrap();
    let (page, out) = (folder.path().join("page.html"), folder.path().join("page.pdf"));
    let text = "Quyết định số 12 về việc cưỡng chế, tháo dỡ phần xây dựng trái phép ở hẻm Cây Điệp";
    let html = format!("<meta charset=utf-8><p style='font:16px serif'>{text}<p><b>{text}</b>");
    std::fs::write(&page, html).unwrap();
    let done = std::process::Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--print-to-pdf={}", out.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let bytes = std::fs::read(&out).unwrap_or_else(|e| panic!("{e}: {done:?}"));
    let read = looked("page.pdf", bytes).unwrap().text.unwrap();
    assert_eq!(read.replace('\n', " ").matches(text).count(), 2, "{read}");
}
