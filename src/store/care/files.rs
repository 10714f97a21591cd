//! The files around a database: setting a damaged one aside in a way that a kill at any step leaves either
//! the old file or the new one in place, never neither.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::StoreError;
use super::wal::with_suffix;
use crate::model::ErrorCode;

/// What belongs to a database file.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn failed(path: &Path, error: &io::Error) -> StoreError {
    let code = match error.kind() {
        io::ErrorKind::StorageFull => ErrorCode::DATABASE_FULL,
        _ => ErrorCode::DATABASE_IO_ERROR,
    };
    StoreError::new(code, format!("{}: {error}", path.display()))
}

/// Where the new database grows. Worth nothing until [`swap`].
pub(super) fn growing(path: &Path) -> PathBuf {
    with_suffix(path, ".salvage")
}

/// Says that the new database is whole, and as which number the old one is set aside.
fn marker(path: &Path) -> PathBuf {
    with_suffix(path, ".swap")
}

/// Says that the database is encrypted: without a key it looks like garbage and is not to be set aside.
pub(super) fn encrypted(path: &Path) -> PathBuf {
    with_suffix(path, ".encrypted")
}

/// Notes that a database is encrypted, before the first byte of it is.
pub(super) fn mark_encrypted(path: &Path) -> Result<(), StoreError> {
    let marker = encrypted(path);
    if marker.exists() { Ok(()) } else { fs::write(&marker, "").map_err(|error| failed(&marker, &error)) }
}

fn aside(path: &Path, number: u32) -> PathBuf {
    with_suffix(path, &format!(".damaged-{number}"))
}

/// Removes a database and its log.
///
/// # Errors
/// The system refuses.
pub(super) fn remove_database(path: &Path) -> Result<(), StoreError> {
    // The file first: SQLite removes a log without one, and never the other way round.
    for part in PARTS {
        let path = with_suffix(path, part);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a database and all that lies beside it: what was set aside, media, exports in its folder.
///
/// # Errors
/// The system refuses.
pub fn remove_data(path: &Path) -> Result<(), StoreError> {
    remove_database(path)?;
    for file in set_aside(path).into_iter().chain(super::size::exports(path)) {
        fs::remove_file(&file).map_err(|error| failed(&file, &error))?;
    }
    let media = path.with_file_name(super::size::MEDIA);
    match fs::remove_dir_all(&media) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&media, &error)),
        _ => Ok(()),
    }
}

/// Every file of a database that was set aside.
pub(super) fn set_aside(path: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let start = format!("{name}.damaged-");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&start));
    entries.filter(ours).map(|entry| entry.path()).collect()
}

/// Sets the database at `path` aside and puts the grown one in its place. Returns where the old one is.
pub(super) fn swap(path: &Path) -> Result<PathBuf, StoreError> {
    let taken = |number: &u32| PARTS.iter().any(|part| with_suffix(&aside(path, *number), part).exists());
    let number = (1..).find(|number| !taken(number)).unwrap_or(u32::MAX);
    let marker = marker(path);
    let half = with_suffix(&marker, ".part");
    let written = fs::write(&half, number.to_string()).and_then(|()| {
        fs::File::open(&half)?.sync_all()?;
        fs::rename(&half, &marker)
    });
    written.map_err(|error| failed(&marker, &error))?;
    finish(path)?;
    Ok(aside(path, number))
}

/// Ends what a kill interrupted: a swap goes on, a database that had not grown to the end goes away.
///
/// # Errors
/// The system refuses.
pub(super) fn finish(path: &Path) -> Result<(), StoreError> {
    let (marker, growing) = (marker(path), growing(path));
    let number = match fs::read_to_string(&marker) {
        Ok(text) => text.trim().parse::<u32>().ok(),
        Err(_) => None,
    };
    if let Some(number) = number {
        // Once the new one has moved, what stands at `path` is new and stays.
        if growing.exists() {
            for part in PARTS {
                let (from, to) = (with_suffix(path, part), with_suffix(&aside(path, number), part));
                if from.exists() && !to.exists() {
                    fs::rename(&from, &to).map_err(|error| failed(&from, &error))?;
                }
            }
            fs::rename(&growing, path).map_err(|error| failed(&growing, &error))?;
        }
        fs::remove_file(&marker).map_err(|error| failed(&marker, &error))?;
        // What was renamed is there after a power failure, too.
        if let Some(folder) = path.parent().and_then(|folder| fs::File::open(folder).ok()) {
            let _ = folder.sync_all();
        }
    }
    if growing.exists() { remove_database(&growing) } else { Ok(()) }
}
