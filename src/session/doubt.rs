//! Doubt about messages whose attempt was not answered, where the server cannot tell a repeated message from a new
//! one. Each first attempt is written down before it goes; what was not answered goes again only after a pull that
//! began later has reached its end without bringing it. Called by `sender` and `pull`; with a server that dedupes
//! nothing of this happens.

use std::collections::{BTreeMap, VecDeque};

use super::sender::{Outgoing, Tried};
use super::{Action, Millis, Session};
use crate::model::{ConversationKey, ConversationType};
use crate::timing;

/// A pull that looks for messages.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// When it counts as stalled.
    until: Millis,
    /// When it ends in any case.
    latest: Millis,
}

/// What is in doubt.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Whether the server stores a repeated message once.
    pub(super) dedupe: bool,
    /// Messages whose first attempt is being written down, by local id.
    noting: BTreeMap<i64, Outgoing>,
    /// Conversations whose next message is looked for.
    held: VecDeque<ConversationKey>,
    /// Whether something is held that no pull has begun for.
    unasked: bool,
    look: Option<Look>,
}

impl Default for Doubt {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Doubt {
    pub(super) fn new(dedupe: bool) -> Self {
        Self { dedupe, noting: BTreeMap::new(), held: VecDeque::new(), unasked: false, look: None }
    }

    /// Whether a pull would bring the message and telling it twice would show. Signals may be told twice.
    fn applies(&self, outgoing: &Outgoing) -> bool {
        !self.dedupe
            && outgoing.message > 0
            && outgoing.conversation.conversation_type != ConversationType::Chatroom
    }

    pub(super) fn must_note(&self, outgoing: &Outgoing) -> bool {
        outgoing.tried == Tried::Never && self.applies(outgoing)
    }

    pub(super) fn must_look(&self, outgoing: &Outgoing) -> bool {
        outgoing.tried == Tried::Unanswered && self.applies(outgoing)
    }

    /// How many are being written down.
    pub(super) fn noting(&self) -> usize {
        self.noting.len()
    }

    pub(super) fn is_noted(&self, message: i64) -> bool {
        self.noting.contains_key(&message)
    }

    pub(super) fn is_noting(&self, key: &ConversationKey) -> bool {
        self.noting.values().any(|outgoing| outgoing.conversation == *key)
    }

    pub(super) fn take_noting(&mut self, message: i64) -> Option<Outgoing> {
        self.noting.remove(&message)
    }

    pub(super) fn drain_noting(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.noting).into_values().collect()
    }

    pub(super) fn hold(&mut self, key: ConversationKey) {
        self.held.push_back(key);
        self.unasked = true;
    }

    /// Holds this conversation no longer. Returns whether it was held.
    pub(super) fn let_go(&mut self, key: &ConversationKey) -> bool {
        let before = self.held.len();
        self.held.retain(|held| held != key);
        if self.held.is_empty() {
            self.look = None;
            self.unasked = false;
        }
        self.held.len() < before
    }

    /// Ends the look; whatever was held may go on.
    pub(super) fn release(&mut self) -> VecDeque<ConversationKey> {
        self.look = None;
        self.unasked = false;
        std::mem::take(&mut self.held)
    }

    /// Whether something is held that no pull has begun for. From now on one looks for it.
    pub(super) fn begin(&mut self, now: Millis) -> bool {
        let unasked = std::mem::take(&mut self.unasked);
        if unasked {
            let (until, latest) = (now + timing::LOOK_STALL, now + timing::LOOK_LIMIT);
            self.look.get_or_insert(Look { until, latest });
        }
        unasked
    }

    /// A page has come: the pull has not stalled.
    pub(super) fn page_came(&mut self, now: Millis) {
        if let Some(look) = &mut self.look {
            look.until = (now + timing::LOOK_STALL).min(look.latest);
        }
    }

    pub(super) fn is_overdue(&self, now: Millis) -> bool {
        self.look.is_some_and(|look| now >= look.until)
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        self.look.map(|look| look.until)
    }
}

impl Session {
    /// Has an attempt written down: from which server time on the message may appear among the user's own.
    pub(super) fn note(&mut self, outgoing: Outgoing, now: Millis) {
        let message = outgoing.message;
        self.sender.doubt.noting.insert(message, outgoing);
        let since = self.connection.server_time(now).saturating_sub(timing::STAMP_SKEW as i64);
        self.actions.push_back(Action::NoteAttempt { message, since });
    }

    /// Pulls for what is held, unless a pull that will do is still to begin.
    pub(super) fn look(&mut self, now: Millis) {
        if self.sender.doubt.begin(now) && !self.pull.is_wanted() {
            self.start_pull(now);
        }
    }
}
