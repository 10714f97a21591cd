//! Being connected: connect, CONNACK, loss, redirect, kick, disconnect. The status table in
//! `docs/connection.md` is this file and its neighbours `line` (heartbeat, foreground, network) and
//! `reconnect` (pauses, plans, renewed tokens) written out; the session's tests compare the two.

use std::collections::VecDeque;

use super::{Action, Cursors, Generation, Millis, Outgoing, Session};
use crate::model::{ConnectionStatus, ErrorCode, NetworkKind};
use crate::timing;
use crate::wire::ConnAck;

/// Redirects in a row before it counts as a loop.
const MAX_REDIRECTS: u32 = 5;
/// Kicks in a row that are borne; with one more, two devices are fighting.
const MAX_KICKS: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is wanted.
    Idle,
    /// A transport is being opened.
    Opening,
    /// It is open; CONNACK is due at the given time.
    Greeting { until: Millis },
    /// Logged in; the user's store is being opened.
    Preparing,
    /// Logged in and working.
    Online,
    /// Lost; the next attempt is due at the given time.
    Waiting { until: Millis },
    /// Lost, and the host says that there is no network: trying would only burn attempts.
    Offline,
    /// The token was refused with this code; the host is asked for another until the given time.
    Asking { until: Millis, code: ErrorCode },
}

/// Where the connection stands.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) phase: Phase,
    status: ConnectionStatus,
    generation: Generation,
    user_id: Option<String>,
    /// How many hosts wait for the result of connecting.
    pub(super) waiting_hosts: u32,
    /// Whether this transport has heartbeats.
    pub(super) heartbeat: bool,
    /// Whether the CONNACK of a changed channel is due.
    renewing: bool,
    /// Between two heartbeats in the foreground.
    pub(super) interval: Millis,
    pub(super) foreground: bool,
    pub(super) network: Option<NetworkKind>,
    pub(super) last_ping: Millis,
    pub(super) next_ping: Option<Millis>,
    pub(super) pong_until: Option<Millis>,
    pub(super) online_since: Millis,
    /// When something was heard last.
    pub(super) proven: Millis,
    pub(super) failures: u32,
    pub(super) redirects: u32,
    kicks: u32,
    /// What is left of the pauses that the host gave to a reconnect.
    pub(super) plan: Option<VecDeque<Millis>>,
    /// No attempt of the client's own before this: the server's wish.
    pub(super) not_before: Millis,
    /// The same, said over HTTP: perhaps by what stands in between, so that it holds only on that network.
    pub(super) not_before_here: Millis,
    /// The network on which that was said, if it is known.
    pub(super) here: Option<NetworkKind>,
    /// Whether the service is down for everybody, so that the next attempt keeps out of the others' way.
    pub(super) service_down: bool,
    /// Whether the host was asked for a token since the last login or wish to connect.
    pub(super) asked: bool,
    random: u64,
    /// Server time of the CONNACK: older messages were waiting.
    pub(super) connack_time: i64,
    /// When it came.
    connack_at: Millis,
}

impl Connection {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            phase: Phase::Idle,
            status: ConnectionStatus::ConnectionClosed,
            generation: 0,
            user_id: None,
            waiting_hosts: 0,
            heartbeat: true,
            renewing: false,
            interval: timing::PING_INTERVAL,
            foreground: true,
            network: None,
            last_ping: 0,
            next_ping: None,
            pong_until: None,
            online_since: 0,
            proven: 0,
            failures: 0,
            redirects: 0,
            kicks: 0,
            plan: None,
            not_before: 0,
            not_before_here: 0,
            here: None,
            service_down: false,
            asked: false,
            random: seed | 1,
            connack_time: 0,
            connack_at: 0,
        }
    }

    pub(super) fn status(&self) -> ConnectionStatus {
        self.status
    }

    pub(super) fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// What the server's clock should say, ms since 1970.
    pub(super) fn server_time(&self, now: Millis) -> i64 {
        self.connack_time.saturating_add_unsigned(now.saturating_sub(self.connack_at))
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether there is a transport, open or opening.
    pub(super) fn has_transport(&self) -> bool {
        matches!(self.phase, Phase::Opening | Phase::Greeting { .. } | Phase::Preparing | Phase::Online)
    }

    /// Whether `generation` is the transport in use.
    pub(super) fn is_current(&self, generation: Generation) -> bool {
        generation == self.generation && self.has_transport()
    }

    /// No attempt of the client's own before this.
    pub(super) fn earliest(&self) -> Millis {
        self.not_before.max(self.not_before_here)
    }

    /// What servers have wished is done, or no longer counts.
    fn forget_wishes(&mut self) {
        self.not_before = 0;
        self.not_before_here = 0;
        self.service_down = false;
    }

    pub(super) fn is_logged_in(&self) -> bool {
        matches!(self.phase, Phase::Preparing | Phase::Online)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }

    pub(super) fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        let phase = match self.phase {
            Phase::Greeting { until } | Phase::Waiting { until } | Phase::Asking { until, .. } => Some(until),
            _ => None,
        };
        [phase, self.next_ping, self.pong_until].into_iter().flatten().min()
    }

    /// Begins its random numbers anew.
    #[cfg(test)]
    pub(super) fn seed(&mut self, seed: u64) {
        self.random = seed | 1;
    }

    /// xorshift64: jitter needs to be spread, not secret.
    pub(super) fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

impl Session {
    pub(super) fn connect(&mut self) {
        match self.connection.phase {
            Phase::Online => {
                let user = self.connection.user_id.clone().unwrap_or_default();
                self.actions.push_back(Action::ConnectDone(Ok(user)));
            }
            Phase::Opening | Phase::Greeting { .. } | Phase::Preparing | Phase::Asking { .. } => {
                self.connection.waiting_hosts += 1;
            }
            Phase::Idle | Phase::Waiting { .. } | Phase::Offline => {
                if self.begin() {
                    self.open(false);
                }
            }
        }
    }

    /// A host wishes to be connected and nothing is on its way. Returns whether that may be.
    pub(super) fn begin(&mut self) -> bool {
        if self.connection.kicks > MAX_KICKS {
            self.show(ConnectionStatus::Ultralimit, ErrorCode::ULTRALIMIT);
            self.actions.push_back(Action::ConnectDone(Err(ErrorCode::ULTRALIMIT)));
            return false;
        }
        self.connection.waiting_hosts += 1;
        self.connection.redirects = 0;
        self.connection.asked = false;
        true
    }

    pub(super) fn disconnect(&mut self) {
        self.end(ConnectionStatus::Disconnected, ErrorCode::CONN_CANCELLED);
    }

    /// Another user may come: what counted against this one is forgotten.
    pub(super) fn forget(&mut self) {
        self.connection.kicks = 0;
        self.connection.forget_wishes();
    }

    pub(super) fn navigation(&mut self, status: ConnectionStatus) {
        if self.connection.phase == Phase::Opening {
            self.actions.push_back(Action::Status(status, ErrorCode::SUCCESS));
        }
    }

    pub(super) fn open(&mut self, fresh_navigation: bool) {
        self.connection.generation += 1;
        self.connection.phase = Phase::Opening;
        let generation = self.connection.generation;
        self.actions.push_back(Action::OpenTransport { generation, fresh_navigation });
        self.show(ConnectionStatus::Connecting, ErrorCode::SUCCESS);
    }

    pub(super) fn opened(&mut self, generation: Generation, heartbeat: bool, dedupe: bool, now: Millis) {
        if generation == self.connection.generation && self.connection.phase == Phase::Opening {
            self.connection.heartbeat = heartbeat;
            self.sender.doubt.dedupe = dedupe;
            self.connection.phase = Phase::Greeting { until: now + timing::CONNACK_LIMIT };
        }
    }

    pub(super) fn upgraded(&mut self, generation: Generation, heartbeat: bool) {
        if self.connection.is_current(generation) && self.connection.is_logged_in() {
            self.connection.heartbeat = heartbeat;
            self.connection.renewing = true;
        }
    }

    /// The CONNACK of a changed channel: the user is who it was, and what came between the two logins is
    /// pulled.
    fn renewed(&mut self, connack: ConnAck, now: Millis) {
        self.connection.renewing = false;
        let same = |user: &str| self.connection.user_id() == Some(user);
        match connack.accepted.filter(|accepted| same(&accepted.user_id)) {
            Some(accepted) => {
                self.connection.connack_time = accepted.time as i64;
                self.connection.connack_at = now;
                self.requests.abandon_pull();
                self.pull.renew();
                if self.connection.heartbeat {
                    self.ping(now);
                } else {
                    self.start_pull(now);
                }
            }
            None => self.fail_transport(ErrorCode::RC_MSG_DATA_INCOMPLETE, now),
        }
    }

    pub(super) fn lost(&mut self, generation: Generation, code: ErrorCode, now: Millis) {
        if !self.connection.is_current(generation) {
            return;
        }
        match code {
            // Navigation speaks for the whole service: what it rejects no retry mends.
            ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR => self.token_refused(code, now),
            ErrorCode::RC_CONN_ID_REJECT => self.end(ConnectionStatus::AppkeyIsFake, code),
            _ => self.retry_later(code, now),
        }
    }

    /// Gives up the transport for a reason of its own.
    pub(super) fn fail_transport(&mut self, code: ErrorCode, now: Millis) {
        self.close_transport();
        self.retry_later(code, now);
    }

    pub(super) fn close_transport(&mut self) {
        let generation = self.connection.generation;
        self.actions.push_back(Action::CloseTransport { generation });
    }

    /// After a loss that only the host can mend, or that it wanted.
    pub(super) fn end(&mut self, status: ConnectionStatus, code: ErrorCode) {
        if matches!(self.connection.phase, Phase::Idle) && self.connection.status == status {
            return;
        }
        if self.connection.has_transport() {
            self.close_transport();
        }
        self.connection.failures = 0;
        self.connection.plan = None;
        self.connection.service_down = false;
        self.leave(Phase::Idle, code, 0);
        // Whoever hears that connecting ended finds the status that it ended in.
        self.show(status, code);
        self.finish_connect(&Err(code));
    }

    /// What every loss has in common. Hosts that wait to be connected go on waiting.
    pub(super) fn leave(&mut self, phase: Phase, code: ErrorCode, now: Millis) {
        self.connection.phase = phase;
        self.connection.renewing = false;
        self.connection.next_ping = None;
        self.connection.pong_until = None;
        self.sender.transport_lost();
        self.copies.clear();
        self.pull.transport_lost();
        for pending in self.requests.drain() {
            self.resolve(pending, Err(code), now);
        }
        self.finish_sync(Err(code));
    }

    pub(super) fn finish_connect(&mut self, result: &Result<String, ErrorCode>) {
        for _ in 0..std::mem::take(&mut self.connection.waiting_hosts) {
            self.actions.push_back(Action::ConnectDone(result.clone()));
        }
    }

    pub(super) fn show(&mut self, status: ConnectionStatus, code: ErrorCode) {
        if self.connection.status != status {
            self.connection.status = status;
            self.actions.push_back(Action::Status(status, code));
        }
    }

    pub(super) fn connack(&mut self, connack: ConnAck, now: Millis) {
        if self.connection.renewing {
            return self.renewed(connack, now);
        }
        if !matches!(self.connection.phase, Phase::Greeting { .. }) {
            return;
        }
        if let (0, Some(accepted)) = (connack.status, connack.accepted) {
            let user_id = accepted.user_id.to_string();
            self.connection.phase = Phase::Preparing;
            self.connection.online_since = now;
            self.connection.connack_time = accepted.time as i64;
            self.connection.connack_at = now;
            self.connection.user_id = Some(user_id.clone());
            self.connection.asked = false;
            self.connection.forget_wishes();
            self.show(ConnectionStatus::Connected, ErrorCode::SUCCESS);
            self.actions.push_back(Action::LoggedIn { user_id, server_time: accepted.time });
            if self.connection.heartbeat {
                self.ping(now);
            }
            return;
        }
        let code = ErrorCode::from_connack(connack.status);
        match connack.status {
            6 => self.redirect(now),
            // "Unavailable" passes: it shows as any refusal, and the client keeps trying.
            3 => {
                self.connection.service_down = true;
                self.close_transport();
                self.retry_as(ConnectionStatus::Disconnected, code, now);
            }
            4 | 10 => self.token_refused(code, now),
            2 => self.end(ConnectionStatus::AppkeyIsFake, code),
            12 => {
                self.end(ConnectionStatus::Disconnected, code);
                self.show(ConnectionStatus::DomainIncorrect, code);
            }
            _ => self.end(ConnectionStatus::Disconnected, code),
        }
    }

    /// Asks navigation again, past the cache, and connects anew. The host's connect stays open.
    fn redirect(&mut self, now: Millis) {
        self.forgive(now);
        self.connection.redirects += 1;
        if self.connection.redirects > MAX_REDIRECTS {
            self.end(ConnectionStatus::Disconnected, ErrorCode::RC_CONN_REDIRECTED);
            return;
        }
        self.close_transport();
        self.leave(Phase::Idle, ErrorCode::RC_CONN_REDIRECTED, now);
        self.open(true);
    }

    pub(super) fn disconnected_by_server(&mut self, status: u8, now: Millis) {
        match status {
            0 | 6 => self.redirect(now),
            1 => self.kicked(now),
            2 => self.end(ConnectionStatus::Blocked, ErrorCode::RC_CONN_USER_BLOCKED),
            3 => self.server_leaves(None, now),
            4 => self.end(ConnectionStatus::ConnectionClosed, ErrorCode::RC_DISCONN_EXCEPTION),
            _ => self.end(ConnectionStatus::Disconnected, ErrorCode::RC_DISCONN_EXCEPTION),
        }
    }

    /// All its clients are to come again: each when the server says, or else spread by themselves.
    pub(super) fn server_leaves(&mut self, retry_after: Option<Millis>, now: Millis) {
        match retry_after {
            Some(pause) => self.connection.not_before = now + pause.min(timing::RETRY_AFTER_CAP),
            None => self.connection.service_down = true,
        }
        self.fail_transport(ErrorCode::SOCKET_CLOSED_BY_PEER, now);
    }

    /// Never connects again by itself: the other device would do the same, and so on forever.
    fn kicked(&mut self, now: Millis) {
        let connection = &mut self.connection;
        if connection.is_logged_in() && now.saturating_sub(connection.online_since) >= timing::PEACE_AFTER {
            connection.kicks = 0;
        }
        connection.kicks += 1;
        self.end(ConnectionStatus::KickedOfflineByOtherClient, ErrorCode::RC_DISCONN_KICK);
    }

    pub(super) fn store_ready(&mut self, cursors: Cursors, outbox: Vec<Outgoing>, now: Millis) {
        if self.connection.phase != Phase::Preparing {
            return;
        }
        self.connection.phase = Phase::Online;
        self.connection.plan = None;
        self.sender.reload(outbox);
        self.pull.reset(cursors);
        let user = self.connection.user_id.clone().unwrap_or_default();
        self.finish_connect(&Ok(user));
        // With a heartbeat the first pull waits for the proof that the line works both ways.
        if !self.connection.heartbeat || self.connection.pong_until.is_none() {
            self.start_pull(now);
        } else {
            self.pull.want();
        }
        self.pump_with_pull(now);
    }

    pub(super) fn store_unavailable(&mut self, code: ErrorCode) {
        if self.connection.phase == Phase::Preparing {
            self.end(ConnectionStatus::Disconnected, code);
        }
    }

    pub(super) fn connection_tick(&mut self, now: Millis) {
        match self.connection.phase {
            Phase::Greeting { until } if now >= until => {
                self.fail_transport(ErrorCode::RC_CONN_ACK_TIMEOUT, now);
            }
            Phase::Waiting { until } if now >= until => self.open(false),
            Phase::Asking { until, code } if now >= until => {
                self.end(ConnectionStatus::Disconnected, code);
            }
            _ => {}
        }
        self.line_tick(now);
    }
}
