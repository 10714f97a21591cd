//! Trying again: when, how often, and when not. Called by `connection` and `line` after a loss and for the
//! host's wishes; opens nothing before its time.

use super::connection::Phase;
use super::{Action, Generation, Millis, Session};
use crate::model::{ConnectionStatus, ErrorCode, NetworkKind};
use crate::timing;

impl Session {
    /// A line that lived long enough makes up for what failed before it. How long it lived is known from what
    /// was heard; a transport without heartbeats sees to that by itself.
    pub(super) fn forgive(&mut self, now: Millis) {
        let connection = &mut self.connection;
        let alive = if connection.heartbeat { connection.proven } else { now };
        if connection.is_online() && alive.saturating_sub(connection.online_since) >= timing::HEALTHY_AFTER {
            connection.failures = 0;
            connection.redirects = 0;
        }
    }

    /// Full jitter below a doubling, capped ceiling; a high one at once if the service is down, since all of its
    /// clients wait then.
    fn pause(&mut self) -> Millis {
        let ceiling = timing::RECONNECT_BASE << self.connection.failures.min(6);
        self.connection.failures = self.connection.failures.saturating_add(1);
        let least =
            if std::mem::take(&mut self.connection.service_down) { timing::SERVICE_DOWN_SPREAD } else { 1 };
        self.connection.random() % ceiling.clamp(least, timing::RECONNECT_CAP)
    }

    /// After a loss that time may mend.
    pub(super) fn retry_later(&mut self, code: ErrorCode, now: Millis) {
        self.retry_as(ConnectionStatus::NetworkUnavailable, code, now);
    }

    /// The same, shown as this status.
    pub(super) fn retry_as(&mut self, status: ConnectionStatus, code: ErrorCode, now: Millis) {
        self.forgive(now);
        let planned = match &mut self.connection.plan {
            Some(plan) => plan.pop_front(),
            None => None,
        };
        let result = match (planned, self.connection.plan.take()) {
            // Whoever planned it waits for the end of the plan.
            (Some(pause), plan) => {
                self.connection.plan = plan;
                self.connection.service_down = false;
                let until = (now + pause).max(self.connection.earliest());
                self.leave(Phase::Waiting { until }, code, now);
                self.show(status, code);
                return;
            }
            (None, Some(_)) => ErrorCode::RC_NET_UNAVAILABLE,
            (None, None) => code,
        };
        // A wish of the server is for all its clients: jitter spreads them behind it.
        let pause = self.pause();
        let until = now.max(self.connection.earliest()) + pause;
        let spread = |wish: Millis| if wish > now { wish + pause } else { 0 };
        self.connection.not_before = spread(self.connection.not_before);
        self.connection.not_before_here = spread(self.connection.not_before_here);
        let no_network = self.connection.network == Some(NetworkKind::Unavailable);
        self.leave(if no_network { Phase::Offline } else { Phase::Waiting { until } }, code, now);
        self.show(status, code);
        self.finish_connect(&Err(result));
    }

    /// Whoever answers over HTTP names a pause before the next attempt.
    pub(super) fn retry_after(&mut self, generation: Generation, pause: Millis, now: Millis) {
        let connection = &mut self.connection;
        if connection.is_current(generation) {
            connection.not_before_here = now + pause.min(timing::RETRY_AFTER_CAP);
            connection.here = connection.network.filter(|kind| *kind != NetworkKind::Unavailable);
        }
    }

    /// A network is there: what was said over HTTP on one of another kind is none of its servers'.
    pub(super) fn arrive(&mut self, kind: NetworkKind) {
        let connection = &mut self.connection;
        if kind != NetworkKind::Unavailable && *connection.here.get_or_insert(kind) != kind {
            connection.not_before_here = 0;
        }
    }

    /// A server is there and takes nobody.
    pub(super) fn service_down(&mut self, generation: Generation) {
        if self.connection.is_current(generation) {
            self.connection.service_down = true;
        }
    }

    /// There is reason to believe that the next attempt succeeds: it is made now, or as soon as the server
    /// allows.
    pub(super) fn hurry(&mut self, now: Millis) {
        if !matches!(self.connection.phase, Phase::Waiting { .. } | Phase::Offline) {
            return;
        }
        let until = self.connection.earliest();
        if now >= until {
            self.open(false);
        } else {
            self.connection.phase = Phase::Waiting { until };
        }
    }

    /// Connects, with these pauses before the attempts; without any, at once and as `connect`.
    pub(super) fn reconnect(&mut self, pauses: Vec<Millis>, now: Millis) {
        let mut plan = std::collections::VecDeque::from(pauses);
        let Some(first) = plan.pop_front() else { return self.connect() };
        match self.connection.phase {
            Phase::Online => self.connect(),
            Phase::Opening | Phase::Greeting { .. } | Phase::Preparing | Phase::Asking { .. } => {
                plan.push_front(first);
                self.connection.plan = Some(plan);
                self.connect();
            }
            Phase::Idle | Phase::Waiting { .. } | Phase::Offline => {
                if self.begin() {
                    self.connection.plan = Some(plan);
                    self.connection.phase = Phase::Waiting { until: now.saturating_add(first) };
                    self.show(ConnectionStatus::Connecting, ErrorCode::SUCCESS);
                }
            }
        }
    }

    /// The token is refused: once the host is asked for another one, a second refusal ends it.
    pub(super) fn token_refused(&mut self, code: ErrorCode, now: Millis) {
        if std::mem::replace(&mut self.connection.asked, true) {
            return self.end(ConnectionStatus::Disconnected, code);
        }
        self.close_transport();
        self.leave(Phase::Asking { until: now + timing::TOKEN_LIMIT, code }, code, now);
        self.actions.push_back(Action::AskToken { code });
    }

    /// What the host answered: whether there is another token.
    pub(super) fn token_answered(&mut self, renewed: bool) {
        match self.connection.phase {
            Phase::Asking { .. } if renewed => self.open(true),
            Phase::Asking { code, .. } => self.end(ConnectionStatus::Disconnected, code),
            _ => {}
        }
    }
}
