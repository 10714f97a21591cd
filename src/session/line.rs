//! Keeping the line: heartbeats, the search for half-open sockets, and what the host says about itself and
//! the network. Called by `connection` and for the host's words; decides nothing about when to try again.

use super::connection::Phase;
use super::{Millis, Session};
use crate::model::{ErrorCode, NetworkKind};
use crate::timing;
use crate::wire::UpFrame;

impl Session {
    /// Between two heartbeats, as things are.
    fn ping_interval(&self) -> Millis {
        match self.connection.foreground {
            true => self.connection.interval,
            false => self.connection.interval.max(timing::BACKGROUND_PING_INTERVAL),
        }
    }

    pub(super) fn ping(&mut self, now: Millis) {
        self.send(UpFrame::PingReq);
        self.connection.last_ping = now;
        self.connection.next_ping = Some(now + self.ping_interval());
        self.connection.pong_until = Some(now + timing::PONG_LIMIT);
        self.pull.ride(now + self.ping_interval());
    }

    pub(super) fn pong(&mut self, now: Millis) {
        self.connection.pong_until = None;
        if self.connection.is_online() && self.pull.is_wanted() {
            self.start_pull(now);
        }
    }

    /// Anything heard proves a line without heartbeats. With them the other direction may be dead.
    pub(super) fn heard(&mut self, now: Millis) {
        self.connection.proven = now;
        if !self.connection.heartbeat {
            self.connection.pong_until = None;
        }
    }

    pub(super) fn line_tick(&mut self, now: Millis) {
        match self.connection.pong_until {
            // Nobody ran when the answer was due, so that it is missing proves nothing yet: once more.
            Some(until) if now >= until + timing::PONG_LIMIT && self.connection.heartbeat => self.ping(now),
            Some(until) if now >= until => self.fail_transport(ErrorCode::RC_PONG_RECV_FAIL, now),
            _ => {
                if self.connection.next_ping.is_some_and(|due| now >= due) {
                    // Due before the answer to the last one is: that answer is not given more time.
                    let until = self.connection.pong_until;
                    self.ping(now);
                    self.connection.pong_until = until.or(self.connection.pong_until);
                }
            }
        }
    }

    /// Finds out whether the line still lives, with an answer that is due soon.
    pub(super) fn probe(&mut self, now: Millis) {
        if !self.connection.is_logged_in() || self.connection.pong_until.is_some() {
            return;
        }
        if self.connection.heartbeat {
            self.ping(now);
        } else if self.connection.is_online() {
            // Without heartbeats any answer will do.
            self.connection.pong_until = Some(now + timing::PROBE_LIMIT);
            self.start_pull(now);
        }
    }

    pub(super) fn set_foreground(&mut self, foreground: bool, now: Millis) {
        if std::mem::replace(&mut self.connection.foreground, foreground) == foreground {
            return;
        }
        if self.connection.next_ping.is_some() {
            self.connection.next_ping = Some(self.connection.last_ping + self.ping_interval());
        }
        if foreground {
            self.probe(now);
            self.hurry(now);
        }
    }

    pub(super) fn network_changed(&mut self, kind: NetworkKind, now: Millis) {
        let before = self.connection.network.replace(kind);
        self.arrive(kind);
        match self.connection.phase {
            // An attempt begun on another network would only hang there.
            Phase::Opening | Phase::Greeting { .. }
                if kind != NetworkKind::Unavailable && before.is_some_and(|before| before != kind) =>
            {
                self.close_transport();
                self.leave(Phase::Idle, ErrorCode::RC_NET_UNAVAILABLE, now);
                self.open(false);
            }
            Phase::Waiting { .. } if kind == NetworkKind::Unavailable => {
                // What the host itself has planned goes on.
                if self.connection.plan.is_none() {
                    self.connection.phase = Phase::Offline;
                }
            }
            Phase::Waiting { .. } | Phase::Offline if kind != NetworkKind::Unavailable => self.hurry(now),
            _ => self.probe(now),
        }
    }

    /// The device slept, or its clock was set: timers say nothing about the line.
    pub(super) fn woke(&mut self, now: Millis) {
        self.probe(now);
        if matches!(self.connection.phase, Phase::Waiting { .. }) {
            self.hurry(now);
        }
    }
}
