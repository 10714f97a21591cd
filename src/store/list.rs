//! The server's list of conversations, merged into the local one: marks by maximum, rows that are missing,
//! the newest message where the inbox does not bring it.

use rusqlite::Connection;

use super::inbox::{Stored, cursors, insert};
use super::{StoreError, commands, conversations, rows, signals};
use crate::session::ListedConversation;

/// Merges the list. What the inbox is still to bring is left to it, so that it is told as new then; so the
/// result is the same whichever of the two comes first.
///
/// # Errors
/// The database fails.
pub fn merge_list(
    connection: &Connection,
    listed: Vec<ListedConversation>,
    user: &str,
    now: i64,
) -> Result<Stored, StoreError> {
    let known = cursors(connection)?;
    let mut stored = Stored::default();
    let mut added = Vec::new();
    for item in listed {
        let ListedConversation { key, latest, read_time, peer_delivered_time, peer_read_time } = item;
        let id = conversations::row_id(connection, &key)?;
        let mut changed = conversations::merge_read_mark(connection, &key, read_time)?;
        changed |= conversations::peer_marks(connection, &key, peer_delivered_time, peer_read_time)?;
        if let Some(latest) = latest
            && !signals::waits(connection, &signals::removed_name(&key))
        {
            let cursor = if latest.is_own() { known.outbox } else { known.inbox };
            let time = latest.sent_time;
            let gone = rows::is_gone(connection, id, latest.uid.as_deref(), time)?
                || rows::is_gone_unnamed(connection, &latest)?;
            if time <= cursor {
                let command = commands::apply(connection, &latest, user, now, &mut stored)?;
                if !command && let Some(id) = insert(connection, &latest, now)? {
                    added.push(id);
                    changed = true;
                }
            }
            if !gone {
                changed |= conversations::touch(connection, id, time)?;
            }
        }
        if changed {
            stored.touch(&key);
        }
    }
    rows::all_added(connection, &added)?;
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConversationKey, ConversationType, MessageDirection};
    use crate::session::{Batch, Cursors, Incoming};
    use crate::store::{self, ConversationFilter, Location};

    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    fn incoming(seed: &mut u64, time: i64) -> Incoming {
        let own = next(seed).is_multiple_of(3);
        let peer = format!("user{}", next(seed) % 5);
        Incoming {
            uid: Some(format!("uid-{time}")),
            conversation: ConversationKey::new(ConversationType::Private, peer.clone()),
            direction: if own { MessageDirection::Send } else { MessageDirection::Receive },
            sender: if own { "me".into() } else { peer },
            object_name: "RC:TxtMsg".into(),
            content: format!("{{\"content\":\"{time}\"}}"),
            sent_time: time,
            persisted: true,
            counted: true,
            mentioned: false,
            offline: true,
            client_unique_id: None,
            silent: false,
            expandable: false,
            expansion: None,
            search_words: None,
        }
    }

    fn batch(messages: &[Incoming], from: Cursors) -> Batch {
        let newest = |own: bool| {
            let of_side = messages.iter().filter(|message| message.is_own() == own);
            of_side.map(|message| message.sent_time).max()
        };
        let to = Cursors {
            inbox: newest(false).unwrap_or(0).max(from.inbox),
            outbox: newest(true).unwrap_or(0).max(from.outbox),
        };
        let messages = messages.to_vec();
        Batch { ticket: 1, messages, moves: Some((from, to)), connack_time: 10_000 }
    }

    fn listed(messages: &[Incoming], seed: &mut u64) -> Vec<ListedConversation> {
        let mut items: Vec<ListedConversation> = Vec::new();
        for message in messages.iter().rev() {
            if items.iter().all(|item| item.key != message.conversation) {
                items.push(ListedConversation {
                    key: message.conversation.clone(),
                    latest: Some(message.clone()),
                    read_time: (next(seed) % 60) as i64,
                    peer_delivered_time: (next(seed) % 60) as i64,
                    peer_read_time: (next(seed) % 60) as i64,
                });
            }
        }
        items
    }

    /// What a host sees in the end: the list, and which messages it was told of as new.
    fn outcome(
        list_at: usize,
        pages: &[&[Incoming]],
        list: &[ListedConversation],
    ) -> (Vec<String>, Vec<String>) {
        let connection = store::open(&Location::Memory).unwrap();
        let (mut told, mut from) = (Vec::new(), Cursors::default());
        for step in 0..=pages.len() {
            if step == list_at {
                let merged = merge_list(&connection, list.to_vec(), "me", 1).unwrap();
                assert!(merged.new.is_empty(), "the list is no news");
            }
            if let Some(page) = pages.get(step) {
                let batch = batch(page, from);
                from = batch.moves.unwrap().1;
                let stored = store::store_batch(&connection, batch, "me", 1).unwrap();
                told.extend(stored.new.into_iter().filter_map(|message| message.uid));
            }
        }
        let rows = store::conversations(&connection, &ConversationFilter::default(), None, 100).unwrap();
        let row = |row: crate::model::Conversation| {
            let latest = row.latest_message.and_then(|message| message.uid);
            format!(
                "{} {latest:?} {} {} {} {}",
                row.key.target_id, row.sort_time, row.unread_count, row.read_time, row.peer_read_time
            )
        };
        (rows.into_iter().map(row).collect(), told)
    }

    #[test]
    fn list_and_pull_give_the_same_in_every_order() {
        for first in 0..200 {
            let mut seed = first;
            let messages: Vec<Incoming> = (1..=40).map(|time| incoming(&mut seed, time)).collect();
            let list = listed(&messages, &mut seed);
            let pages: Vec<&[Incoming]> = messages.chunks(10).collect();
            let last = outcome(pages.len(), &pages, &list);
            assert_eq!(last.1.len(), 40);
            for at in 0..pages.len() {
                assert_eq!(outcome(at, &pages, &list), last, "seed {first}, list before page {at}");
            }
        }
    }
}
