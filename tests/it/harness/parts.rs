//! A request of many parts (RFC 7578), as a browser or curl writes it.

/// A part: a text, or a file with its name.
#[derive(Debug, Clone)]
pub struct Part {
    name: String,
    file: Option<String>,
    bytes: Vec<u8>,
}

impl Part {
    pub fn text(name: &str, text: &str) -> Part {
        Part { name: name.to_owned(), file: None, bytes: text.as_bytes().to_vec() }
    }

    /// A part `attachments`.
    pub fn file(name: &str, bytes: &[u8]) -> Part {
        let (name, file) = ("attachments".to_owned(), Some(name.to_owned()));
        Part { name, file, bytes: bytes.to_vec() }
    }
}

const BOUNDARY: &str = "----dangvan-tests-0123456789";

/// Content type and body.
pub fn multipart(parts: &[Part]) -> (String, Vec<u8>) {
    let mut out = Vec::new();
    for part in parts {
        let mut head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{}\"", part.name);
        if let Some(file) = &part.file {
            head.push_str(&format!(
                "; filename=\"{file}\"\r\ncontent-type: application/octet-stream"
            ));
        }
        out.extend(format!("{head}\r\n\r\n").into_bytes());
        out.extend_from_slice(&part.bytes);
        out.extend_from_slice(b"\r\n");
    }
    out.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), out)
}
