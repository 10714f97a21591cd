//! What the server has committed, as one who looks over its shoulder knows it.

use std::sync::{Arc, Mutex, PoisonError};

use anser_server::sim::Target;
use anser_server::store::Committed;

/// A stored text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) uid: String,
    pub(crate) stamp: i64,
    pub(crate) sender: String,
    /// The group, or the other person as the sender names it.
    pub(crate) target: String,
    pub(crate) group: bool,
    pub(crate) text: String,
    /// Whose inboxes it entered.
    pub(crate) to: Vec<String>,
}

impl Entry {
    /// The conversation's name as `user` has it; `None` if it is none of theirs.
    pub(crate) fn place(&self, user: &str) -> Option<&str> {
        if self.sender != user && !self.to.iter().any(|to| to == user) {
            return None;
        }
        Some(if self.group || self.sender == user { &self.target } else { &self.sender })
    }
}

/// All of them, in the order of their commits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<Entry>>>);

impl Ledger {
    pub(crate) fn note(&self, committed: &Committed) {
        let message = &committed.message;
        if &*message.object_name != "RC:TxtMsg" {
            return;
        }
        let json: serde_json::Value = serde_json::from_slice(&message.content).unwrap_or_default();
        let text = json.get("content").and_then(serde_json::Value::as_str).unwrap_or_default();
        let (target, group) = match &message.target {
            Target::User(user) => (user.to_string(), false),
            Target::Group(group) => (group.to_string(), true),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Entry {
            uid: message.uid.to_string(),
            stamp: message.stamp,
            sender: message.sender.to_string(),
            target,
            group,
            text: text.to_owned(),
            to: committed.inboxes.iter().map(|entry| entry.user.to_string()).collect(),
        });
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
