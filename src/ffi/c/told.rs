//! What an event tells, before it has a handle: plain data of the client, and how each result of a call fits in.

use super::event::{ANSER_EVENT_COMPLETED, ANSER_EVENT_DATABASE, ANSER_EVENT_STATUS};
use super::hits::Hit;
use super::reports as report;
use crate::client::{GroupReaders, HistoryPage, MediaProgress, QuietHours, SyncReport, TimeSpan};
use crate::model::ErrorCode;
use crate::model::{
    ConnectionStatus, Conversation, ConversationKey, Message, MessageChange, MuteLevel, Receipt, TypingUser,
};
use crate::store::care::{
    DatabaseEvent, DatabaseReport, ExportReport, ImportReport, SizeReport, TableRows, VerifyReport,
};
use crate::store::search::{ConversationHits, SearchCount, SearchHit, SearchPage};
use crate::store::{Reader, Tag};

/// What an event tells.
#[derive(Default)]
pub(super) struct Told {
    pub(super) kind: i32,
    pub(super) error: i32,
    pub(super) status: i32,
    pub(super) count: u32,
    pub(super) number: i64,
    pub(super) answer: bool,
    pub(super) text: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) conversations: Vec<Conversation>,
    pub(super) named: Vec<ConversationKey>,
    pub(super) has_more: bool,
    pub(super) gaps: Vec<TimeSpan>,
    pub(super) tags: Vec<Tag>,
    pub(super) readers: Vec<Reader>,
    pub(super) quiet: Option<QuietHours>,
    pub(super) changes: Vec<MessageChange>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) typing: Vec<TypingUser>,
    pub(super) progress: Option<MediaProgress>,
    pub(super) hits: Vec<Hit>,
    pub(super) found: Vec<(u32, bool)>,
    pub(super) report: Vec<(i32, u64)>,
    pub(super) problems: Vec<String>,
    pub(super) tables: Vec<TableRows>,
    pub(super) set_aside: Option<String>,
}

impl Told {
    pub(super) fn of_status(status: ConnectionStatus, code: i32) -> Self {
        Self { kind: ANSER_EVENT_STATUS, error: code, status: status.number(), ..Self::default() }
    }
}

/// The result of a call, as an event can tell it.
pub(super) trait IntoTold {
    fn into_told(self) -> Told;
}

macro_rules! into_told {
    ($($type:ty, $value:ident => $told:expr;)*) => {
        $(impl IntoTold for $type {
            fn into_told(self) -> Told {
                let $value = self;
                Told { kind: ANSER_EVENT_COMPLETED, ..$told }
            }
        })*
    };
}

into_told! {
    (), _done => Told::default();
    u32, count => Told { count, ..Told::default() };
    i64, number => Told { number, ..Told::default() };
    u64, bytes => Told { number: i64::try_from(bytes).unwrap_or(i64::MAX), ..Told::default() };
    bool, answer => Told { answer, ..Told::default() };
    String, text => Told { text: Some(text), ..Told::default() };
    MuteLevel, level => Told { count: level.number().unsigned_abs(), ..Told::default() };
    Message, message => Told { messages: vec![message], ..Told::default() };
    Option<Message>, found => Told { messages: found.into_iter().collect(), ..Told::default() };
    Vec<Message>, messages => Told { messages, ..Told::default() };
    HistoryPage, page => of_page(page);
    Vec<TimeSpan>, gaps => Told { gaps, ..Told::default() };
    Conversation, row => Told { conversations: vec![row], ..Told::default() };
    Option<Conversation>, found => Told { conversations: found.into_iter().collect(), ..Told::default() };
    Vec<Conversation>, conversations => Told { conversations, ..Told::default() };
    Vec<Tag>, tags => Told { tags, ..Told::default() };
    Vec<Reader>, readers => Told { readers, ..Told::default() };
    GroupReaders, of => Told { count: of.member_count, readers: of.readers, ..Told::default() };
    SearchPage, page => of_hits(page);
    SearchCount, found => Told { count: found.count, answer: found.exact, ..Told::default() };
    Vec<ConversationHits>, found => of_conversations(found);
    SyncReport, sync => Told { count: sync.new_messages, answer: sync.complete, ..Told::default() };
    VerifyReport, check => of_check(check);
    SizeReport, sizes => of_sizes(sizes);
    ExportReport, export => Told {
        report: vec![
            (report::ANSER_REPORT_CONVERSATIONS, export.conversations),
            (report::ANSER_REPORT_MESSAGES, export.messages),
            (report::ANSER_REPORT_BYTES, export.bytes),
        ],
        ..Told::default()
    };
    ImportReport, import => Told {
        answer: import.resumed,
        report: vec![
            (report::ANSER_REPORT_CONVERSATIONS, import.conversations),
            (report::ANSER_REPORT_MESSAGES, import.messages),
            (report::ANSER_REPORT_KNOWN, import.known),
        ],
        ..Told::default()
    };
    Option<QuietHours>, quiet => Told { answer: quiet.is_some(), quiet, ..Told::default() };
}

fn of_page(page: HistoryPage) -> Told {
    let HistoryPage { messages, has_more, gap_from: from, gap_to: to } = page;
    let gaps = if to == 0 { Vec::new() } else { vec![TimeSpan { from, to }] };
    Told { messages, has_more, gaps, ..Told::default() }
}

fn hit(found: SearchHit) -> (Message, Hit) {
    (found.message, Hit { text: found.text, ranges: found.ranges })
}

fn of_hits(page: SearchPage) -> Told {
    let (messages, hits) = page.hits.into_iter().map(hit).unzip();
    let (has_more, number) = (page.next.is_some(), page.next.unwrap_or_default());
    Told { messages, hits, has_more, number, ..Told::default() }
}

fn of_conversations(found: Vec<ConversationHits>) -> Told {
    let mut told = Told::default();
    for one in found {
        let (message, hit) = hit(one.latest);
        told.named.push(one.conversation);
        told.found.push((one.count, one.exact));
        told.messages.push(message);
        told.hits.push(hit);
    }
    told
}

fn of_check(check: VerifyReport) -> Told {
    let report = vec![
        (report::ANSER_REPORT_CONVERSATIONS, check.conversations),
        (report::ANSER_REPORT_MESSAGES, check.messages),
        (report::ANSER_REPORT_ORPHANS, check.orphans),
        (report::ANSER_REPORT_SORT_TIMES, check.sort_times),
        (report::ANSER_REPORT_DOUBLES, check.doubles),
        (report::ANSER_REPORT_REINDEXED, check.reindexed),
        (report::ANSER_REPORT_GAPS, check.gaps),
    ];
    Told { report, problems: check.problems, ..Told::default() }
}

fn of_sizes(sizes: SizeReport) -> Told {
    let report = vec![
        (report::ANSER_REPORT_DATABASE, sizes.database),
        (report::ANSER_REPORT_LOG, sizes.log),
        (report::ANSER_REPORT_MEDIA, sizes.media),
        (report::ANSER_REPORT_EXPORTS, sizes.exports),
        (report::ANSER_REPORT_SET_ASIDE, sizes.set_aside),
    ];
    Told { report, tables: sizes.rows, ..Told::default() }
}

impl Told {
    pub(super) fn of_database(database: DatabaseReport) -> Self {
        let failed = database.kind == DatabaseEvent::Failed;
        Self {
            kind: ANSER_EVENT_DATABASE,
            error: if failed { ErrorCode::DATABASE_DAMAGED.0 } else { 0 },
            answer: database.complete,
            text: Some(database.detail),
            set_aside: database.set_aside,
            report: vec![
                (report::ANSER_REPORT_CONVERSATIONS, database.conversations),
                (report::ANSER_REPORT_MESSAGES, database.messages),
                (report::ANSER_REPORT_UNSENT, database.unsent),
            ],
            ..Self::default()
        }
    }
}
