//! What a client's store shows: every conversation of a seed, read through the public functions.

use std::collections::BTreeMap;

use anser::client::Client;
use anser::model::{ConversationKey, Message, MessageDirection};
use anser_testkit::text_of;
use anyhow::ensure;

/// Largest page of history.
pub(crate) const PAGE: u32 = 1000;
/// The group that alice and bob are in.
pub(crate) const TEAM: &str = "team";
/// What is left of a recalled message.
pub(crate) const RECALLED: &str = "RC:RcCmd";

/// A message as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Empty until the server has given one.
    pub(crate) uid: String,
    pub(crate) time: i64,
    pub(crate) sender: String,
    /// `None` if it was recalled.
    pub(crate) text: Option<String>,
    /// Whether it counts as unread.
    pub(crate) counts: bool,
    pub(crate) arrived: bool,
}

impl Seen {
    pub(crate) fn of(message: &Message) -> Self {
        let counts = message.counted && message.direction == MessageDirection::Receive;
        Self {
            uid: message.uid.clone().unwrap_or_default(),
            time: message.sent_time,
            sender: message.sender_user_id.clone(),
            text: (message.object_name != RECALLED).then(|| text_of(message)),
            counts,
            arrived: message.sent_status.has_arrived(),
        }
    }

    /// What everybody must agree about.
    pub(crate) fn common(&self) -> (&str, i64, &str, Option<&str>) {
        (&self.uid, self.time, &self.sender, self.text.as_deref())
    }
}

/// One conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    pub(crate) messages: Vec<Seen>,
    pub(crate) unread: u32,
    pub(crate) read_time: i64,
}

/// Demands that two of a conversation hold the same messages in the same order.
pub(crate) fn compare(
    place: &str,
    one: &str,
    ones: &Shown,
    other: &str,
    others: &Shown,
) -> anyhow::Result<()> {
    let ones: Vec<_> = ones.messages.iter().map(Seen::common).collect();
    let others: Vec<_> = others.messages.iter().map(Seen::common).collect();
    let differs = ones.iter().zip(&others).position(|(one, other)| one != other);
    let at = differs.unwrap_or(ones.len().min(others.len()));
    ensure!(
        ones == others,
        "{place}: {} messages {one}, {} {other}; number {at} is {:?} {one}, {:?} {other}",
        ones.len(),
        others.len(),
        ones.get(at),
        others.get(at)
    );
    Ok(())
}

/// The conversations, by name.
pub(crate) type Snapshot = BTreeMap<String, Shown>;

/// Reads these.
pub(crate) async fn take(
    client: &Client,
    conversations: Vec<(&'static str, ConversationKey)>,
) -> anyhow::Result<Snapshot> {
    let mut snapshot = Snapshot::new();
    for (name, key) in conversations {
        let messages = client.messages().history(key.clone(), 0, PAGE).await?;
        ensure!(messages.len() < PAGE as usize, "{name} is longer than the script means it to be");
        let row = client.conversations().get(key.clone()).await?;
        let unread = client.conversations().unread_count(key).await?;
        let read_time = row.as_ref().map_or(0, |row| row.read_time);
        ensure!(row.is_none_or(|row| row.unread_count == unread), "{name}: two unread counts");
        let messages = messages.iter().map(Seen::of).collect();
        snapshot.insert(name.to_owned(), Shown { messages, unread, read_time });
    }
    let total: u32 = snapshot.values().map(|shown| shown.unread).sum();
    let told = client.conversations().total_unread_count().await?;
    ensure!(told == total, "the total of unread messages is {told}, the conversations have {total}");
    Ok(snapshot)
}
