//! The key that signs: the operator's, or one that is made at the first start and kept in the data folder.
//!
//! Whoever has it can take any seat, so the file is its owner's alone, and a key that is too short is refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::server::chance;
use crate::server::config::{SIGNING_KEY_MIN, Secret};

/// The file in the data folder.
const FILE: &str = "podium.key";

/// A key of at least 32 bytes.
pub struct SigningKey(Vec<u8>);

/// Why there is no key, in one line that says how to mend it.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("cannot read or make the signing key {}: {why}; give this user the right to", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        why: io::Error,
    },
    /// What the file holds is no key.
    #[error("the signing key {} has {length} characters instead of {SIGNING_KEY_MIN} or more; restore it, or remove it to have a new one made (everybody in a room must join again then)", .file.display())]
    TooShort {
        /// The file.
        file: PathBuf,
        /// How much there is.
        length: usize,
    },
    /// Others may read the file.
    #[error("the signing key {} can be read by others; run: chmod 600 {}", .file.display(), .file.display())]
    Open {
        /// The file.
        file: PathBuf,
    },
}

impl SigningKey {
    /// The operator's key, or the one in the data folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`KeyError`]; nothing is overwritten.
    pub fn load(folder: &Path, given: Option<&Secret>) -> Result<Self, KeyError> {
        if let Some(secret) = given {
            return Ok(Self(secret.reveal().as_bytes().to_vec()));
        }
        let file = folder.join(FILE);
        let unreadable = |why| KeyError::Unreadable { file: file.clone(), why };
        match fs::metadata(&file) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => make(folder, &file).map_err(unreadable)?,
            Err(why) => return Err(unreadable(why)),
            Ok(found) if found.permissions().mode() & 0o077 != 0 => return Err(KeyError::Open { file }),
            Ok(_) => {}
        }
        let text = fs::read_to_string(&file).map_err(unreadable)?;
        let key = text.trim().as_bytes().to_vec();
        if key.len() < SIGNING_KEY_MIN { Err(KeyError::TooShort { file, length: key.len() }) } else { Ok(Self(key)) }
    }

    /// The key itself.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The key that the data folder keeps, as it is written there; `None` if there is none.
///
/// # Errors
/// [`KeyError::Unreadable`].
pub fn written(folder: &Path) -> Result<Option<String>, KeyError> {
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(KeyError::Unreadable { file, why }),
    }
}

/// Puts a key into the data folder that was written there before. Another one that is there is put aside.
///
/// # Errors
/// The system's reason.
pub fn put(folder: &Path, key: &str) -> io::Result<()> {
    let file = folder.join(FILE);
    if file.exists() && fs::read_to_string(&file)?.trim() != key {
        fs::rename(&file, folder.join(format!("{FILE}.replaced")))?;
    }
    write(folder, &file, key)
}

fn make(folder: &Path, file: &Path) -> io::Result<()> {
    let key: String = chance::key().iter().map(|byte| format!("{byte:02x}")).collect();
    write(folder, file, &key)
}

/// Writes a key under another name first, so that a start that is cut off leaves no half of one behind.
fn write(folder: &Path, file: &Path, key: &str) -> io::Result<()> {
    let unfinished = folder.join(format!("{FILE}.new"));
    match fs::remove_file(&unfinished) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let mut new = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    writeln!(new, "{key}")?;
    new.sync_all()?;
    fs::rename(&unfinished, file)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_the_owners_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = SigningKey::load(folder.path(), None).expect("a new key");
        let again = SigningKey::load(folder.path(), None).expect("the same key");
        assert_eq!(first.bytes(), again.bytes());
        assert_eq!(first.bytes().len(), 64);
        let mode = fs::metadata(folder.path().join(FILE)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_is_short_or_open_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(FILE);
        fs::write(&file, "x".repeat(SIGNING_KEY_MIN - 1)).expect("a written file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
        assert!(matches!(SigningKey::load(folder.path(), None), Err(KeyError::Open { .. })));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
        assert!(matches!(SigningKey::load(folder.path(), None), Err(KeyError::TooShort { length: 31, .. })));
        assert_eq!(fs::read_to_string(&file).expect("the file").len(), SIGNING_KEY_MIN - 1);
    }

    #[test]
    fn the_operators_key_comes_first() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = SigningKey::load(folder.path(), Some(&"0123456789abcdef0123456789abcdef".into())).expect("the key");
        assert_eq!(key.bytes(), b"0123456789abcdef0123456789abcdef");
        assert!(!folder.path().join(FILE).exists());
    }
}
