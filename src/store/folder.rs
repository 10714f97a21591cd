//! Where a user's data lies: `data_dir/<app key>/<user id>/`, and who was last.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{Key, StoreError};
use crate::model::ErrorCode;

const DATABASE: &str = "anser.db";
const LOCK: &str = "lock";
const LAST_USER: &str = "last-user";
const INSTALLATION: &str = "installation";

/// The folder of one app, with one folder per user below it.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// Where one database lives.
#[derive(Debug)]
pub enum Location {
    /// In memory only, gone with the client.
    Memory,
    /// In this file; the lock keeps other processes out for as long as it lives.
    File {
        /// The database.
        path: PathBuf,
        /// Held open, never read.
        lock: File,
        /// What it is encrypted with, if it is.
        key: Option<Key>,
    },
}

impl Location {
    /// The same place, with this key.
    #[must_use]
    pub fn with_key(self, key: Option<Key>) -> Self {
        match self {
            Self::Memory => Self::Memory,
            Self::File { path, lock, .. } => Self::File { path, lock, key },
        }
    }

    /// The database file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::File { path, .. } => Some(path),
        }
    }
}

impl Folder {
    /// The folder of `app_key` below `data_dir`, made if it does not exist.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(data_dir: &Path, app_key: &str) -> Result<Self, StoreError> {
        let root = data_dir.join(file_name(app_key));
        fs::create_dir_all(&root).map_err(|error| unusable(&root, &error))?;
        Ok(Self { root })
    }

    /// The database of `user_id`, locked for this process.
    ///
    /// # Errors
    /// Another process has it ([`ErrorCode::DATABASE_IN_USE`]), or the folder cannot be used.
    pub fn user(&self, user_id: &str) -> Result<Location, StoreError> {
        let folder = self.root.join(file_name(user_id));
        fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK))
            .map_err(|error| unusable(&folder, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Location::File { path: folder.join(DATABASE), lock, key: None }),
            Err(TryLockError::WouldBlock) => Err(StoreError::new(
                ErrorCode::DATABASE_IN_USE,
                format!("{} is in use by another client", folder.display()),
            )),
            Err(TryLockError::Error(error)) => Err(unusable(&folder, &error)),
        }
    }

    /// Where downloaded files of `user_id` lie that the host gave no place of their own.
    pub fn media(&self, user_id: &str) -> PathBuf {
        self.root.join(file_name(user_id)).join("media")
    }

    /// Where the database of `user_id` is, or would be.
    pub fn database(&self, user_id: &str) -> PathBuf {
        self.root.join(file_name(user_id)).join(DATABASE)
    }

    /// The user who was open last, for an offline start.
    pub fn last_user(&self) -> Option<String> {
        fs::read_to_string(self.root.join(LAST_USER)).ok().filter(|user| !user.is_empty())
    }

    /// Remembers who is open. Losing this note only costs the offline start.
    pub fn remember_user(&self, user_id: &str) {
        if self.last_user().as_deref() != Some(user_id) {
            self.write(LAST_USER, user_id);
        }
    }

    /// Forgets who was open last.
    pub fn forget_user(&self) {
        let _ = fs::remove_file(self.root.join(LAST_USER));
    }

    /// The id of this installation, kept from the first start on. `fresh` is used if there is none yet.
    pub fn installation(&self, fresh: impl FnOnce() -> String) -> String {
        let kept = fs::read_to_string(self.root.join(INSTALLATION)).ok();
        kept.filter(|id| !id.is_empty() && id.len() <= 64).unwrap_or_else(|| {
            let id = fresh();
            self.write(INSTALLATION, &id);
            id
        })
    }

    fn write(&self, name: &str, text: &str) {
        if let Err(error) = fs::write(self.root.join(name), text) {
            log::warn!("{name} cannot be written: {error}");
        }
    }

    /// Bytes on disk, over all users of this app.
    pub fn size(&self) -> u64 {
        folder_size(&self.root)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }
}

pub(super) fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => folder_size(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::DATABASE_FULL,
        _ => ErrorCode::DATABASE_OPEN_FAILED,
    };
    StoreError::new(code, format!("{}: {error}", path.display()))
}

/// Ids may hold anything; file names may not. Distinct ids stay distinct, also where case does not count.
fn file_name(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_distinct() {
        assert_eq!(file_name("alice-1"), "alice-1");
        assert_eq!(file_name("../etc"), "%2e%2e%2fetc");
        assert_ne!(file_name("Bob"), file_name("bob"));
        assert_eq!(file_name("用"), "%e7%94%a8");
    }
}
