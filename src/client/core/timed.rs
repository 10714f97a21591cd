//! What ends by itself: somebody who stopped typing, a message that destroys itself.

use std::collections::HashMap;

use super::super::delivery::HostEvent;
use super::super::event::Event;
use super::Core;
use crate::model::{ConversationKey, Message, MessageChange, TypingUser};
use crate::session::Millis;
use crate::store::{self, Durability, Gone, StoreError};
use crate::timing;

/// What is due when.
#[derive(Default)]
pub(super) struct Timed {
    /// Who types where, until when on the monotonic clock.
    typing: HashMap<ConversationKey, Vec<(TypingUser, Millis)>>,
    /// When the next message destroys itself, ms since 1970.
    destruct_at: Option<i64>,
    destructing: bool,
}

impl Core {
    pub(super) fn next_timed(&self) -> Option<Millis> {
        let typing = self.timed.typing.values().flatten().map(|(_, until)| *until).min();
        let destruct = self.timed.destruct_at.filter(|_| !self.timed.destructing).map(|at| {
            let left = at.saturating_sub(self.shared.clock.wall()).max(0);
            self.shared.clock.monotonic() + left.unsigned_abs()
        });
        typing.into_iter().chain(destruct).min()
    }

    pub(super) fn tick_timed(&mut self, now: Millis) {
        let mut ended = Vec::new();
        self.timed.typing.retain(|key, users| {
            let before = users.len();
            users.retain(|(_, until)| *until > now);
            if users.len() < before {
                ended.push(key.clone());
            }
            !users.is_empty()
        });
        for key in ended {
            self.tell_typing(key);
        }
        if self.timed.destruct_at.is_some_and(|at| at <= self.shared.clock.wall()) && !self.timed.destructing
        {
            self.destruct();
        }
    }

    pub(super) fn forget_timed(&mut self) {
        self.timed = Timed::default();
        self.shared.set_typing(HashMap::new());
    }

    pub(super) fn typing(&mut self, key: ConversationKey, user: TypingUser) {
        let until = self.shared.clock.monotonic() + timing::TYPING_SHOWN;
        let users = self.timed.typing.entry(key.clone()).or_default();
        let known = users.iter().any(|(other, _)| *other == user);
        users.retain(|(other, _)| other.user_id != user.user_id);
        users.push((user, until));
        if !known {
            self.tell_typing(key);
        }
    }

    /// Whoever has written does not type any more.
    pub(super) fn stop_typing(&mut self, messages: &[Message]) {
        for message in messages {
            let Some(users) = self.timed.typing.get_mut(&message.conversation) else { continue };
            let before = users.len();
            users.retain(|(user, _)| user.user_id != message.sender_user_id);
            if users.len() < before {
                let key = message.conversation.clone();
                if users.is_empty() {
                    self.timed.typing.remove(&key);
                }
                self.tell_typing(key);
            }
        }
    }

    fn tell_typing(&self, key: ConversationKey) {
        let users = |list: &Vec<(TypingUser, Millis)>| list.iter().map(|(user, _)| user.clone()).collect();
        let typing: HashMap<ConversationKey, Vec<TypingUser>> =
            self.timed.typing.iter().map(|(key, list)| (key.clone(), users(list))).collect();
        let here = typing.get(&key).cloned().unwrap_or_default();
        self.shared.set_typing(typing);
        self.shared.delivery.tell(HostEvent::Typing(key, here));
    }

    pub(super) fn destruct_at(&mut self, at: Option<i64>) {
        self.timed.destruct_at = match (self.timed.destruct_at, at) {
            (Some(known), Some(at)) => Some(known.min(at)),
            (known, at) => known.or(at),
        };
    }

    fn destruct(&mut self) {
        self.timed.destruct_at = None;
        // Whoever opens a user reads it again.
        let Ok(user) = self.shared.user() else { return };
        self.timed.destructing = true;
        let (shared, now) = (self.shared.clone(), self.shared.clock.wall());
        user.store.run(
            Durability::Relaxed,
            move |connection| {
                let gone = store::destruct(connection, now)?;
                Ok((gone, store::next_destruct(connection)?))
            },
            move |result| shared.send(Event::Destructed { result }),
        );
    }

    pub(super) fn destructed(&mut self, result: Result<(Gone, Option<i64>), StoreError>) {
        self.timed.destructing = false;
        match result {
            Ok((gone, next)) => {
                self.destruct_at(next);
                self.removed(gone.iter().flat_map(|(_, ids)| ids.iter().copied()).collect());
                self.shared.tell_gone(gone);
                self.read_signals();
            }
            Err(error) => {
                log::error!("messages cannot be destroyed: {error}");
                let later = self.shared.clock.wall() + timing::SEND_RETRY as i64;
                self.destruct_at(Some(later));
            }
        }
    }
}

impl super::Shared {
    /// Tells that messages are gone.
    pub(in crate::client) fn tell_gone(&self, gone: Gone) {
        if gone.is_empty() {
            return;
        }
        let keys = gone.iter().map(|(key, _)| key.clone()).collect();
        let changes = gone.into_iter().map(|(key, ids)| MessageChange::deleted(key, ids)).collect();
        self.delivery.tell(HostEvent::Changed(changes));
        self.delivery.tell(HostEvent::Conversations(keys));
    }
}
