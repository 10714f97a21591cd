//! Being connected: connect, CONNACK, heartbeat, loss, reconnect, redirect, kick, disconnect.

use super::{Action, Cursors, Generation, Millis, Outgoing, Session};
use crate::model::{ConnectionStatus, ErrorCode};
use crate::timing;
use crate::wire::{ConnAck, UpFrame};

/// Redirects in a row before it counts as a loop.
const MAX_REDIRECTS: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
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
}

/// Where the connection stands.
#[derive(Debug)]
pub(super) struct Connection {
    phase: Phase,
    status: ConnectionStatus,
    generation: Generation,
    user_id: Option<String>,
    /// How many hosts wait for the result of connecting.
    waiting_hosts: u32,
    heartbeat: bool,
    /// Whether the CONNACK of a changed channel is due.
    renewing: bool,
    next_ping: Option<Millis>,
    pong_until: Option<Millis>,
    online_since: Millis,
    failures: u32,
    redirects: u32,
    random: u64,
    /// Server time of the CONNACK: older messages were waiting.
    pub(super) connack_time: i64,
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
            next_ping: None,
            pong_until: None,
            online_since: 0,
            failures: 0,
            redirects: 0,
            random: seed | 1,
            connack_time: 0,
        }
    }

    pub(super) fn status(&self) -> ConnectionStatus {
        self.status
    }

    pub(super) fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether `generation` is the transport in use.
    pub(super) fn is_current(&self, generation: Generation) -> bool {
        generation == self.generation && !matches!(self.phase, Phase::Idle | Phase::Waiting { .. })
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
            Phase::Greeting { until } | Phase::Waiting { until } => Some(until),
            _ => None,
        };
        [phase, self.next_ping, self.pong_until].into_iter().flatten().min()
    }

    /// xorshift64: jitter needs to be spread, not secret.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// A line that lived long enough makes up for what failed before it.
    fn forgive(&mut self, now: Millis) {
        if self.is_online() && now.saturating_sub(self.online_since) >= timing::HEALTHY_AFTER {
            self.failures = 0;
            self.redirects = 0;
        }
    }

    /// Full jitter below a doubling, capped ceiling.
    fn pause(&mut self) -> Millis {
        let ceiling = timing::RECONNECT_BASE << self.failures.min(6);
        self.failures = self.failures.saturating_add(1);
        self.random() % ceiling.clamp(1, timing::RECONNECT_CAP)
    }
}

impl Session {
    pub(super) fn connect(&mut self) {
        match self.connection.phase {
            Phase::Online => {
                let user = self.connection.user_id.clone().unwrap_or_default();
                self.actions.push_back(Action::ConnectDone(Ok(user)));
            }
            Phase::Opening | Phase::Greeting { .. } | Phase::Preparing => self.connection.waiting_hosts += 1,
            Phase::Idle | Phase::Waiting { .. } => {
                self.connection.waiting_hosts += 1;
                self.connection.redirects = 0;
                self.open(false);
            }
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.end(ConnectionStatus::Disconnected, ErrorCode::CONN_CANCELLED);
    }

    pub(super) fn navigation(&mut self, status: ConnectionStatus) {
        if self.connection.phase == Phase::Opening {
            self.actions.push_back(Action::Status(status, ErrorCode::SUCCESS));
        }
    }

    fn open(&mut self, fresh_navigation: bool) {
        self.connection.generation += 1;
        self.connection.phase = Phase::Opening;
        let generation = self.connection.generation;
        self.actions.push_back(Action::OpenTransport { generation, fresh_navigation });
        self.show(ConnectionStatus::Connecting, ErrorCode::SUCCESS);
    }

    pub(super) fn opened(&mut self, generation: Generation, heartbeat: bool, now: Millis) {
        if generation == self.connection.generation && self.connection.phase == Phase::Opening {
            self.connection.heartbeat = heartbeat;
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
            ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR => self.end(ConnectionStatus::Disconnected, code),
            ErrorCode::RC_CONN_ID_REJECT => self.end(ConnectionStatus::AppkeyIsFake, code),
            _ => self.retry_later(code, now),
        }
    }

    /// Gives up the transport for a reason of its own.
    pub(super) fn fail_transport(&mut self, code: ErrorCode, now: Millis) {
        self.close_transport();
        self.retry_later(code, now);
    }

    fn close_transport(&mut self) {
        let generation = self.connection.generation;
        self.actions.push_back(Action::CloseTransport { generation });
    }

    /// After a loss that time may mend.
    fn retry_later(&mut self, code: ErrorCode, now: Millis) {
        self.connection.forgive(now);
        let until = now + self.connection.pause();
        self.leave(Phase::Waiting { until }, code, now);
        self.show(ConnectionStatus::NetworkUnavailable, code);
    }

    /// After a loss that only the host can mend, or that it wanted.
    fn end(&mut self, status: ConnectionStatus, code: ErrorCode) {
        if matches!(self.connection.phase, Phase::Idle) && self.connection.status == status {
            return;
        }
        if !matches!(self.connection.phase, Phase::Idle | Phase::Waiting { .. }) {
            self.close_transport();
        }
        self.connection.failures = 0;
        self.leave(Phase::Idle, code, 0);
        self.show(status, code);
    }

    /// What every loss has in common.
    fn leave(&mut self, phase: Phase, code: ErrorCode, now: Millis) {
        self.connection.phase = phase;
        self.connection.renewing = false;
        self.connection.next_ping = None;
        self.connection.pong_until = None;
        self.finish_connect(&Err(code));
        self.sender.transport_lost();
        self.copies.clear();
        self.pull.transport_lost();
        for pending in self.requests.drain() {
            self.resolve(pending, Err(code), now);
        }
        self.finish_sync(Err(code));
    }

    fn finish_connect(&mut self, result: &Result<String, ErrorCode>) {
        for _ in 0..std::mem::take(&mut self.connection.waiting_hosts) {
            self.actions.push_back(Action::ConnectDone(result.clone()));
        }
    }

    fn show(&mut self, status: ConnectionStatus, code: ErrorCode) {
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
        match (connack.status, connack.accepted) {
            (0, Some(accepted)) => {
                let user_id = accepted.user_id.to_string();
                self.connection.phase = Phase::Preparing;
                self.connection.online_since = now;
                self.connection.connack_time = accepted.time as i64;
                self.connection.user_id = Some(user_id.clone());
                self.show(ConnectionStatus::Connected, ErrorCode::SUCCESS);
                self.actions.push_back(Action::LoggedIn { user_id, server_time: accepted.time });
                if self.connection.heartbeat {
                    self.ping(now);
                }
            }
            (6, _) => self.redirect(now),
            (status, _) => {
                let code = ErrorCode::from_connack(status);
                if status == 3 {
                    // "Unavailable" passes: the host learns it, the client keeps trying.
                    self.close_transport();
                    self.finish_connect(&Err(code));
                    self.retry_refused(code, now);
                } else {
                    self.end(ConnectionStatus::Disconnected, code);
                }
            }
        }
    }

    /// A refusal that passes shows as DISCONNECTED, like any refusal, and is retried.
    fn retry_refused(&mut self, code: ErrorCode, now: Millis) {
        let until = now + self.connection.pause();
        self.leave(Phase::Waiting { until }, code, now);
        self.show(ConnectionStatus::Disconnected, code);
    }

    /// Asks navigation again, past the cache, and connects anew. The host's connect stays open.
    fn redirect(&mut self, now: Millis) {
        self.connection.forgive(now);
        self.connection.redirects += 1;
        if self.connection.redirects > MAX_REDIRECTS {
            self.end(ConnectionStatus::Disconnected, ErrorCode::RC_CONN_REDIRECTED);
            return;
        }
        self.close_transport();
        let waiting = std::mem::take(&mut self.connection.waiting_hosts);
        self.leave(Phase::Idle, ErrorCode::RC_CONN_REDIRECTED, 0);
        self.connection.waiting_hosts = waiting;
        self.open(true);
    }

    pub(super) fn disconnected_by_server(&mut self, status: u8, now: Millis) {
        match status {
            0 | 6 => self.redirect(now),
            1 => self.end(ConnectionStatus::KickedOfflineByOtherClient, ErrorCode::RC_DISCONN_KICK),
            2 => self.end(ConnectionStatus::Blocked, ErrorCode::RC_CONN_USER_BLOCKED),
            3 => self.fail_transport(ErrorCode::SOCKET_CLOSED_BY_PEER, now),
            4 => self.end(ConnectionStatus::ConnectionClosed, ErrorCode::RC_DISCONN_EXCEPTION),
            _ => self.end(ConnectionStatus::Disconnected, ErrorCode::RC_DISCONN_EXCEPTION),
        }
    }

    pub(super) fn store_ready(&mut self, cursors: Cursors, outbox: Vec<Outgoing>, now: Millis) {
        if self.connection.phase != Phase::Preparing {
            return;
        }
        self.connection.phase = Phase::Online;
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
    }

    pub(super) fn store_unavailable(&mut self, code: ErrorCode) {
        if self.connection.phase == Phase::Preparing {
            self.end(ConnectionStatus::Disconnected, code);
        }
    }

    fn ping(&mut self, now: Millis) {
        self.send(UpFrame::PingReq);
        self.connection.next_ping = Some(now + timing::PING_INTERVAL);
        self.connection.pong_until = Some(now + timing::PONG_LIMIT);
    }

    pub(super) fn pong(&mut self, now: Millis) {
        self.connection.pong_until = None;
        if self.connection.is_online() && self.pull.is_wanted() {
            self.start_pull(now);
        }
    }

    pub(super) fn connection_tick(&mut self, now: Millis) {
        match self.connection.phase {
            Phase::Greeting { until } if now >= until => {
                self.fail_transport(ErrorCode::RC_CONN_ACK_TIMEOUT, now)
            }
            Phase::Waiting { until } if now >= until => self.open(false),
            _ => {}
        }
        if self.connection.pong_until.is_some_and(|until| now >= until) {
            self.fail_transport(ErrorCode::RC_PONG_RECV_FAIL, now);
        } else if self.connection.next_ping.is_some_and(|due| now >= due) {
            self.ping(now);
        }
    }
}
