//! Questions to the server: the host's, those that signals are, and what the account is asked for.

use std::collections::{HashMap, HashSet};

use super::super::event::{Ask, Event};
use super::super::{Error, Result};
use super::{Core, answer};
use crate::kill::{self, Point};
use crate::model::ErrorCode;
use crate::session::{AccountPart, Answer, Input, Request};
use crate::store::{self, Durability, Question, Signals, StoreError};
use crate::wire::Qos;

/// Who waits for an answer.
pub(super) enum Asker {
    Host(super::Reply<Answer>),
    Signal(i64),
    List,
    States,
    Settings,
}

/// Everything that is asked and not answered.
#[derive(Default)]
pub(super) struct Asked {
    waiting: HashMap<u64, Asker>,
    signals: HashSet<i64>,
    last: u64,
    /// Up to which version each part of the account is known.
    states: i64,
    settings: i64,
}

impl Asked {
    pub(super) fn version(&self, part: AccountPart) -> i64 {
        match part {
            AccountPart::States => self.states,
            AccountPart::Settings => self.settings,
        }
    }

    pub(super) fn raise(&mut self, part: AccountPart, version: i64) {
        let known = match part {
            AccountPart::States => &mut self.states,
            AccountPart::Settings => &mut self.settings,
        };
        *known = version.max(*known);
    }

    /// Another login: what was known belongs to it.
    pub(super) fn reset(&mut self, states: i64, settings: i64) {
        (self.states, self.settings) = (states, settings);
        self.signals.clear();
    }

    fn add(&mut self, asker: Asker) -> u64 {
        self.last += 1;
        self.waiting.insert(self.last, asker);
        self.last
    }
}

impl Core {
    pub(super) fn ask(&mut self, ask: Ask) {
        self.ask_as(Asker::Host(ask.reply), ask.topic, ask.target, ask.body);
    }

    pub(super) fn ask_as(
        &mut self,
        asker: Asker,
        topic: crate::wire::Topic,
        target: String,
        body: crate::wire::Bytes,
    ) {
        let id = self.asked.add(asker);
        self.input(Input::Request(Request { id, topic, target, body, qos: Qos::AtMostOnce }));
    }

    pub(super) fn publish(&mut self, ask: Ask) {
        let id = self.asked.add(Asker::Host(ask.reply));
        self.input(Input::Publish { id, topic: ask.topic, target: ask.target, body: ask.body });
    }

    /// Asks over HTTP, with or without a line.
    pub(super) fn has_unread(&self, reply: super::Reply<bool>) {
        match &self.transport {
            Some((_, transport)) => transport.has_unread(Box::new(move |result| {
                answer(reply, result.map_err(Error::from));
            })),
            None => answer(reply, Err(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT.into())),
        }
    }

    pub(super) fn resolve(&mut self, id: u64, result: std::result::Result<Answer, ErrorCode>) {
        match self.asked.waiting.remove(&id) {
            Some(Asker::Host(reply)) => answer(reply, result.map_err(Error::from)),
            Some(Asker::Signal(signal)) => {
                self.asked.signals.remove(&signal);
                match result {
                    Ok(_) => self.signal_done(signal, true),
                    // It stays and is asked again with the next login.
                    Err(code) if code.retryable() || code == ErrorCode::TIMEOUT => {}
                    Err(_) => self.signal_done(signal, false),
                }
            }
            Some(Asker::List) => self.list_answered(result),
            Some(Asker::States) => self.states_answered(result),
            Some(Asker::Settings) => self.settings_answered(result),
            None => {}
        }
    }

    pub(super) fn close_asked(&mut self) {
        for (_, asker) in self.asked.waiting.drain() {
            if let Asker::Host(reply) = asker {
                answer(reply, Result::Err(ErrorCode::CLIENT_CLOSED.into()));
            }
        }
        self.asked.signals.clear();
    }

    /// Looks which signals wait; offline they keep until the next login.
    pub(super) fn read_signals(&mut self) {
        if !self.session.is_online() {
            return;
        }
        self.with_user(|user, shared| {
            let (id, name) = (user.id.clone(), user.id.clone());
            user.store.run(
                Durability::Read,
                move |connection| store::waiting(connection, &id),
                move |result| shared.send(Event::SignalsRead { user: name, result }),
            );
        });
    }

    pub(super) fn signals_read(&mut self, user: &str, result: std::result::Result<Signals, StoreError>) {
        if self.shared.user_id().as_deref() != Some(user) {
            return;
        }
        match result {
            Ok(signals) => {
                for outgoing in signals.outgoing {
                    self.input(Input::Send(outgoing));
                }
                self.ask_signals(signals.questions);
            }
            Err(error) => log::error!("signals cannot be read: {error}"),
        }
    }

    pub(super) fn ask_signals(&mut self, questions: Vec<Question>) {
        for Question { signal, topic, target, body } in questions {
            if self.asked.signals.insert(signal) {
                self.ask_as(Asker::Signal(signal), topic, target, body);
            }
        }
    }

    /// The server has answered a signal.
    pub(super) fn signal_done(&mut self, signal: i64, accepted: bool) {
        kill::reach(Point::SignalAnswered);
        self.with_user(|user, shared| {
            user.store.run(
                Durability::Relaxed,
                move |connection| store::answered(connection, signal, accepted),
                move |result| match result {
                    // A refusal may have left another way to say it.
                    Ok(()) if !accepted => shared.send(Event::SignalsWait),
                    Ok(()) => {}
                    Err(error) => log::error!("a signal stays: {error}"),
                },
            );
        });
    }
}
