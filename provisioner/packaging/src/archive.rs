//! A zip file that is a function of its one entry: `bootstrap`, dated 1980-01-01, mode 0755, fixed compression.

use crate::PackagingError;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Deflate's level; another gives other bytes.
const LEVEL: i64 = 9;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// Writes the archive of a program, replacing an older one as a whole.
pub(crate) fn write(path: &Path, program: &[u8]) -> Result<Written, PackagingError> {
    let bytes = zip(program).map_err(|error| PackagingError::Zip {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    replace(path, &bytes)?;
    Ok(Written {
        sha256: hex(&Sha256::digest(&bytes)),
        bytes: bytes.len() as u64,
    })
}

fn zip(program: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options)?;
    writer.write_all(program)?;
    Ok(writer.finish()?.into_inner())
}

/// Writes a file beside the old one and puts it in its place, so that nobody ever reads half of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), PackagingError> {
    let failed = |source| PackagingError::io("write", path, source);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    std::fs::write(&partial, bytes).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{write, zip};
    use std::io::Read;

    fn program() -> Vec<u8> {
        (0..200_000_u32)
            .flat_map(|n| (n % 251).to_le_bytes())
            .collect()
    }

    #[test]
    fn the_same_program_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.zip"), folder.path().join("sub/b.zip"));
        let first = write(&one, &program()).unwrap();
        assert_eq!(write(&other, &program()).unwrap(), first);
        let bytes = std::fs::read(&one).unwrap();
        assert_eq!(bytes, std::fs::read(&other).unwrap());
        assert_eq!(bytes.len() as u64, first.bytes);
        assert_ne!(write(&one, b"another").unwrap().sha256, first.sha256);
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 2, "no partial file is left");
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_zip_crate_of_the_day() {
        // If this changes, every handler is published anew once: look at why before you accept it.
        let written = super::hex(&sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            zip(&program()).unwrap(),
        )));
        assert_eq!(
            written,
            "04042783945e9580f7f42b739fff1ac39e652969bca773707285747c521b9de6"
        );
    }

    #[test]
    fn the_entry_is_an_executable_bootstrap_of_1980() {
        let mut archive =
            ::zip::ZipArchive::new(std::io::Cursor::new(zip(&program()).unwrap())).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode().unwrap() & 0o7777, 0o755);
        let date = entry.last_modified().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (1980, 1, 1));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(content, program());
    }
}
