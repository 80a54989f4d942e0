//! What is refused before a parser sees it: size, document type declarations, floods of attributes and
//! elements, depth.

use crate::Unreadable;
pub(crate) use en16931_formats::MAX_DEPTH;

/// The largest document, in bytes. Lambda takes 6 MB a request; base64 and the envelope need the rest.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;

/// More than any invoice's element has; the XML parser compares each attribute with all others of its element.
const MAX_ATTRIBUTES: usize = 256;

/// Elements of a document. An invoice of 5 MiB has at most about 150,000; each may break several rules, and all that is in memory.
pub(crate) const MAX_ELEMENTS: usize = 200_000;

/// Elements under one parent. A complete invoice line takes 400 bytes and more: not more than this fit into 5 MiB.
pub(crate) const MAX_SIBLINGS: usize = 15_000;

/// Counts elements (or JSON values), in all and under each open parent.
#[derive(Debug, Default)]
pub(crate) struct Census {
    all: usize,
    siblings: Vec<usize>,
}

impl Census {
    /// One more element under the open parent.
    pub(crate) fn count(&mut self) -> Result<(), Unreadable> {
        self.all += 1;
        let (what, limit, over) = match self.siblings.last_mut() {
            _ if self.all > MAX_ELEMENTS => ("elements", MAX_ELEMENTS, true),
            Some(siblings) => {
                *siblings += 1;
                let over = *siblings > MAX_SIBLINGS;
                ("elements under one parent", MAX_SIBLINGS, over)
            }
            None => return Ok(()),
        };
        if over {
            return Err(Unreadable::TooManyElements { what, limit });
        }
        Ok(())
    }

    /// The element just counted has children.
    pub(crate) fn open(&mut self) -> Result<(), Unreadable> {
        if self.siblings.len() == MAX_DEPTH {
            return Err(Unreadable::TooDeep { limit: MAX_DEPTH });
        }
        self.siblings.push(0);
        Ok(())
    }

    /// It has no more.
    pub(crate) fn close(&mut self) {
        self.siblings.pop();
    }
}

/// Refuses an empty or oversized document without looking at it.
pub(crate) fn size(bytes: &[u8]) -> Result<(), Unreadable> {
    match bytes.len() {
        0 => Err(Unreadable::Empty),
        n if n > MAX_BYTES => Err(Unreadable::TooLarge {
            bytes: n,
            limit: MAX_BYTES,
        }),
        _ => Ok(()),
    }
}

/// The document as text, for the scan only; the parser decodes by itself and judges the encoding.
pub(crate) fn scannable(bytes: &[u8]) -> String {
    let units = |unit: fn([u8; 2]) -> u16, rest: &[u8]| -> Vec<u16> {
        rest.chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => String::from_utf16_lossy(&units(u16::from_le_bytes, rest)),
        [0xFE, 0xFF, rest @ ..] => String::from_utf16_lossy(&units(u16::from_be_bytes, rest)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Refuses document type declarations (entities live there) and floods of attributes and elements. Comments, CDATA and processing
/// instructions are skipped: what looks like markup there is text.
pub(crate) fn markup(xml: &str) -> Result<(), Unreadable> {
    let bytes = xml.as_bytes();
    let line_at = |at: usize| -> u32 {
        let breaks = bytes[..at].iter().filter(|b| **b == b'\n').count();
        u32::try_from(breaks + 1).unwrap_or(u32::MAX)
    };
    let mut census = Census::default();
    let mut at = 0;
    while let Some(open) = find(bytes, at, b"<") {
        let rest = &bytes[open..];
        at = if rest.starts_with(b"<!--") {
            after(bytes, open + 4, b"-->")
        } else if rest.starts_with(b"<![CDATA[") {
            after(bytes, open + 9, b"]]>")
        } else if rest.starts_with(b"<?") {
            after(bytes, open + 2, b"?>")
        } else if rest.starts_with(b"<!") {
            return Err(Unreadable::Doctype {
                line: line_at(open),
            });
        } else if rest.starts_with(b"</") {
            census.close();
            after(bytes, open + 2, b">")
        } else {
            let (end, attributes) = tag(bytes, open + 1);
            census.count()?;
            if !bytes[..end].ends_with(b"/>") {
                census.open()?;
            }
            if attributes > MAX_ATTRIBUTES {
                return Err(Unreadable::TooManyAttributes {
                    line: line_at(open),
                    limit: MAX_ATTRIBUTES,
                });
            }
            end
        };
    }
    Ok(())
}

fn find(bytes: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    bytes
        .get(from..)?
        .windows(needle.len())
        .position(|window| window == needle)
        .map(|found| from + found)
}

fn after(bytes: &[u8], from: usize, needle: &[u8]) -> usize {
    find(bytes, from, needle).map_or(bytes.len(), |found| found + needle.len())
}

/// The index just past a tag, and how many `=` stand outside its quotes.
fn tag(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut quote = None;
    let mut attributes = 0;
    for (offset, byte) in bytes[from..].iter().enumerate() {
        match (quote, byte) {
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => attributes += 1,
            (None, b'>') => return (from + offset + 1, attributes),
            (None, _) => {}
        }
    }
    (bytes.len(), attributes)
}
