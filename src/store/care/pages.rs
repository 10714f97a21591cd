//! A database file as pages, the log's newest images over it, without SQLite: what can still be read when
//! the way to it through the tree is broken. Read only.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::record::{RawRow, byte, rows, short};
use super::wal::{self, Log, word};

const TABLE_INTERIOR: usize = 5;
const TABLE_LEAF: usize = 13;
/// The first page begins with the file's header.
const FILE_HEADER: usize = 100;

/// All pages of a damaged database.
pub(super) struct Pages {
    bytes: Vec<u8>,
    log: Log,
    page_size: usize,
    reserved: usize,
    count: u32,
    /// Where the log has a page: what SQLite would believe.
    newest: BTreeMap<u32, usize>,
}

impl Pages {
    pub(super) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        let log = wal::read(path);
        let written = match short(&bytes, 16) {
            Some(1) => 65536,
            Some(size) if size.is_power_of_two() && size >= 512 => size,
            _ if log.page_size > 0 => log.page_size,
            _ => 4096,
        };
        // This library's files have no reserved bytes; a number that SQLite cannot have written is a flip.
        let reserved = byte(&bytes, 20).filter(|reserved| written - reserved >= 480).unwrap_or(0);
        let mut newest = BTreeMap::new();
        for frame in log.frames.iter().filter(|frame| frame.believed) {
            newest.insert(frame.page, frame.offset);
        }
        let pages = bytes.len().div_ceil(written);
        let last = newest.keys().next_back().copied().unwrap_or(0);
        let count = u32::try_from(pages).unwrap_or(u32::MAX).max(last);
        Self { bytes, log, page_size: written, reserved, count, newest }
    }

    pub(super) fn usable(&self) -> usize {
        self.page_size - self.reserved
    }

    /// A page as it is now.
    pub(super) fn image(&self, page: u32) -> Option<&[u8]> {
        if let Some(offset) = self.newest.get(&page) {
            return self.log.bytes.get(*offset..offset + self.page_size);
        }
        let start = (page.checked_sub(1)? as usize).checked_mul(self.page_size)?;
        self.bytes.get(start..start + self.page_size)
    }

    /// Where the tree's part of a page begins.
    fn start(page: u32) -> usize {
        if page == 1 { FILE_HEADER } else { 0 }
    }

    /// The schema version of the file, if its header can be believed.
    pub(super) fn user_version(&self) -> Option<u32> {
        word(self.image(1)?, 60)
    }

    /// Children of a page in a table's tree; none for a leaf.
    fn children(&self, page: u32) -> Vec<u32> {
        let (Some(image), start) = (self.image(page), Self::start(page)) else { return Vec::new() };
        if byte(image, start) != Some(TABLE_INTERIOR) {
            return Vec::new();
        }
        let count = short(image, start + 3).unwrap_or(0).min(self.page_size / 4);
        let cell = |number: usize| word(image, short(image, start + 12 + 2 * number)?);
        let mut children: Vec<u32> = (0..count).filter_map(cell).collect();
        children.extend(word(image, start + 8));
        children
    }

    /// Every page below `root`, itself included.
    pub(super) fn tree(&self, root: u32) -> HashSet<u32> {
        let mut seen = HashSet::new();
        let mut waiting = vec![root];
        while let Some(page) = waiting.pop() {
            if page > 0 && page <= self.count && seen.insert(page) {
                waiting.extend(self.children(page));
            }
        }
        seen
    }

    /// Pages that the file says are free: what stands there was deleted.
    pub(super) fn free(&self) -> HashSet<u32> {
        let mut seen = HashSet::new();
        let mut trunk = self.image(1).and_then(|image| word(image, 32)).unwrap_or(0);
        while trunk > 0 && trunk <= self.count && seen.insert(trunk) {
            let Some(image) = self.image(trunk) else { break };
            let count = word(image, 4).unwrap_or(0) as usize;
            seen.extend((0..count.min(self.page_size / 4)).filter_map(|number| word(image, 8 + 4 * number)));
            trunk = word(image, 0).unwrap_or(0);
        }
        // A list that does not have the length the header names is damaged: it could name anything.
        let length = self.image(1).and_then(|image| word(image, 36)).unwrap_or(0);
        if seen.len() == length as usize { seen } else { HashSet::new() }
    }

    /// The rows of a table's leaf, none of another page.
    pub(super) fn rows(&self, page: u32) -> Vec<RawRow> {
        let (Some(image), start) = (self.image(page), Self::start(page)) else { return Vec::new() };
        if byte(image, start) == Some(TABLE_LEAF) { rows(self, image, start) } else { Vec::new() }
    }

    /// The numbers of all pages.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        1..=self.count
    }

    /// The rows of leaves that stand in the log behind its damage, the newest first: SQLite drops them all.
    pub(super) fn dropped_rows(&self) -> Vec<RawRow> {
        let dropped = self.log.frames.iter().rev().filter(|frame| !frame.believed);
        let read = |frame: &wal::Frame| {
            let image = self.log.bytes.get(frame.offset..frame.offset + self.page_size)?;
            let start = Self::start(frame.page);
            (byte(image, start) == Some(TABLE_LEAF)).then(|| rows(self, image, start))
        };
        dropped.filter_map(read).flatten().collect()
    }
}
