//! Batches on their way in. Those that wait for the store together are one job: the search index is written
//! once for all of them, which for many small pages costs more than their rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::inbox::{self, Stored};
use super::{Durability, Store, StoreError};
use crate::session::Batch;

type Answer = Box<dyn FnOnce(Result<Stored, StoreError>) + Send>;

/// What waits, and who waits for what the running job took. That is never more than one job's: the next is asked for
/// only when this one has taken what waited, and so belongs to a later commit.
#[derive(Default)]
pub(super) struct Intake {
    waiting: Vec<Waiting>,
    asked: Vec<Answer>,
}

struct Waiting {
    batch: Batch,
    now: i64,
    answer: Answer,
}

impl Store {
    /// Stores a batch of `user`'s, together with those that wait already: all of them or none. `now` is the
    /// local wall clock, ms since 1970. `done` runs after the commit, on the store's thread, in the order of
    /// the calls.
    pub fn receive(
        &self,
        batch: Batch,
        user: &str,
        now: i64,
        done: impl FnOnce(Result<Stored, StoreError>) + Send + 'static,
    ) {
        let waiting = Waiting { batch, now, answer: Box::new(done) };
        let first = {
            let mut intake = lock(&self.intake);
            intake.waiting.push(waiting);
            intake.waiting.len() == 1
        };
        if first {
            let (intake, answered, user) = (self.intake.clone(), self.intake.clone(), user.to_owned());
            self.run(
                Durability::Relaxed,
                move |connection| store_waiting(connection, &intake, &user),
                move |result| answer(&answered, result),
            );
        }
    }
}

fn lock(intake: &Mutex<Intake>) -> MutexGuard<'_, Intake> {
    intake.lock().unwrap_or_else(PoisonError::into_inner)
}

fn store_waiting(
    connection: &Connection,
    intake: &Mutex<Intake>,
    user: &str,
) -> Result<Vec<Stored>, StoreError> {
    let mut batches = Vec::new();
    {
        let mut intake = lock(intake);
        for waiting in std::mem::take(&mut intake.waiting) {
            batches.push((waiting.batch, waiting.now));
            intake.asked.push(waiting.answer);
        }
    }
    inbox::store_batches(connection, batches, user)
}

fn answer(intake: &Arc<Mutex<Intake>>, result: Result<Vec<Stored>, StoreError>) {
    let mut asked = std::mem::take(&mut lock(intake).asked);
    match result {
        Ok(stored) => {
            for (answer, stored) in asked.into_iter().zip(stored) {
                answer(Ok(stored));
            }
        }
        Err(error) => {
            // The job did not run if the store is closed or the transaction was gone before its turn.
            if asked.is_empty() {
                asked.extend(std::mem::take(&mut lock(intake).waiting).into_iter().map(|one| one.answer));
            }
            for answer in asked {
                answer(Err(error.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::session::Cursors;
    use crate::store::{Location, cursors, open};

    fn batch(ticket: u64, from: i64, to: i64) -> Batch {
        let at = |inbox| Cursors { inbox, outbox: 0 };
        Batch { ticket, messages: Vec::new(), moves: Some((at(from), at(to))), connack_time: 0 }
    }

    #[test]
    fn batches_that_wait_together_are_stored_together_and_answered_in_order() {
        let store = Store::on_thread(open(&Location::Memory).unwrap(), Location::Memory).unwrap();
        let (hold, held) = channel::<()>();
        store.run(Durability::Read, move |_| Ok(held.recv().is_ok()), |_| {});
        let (sender, answers) = channel();
        for (ticket, from) in [(1, 0), (2, 10), (3, 20)] {
            let sender = sender.clone();
            store.receive(batch(ticket, from, from + 10), "me", 1, move |result| {
                sender.send((ticket, result.is_ok())).unwrap();
            });
        }
        hold.send(()).unwrap();
        assert_eq!([(); 3].map(|()| answers.recv().unwrap()), [(1, true), (2, true), (3, true)]);
        let (sender, found) = channel();
        store.run(Durability::Read, cursors, move |result| {
            sender.send(result.unwrap().inbox).unwrap();
        });
        assert_eq!(found.recv().unwrap(), 30);
    }

    #[test]
    fn a_batch_over_a_hole_takes_those_beside_it_back_and_the_next_ones_go_on() {
        let store = Store::inline(open(&Location::Memory).unwrap(), Location::Memory);
        let (sender, answers) = channel();
        let tell = |sender: &std::sync::mpsc::Sender<bool>| {
            let sender = sender.clone();
            move |result: Result<Stored, StoreError>| sender.send(result.is_ok()).unwrap()
        };
        store.receive(batch(1, 5, 10), "me", 1, tell(&sender));
        store.receive(batch(2, 0, 10), "me", 1, tell(&sender));
        assert_eq!([answers.recv().unwrap(), answers.recv().unwrap()], [false, true]);
        store.close();
        store.receive(batch(3, 10, 20), "me", 1, tell(&sender));
        assert!(!answers.recv().unwrap());
    }
}
