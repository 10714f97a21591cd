//! [`Conversations`]: the list, its rows' states, unread counts, drafts and tags. Everything works offline; what
//! belongs to the account is told to the server when the line is there.

use std::sync::Weak;

use super::Result;
use super::kinds::{check_id, check_key};
use super::shared::Shared;
use crate::kill::{self, Point};
use crate::model::{Conversation, ConversationKey, ConversationType, ErrorCode, MuteLevel};
use crate::session::Answer;
use crate::store::{self, ConversationFilter, Durability, StoreError, Tag};
use crate::wire::{Body, Topic, body};

/// Largest page of the list.
const MAX_PAGE: u32 = 1000;
/// Longest draft, bytes.
const MAX_DRAFT: usize = 128 * 1024;

/// The conversation list. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Conversations {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Conversations {
    /// Up to `count` conversations: the top ones, then the others, each with the newest message or draft first.
    /// `after` is the last row already shown, `None` for the first page; an empty `types` means all kinds.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 1000, 33001 before any user is open.
    pub async fn list(
        &self,
        types: Vec<ConversationType>,
        after: Option<ConversationKey>,
        count: u32,
    ) -> Result<Vec<Conversation>> {
        self.filter(ConversationFilter { types, ..ConversationFilter::default() }, after, count).await
    }

    /// As [`Conversations::list`], of those that the filter lets through: by kind, tag, top, muted, unread,
    /// hidden.
    ///
    /// # Errors
    /// As [`Conversations::list`].
    pub async fn filter(
        &self,
        filter: ConversationFilter,
        after: Option<ConversationKey>,
        count: u32,
    ) -> Result<Vec<Conversation>> {
        if count == 0 || count > MAX_PAGE {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let work = move |connection: &rusqlite::Connection| {
            store::conversations(connection, &filter, after.as_ref(), count)
        };
        self.shared()?.read(work).await
    }

    /// The rows of these conversations as they are now, in the order asked for; those that are in no list are
    /// left out. What a list does with the keys that `ConversationListener` names.
    ///
    /// # Errors
    /// 33003 for more than 1000, 33001 before any user is open.
    pub async fn rows(&self, conversations: Vec<ConversationKey>) -> Result<Vec<Conversation>> {
        check_count(&conversations)?;
        self.shared()?.read(move |connection| store::conversation_rows(connection, &conversations)).await
    }

    /// One conversation, in a list or not; `None` if nothing is known of it.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn get(&self, conversation: ConversationKey) -> Result<Option<Conversation>> {
        self.shared()?.read(move |connection| store::conversation(connection, &conversation)).await
    }

    /// Puts a conversation into the list, at the present time if it has no message. One that is there stays as
    /// it is.
    ///
    /// # Errors
    /// 34210 for an impossible target.
    pub async fn create(&self, conversation: ConversationKey) -> Result<Conversation> {
        check_key(&conversation)?;
        let shared = self.shared()?;
        let (key, now) = (conversation.clone(), shared.server_now());
        let work = move |connection: &rusqlite::Connection| {
            let new = store::create(connection, &key, now)?;
            Ok((new, store::conversation(connection, &key)?))
        };
        let (new, row) = shared.run(Durability::Relaxed, work).await?;
        if new {
            shared.changed(vec![conversation]);
        }
        row.ok_or_else(|| ErrorCode::INTERNAL.into())
    }

    /// Takes conversations out of the list, here and on the user's other devices, until a newer message comes;
    /// drafts and places on top go, what was unread is read. Messages stay. Works offline.
    ///
    /// # Errors
    /// 33003 for more than 1000.
    pub async fn remove(&self, conversations: Vec<ConversationKey>) -> Result<()> {
        check_count(&conversations)?;
        let shared = self.shared()?;
        let (user, now) = (shared.user()?.id.clone(), shared.server_now());
        self.each(conversations, move |connection, key| store::remove(connection, key, &user, now)).await
    }

    /// Takes all conversations of these kinds out of the list, as [`Conversations::remove`] does.
    ///
    /// # Errors
    /// 33003 for no kinds.
    pub async fn clear(&self, types: Vec<ConversationType>) -> Result<()> {
        if types.is_empty() {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        loop {
            let rows = self.list(types.clone(), None, MAX_PAGE).await?;
            if rows.is_empty() {
                return Ok(());
            }
            self.remove(rows.into_iter().map(|row| row.key).collect()).await?;
        }
    }

    /// Takes a conversation out of the list on this device until a newer message comes, or puts it back where
    /// it stood.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn set_hidden(&self, conversation: ConversationKey, hidden: bool) -> Result<()> {
        let change = if hidden { store::hide } else { store::show };
        self.each(vec![conversation], change).await
    }

    /// Puts conversations above the others, or back among them, on all devices of the user. Works offline.
    ///
    /// # Errors
    /// 34210 for an impossible target, 33003 for more than 1000.
    pub async fn set_top(&self, conversations: Vec<ConversationKey>, top: bool) -> Result<()> {
        check_count(&conversations)?;
        conversations.iter().try_for_each(check_key)?;
        let now = self.shared()?.server_now();
        self.each(conversations, move |connection, key| store::set_top(connection, key, top, now)).await
    }

    /// Sets what of conversations may disturb the user, on all devices. Works offline.
    ///
    /// # Errors
    /// 34210 for an impossible target, 33003 for more than 1000.
    pub async fn set_mute(&self, conversations: Vec<ConversationKey>, level: MuteLevel) -> Result<()> {
        check_count(&conversations)?;
        conversations.iter().try_for_each(check_key)?;
        let now = self.shared()?.server_now();
        self.each(conversations, move |connection, key| store::set_mute(connection, key, level, now)).await
    }

    /// What of a conversation may disturb the user.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn mute(&self, conversation: ConversationKey) -> Result<MuteLevel> {
        Ok(self.get(conversation).await?.map_or(MuteLevel::None, |row| row.mute))
    }

    /// The server's list, newest first, merged into the local one: read marks by maximum, rows that are
    /// missing here. Resolves with the first `count` rows of the local list. Needs a connection; a login does
    /// this by itself.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 1000; 30001 without a connection.
    pub async fn sync_list(&self, count: u32) -> Result<Vec<Conversation>> {
        if count == 0 || count > MAX_PAGE {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let shared = self.shared()?;
        let user = shared.user()?.id.clone();
        let request = body::ConversationsQuery {
            r#type: Some(ConversationType::Private.number()),
            count: i32::try_from(count).ok(),
            ..Default::default()
        };
        let answer = shared.query(Topic::Conversations, user.clone(), request.to_bytes()).await?;
        let Answer::Conversations { listed, .. } = answer else { return Err(ErrorCode::UNKNOWN.into()) };
        let now = shared.clock.wall();
        let work = move |connection: &rusqlite::Connection| store::merge_list(connection, listed, &user, now);
        let stored = shared.run(Durability::Relaxed, work).await?;
        shared.changed(stored.conversations);
        self.list(Vec::new(), None, count).await
    }

    /// Unread messages of one conversation: counted messages of others after the read mark.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn unread_count(&self, conversation: ConversationKey) -> Result<u32> {
        self.shared()?.read(move |connection| store::unread(connection, &conversation)).await
    }

    /// Unread messages of these conversations together, hidden and muted ones included.
    ///
    /// # Errors
    /// 33003 for more than 1000, 33001 before any user is open.
    pub async fn unread_count_of(&self, conversations: Vec<ConversationKey>) -> Result<u32> {
        check_count(&conversations)?;
        self.shared()?.read(move |connection| store::unread_of(connection, &conversations)).await
    }

    /// Unread messages of all conversations of these kinds that are in the list, with or without the muted ones.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn unread_count_by_types(&self, types: Vec<ConversationType>, with_muted: bool) -> Result<u32> {
        let work =
            move |connection: &rusqlite::Connection| store::unread_by_types(connection, &types, with_muted);
        self.shared()?.read(work).await
    }

    /// What the badge of an app shows: unread messages of all conversations that are in the list and not muted.
    /// Hidden ones and chatrooms do not count.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn total_unread_count(&self) -> Result<u32> {
        self.shared()?.read(store::total_unread).await
    }

    /// Marks everything in a conversation as read, on all devices of the user. Works offline.
    ///
    /// # Errors
    /// 33001 before any user is open, 3430x if it cannot be stored.
    pub async fn clear_unread(&self, conversation: ConversationKey) -> Result<()> {
        let user = self.shared()?.user()?.id.clone();
        self.each(vec![conversation], move |connection, key| {
            store::clear_unread(connection, key, None, &user)
        })
        .await
    }

    /// Marks everything in a conversation up to server time `until` (ms) as read, on all devices of the user.
    ///
    /// # Errors
    /// 33003 for a time that is not positive.
    pub async fn clear_unread_until(&self, conversation: ConversationKey, until: i64) -> Result<()> {
        if until <= 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let user = self.shared()?.user()?.id.clone();
        let work = move |connection: &rusqlite::Connection, key: &ConversationKey| {
            store::clear_unread(connection, key, Some(until), &user)
        };
        self.each(vec![conversation], work).await
    }

    /// Moves the read mark so that `count` messages remain unread, or as many as there are: marks a conversation
    /// as unread again. Other devices follow a mark that moves on; one that moves back stays on this device.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn set_unread_count(&self, conversation: ConversationKey, count: u32) -> Result<()> {
        let user = self.shared()?.user()?.id.clone();
        let work = move |connection: &rusqlite::Connection, key: &ConversationKey| {
            store::set_unread(connection, key, count, &user)
        };
        self.each(vec![conversation], work).await
    }

    /// Marks everything in every conversation as read, on all devices of the user.
    ///
    /// # Errors
    /// 33001 before any user is open, 3430x if it cannot be stored.
    pub async fn clear_all_unread(&self) -> Result<()> {
        let shared = self.shared()?;
        let user = shared.user()?.id.clone();
        let work = move |connection: &rusqlite::Connection| store::clear_all_unread(connection, &user);
        let changed = shared.run(Durability::Relaxed, work).await?;
        shared.changed(changed);
        Ok(())
    }

    /// Keeps begun text, across restarts; empty to forget it. It moves the conversation up.
    ///
    /// # Errors
    /// 34210 for an impossible target, 30016 above 128 KiB.
    pub async fn save_draft(&self, conversation: ConversationKey, text: String) -> Result<()> {
        check_key(&conversation)?;
        if text.len() > MAX_DRAFT {
            return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT.into());
        }
        let now = self.shared()?.server_now();
        self.each(vec![conversation], move |connection, key| store::save_draft(connection, key, &text, now))
            .await
    }

    /// The begun text of a conversation; empty for none.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn draft(&self, conversation: ConversationKey) -> Result<String> {
        self.shared()?.read(move |connection| store::draft(connection, &conversation)).await
    }

    /// Makes a tag, on this device, or renames it.
    ///
    /// # Errors
    /// 33003 for an id or a name that is blank or above 64 bytes.
    pub async fn add_tag(&self, tag_id: String, name: String) -> Result<()> {
        check_id(&tag_id, ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        check_id(&name, ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        let shared = self.shared()?;
        let now = shared.clock.wall();
        let work = move |connection: &rusqlite::Connection| store::add_tag(connection, &tag_id, &name, now);
        shared.run(Durability::Relaxed, work).await
    }

    /// Deletes a tag and takes it off its conversations. Returns whether there was one.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn remove_tag(&self, tag_id: String) -> Result<bool> {
        let work = move |connection: &rusqlite::Connection| store::remove_tag(connection, &tag_id);
        self.shared()?.run(Durability::Relaxed, work).await
    }

    /// All tags, the oldest first. Conversations of one are listed by [`Conversations::filter`].
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn tags(&self) -> Result<Vec<Tag>> {
        self.shared()?.read(store::tags).await
    }

    /// Gives a tag to conversations, or takes it off. Those that are not known are left out.
    ///
    /// # Errors
    /// 33003 if there is no such tag, or for more than 1000.
    pub async fn set_tag(
        &self,
        tag_id: String,
        conversations: Vec<ConversationKey>,
        tagged: bool,
    ) -> Result<()> {
        check_count(&conversations)?;
        let shared = self.shared()?;
        let keys = conversations.clone();
        let work = move |connection: &rusqlite::Connection| match tagged {
            true => store::tag_conversations(connection, &tag_id, &keys),
            false => store::untag_conversations(connection, &tag_id, &keys),
        };
        shared.run(Durability::Relaxed, work).await?;
        shared.changed(conversations);
        Ok(())
    }
}

fn check_count(conversations: &[ConversationKey]) -> Result<()> {
    if conversations.len() > MAX_PAGE as usize {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

topic!(Conversations);

impl Conversations {
    /// Changes conversations, all in one transaction, and tells which really changed.
    async fn each(
        &self,
        conversations: Vec<ConversationKey>,
        change: impl Fn(&rusqlite::Connection, &ConversationKey) -> std::result::Result<bool, StoreError>
        + Send
        + 'static,
    ) -> Result<()> {
        let shared = self.shared()?;
        let work = move |connection: &rusqlite::Connection| {
            let mut changed = Vec::new();
            for key in conversations {
                if change(connection, &key)? {
                    kill::reach(Point::Marked);
                    changed.push(key);
                }
            }
            Ok(changed)
        };
        let changed = shared.run(Durability::Relaxed, work).await?;
        if !changed.is_empty() {
            kill::reach(Point::MarkCommitted);
            shared.changed(changed);
        }
        Ok(())
    }
}
