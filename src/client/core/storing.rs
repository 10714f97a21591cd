//! Messages on their way in: stored by the store, then told to the host as far as they are new.

use super::super::delivery::HostEvent;
use super::super::event::Event;
use super::Core;
use crate::kill::{self, Point};
use crate::session::{Batch, Input};
use crate::store::{StoreError, Stored};

impl Core {
    pub(super) fn store(&self, mut batch: Batch) {
        self.shared.kinds.find_words(&mut batch.messages);
        kill::reach(Point::PageArrived);
        let ticket = batch.ticket;
        let now = self.shared.clock.wall();
        self.with_user(|user, shared| {
            #[cfg(feature = "kill-points")]
            if kill::cursor_first() {
                return cursor_first(user, shared, batch, now);
            }
            user.store.receive(batch, &user.id, now, move |result| {
                kill::reach(Point::PageCommitted);
                shared.send(Event::Stored { ticket, result });
            });
        });
    }

    pub(super) fn stored(&mut self, ticket: u64, result: std::result::Result<Stored, StoreError>) {
        match result {
            Ok(stored) => {
                let found: Vec<i64> = stored.sent.iter().map(|message| message.id).collect();
                self.announce(stored);
                for message in found {
                    self.input(Input::Found { message });
                }
                kill::reach(Point::PageTold);
                self.input(Input::Stored { ticket });
            }
            Err(error) => {
                log::error!("messages cannot be stored: {error}");
                self.input(Input::StoreFailed { ticket });
            }
        }
    }

    /// Tells the host what the store says is new.
    pub(super) fn announce(&mut self, stored: Stored) {
        self.once_stored(stored.new.len());
        let mut touched = stored.conversations;
        for message in stored.new.iter().chain(&stored.sent).filter(|message| message.id != 0) {
            if !touched.contains(&message.conversation) {
                touched.push(message.conversation.clone());
            }
        }
        for receipt in &stored.receipts {
            if !touched.contains(&receipt.conversation) {
                touched.push(receipt.conversation.clone());
            }
        }
        if !stored.new.is_empty() {
            self.stop_typing(&stored.new);
            self.shared.delivery.tell(HostEvent::Messages(stored.new));
        }
        for message in stored.sent {
            self.tell_sent(message);
        }
        if !stored.changes.is_empty() {
            self.shared.delivery.tell(HostEvent::Changed(stored.changes));
        }
        if !stored.receipts.is_empty() {
            self.shared.delivery.tell(HostEvent::Receipts(stored.receipts));
        }
        for (conversation, user) in stored.typing {
            self.typing(conversation, user);
        }
        if !touched.is_empty() {
            self.shared.delivery.tell(HostEvent::Conversations(touched));
        }
    }
}

/// The mistake that `cargo xtask kill --wrong-order` must find: the cursor is committed before what it covers.
#[cfg(feature = "kill-points")]
fn cursor_first(
    user: &super::super::shared::User,
    shared: std::sync::Arc<super::super::shared::Shared>,
    batch: Batch,
    now: i64,
) {
    use crate::store::{Durability, store_batch};
    let (ticket, id) = (batch.ticket, user.id.clone());
    let cursor = Batch { messages: Vec::new(), ..batch };
    let messages = Batch { messages: batch.messages, moves: None, ..cursor };
    // A store that runs inline commits each by itself, and takes no job from within another.
    #[cfg(feature = "sim")]
    {
        user.store.run(
            Durability::Relaxed,
            move |connection| store_batch(connection, cursor, &id, now),
            |_| {},
        );
        let id = user.id.clone();
        user.store.run(
            Durability::Relaxed,
            move |connection| store_batch(connection, messages, &id, now),
            move |result| shared.send(Event::Stored { ticket, result }),
        );
    }
    #[cfg(not(feature = "sim"))]
    user.store.run(
        Durability::Relaxed,
        move |connection| store_batch(connection, cursor, &id, now),
        move |_| {
            kill::reach(Point::PageCommitted);
            let Ok(user) = shared.user() else { return };
            let id = user.id.clone();
            user.store.run(
                Durability::Relaxed,
                move |connection| store_batch(connection, messages, &id, now),
                move |result| shared.send(Event::Stored { ticket, result }),
            );
        },
    );
}
