//! The write-ahead log as bytes: which of its frames SQLite will believe. SQLite takes a frame whose checksum
//! is wrong for the log's end and drops what follows without a word; that is right after a power failure and
//! a silent loss after a flipped bit. Read by `open` and by the page scan; never written here.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::StoreError;
use crate::model::ErrorCode;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// Magic number of a log whose checksums read words in little-endian order; the next one is big-endian.
const MAGIC: u32 = 0x377f_0682;

/// A page as the log has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Which page, counted from 1.
    pub(super) page: u32,
    /// Where its bytes begin in the log.
    pub(super) offset: usize,
    /// Whether SQLite believes it: its checksums hold up to here, and a commit follows.
    pub(super) believed: bool,
}

/// A log.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) bytes: Vec<u8>,
    pub(super) frames: Vec<Frame>,
    pub(super) page_size: usize,
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}

/// The log of the database at `path`.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Reads the log beside the database at `path`; empty if there is none.
pub(super) fn read(path: &Path) -> Log {
    let bytes = fs::read(log_of(path)).unwrap_or_default();
    parse(bytes).unwrap_or_default()
}

fn parse(bytes: Vec<u8>) -> Option<Log> {
    let magic = word(&bytes, 0)?;
    let sound_header = matches!(magic, MAGIC | 0x377f_0683)
        && checksum(bytes.get(..24)?, magic & 1 == 1, (0, 0)) == (word(&bytes, 24)?, word(&bytes, 28)?);
    let written = word(&bytes, 8)? as usize;
    let page_size = if sound_header && is_page_size(written) { written } else { guess(&bytes)? };
    // A reset log keeps old frames behind the new ones; the salts tell them apart.
    let salts = if sound_header {
        (word(&bytes, 16)?, word(&bytes, 20)?)
    } else {
        (word(&bytes, HEADER + 8)?, word(&bytes, HEADER + 12)?)
    };
    let mut sums = (word(&bytes, 24)?, word(&bytes, 28)?);
    let mut sound = sound_header;
    let mut frames: Vec<Frame> = Vec::new();
    let mut committed = 0;
    let mut at = HEADER;
    while let Some(header) = bytes.get(at..at + FRAME_HEADER) {
        let Some(page) = bytes.get(at + FRAME_HEADER..at + FRAME_HEADER + page_size) else { break };
        let same = (word(header, 8)?, word(header, 12)?) == salts;
        let big = magic & 1 == 1;
        let next = checksum(page, big, checksum(header.get(..8)?, big, sums));
        sound = sound && same && next == (word(header, 16)?, word(header, 20)?);
        sums = next;
        // A flipped salt hides one frame, not those behind it.
        if same && word(header, 0)? > 0 {
            frames.push(Frame { page: word(header, 0)?, offset: at + FRAME_HEADER, believed: sound });
            if sound && word(header, 4)? > 0 {
                committed = frames.len();
            }
        }
        at += FRAME_HEADER + page_size;
    }
    for frame in frames.iter_mut().skip(committed) {
        frame.believed = false;
    }
    Some(Log { bytes, frames, page_size })
}

fn is_page_size(size: usize) -> bool {
    size.is_power_of_two() && (512..=65536).contains(&size)
}

/// The page size of a log whose header is damaged: the one at which the second frame carries the salts of
/// the first. The library's own files have 4096.
fn guess(bytes: &[u8]) -> Option<usize> {
    let salts = bytes.get(HEADER + 8..HEADER + 16)?;
    let fits = |size: &usize| {
        let second = HEADER + FRAME_HEADER + size + 8;
        bytes.get(second..second + 8) == Some(salts)
    };
    (9..=16).map(|power| 1_usize << power).find(fits).or(Some(4096))
}

fn checksum(bytes: &[u8], big: bool, (mut first, mut second): (u32, u32)) -> (u32, u32) {
    let read = |word: &[u8]| {
        let word = word.try_into().unwrap_or([0; 4]);
        if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    for pair in bytes.chunks_exact(8) {
        let (left, right) = pair.split_at(4);
        first = first.wrapping_add(read(left)).wrapping_add(second);
        second = second.wrapping_add(read(right)).wrapping_add(first);
    }
    (first, second)
}

/// Looks whether SQLite would drop frames that were written as a whole. A torn end is no damage: the last
/// commit never came to pass.
///
/// # Errors
/// [`ErrorCode::DATABASE_DAMAGED`] if it would.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    let log = read(path);
    let believed = log.frames.iter().filter(|frame| frame.believed).count();
    let commits =
        |frame: &Frame| word(&log.bytes, frame.offset - FRAME_HEADER + 4).is_some_and(|size| size > 0);
    let dropped = log.frames.iter().skip(believed).filter(|frame| commits(frame)).count();
    if dropped == 0 {
        return Ok(());
    }
    Err(StoreError::new(
        ErrorCode::DATABASE_DAMAGED,
        format!("the log is damaged: {dropped} commits behind the damage would be dropped"),
    ))
}
