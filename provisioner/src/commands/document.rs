//! Reading a document that a user named, and reporting what the operations crate says of it.

use crate::exit::{Exit, Failure};
use crate::ui::{Colour, Ui};
use operations::Palette;
use std::io::Read;
use std::path::Path;

/// A byte more than a document may have: enough to see that it is too large.
const ENOUGH: u64 = documents::MAX_BYTES as u64 + 1;

/// The bytes of a file.
///
/// # Errors
/// No such file, it can't be read, or it is larger than a document may be; exit 3.
pub fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let name = file.display().to_string();
    let fault = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
            _ => error.to_string(),
        };
        Failure::refused("file.unreadable", format!("{name} can't be read: {why}"))
            .on(name.as_str())
            .help("Name a file with an invoice document, a vendor registration or an event.")
    };
    let mut bytes = Vec::new();
    let open = std::fs::File::open(file).map_err(fault)?;
    // What is no file has no size.
    let size = open.metadata().map_err(fault)?.len();
    open.take(ENOUGH).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() > documents::MAX_BYTES {
        let size = match size {
            0 => format!("more than {}", documents::MAX_BYTES),
            size => size.to_string(),
        };
        let limit = documents::MAX_BYTES;
        return Err(Failure::refused(
            "unreadable",
            format!("{name}: the document has {size} bytes, and the limit is {limit}"),
        )
        .on(name.as_str())
        .help("Split the invoice, or leave embedded attachments out."));
    }
    Ok(bytes)
}

/// How results are painted.
pub fn palette(ui: &Ui) -> Palette {
    match ui.colour {
        Colour::Ansi => Palette::Colour,
        Colour::Plain => Palette::Plain,
    }
}

/// A failed operation, as the program reports it.
pub fn failure(error: &operations::Failure) -> Failure {
    let mut message = error.to_string();
    if let operations::Failure::BreaksRules { validation, .. } = error {
        for broken in &validation.violations {
            message.push_str(&format!(
                "\n{} {}: {}",
                broken.rule, broken.path, broken.message
            ));
        }
    }
    Failure::new(exit(error.exit()), error.code(), message)
        .on(error.subject())
        .help(error.help())
}

/// An exit code that the operations crate chose.
pub fn exit(code: u8) -> Exit {
    match code {
        0 => Exit::Done,
        2 => Exit::Different,
        3 => Exit::Refused,
        4 => Exit::Stuck,
        5 => Exit::LostContact,
        6 => Exit::Busy,
        _ => Exit::Failed,
    }
}
