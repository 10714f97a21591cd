//! What `ANSER_EVENT_DATABASE` and the ends of the care of the store hold. The rest is in `event`.

use std::ffi::{CString, c_char};

use super::border::c_string;
use super::event::{read, read_text};
use super::types::AnserEvent;
use crate::store::care::TableRows;

/// Conversations: looked at, written, new here, in the new file.
pub const ANSER_REPORT_CONVERSATIONS: i32 = 1;
/// Messages: looked at, written, new here, in the new file.
pub const ANSER_REPORT_MESSAGES: i32 = 2;
/// Bytes of an export.
pub const ANSER_REPORT_BYTES: i32 = 3;
/// Messages of an import that were here already.
pub const ANSER_REPORT_KNOWN: i32 = 4;
/// Rows that a check removed or settled because what they refer to is gone.
pub const ANSER_REPORT_ORPHANS: i32 = 5;
/// Conversations whose place in the list was wrong.
pub const ANSER_REPORT_SORT_TIMES: i32 = 6;
/// Messages that a check removed because another has the same uid.
pub const ANSER_REPORT_DOUBLES: i32 = 7;
/// Messages whose search words were made anew.
pub const ANSER_REPORT_REINDEXED: i32 = 8;
/// Stretches of the histories that this device has never seen.
pub const ANSER_REPORT_GAPS: i32 = 9;
/// Bytes of the database file.
pub const ANSER_REPORT_DATABASE: i32 = 10;
/// Bytes of its write-ahead log.
pub const ANSER_REPORT_LOG: i32 = 11;
/// Bytes of media files.
pub const ANSER_REPORT_MEDIA: i32 = 12;
/// Bytes of exports in the user's folder, finished or not.
pub const ANSER_REPORT_EXPORTS: i32 = 13;
/// Bytes of damaged databases that were set aside.
pub const ANSER_REPORT_SET_ASIDE: i32 = 14;
/// Messages in a salvaged database that wait to be sent or have failed to be.
pub const ANSER_REPORT_UNSENT: i32 = 15;

/// A table with its name ready for C.
pub(super) struct CTable {
    name: CString,
    rows: u64,
}

impl CTable {
    pub(super) fn new(table: TableRows) -> Self {
        Self { name: c_string(&table.table), rows: table.rows }
    }
}

/// What a report says of `which`, one of `ANSER_REPORT_…`; 0 if it does not speak of it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_report(event: AnserEvent, which: i32) -> u64 {
    let find =
        |report: &[(i32, u64)]| report.iter().find(|(known, _)| *known == which).map(|(_, number)| *number);
    read(event, 0, |event| find(&event.report).unwrap_or(0))
}

/// How many things a check found wrong with the database file.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_problem_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.problems.len())
}

/// What, at `index`, is wrong with the database file, for people; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_problem(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.problems.get(index))
}

/// How many tables it counts.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_table_count(event: AnserEvent) -> usize {
    read(event, 0, |event| event.tables.len())
}

/// The name of the table at `index`; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_table_name(event: AnserEvent, index: usize) -> *const c_char {
    read_text(event, |event| event.tables.get(index).map(|table| &table.name))
}

/// How many rows the table at `index` has.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_table_rows(event: AnserEvent, index: usize) -> u64 {
    read(event, 0, |event| event.tables.get(index).map_or(0, |table| table.rows))
}

/// Where a damaged database is now, byte for byte as it was found; NULL if it was not set aside. `anser_event_error`
/// is 34309 if it could not be salvaged, 0 if it was; then `anser_event_answer` tells whether every table could be
/// read without an error, and if not, the inbox is pulled again. `anser_event_text` says for people what was wrong.
#[unsafe(no_mangle)]
pub extern "C" fn anser_event_set_aside(event: AnserEvent) -> *const c_char {
    read_text(event, |event| event.set_aside.as_ref())
}
