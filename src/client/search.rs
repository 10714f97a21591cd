//! [`Search`]: finding messages and conversations by their words, in the local store.

use std::sync::Weak;

use super::Result;
use super::shared::Shared;
use crate::model::ConversationType;
use crate::store::search::{self, ConversationHits, SearchCount, SearchPage, SearchQuery};

/// Search in everything that is stored here. Holds its client weakly: once that is gone, calls fail with
/// 34400.
#[derive(uniffi::Object)]
pub struct Search {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Search {
    /// Messages that match, newest first, a page at a time. An empty text finds by the other conditions
    /// alone: all pictures of a conversation, what a user wrote in a week.
    ///
    /// # Errors
    /// 33003 for a text without words and no other condition, one above 1024 bytes, a count of 0 or above
    /// 1000, a negative time, or more than 100 senders or object names; 33001 before any user is open.
    pub async fn messages(&self, query: SearchQuery) -> Result<SearchPage> {
        self.shared()?.read(move |connection| search::messages(connection, &query)).await
    }

    /// How many messages match. `before` and `count` of the query do not matter. A search that the index
    /// cannot decide alone looks at the newest 10,000 candidates and says if there were more.
    ///
    /// # Errors
    /// As [`Search::messages`].
    pub async fn count(&self, query: SearchQuery) -> Result<SearchCount> {
        self.shared()?.read(move |connection| search::count(connection, &query)).await
    }

    /// Up to `count` conversations that hold messages with this text, the one with the newest such message
    /// first, and how many each holds. An empty `types` means all kinds.
    ///
    /// # Errors
    /// 33003 for a text without words or above 1024 bytes, or a count of 0 or above 1000; 33001 before any
    /// user is open.
    pub async fn conversations(
        &self,
        text: String,
        types: Vec<ConversationType>,
        count: u32,
    ) -> Result<Vec<ConversationHits>> {
        self.shared()?.read(move |connection| search::conversations(connection, &text, &types, count)).await
    }
}

topic!(Search);
