//! Whether a built binary would start in Lambda: right machine, and no glibc newer than the runtime's.

use crate::{Architecture, PackagingError};
use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::FileHeader;

/// glibc of `provided.al2023` (Amazon Linux 2023).
const OFFERED: Version = Version {
    major: 2,
    minor: 34,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    major: u32,
    minor: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// Checks a handler's binary and answers the newest glibc that it needs; `None` where it needs none.
pub(crate) fn check(
    handler: &str,
    binary: &[u8],
    wanted: Architecture,
) -> Result<Option<String>, PackagingError> {
    let (machine, needed) = read(binary).map_err(|error| PackagingError::NoProgram {
        handler: handler.to_owned(),
        reason: error.to_string(),
    })?;
    let expected = match wanted {
        Architecture::X86_64 => EM_X86_64,
        Architecture::Arm64 => EM_AARCH64,
    };
    if machine != expected {
        return Err(PackagingError::OtherMachine {
            handler: handler.to_owned(),
            found: format!("{machine:?}"),
            wanted: wanted.triple(),
        });
    }
    match needed {
        Some(needed) if needed > OFFERED => Err(PackagingError::Glibc {
            handler: handler.to_owned(),
            needed: needed.to_string(),
            offered: OFFERED.to_string(),
        }),
        needed => Ok(needed.map(|version| version.to_string())),
    }
}

/// The machine, and the newest of the symbol versions `GLIBC_x.y` that the dynamic linker will look for.
fn read(binary: &[u8]) -> object::read::Result<(object::elf::Machine, Option<Version>)> {
    let header = FileHeader64::<Endianness>::parse(binary)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, binary)?;
    let mut newest = None;
    if let Some((mut libraries, link)) = sections.gnu_verneed(endian, binary)? {
        let names = sections.strings(endian, binary, link)?;
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                newest = newest.max(glibc(version.name(endian, names)?));
            }
        }
    }
    Ok((header.e_machine(endian), newest))
}

/// `GLIBC_2.34` and `GLIBC_2.2.5`; other libraries' versions and `GLIBC_PRIVATE` are none.
fn glibc(name: &[u8]) -> Option<Version> {
    let mut numbers = std::str::from_utf8(name)
        .ok()?
        .strip_prefix("GLIBC_")?
        .split('.')
        .map(str::parse);
    Some(Version {
        major: numbers.next()?.ok()?,
        minor: numbers.next()?.ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{Version, check, glibc, read};
    use crate::{Architecture, PackagingError};

    fn own_binary() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
    #[test]
    fn the_test_binary_itself_is_read() {
        let (machine, needed) = read(&own_binary()).unwrap();
        assert_eq!(machine, object::elf::EM_X86_64);
        assert!(
            needed.unwrap()
                >= Version {
                    major: 2,
                    minor: 17
                },
            "{needed:?}"
        );
        let error = check("portal", &own_binary(), Architecture::Arm64).unwrap_err();
        assert!(
            matches!(error, PackagingError::OtherMachine { .. }),
            "{error}"
        );
    }

    #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
    #[test]
    fn a_newer_glibc_than_lambdas_is_refused_with_a_way_out() {
        // The names of the versions are text in the binary: raise the newest one.
        let mut binary = own_binary();
        let needed = read(&binary).unwrap().1.unwrap();
        let (old, new) = (format!("GLIBC_{needed}\0"), "GLIBC_2.99\0");
        assert_eq!(old.len(), new.len());
        let places: Vec<usize> = binary
            .windows(old.len())
            .enumerate()
            .filter(|(_, window)| *window == old.as_bytes())
            .map(|(place, _)| place)
            .collect();
        for place in places {
            binary[place..place + new.len()].copy_from_slice(new.as_bytes());
        }
        let error = check("portal", &binary, Architecture::X86_64).unwrap_err();
        assert!(
            matches!(&error, PackagingError::Glibc { needed, .. } if needed == "2.99"),
            "{error}"
        );
        assert!(error.help().contains("cargo-zigbuild"));
    }

    #[test]
    fn what_is_no_program_is_an_error_at_any_length() {
        let binary = own_binary();
        for length in [0, 3, 16, 63, 64, 200] {
            let error = check("portal", &binary[..length], Architecture::X86_64).unwrap_err();
            assert!(
                matches!(error, PackagingError::NoProgram { .. }),
                "{length}: {error}"
            );
        }
        let half = check("portal", &binary[..binary.len() / 2], Architecture::X86_64);
        assert!(
            matches!(half, Err(PackagingError::NoProgram { .. })),
            "{half:?}"
        );
    }

    #[test]
    fn versions_compare_as_numbers() {
        let version = |major, minor| Some(Version { major, minor });
        assert_eq!(glibc(b"GLIBC_2.2.5"), version(2, 2));
        assert!(glibc(b"GLIBC_2.34") > glibc(b"GLIBC_2.4"));
        assert_eq!(glibc(b"GLIBC_PRIVATE"), None);
        assert_eq!(glibc(b"GCC_3.0"), None);
    }
}
