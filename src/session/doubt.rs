//! Doubt about messages whose attempt was not answered, where the server cannot tell a repeated message from a new
//! one. Each first attempt is written down before it goes; what was not answered goes again only after a pull that
//! began later has reached its end without bringing it. Called by `sender` and `pull`; with a server that dedupes
//! nothing of this happens.

use std::collections::{BTreeMap, VecDeque};

use super::sender::{Outgoing, Tried};
use super::{Action, Millis, Session};
use crate::model::{ConversationKey, ConversationType};
use crate::timing;

/// A pull that looks for the next message of a conversation.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// When it counts as stalled.
    until: Millis,
    /// When it ends in any case.
    latest: Millis,
}

/// A conversation whose next message is looked for.
#[derive(Debug)]
struct Held {
    key: ConversationKey,
    /// None before a pull has begun for it.
    look: Option<Look>,
}

impl Held {
    fn until(&self) -> Option<Millis> {
        self.look.map(|look| look.until)
    }
}

/// What is in doubt.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Whether the server stores a repeated message once.
    pub(super) dedupe: bool,
    /// Messages whose first attempt is being written down, by local id.
    being_noted: BTreeMap<i64, Outgoing>,
    /// Conversations whose next message is looked for.
    held: VecDeque<Held>,
}

impl Default for Doubt {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Doubt {
    pub(super) fn new(dedupe: bool) -> Self {
        Self { dedupe, being_noted: BTreeMap::new(), held: VecDeque::new() }
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

    /// How many messages' first attempts are being written down.
    pub(super) fn count_being_noted(&self) -> usize {
        self.being_noted.len()
    }

    /// Whether this message's first attempt is being written down.
    pub(super) fn is_being_noted(&self, message: i64) -> bool {
        self.being_noted.contains_key(&message)
    }

    /// Whether that of any message of this conversation is.
    pub(super) fn has_one_being_noted(&self, key: &ConversationKey) -> bool {
        self.being_noted.values().any(|outgoing| outgoing.conversation == *key)
    }

    pub(super) fn take_being_noted(&mut self, message: i64) -> Option<Outgoing> {
        self.being_noted.remove(&message)
    }

    pub(super) fn drain_being_noted(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.being_noted).into_values().collect()
    }

    pub(super) fn hold(&mut self, key: ConversationKey) {
        self.held.push_back(Held { key, look: None });
    }

    /// Holds this conversation no longer. Returns whether it was held.
    pub(super) fn let_go(&mut self, key: &ConversationKey) -> bool {
        let before = self.held.len();
        self.held.retain(|held| held.key != *key);
        self.held.len() < before
    }

    /// Ends all looks; whatever was held may go on.
    pub(super) fn release(&mut self) -> VecDeque<ConversationKey> {
        std::mem::take(&mut self.held).into_iter().map(|held| held.key).collect()
    }

    /// Ends the looks whose time is over; what is held for a shorter time stays.
    pub(super) fn release_overdue(&mut self, now: Millis) -> VecDeque<ConversationKey> {
        let overdue = |held: &Held| held.until().is_some_and(|until| now >= until);
        let (over, held): (VecDeque<_>, _) = std::mem::take(&mut self.held).into_iter().partition(overdue);
        self.held = held;
        over.into_iter().map(|held| held.key).collect()
    }

    /// Whether something is held that no pull has begun for. From now on one looks for it.
    pub(super) fn begin(&mut self, now: Millis) -> bool {
        let (until, latest) = (now + timing::LOOK_STALL, now + timing::LOOK_LIMIT);
        let mut unasked = false;
        for held in self.held.iter_mut().filter(|held| held.look.is_none()) {
            held.look = Some(Look { until, latest });
            unasked = true;
        }
        unasked
    }

    /// A page has come: the pull has not stalled.
    pub(super) fn page_came(&mut self, now: Millis) {
        for look in self.held.iter_mut().filter_map(|held| held.look.as_mut()) {
            look.until = (now + timing::LOOK_STALL).min(look.latest);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        self.held.iter().filter_map(Held::until).min()
    }
}

impl Session {
    /// Has an attempt written down: from which server time on the message may appear among the user's own.
    pub(super) fn note(&mut self, outgoing: Outgoing, now: Millis) {
        let message = outgoing.message;
        self.sender.doubt.being_noted.insert(message, outgoing);
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
