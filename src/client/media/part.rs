//! The file of a download: written beside its place as `.part`, and put there only when it is whole,
//! right and safe on disk. Everything here blocks: it runs beside `anser-io`, never on it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

use crate::model::ErrorCode;
use crate::wire::Bytes;

/// Bytes read at once to hash a file.
const HASH_STEP: usize = 256 * 1024;

/// A file on its way.
pub(super) struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
    /// Bytes that are here.
    pub(super) length: u64,
}

/// Where the bytes of `target` lie while it is not whole.
pub(super) fn part_path(target: &str) -> PathBuf {
    PathBuf::from(format!("{target}.part"))
}

/// Why a file cannot be written.
fn unwritable(error: &io::Error) -> ErrorCode {
    log::warn!("a downloaded file cannot be written: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::DATABASE_FULL,
        _ => ErrorCode::FILE_UNWRITABLE,
    }
}

impl Part {
    /// Opens the part of `target`; at most its first `keep` bytes are kept.
    pub(super) fn open(target: &str, keep: u64, make_folder: bool) -> Result<Self, ErrorCode> {
        let open = || {
            let target = PathBuf::from(target);
            if make_folder && let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            let path = part_path(&target.to_string_lossy());
            let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
            let length = file.metadata()?.len().min(keep);
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length))?;
            Ok(Self { file, path, target, length })
        };
        open().map_err(|error: io::Error| unwritable(&error))
    }

    /// Writes on.
    pub(super) fn append(&mut self, chunks: &[Bytes]) -> Result<(), ErrorCode> {
        for chunk in chunks {
            self.file.write_all(chunk).map_err(|error| unwritable(&error))?;
            self.length += chunk.len() as u64;
        }
        Ok(())
    }

    /// Starts over.
    pub(super) fn clear(&mut self) -> Result<(), ErrorCode> {
        self.length = 0;
        let cleared = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        cleared.map(drop).map_err(|error| unwritable(&error))
    }

    /// Makes what is here survive a power failure.
    pub(super) fn sync(&self) -> Result<(), ErrorCode> {
        self.file.sync_data().map_err(|error| unwritable(&error))
    }

    /// Checks the whole file and puts it in its place. One that is not as expected is thrown away.
    pub(super) fn finish(&mut self, sha256: Option<&str>) -> Result<(), ErrorCode> {
        self.sync()?;
        if let Some(expected) = sha256 {
            let found = self.file.seek(SeekFrom::Start(0)).and_then(|_| hash(&mut self.file));
            let found = found.map_err(|error| unwritable(&error))?;
            if !found.eq_ignore_ascii_case(expected) {
                // Whoever asks again gets it anew.
                let _ = fs::remove_file(&self.path);
                return Err(ErrorCode::FILE_HASH_DIFFERS);
            }
        }
        fs::rename(&self.path, &self.target).map_err(|error| unwritable(&error))?;
        sync_folder(&self.target);
        Ok(())
    }
}

/// The SHA-256 of what is left of a file, in hex.
fn hash(file: &mut File) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; HASH_STEP];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => context.update(bytes),
            _ => break,
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The SHA-256 of a file, in hex.
pub(super) fn hash_of(path: &str) -> io::Result<String> {
    hash(&mut File::open(path)?)
}

/// A rename is only safe once its folder is; systems that cannot say so do it by themselves.
fn sync_folder(path: &Path) {
    if cfg!(unix)
        && let Some(folder) = path.parent()
        && let Ok(folder) = File::open(folder)
        && let Err(error) = folder.sync_all()
    {
        log::debug!("a folder cannot be synced: {error}");
    }
}

/// Removes a file and its part. Returns whether both are gone.
pub(super) fn remove(target: &str) -> bool {
    let gone = |path: &Path| match fs::remove_file(path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => {
            log::warn!("a file cannot be removed: {error}");
            false
        }
    };
    let part = gone(&part_path(target));
    gone(Path::new(target)) && part
}

/// Removes the part of a download that is not wanted any more.
pub(super) fn remove_part(target: &str) {
    if let Err(error) = fs::remove_file(part_path(target))
        && error.kind() != io::ErrorKind::NotFound
    {
        log::warn!("a part cannot be removed: {error}");
    }
}

/// Whether this is the hex form of a SHA-256.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Size of a file that is to be sent.
///
/// # Errors
/// 34410 if it is not there or cannot be read, 34411 if it is empty.
pub(super) fn sendable(path: &str) -> Result<u64, ErrorCode> {
    let size = File::open(path).and_then(|file| file.metadata()).ok().filter(fs::Metadata::is_file);
    match size.map(|data| data.len()) {
        None => Err(ErrorCode::FILE_UNREADABLE),
        Some(0) => Err(ErrorCode::FILE_EMPTY),
        Some(size) => Ok(size),
    }
}
