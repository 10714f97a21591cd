//! The line from the host's side: connecting, its tokens, what the transport says. Which attempt is made
//! when is the session's matter.

use std::sync::Arc;

use super::super::delivery::HostEvent;
use super::super::event::{Event, Reply};
use super::{Core, answer};
use crate::model::ErrorCode;
use crate::session::{Generation, Input};
use crate::timing;
use crate::transport::{Events, Opening, ProbeUrl, TransportEvent};

impl Core {
    pub(super) fn connect(&mut self, token: &str, reply: Reply<String>) {
        if self.shared.is_suspended() {
            return answer(reply, Err(ErrorCode::DATABASE_SUSPENDED.into()));
        }
        if self.transport.as_ref().is_none_or(|(known, _)| known != token) {
            match (self.make_transport)(token) {
                Ok(transport) => {
                    // Another token may be another user: the old connection ends first.
                    if self.transport.is_some() {
                        self.input(Input::Disconnect);
                        self.input(Input::Forget);
                    }
                    self.transport = Some((token.to_owned(), transport));
                }
                Err(code) => return answer(reply, Err(code.into())),
            }
        }
        self.connects.push_back(reply);
        self.probe = None;
        self.input(Input::Connect);
    }

    pub(super) fn logout(&mut self) {
        self.input(Input::Disconnect);
        self.input(Input::Forget);
        self.transport = None;
        self.navigated = None;
        if let Some(folder) = &self.shared.folder {
            folder.forget_user();
        }
        self.shared.close_user();
        self.forget_messages(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT);
    }

    /// Connects with the last token; with pauses, an attempt after each, if the probe answers then.
    pub(super) fn reconnect(&mut self, pauses: Vec<u64>, probe: Option<ProbeUrl>, reply: Reply<String>) {
        if self.shared.is_suspended() {
            return answer(reply, Err(ErrorCode::DATABASE_SUSPENDED.into()));
        }
        if self.transport.is_none() {
            return answer(reply, Err(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT.into()));
        }
        self.wanted_by_host();
        self.connects.push_back(reply);
        self.probe = probe;
        self.input(Input::Reconnect { pauses });
    }

    /// The server refuses the token: whoever listens for that is asked for another.
    pub(super) fn ask_token(&mut self, code: ErrorCode) {
        if self.shared.delivery.has_token_listener() {
            self.shared.delivery.tell(HostEvent::TokenNeeded(code));
        } else {
            self.input(Input::TokenAnswered { renewed: false });
        }
    }

    /// A token of the same user, asked for or not: from now on attempts are made with it.
    pub(super) fn take_token(&mut self, token: Option<String>) {
        let made = token.map(|token| (self.make_transport)(&token).map(|transport| (token, transport)));
        let renewed = match made {
            Some(Ok(transport)) if self.transport.is_some() => {
                self.transport = Some(transport);
                true
            }
            Some(Err(code)) => {
                log::error!("no transport can be made for the new token: code {}", code.0);
                false
            }
            // After a logout, or refused by the host.
            Some(Ok(_)) | None => false,
        };
        self.input(Input::TokenAnswered { renewed });
    }

    /// Whether wall clock and monotonic clock no longer agree as they did: the device slept, or somebody has
    /// set its clock.
    pub(super) fn has_jumped(&mut self) -> bool {
        let skew = self.shared.clock.skew();
        let before = std::mem::replace(&mut self.skew, skew);
        skew.abs_diff(before) >= timing::CLOCK_JUMP
    }

    pub(super) fn open_line(&mut self, generation: Generation, fresh_navigation: bool) {
        let Some((_, transport)) = &self.transport else {
            let event = TransportEvent::Lost(ErrorCode::BIZ_ERROR_NO_CHANNEL);
            return self.shared.send(Event::Transport(generation, event));
        };
        let shared = self.shared.clone();
        let events: Events =
            Arc::new(move |generation, event| shared.send(Event::Transport(generation, event)));
        let how = Opening { fresh_navigation, network: self.network, probe: self.probe.clone() };
        let line = transport.open(generation, how, events);
        self.line = Some((generation, line));
    }

    pub(super) fn transport_event(&mut self, generation: Generation, event: TransportEvent) {
        if self.line.as_ref().is_none_or(|(current, _)| *current != generation) {
            return;
        }
        match event {
            TransportEvent::Navigation(status) => self.input(Input::Navigation(status)),
            TransportEvent::Opened(opened) => {
                if !opened.dedupe {
                    log::info!(
                        "this server does not know repeated messages: what is unanswered is looked for first"
                    );
                }
                self.shared.set_channel(opened.channel);
                let (heartbeat, dedupe) = (opened.heartbeat, opened.dedupe);
                self.input(Input::TransportOpened { generation, heartbeat, dedupe });
            }
            TransportEvent::Upgraded(opened) => {
                self.shared.set_channel(opened.channel);
                self.input(Input::TransportUpgraded { generation, heartbeat: opened.heartbeat });
            }
            TransportEvent::Frame(frame) => self.input(Input::Frame { generation, frame }),
            TransportEvent::Garbage => self.input(Input::Garbage { generation }),
            // It counts from the login on: whoever is open until then may be another user.
            TransportEvent::Navigated(said) => self.navigated = Some(said),
            TransportEvent::RetryAfter(pause) => self.input(Input::RetryAfter { generation, pause }),
            TransportEvent::Down => self.input(Input::ServiceDown { generation }),
            TransportEvent::Lost(code) => {
                self.line = None;
                self.input(Input::TransportLost { generation, code });
            }
        }
    }
}
