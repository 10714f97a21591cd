//! [`History`]: pages of a conversation, here and at the server, joined without doubles or silent holes.

use std::sync::{Arc, Weak};

use super::delivery::HostEvent;
use super::kinds::check_key;
use super::messages::MAX_PAGE;
use super::shared::Shared;
use super::{Error, Result};
use crate::model::{ConversationKey, ConversationType, ErrorCode, Message};
use crate::session::Answer;
use crate::store::{self, Durability, HistoryQuery, RemotePage, Stored};
use crate::wire::{Body, Topic, body};

/// Messages that the server gives at a time (flows §9.1).
const MAX_REMOTE: u32 = 20;
/// The server takes no smaller page (flows §9.1).
const MIN_REMOTE: u32 = 2;

/// A page of messages.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HistoryPage {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether there are, or may be, more in the direction asked for.
    pub has_more: bool,
    /// A hole that the page reaches: between the server time `gap_from` and `gap_to` (ms) lie messages that this
    /// device has never seen and could not get now. Both 0 if there is none.
    pub gap_from: i64,
    /// Where the hole ends.
    pub gap_to: i64,
}

/// Which messages the server is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct RemoteQuery {
    /// Messages beyond this server time, ms; 0 for the newest.
    #[uniffi(default = 0)]
    pub time: i64,
    /// 1 to 20.
    pub count: u32,
    /// Towards newer messages instead of older ones.
    #[uniffi(default = false)]
    pub newer: bool,
}

/// Hears how far a back-fill is.
#[uniffi::export(with_foreign)]
pub trait BackfillListener: Send + Sync {
    /// So many messages were fetched so far; everything back to this server time (ms) is here.
    fn on_progress(&self, fetched: u32, since: i64);
}

/// Pages of messages. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct History {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl History {
    /// A page of what is stored here: of some kinds or senders, in either direction, beyond a message or
    /// a time. Asks nobody; see [`History::load`] for pages without holes.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 1000, or a negative time; 34210 for an impossible target; 61001 if the
    /// message to begin at is gone and no time says where it stood.
    pub async fn page(&self, conversation: ConversationKey, query: HistoryQuery) -> Result<Vec<Message>> {
        check(&conversation, &query)?;
        self.shared()?.read(move |connection| store::page(connection, &conversation, &query)).await
    }

    /// The page of up to `count` messages before server time `before` (ms; 0 for the newest) as it is at the
    /// server: what is missing here is fetched and kept. Offline, or where the server has no history, it shows
    /// what is here and names the hole.
    ///
    /// # Errors
    /// As [`History::page`].
    pub async fn load(&self, conversation: ConversationKey, before: i64, count: u32) -> Result<HistoryPage> {
        let query = HistoryQuery { time: before, count, ..HistoryQuery::default() };
        check(&conversation, &query)?;
        let shared = self.shared()?;
        let mut asked_from = None;
        loop {
            let (page, since) = local(&shared, &conversation, &query).await?;
            // Whole if the known stretch fills it, or reaches back to the beginning.
            let inside = page.iter().filter(|message| message.sent_time >= since).count();
            let full = inside >= count as usize;
            if full || since == 0 {
                return Ok(HistoryPage { has_more: full, messages: page, gap_from: 0, gap_to: 0 });
            }
            let missing = count.saturating_sub(u32::try_from(inside).unwrap_or(u32::MAX));
            let asked = RemoteQuery {
                time: if since == i64::MAX { 0 } else { since },
                count: missing.clamp(MIN_REMOTE, MAX_REMOTE),
                newer: false,
            };
            // A server that says "more" without giving any would be asked forever.
            let stands = asked_from.replace(since).is_some_and(|before| before <= since);
            if stands || fetch(&shared, &conversation, &asked).await.is_err() {
                let older = page.iter().rev().find(|message| message.sent_time < since);
                let gap_from = older.map_or(0, |message| message.sent_time);
                return Ok(HistoryPage { messages: page, has_more: true, gap_from, gap_to: since });
            }
        }
    }

    /// Up to `count` messages before and as many from server time `time` (ms) on, oldest first: for a jump to
    /// a message. Holes are filled as by [`History::load`], and named.
    ///
    /// # Errors
    /// As [`History::page`].
    pub async fn around(&self, conversation: ConversationKey, time: i64, count: u32) -> Result<HistoryPage> {
        if time <= 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let mut page = self.load(conversation.clone(), time, count).await?;
        let shared = self.shared()?;
        let query = HistoryQuery { time: time - 1, newer: true, count, ..HistoryQuery::default() };
        // What comes after is whole if the stretch that ends it reaches back to here; else it is asked for.
        let (mut newer, end) = newer(&shared, &conversation, &query).await?;
        if end > time {
            let asked =
                RemoteQuery { time: time - 1, count: count.clamp(MIN_REMOTE, MAX_REMOTE), newer: true };
            if fetch(&shared, &conversation, &asked).await.is_err() && page.gap_to == 0 {
                (page.gap_from, page.gap_to) = (time, end);
            }
            (newer, _) = self::newer(&shared, &conversation, &query).await?;
        }
        page.messages.extend(newer);
        Ok(page)
    }

    /// A page of the server's history, oldest first, merged into what is here.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 20; 33007 where the server keeps no history; 30001 without a connection.
    pub async fn remote(&self, conversation: ConversationKey, query: RemoteQuery) -> Result<HistoryPage> {
        check_key(&conversation)?;
        if query.count == 0 || query.count > MAX_REMOTE || query.time < 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let count = query.count as usize;
        let asked = RemoteQuery { count: query.count.max(MIN_REMOTE), ..query.clone() };
        let (mut messages, has_more) = fetch(&*self.shared()?, &conversation, &asked).await?;
        let surplus = messages.len().saturating_sub(count);
        let has_more = has_more || surplus > 0;
        // The page ends where it was asked from.
        if query.newer {
            messages.truncate(count)
        } else {
            drop(messages.drain(..surplus))
        }
        Ok(HistoryPage { messages, has_more, gap_from: 0, gap_to: 0 })
    }

    /// Fetches everything that is missing here back to server time `since` (ms; 0 for all), page by page; each
    /// page is kept, so that a back-fill that ends early goes on from there. Returns how many were fetched.
    ///
    /// # Errors
    /// As [`History::remote`].
    pub async fn backfill(
        &self,
        conversation: ConversationKey,
        since: i64,
        listener: Option<Arc<dyn BackfillListener>>,
    ) -> Result<u32> {
        check_key(&conversation)?;
        if since < 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let shared = self.shared()?;
        let mut fetched = 0u32;
        let mut from = i64::MAX;
        let mut asked_from = None;
        loop {
            let key = conversation.clone();
            let known = shared.read(move |connection| store::known_since(connection, &key, from)).await?;
            // Older than what was asked for before, or the server gives nothing more.
            if known <= since || asked_from.replace(known).is_some_and(|before| before <= known) {
                return Ok(fetched);
            }
            let asked = RemoteQuery {
                time: if known == i64::MAX { 0 } else { known },
                count: MAX_REMOTE,
                newer: false,
            };
            let (page, has_more) = fetch(&shared, &conversation, &asked).await?;
            fetched = fetched.saturating_add(u32::try_from(page.len()).unwrap_or(u32::MAX));
            let oldest = page.first().map_or(known, |message| message.sent_time);
            if let Some(listener) = &listener {
                let (listener, reached) = (listener.clone(), if has_more { oldest } else { 0 });
                shared.delivery.spawn(move || async move { listener.on_progress(fetched, reached) });
            }
            if !has_more {
                return Ok(fetched);
            }
            from = oldest;
        }
    }

    /// Stretches of a conversation that this device has never seen, as pairs of server times (ms), oldest first.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn gaps(&self, conversation: ConversationKey) -> Result<Vec<TimeSpan>> {
        let work = move |connection: &rusqlite::Connection| store::gaps(connection, &conversation);
        let gaps = self.shared()?.read(work).await?;
        Ok(gaps.into_iter().map(|(from, to)| TimeSpan { from, to }).collect())
    }

    /// The oldest unread message of a conversation.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn first_unread(&self, conversation: ConversationKey) -> Result<Option<Message>> {
        self.shared()?.read(move |connection| store::first_unread(connection, &conversation)).await
    }

    /// Up to `count` unread messages that mention the user, oldest first: what a list of jumps shows.
    ///
    /// # Errors
    /// 33003 for a count of 0 or above 1000.
    pub async fn unread_mentions(&self, conversation: ConversationKey, count: u32) -> Result<Vec<Message>> {
        if count == 0 || count > MAX_PAGE {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let work =
            move |connection: &rusqlite::Connection| store::unread_mentions(connection, &conversation, count);
        self.shared()?.read(work).await
    }

    /// Deletes everything of a conversation up to server time `until` (ms; 0 for all) on this device. What
    /// waits to be sent stays; the server's history does not bring it back.
    ///
    /// # Errors
    /// 33003 for a negative time.
    pub async fn clear(&self, conversation: ConversationKey, until: i64) -> Result<()> {
        check_key(&conversation)?;
        if until < 0 {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        clear_here(&self.shared()?, conversation, until).await
    }

    /// Deletes everything of a conversation up to server time `until` (ms) from this user's history at the
    /// server, and with `also_here` on this device. Other users keep theirs. Needs a connection.
    ///
    /// # Errors
    /// 34011 for a time that is not positive, 34010 for one in the future, 34008 for a kind of conversation without
    /// a history at the server; 30001 without a connection.
    pub async fn clear_remote(
        &self,
        conversation: ConversationKey,
        until: i64,
        also_here: bool,
    ) -> Result<()> {
        check_key(&conversation)?;
        let shared = self.shared()?;
        let topic = match conversation.conversation_type {
            ConversationType::Private => Topic::ClearPrivate,
            ConversationType::Discussion => Topic::ClearDiscussion,
            ConversationType::Group => Topic::ClearGroup,
            ConversationType::CustomerService => Topic::ClearCustomerService,
            ConversationType::System => Topic::ClearSystem,
            _ => return Err(ErrorCode::CLEAR_HIS_TYPE_ERROR.into()),
        };
        if until <= 0 {
            return Err(ErrorCode::CLEAR_HIS_TIME_ERROR.into());
        }
        let target = conversation.target_id.clone();
        let request = body::ClearHistoryRequest {
            target_id: Some(target.clone()),
            data_time: Some(until),
            conversation_type: Some(conversation.conversation_type.number()),
        };
        shared.query(topic, target, request.to_bytes()).await?;
        if also_here {
            clear_here(&shared, conversation, until).await?;
        }
        Ok(())
    }
}

/// A stretch of server time, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct TimeSpan {
    /// Where it begins.
    pub from: i64,
    /// Where it ends.
    pub to: i64,
}

topic!(History);

fn check(conversation: &ConversationKey, query: &HistoryQuery) -> Result<()> {
    check_key(conversation)?;
    let lists = query.object_names.len().max(query.senders.len());
    if query.count == 0 || query.count > MAX_PAGE || query.time < 0 || query.message_id < 0 || lists > 100 {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

async fn clear_here(shared: &Arc<Shared>, conversation: ConversationKey, until: i64) -> Result<()> {
    let key = conversation.clone();
    let work = move |connection: &rusqlite::Connection| store::clear(connection, &key, until);
    if let Some(time) = shared.run(Durability::Relaxed, work).await? {
        shared.tell_cleared(conversation, time);
    }
    Ok(())
}

/// A page of what is here, and since when it is whole.
async fn local(shared: &Shared, key: &ConversationKey, query: &HistoryQuery) -> Result<(Vec<Message>, i64)> {
    let (key, query) = (key.clone(), query.clone());
    let before = if query.time <= 0 { i64::MAX } else { query.time };
    let work = move |connection: &rusqlite::Connection| {
        Ok((store::page(connection, &key, &query)?, store::known_since(connection, &key, before)?))
    };
    shared.read(work).await
}

/// A page of newer messages, and since when what ends it is whole.
async fn newer(shared: &Shared, key: &ConversationKey, query: &HistoryQuery) -> Result<(Vec<Message>, i64)> {
    let (key, query) = (key.clone(), query.clone());
    let work = move |connection: &rusqlite::Connection| {
        let page = store::page(connection, &key, &query)?;
        let full = page.len() >= query.count as usize;
        let last = page.last().filter(|_| full).map_or(i64::MAX, |message| message.sent_time + 1);
        Ok((page, store::known_since(connection, &key, last)?))
    };
    shared.read(work).await
}

/// Asks the server for a page and keeps it. Returns it as it is here now, and whether there is more. No message
/// of it is news, but what it changed here is told.
async fn fetch(
    shared: &Shared,
    conversation: &ConversationKey,
    query: &RemoteQuery,
) -> Result<(Vec<Message>, bool)> {
    if !shared.navigation().history {
        return Err(ErrorCode::MSG_ROAMING_SERVICE_UNAVAILABLE.into());
    }
    let topic = match conversation.conversation_type {
        ConversationType::Private | ConversationType::AppPublicService | ConversationType::PublicService => {
            Topic::HistoryPrivate
        }
        ConversationType::Discussion => Topic::HistoryDiscussion,
        ConversationType::Group => Topic::HistoryGroup,
        ConversationType::CustomerService => Topic::HistoryCustomerService,
        ConversationType::System => Topic::HistorySystem,
        _ => return Err(Error::new(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED)),
    };
    let target = conversation.target_id.clone();
    let request = body::HistoryQuery {
        target_id: Some(target.clone()),
        time: Some(query.time),
        count: i32::try_from(query.count).ok(),
        order: Some(i32::from(query.newer)),
    };
    let answer = shared.query(topic, target, request.to_bytes()).await?;
    let Answer::History { mut messages, has_more, .. } = answer else {
        return Err(ErrorCode::UNKNOWN.into());
    };
    shared.kinds.find_words(&mut messages);
    let page = RemotePage {
        conversation: conversation.clone(),
        time: query.time,
        newer: query.newer,
        messages,
        has_more,
        now: shared.server_now(),
    };
    let (user, now) = (shared.user()?, shared.clock.wall());
    let (id, delivery) = (user.id.clone(), shared.delivery.clone());
    let work = move |connection: &rusqlite::Connection| store::store_page(connection, page, &id, now);
    let told = move |(messages, Stored { changes, conversations, .. }): (Vec<Message>, Stored)| {
        if !changes.is_empty() {
            delivery.tell(HostEvent::Changed(changes));
        }
        if !conversations.is_empty() {
            delivery.tell(HostEvent::Conversations(conversations));
        }
        messages
    };
    Ok((user.run_then(Durability::Relaxed, work, told).await?, has_more))
}
