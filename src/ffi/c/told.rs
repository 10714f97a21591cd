//! What an event tells, before it has a handle: plain data of the client, and how each result of a call fits in.

use super::event::{ANSER_EVENT_COMPLETED, ANSER_EVENT_STATUS};
use crate::client::{GroupReaders, HistoryPage, MediaProgress, QuietHours, TimeSpan};
use crate::model::{
    ConnectionStatus, Conversation, ConversationKey, Message, MessageChange, MuteLevel, Receipt, TypingUser,
};
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
    Option<QuietHours>, quiet => Told { answer: quiet.is_some(), quiet, ..Told::default() };
}

fn of_page(page: HistoryPage) -> Told {
    let HistoryPage { messages, has_more, gap_from: from, gap_to: to } = page;
    let gaps = if to == 0 { Vec::new() } else { vec![TimeSpan { from, to }] };
    Told { messages, has_more, gaps, ..Told::default() }
}
