//! [`Conversations`]: the list and the unread counts, from the local store.

use std::sync::{Arc, Weak};

use super::Result;
use super::delivery::HostEvent;
use super::shared::Shared;
use crate::model::{Conversation, ConversationKey, ConversationType, ErrorCode};
use crate::store::{self, Durability};

/// Largest page of the list.
const MAX_PAGE: u32 = 1000;

/// The conversation list. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Conversations {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Conversations {
    /// Up to `count` conversations, the one with the newest message first. `after` is the last row already
    /// shown, `None` for the first page; an empty `types` means all kinds.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 1000, 33001 before any user is open.
    pub async fn list(
        &self,
        types: Vec<ConversationType>,
        after: Option<ConversationKey>,
        count: u32,
    ) -> Result<Vec<Conversation>> {
        if count == 0 || count > MAX_PAGE {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        self.shared()?
            .read(move |connection| store::conversations(connection, &types, after.as_ref(), count))
            .await
    }

    /// One conversation; `None` if nothing is known of it.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn get(&self, conversation: ConversationKey) -> Result<Option<Conversation>> {
        self.shared()?.read(move |connection| store::conversation(connection, &conversation)).await
    }

    /// Unread messages of one conversation: counted messages of others after the read mark.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn unread_count(&self, conversation: ConversationKey) -> Result<u32> {
        self.shared()?.read(move |connection| store::unread(connection, &conversation)).await
    }

    /// Unread messages of all conversations of these kinds together.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn unread_count_by_types(&self, types: Vec<ConversationType>) -> Result<u32> {
        self.shared()?.read(move |connection| store::unread_by_types(connection, &types)).await
    }

    /// Unread messages of all conversations together; chatrooms do not count.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn total_unread_count(&self) -> Result<u32> {
        self.shared()?.read(store::total_unread).await
    }

    /// Marks everything in a conversation as read.
    ///
    /// # Errors
    /// 33001 before any user is open, 3430x if it cannot be stored.
    pub async fn clear_unread(&self, conversation: ConversationKey) -> Result<()> {
        let shared = self.shared()?;
        let key = conversation.clone();
        let changed =
            shared.run(Durability::Relaxed, move |connection| store::clear_unread(connection, &key)).await?;
        if changed {
            shared.delivery.tell(HostEvent::Conversations(vec![conversation]));
        }
        Ok(())
    }

    /// Marks everything in every conversation as read.
    ///
    /// # Errors
    /// 33001 before any user is open, 3430x if it cannot be stored.
    pub async fn clear_all_unread(&self) -> Result<()> {
        let shared = self.shared()?;
        let changed = shared.run(Durability::Relaxed, store::clear_all_unread).await?;
        if !changed.is_empty() {
            shared.delivery.tell(HostEvent::Conversations(changed));
        }
        Ok(())
    }
}

impl Conversations {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::downgrade(shared) }
    }

    fn shared(&self) -> Result<Arc<Shared>> {
        self.shared.upgrade().ok_or_else(|| ErrorCode::CLIENT_CLOSED.into())
    }
}
