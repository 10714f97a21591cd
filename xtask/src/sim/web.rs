//! The web client's place in the world: its line, and what time does to it.

use anser::clock::Clock;
use anser::transport::TransportEvent;
use anser::transport::simulated;
use anser::wire::url::QueryString;

use super::device::{APP, EPOCH};
use super::net::{Line, Millis, Polled};
use super::world::{Happening, Word, World};

/// How long a page waits before it connects again, ms.
const PAUSE: Millis = 2_000;

impl World {
    pub(super) fn peer_ticks(&mut self) -> anyhow::Result<()> {
        let now = self.now;
        if self.peer.retry.is_some_and(|due| now >= due) {
            self.peer.retry = None;
            let line = self.net.lines.len();
            self.peer.line = Some(line);
            // Nobody but the world's own devices is counted there.
            let mut of = Line::new(self.devices.len(), self.peer_calls.clone());
            of.strict = true;
            if self.peer.engine {
                of.polled = Some(self.peer_polls(line));
            }
            self.net.lines.push(of);
            if !self.peer.engine {
                let at = now + self.net.latency() * 3;
                self.at(at, Happening::Dialed { line, reached: true });
            }
        } else if self.peer.tick(now) {
            self.peer_leaves();
        }
        self.after_peer()
    }

    /// It opens a line that polls, as its SDK writes it.
    fn peer_polls(&mut self, line: usize) -> Polled {
        let says = self.says.clone();
        let wishes = move |wish| drop(says.send(Word::Wish(line, wish)));
        let path = QueryString::new("/websocket")
            .add("appId", APP)
            .add("token", &self.peer_calls.token)
            .add("sdkVer", "2.9.2")
            .add("apiVer", "normal")
            .finish();
        let (frames, task) = simulated::open(Clock::manual(EPOCH), path, String::new(), false, wishes);
        Polled { frames, task }
    }

    /// What its polled line reports.
    pub(super) fn peer_hears(&mut self, event: TransportEvent) -> anyhow::Result<()> {
        match event {
            TransportEvent::Frame(frame) => self.peer.hear(frame, self.now)?,
            TransportEvent::Lost(_) => self.peer_leaves(),
            _ => {}
        }
        self.after_peer()
    }

    /// It gives its line up, or has lost it.
    pub(super) fn peer_leaves(&mut self) {
        if let Some(line) = self.peer.line {
            self.close(line);
        }
        self.peer.lost(self.now + PAUSE);
    }

    pub(super) fn peer_dialed(&mut self, line: usize, reached: bool) -> anyhow::Result<()> {
        let (Some(_), Some(of), true) = (&self.server, self.net.lines.get(line), reached) else {
            self.peer_leaves();
            return Ok(());
        };
        if of.dead_since(self.now).is_some() {
            self.peer_leaves();
            return Ok(());
        }
        self.accept(line);
        self.peer.opened(self.now);
        Ok(())
    }

    /// Carries what it has to say.
    pub(super) fn after_peer(&mut self) -> anyhow::Result<()> {
        for frame in self.peer.take_frames() {
            if let Some(line) = self.peer.line {
                self.sends(line, frame)?;
            }
        }
        Ok(())
    }
}
