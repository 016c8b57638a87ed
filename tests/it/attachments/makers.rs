//! Files as the tests need them, made by hand.

use std::io::{Cursor, Write};

use image::{ImageFormat, RgbImage};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let shade = |x: u32, y: u32| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]);
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_fn(width, height, shade).write_to(&mut out, format).unwrap();
    out.into_inner()
}

pub fn png() -> Vec<u8> {
    picture(32, 24, ImageFormat::Png)
}

pub fn webp() -> Vec<u8> {
    picture(32, 24, ImageFormat::WebP)
}

/// 640 by 400, which the camera says to turn, and where it was taken.
pub fn jpeg_with_place(place: &[u8]) -> Vec<u8> {
    let plain = picture(640, 400, ImageFormat::Jpeg);
    // One entry: orientation (0x0112), a short, 6: a quarter turn clockwise.
    let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0".to_vec();
    exif.extend([0; 4]);
    exif.extend(place);
    let mut out = plain[..2].to_vec();
    out.extend([0xFF, 0xE1]);
    out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend(exif);
    out.extend(&plain[2..]);
    out
}

/// A PNG of some bytes that claims to be 60,000 by 60,000.
pub fn bomb() -> Vec<u8> {
    let mut out = png();
    let side = 60_000_u32.to_be_bytes();
    out[16..20].copy_from_slice(&side);
    out[20..24].copy_from_slice(&side);
    let crc = crc32(&out[12..29]).to_be_bytes();
    out[29..33].copy_from_slice(&crc);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A packed folder; entries above a kilobyte are deflated.
pub fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), Default::default());
        deflate.write_all(bytes).unwrap();
        let packed = deflate.finish().unwrap();
        let at = u32::try_from(out.len()).unwrap();
        let mut head = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        head.extend(crc32(bytes).to_le_bytes());
        head.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        head.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(packed);
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(&head);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (at, size) = (out.len() as u32, list.len() as u32);
    out.extend(list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    out.extend([count, count].concat());
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A document whose words are parted over runs, as Word writes them.
pub fn docx(text: &str) -> Vec<u8> {
    let middle = text.char_indices().nth(text.chars().count() / 2).unwrap().0;
    let (left, right) = text.split_at(middle);
    let xml = format!(
        "<?xml version=\"1.0\"?><w:document><w:body><w:p><w:r><w:t>{left}</w:t></w:r>\
         <w:r><w:t xml:space=\"preserve\">{right}</w:t></w:r></w:p><w:p><w:r><w:t>R&amp;D\
         </w:t></w:r></w:p></w:body></w:document>"
    );
    zip(&[("[Content_Types].xml", b"<Types/>".to_vec()), ("word/document.xml", xml.into_bytes())])
}

/// One page with a font of two-byte codes and its table, packed.
pub fn pdf(text: &str) -> Vec<u8> {
    let letters: Vec<char> = text.chars().collect();
    let codes: String = (1..=letters.len()).map(|code| format!("{code:04X}")).collect();
    let line = |(code, letter): (usize, &char)| {
        let wide: String =
            letter.encode_utf16(&mut [0; 2]).iter().map(|u| format!("{u:04X}")).collect();
        format!("<{:04X}> <{wide}>\n", code + 1)
    };
    let table: String = letters.iter().enumerate().map(line).collect();
    let table = format!("{} beginbfchar\n{table}endbfchar\n", letters.len());
    let page = format!("BT /F1 12 Tf 72 700 Td <{codes}> Tj ET");
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut add = |number: usize, dict: &str, stream: Option<&str>| {
        out.extend(format!("{number} 0 obj\n").into_bytes());
        match stream {
            None => out.extend(format!("<< {dict} >>").into_bytes()),
            Some(text) => {
                let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
                zlib.write_all(text.as_bytes()).unwrap();
                let packed = zlib.finish().unwrap();
                let head = format!("<< {dict} /Filter /FlateDecode /Length {} >>", packed.len());
                out.extend(format!("{head}\nstream\n").into_bytes());
                out.extend(packed);
                out.extend(b"\nendstream");
            }
        }
        out.extend(b"\nendobj\n");
    };
    add(1, "/Type /Catalog /Pages 2 0 R", None);
    add(2, "/Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 4 0 R >> >>", None);
    add(3, "/Type /Page /Parent 2 0 R /Contents 6 0 R", None);
    add(4, "/Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 5 0 R", None);
    add(5, "", Some(&table));
    add(6, "", Some(&page));
    out.extend(b"trailer << /Root 1 0 R >>\n%%EOF");
    out
}
