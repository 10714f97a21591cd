//! What is asked and what is answered.

use crate::model::{ConversationKey, ConversationType, Message};

/// What to look for. All that is set must hold; an empty text needs at least one of the other conditions.
#[derive(Debug, Clone, PartialEq, Default, uniffi::Record)]
pub struct SearchQuery {
    /// The words, at most 1024 bytes. All must occur, in any order and case; the last one may be the
    /// beginning of a word. Chinese and other scripts without spaces are found anywhere in the text, from
    /// one character on; so are emoji and symbols. What stands between double quotes must occur exactly so.
    #[uniffi(default = "")]
    pub text: String,
    /// Only in this conversation.
    #[uniffi(default = None)]
    pub conversation: Option<ConversationKey>,
    /// Only in conversations of these kinds; empty for all.
    #[uniffi(default = [])]
    pub types: Vec<ConversationType>,
    /// Only by one of these users; empty for all.
    #[uniffi(default = [])]
    pub sender_ids: Vec<String>,
    /// Only of one of these kinds, "RC:TxtMsg" for text; empty for all.
    #[uniffi(default = [])]
    pub object_names: Vec<String>,
    /// Not before this server time, ms since 1970; 0 for no limit.
    #[uniffi(default = 0)]
    pub from_time: i64,
    /// Not after this server time, ms since 1970; 0 for no limit.
    #[uniffi(default = 0)]
    pub to_time: i64,
    /// Where the page before ended: its [`SearchPage::next`]. `None` for the newest.
    #[uniffi(default = None)]
    pub before: Option<i64>,
    /// Hits wanted, 1 to 1000.
    #[uniffi(default = 20)]
    pub count: u32,
}

/// Hits, newest first.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SearchPage {
    /// The hits. May be fewer than wanted, even none, although more follow: the work of one call is bounded.
    pub hits: Vec<SearchHit>,
    /// Asks for what follows; `None` at the end.
    pub next: Option<i64>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SearchHit {
    /// The message.
    pub message: Message,
    /// The words of it that were searched: its text, headline, file name, place. Lines if they are several.
    pub text: String,
    /// Where the words looked for stand in `text`, from its start on, without overlaps; at most 100.
    pub ranges: Vec<HitRange>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct HitRange {
    /// UTF-16 code units before it, as Java, Kotlin, Swift's `NSString`, JavaScript and .NET count.
    pub start: u32,
    /// Its length in UTF-16 code units.
    pub length: u32,
}

/// How many messages of one conversation were found.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ConversationHits {
    /// The conversation.
    pub conversation: ConversationKey,
    /// How many of its messages match.
    pub count: u32,
    /// Whether `count` is exact; otherwise there may be more.
    pub exact: bool,
    /// The newest of them.
    pub latest: SearchHit,
}

/// How many messages were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SearchCount {
    /// How many match.
    pub count: u32,
    /// Whether that is exact; otherwise there may be more.
    pub exact: bool,
}
