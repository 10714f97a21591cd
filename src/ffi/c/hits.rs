//! What the ends of searches hold beside messages and conversations. The rest is in `event`.

use std::ffi::{CString, c_char};

use super::border::c_string;
use super::event::{read, read_text};
use super::types::AnserEvent;
use crate::store::search::HitRange;

/// The searched words of a message, and where in them the words looked for stand.
pub(super) struct Hit {
    pub(super) text: String,
    pub(super) ranges: Vec<HitRange>,
}

/// A hit with its text ready for C and its places in bytes of it.
pub(super) struct CHit {
    text: CString,
    ranges: Vec<(usize, usize)>,
}

impl CHit {
    pub(super) fn new(hit: Hit) -> Self {
        // The NULs that C cannot have go first, so that places are those of what C reads.
        let place = |range: &HitRange| {
            let start = bytes_of(&hit.text, range.start);
            (start, bytes_of(&hit.text, range.start.saturating_add(range.length)) - start)
        };
        Self { ranges: hit.ranges.iter().map(place).collect(), text: c_string(&hit.text) }
    }
}

/// Bytes of the text without NULs that stand before so many UTF-16 code units.
fn bytes_of(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    let before = text.chars().take_while(|character| {
        let is_before = left > 0;
        left = left.saturating_sub(character.len_utf16());
        is_before
    });
    before.filter(|character| *character != '\0').map(char::len_utf8).sum()
}

/// The words of the message at `index` that were searched: its text, headline, file name, place; lines if they are
/// several. NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_hit_text(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.hits.get(index).map(|hit| &hit.text))
}

/// How often the words looked for stand in the text of the hit at `index`; at most 100.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_hit_range_count(event: AnserEvent, index: usize) -> usize {
    read(event, 0, |event| event.hits.get(index).map_or(0, |hit| hit.ranges.len()))
}

/// Where, at `at`, a word looked for stands in the text of the hit at `index`: bytes before it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_hit_range_start(event: AnserEvent, index: usize, at: usize) -> usize {
    range(event, index, at).0
}

/// How many bytes the word has whose place `anser_event_hit_range_start` says.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_hit_range_length(event: AnserEvent, index: usize, at: usize) -> usize {
    range(event, index, at).1
}

fn range(event: AnserEvent, index: usize, at: usize) -> (usize, usize) {
    read(event, None, |event| event.hits.get(index)?.ranges.get(at).copied()).unwrap_or_default()
}

/// How many messages were found in the conversation at `index`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_found_count(event: AnserEvent, index: usize) -> u32 {
    read(event, 0, |event| event.found.get(index).map_or(0, |found| found.0))
}

/// Whether `anser_event_found_count` is exact; otherwise there may be more.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_found_is_exact(event: AnserEvent, index: usize) -> bool {
    read(event, false, |event| event.found.get(index).is_some_and(|found| found.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_bytes_of_what_c_reads() {
        let hit = Hit { text: "a😀\0鹅b".into(), ranges: vec![HitRange { start: 4, length: 1 }] };
        assert_eq!(CHit::new(hit).ranges, [(5, 3)]);
        let hit = Hit { text: "鹅".into(), ranges: vec![HitRange { start: 0, length: 9 }] };
        assert_eq!(CHit::new(hit).ranges, [(0, 3)]);
    }
}
