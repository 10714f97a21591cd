//! What the ends of some calls hold: pages and their holes, tags, readers, quiet hours. The rest is in `event`.

use std::ffi::{CString, c_char};

use super::border::c_string;
use super::event::{read, read_text};
use super::types::AnserEvent;
use crate::store::{Reader, Tag};

/// A tag with its text ready for C.
pub(super) struct CTag {
    id: CString,
    name: CString,
    created_time: i64,
    conversation_count: u32,
}

impl CTag {
    pub(super) fn new(tag: Tag) -> Self {
        Self {
            id: c_string(&tag.id),
            name: c_string(&tag.name),
            created_time: tag.created_time,
            conversation_count: tag.conversation_count,
        }
    }
}

/// A reader with the text ready for C.
pub(super) struct CReader {
    user_id: CString,
    time: i64,
}

impl CReader {
    pub(super) fn new(reader: Reader) -> Self {
        Self { user_id: c_string(&reader.user_id), time: reader.time }
    }
}

/// Whether there are, or may be, more messages in the direction that a page was asked for.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_has_more(event: AnserEvent) -> bool {
    read(event, false, |event| event.has_more)
}

/// How many holes it names: stretches of server time whose messages this device has never seen.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_gap_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.gaps.len())
}

/// Where the hole at `index` begins, server time, ms; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_gap_from(event: AnserEvent, index: usize) -> i64 {
    read(event, 0, |event| event.gaps.get(index).map_or(0, |gap| gap.from))
}

/// Where the hole at `index` ends, server time, ms; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_gap_to(event: AnserEvent, index: usize) -> i64 {
    read(event, 0, |event| event.gaps.get(index).map_or(0, |gap| gap.to))
}

/// How many tags it holds.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_tag_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.tags.len())
}

/// The id of the tag at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_tag_id(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.tags.get(index).map(|tag| &tag.id))
}

/// What people read of the tag at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_tag_name(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.tags.get(index).map(|tag| &tag.name))
}

/// When the tag at `index` was made, ms since 1970; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_tag_created_time(event: AnserEvent, index: usize) -> i64 {
    read(event, 0, |event| event.tags.get(index).map_or(0, |tag| tag.created_time))
}

/// How many conversations have the tag at `index`.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_tag_conversation_count(event: AnserEvent, index: usize) -> u32 {
    read(event, 0, |event| event.tags.get(index).map_or(0, |tag| tag.conversation_count))
}

/// How many readers it names.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_reader_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.readers.len())
}

/// The user id of the reader at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_reader_id(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.readers.get(index).map(|reader| &reader.user_id))
}

/// When the reader at `index` read it, ms since 1970; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_reader_time(event: AnserEvent, index: usize) -> i64 {
    read(event, 0, |event| event.readers.get(index).map_or(0, |reader| reader.time))
}

/// When the quiet hours begin, minutes after midnight, local time; 0 if there are none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_quiet_start(event: AnserEvent) -> u32 {
    read(event, 0, |event| event.quiet.map_or(0, |hours| hours.start_minute))
}

/// How many minutes the quiet hours last; 0 if there are none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_quiet_duration(event: AnserEvent) -> u32 {
    read(event, 0, |event| event.quiet.map_or(0, |hours| hours.duration_minutes))
}

/// Whether messages that mention the user may disturb in the quiet hours.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_quiet_except_mentions(event: AnserEvent) -> bool {
    read(event, false, |event| event.quiet.is_some_and(|hours| hours.except_mentions))
}
