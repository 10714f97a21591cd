//! Messages on their way out: what became of each is written down, then told.

use super::super::delivery::HostEvent;
use super::super::event::{Event, Reply, Settled};
use super::super::{Error, Result, media};
use super::{Core, answer};
use crate::kill::{self, Point};
use crate::model::{ErrorCode, Message, SentStatus};
use crate::session::{Input, SendOutcome};
use crate::store::{self, Durability, StoreError, UploadState};
use crate::timing;

impl Core {
    pub(super) fn settle(&mut self, message: i64, outcome: SendOutcome) {
        kill::reach(Point::Acknowledged);
        self.with_user(|user, shared| {
            let (written, user_id) = (outcome.clone(), user.id.clone());
            user.store.run(
                Durability::Relaxed,
                move |connection| {
                    #[cfg(feature = "sim")]
                    if let SendOutcome::Sent { time, .. } = &written
                        && kill::puback_moves_cursor()
                    {
                        store::wrong_move(connection, *time)?;
                    }
                    Settled::write(connection, message, &written)
                },
                move |result| shared.send(Event::Settled { user: user_id, message, outcome, result }),
            );
        });
    }

    pub(super) fn settled(
        &mut self,
        id: i64,
        outcome: SendOutcome,
        result: std::result::Result<Option<Settled>, StoreError>,
    ) {
        kill::reach(Point::Settled);
        match result {
            // The inbox brought it before its acknowledgement, and the host knows.
            Ok(Some(Settled { message, news: false })) => self.finish_waiting(id, &fate(&message)),
            Ok(Some(Settled { message, news: true })) => {
                let conversation = message.conversation.clone();
                self.tell_sent(message);
                self.shared.delivery.tell(HostEvent::Conversations(vec![conversation]));
            }
            Ok(None) => self.finish_waiting(id, &Err(ErrorCode::GET_MESSAGE_BY_ID_ERROR.into())),
            Err(error) => {
                // The server's word must not be forgotten: a full disk may have space again soon.
                log::error!("the fate of a message cannot be written down: {error}");
                let due = self.shared.clock.monotonic() + timing::SEND_RETRY;
                self.unsettled.push_back((due, id, outcome));
            }
        }
    }

    /// Writes an attempt down before it is made: whatever dies, the message is looked for before it goes again.
    pub(super) fn note_attempt(&self, message: i64, since: i64) {
        self.with_user(|user, shared| {
            let user_id = user.id.clone();
            user.store.run(
                Durability::Full,
                move |connection| store::note_attempt(connection, message, since),
                move |result| shared.send(Event::Noted { user: user_id, message, result }),
            );
        });
    }

    pub(super) fn noted(&mut self, message: i64, result: std::result::Result<(), StoreError>) {
        if let Err(error) = &result {
            log::error!("an attempt cannot be written down, the message waits: {error}");
        }
        self.input(Input::Noted { message, stored: result.is_ok() });
    }

    pub(super) fn tell_sent(&mut self, message: Message) {
        self.finish_waiting(message.id, &fate(&message));
        self.shared.delivery.tell(HostEvent::Sent(message));
    }

    pub(super) fn finish_waiting(&mut self, message: i64, result: &Result<Message>) {
        for reply in self.waiting.remove(&message).unwrap_or_default() {
            answer(reply, result.clone());
        }
    }

    /// Looks whether a message that somebody waits for has met its fate before.
    pub(super) fn look(&mut self, message: i64) {
        match self.shared.user() {
            Ok(user) => {
                let shared = self.shared.clone();
                user.store.run(
                    Durability::Read,
                    move |connection| store::message(connection, message),
                    move |result| shared.send(Event::Looked { message, result }),
                );
            }
            Err(error) => self.finish_waiting(message, &Err(error)),
        }
    }

    pub(super) fn looked(&mut self, id: i64, result: std::result::Result<Option<Message>, StoreError>) {
        match result {
            Ok(Some(message)) => match message.sent_status {
                SentStatus::Sending => {}
                _ => self.finish_waiting(id, &fate(&message)),
            },
            Ok(None) => self.finish_waiting(id, &Err(ErrorCode::GET_MESSAGE_BY_ID_ERROR.into())),
            Err(error) => self.finish_waiting(id, &Err(error.into())),
        }
    }

    /// These messages are gone: what of them waits is not sent, nor are their files.
    pub(super) fn removed(&mut self, messages: Vec<i64>) {
        for message in messages {
            self.input(Input::Cancel { message });
            self.finish_waiting(message, &Err(ErrorCode::REQUEST_CANCELLED.into()));
            media::cancelled(&self.shared, message);
        }
    }

    /// Takes a message back that is not on its way; one that travels may already be delivered.
    pub(super) fn cancel(&mut self, message: i64, reply: Reply<()>) {
        if self.session.is_sending(message) {
            let words = "the message is on its way already";
            return answer(reply, Err(Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words)));
        }
        let user = match self.shared.user() {
            Ok(user) => user,
            Err(error) => return answer(reply, Err(error)),
        };
        self.input(Input::Cancel { message });
        let shared = self.shared.clone();
        let outcome = SendOutcome::Refused { code: ErrorCode::REQUEST_CANCELLED, uid: None, time: 0 };
        let (written, user_id) = (outcome.clone(), user.id.clone());
        user.store.run(
            Durability::Full,
            move |connection| match store::message(connection, message)? {
                Some(known) if known.sent_status == SentStatus::Sending => {
                    // If its file has not arrived, that ends, too.
                    store::set_upload(connection, message, UploadState::Ended)?;
                    Settled::write(connection, message, &written)
                }
                Some(_) => {
                    let words = "the message is not waiting to be sent";
                    Err(StoreError::new(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words))
                }
                None => Err(StoreError::new(ErrorCode::GET_MESSAGE_BY_ID_ERROR, "no such message")),
            },
            move |result| {
                let done = result.as_ref().map(|_| ()).map_err(|error| Error::from(error.clone()));
                if result.is_ok() {
                    media::cancelled(&shared, message);
                    shared.send(Event::Settled { user: user_id, message, outcome, result });
                }
                answer(reply, done);
            },
        );
    }
}

/// What those who wait for a message are told.
fn fate(message: &Message) -> Result<Message> {
    match message.sent_status {
        SentStatus::Failed => Err(Error::new(ErrorCode(message.error_code))),
        _ => Ok(message.clone()),
    }
}
