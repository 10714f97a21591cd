//! Lines from their opening to their end, and what clients and server say over them. Called by the world's loop;
//! what becomes of a frame on its way is the network's matter.

use anser::client::inline::InlineClient;
use anser::model::{ConnectionChannel, ErrorCode};
use anser::transport::TransportEvent;
use anser::transport::simulated;
use anser::wire::Bytes;

use super::faults::Fault;
use super::net::{Line, Millis, Way};
use super::world::{Happening, Word, World};

/// How long a line that cannot be opened keeps a client waiting.
const OPEN_LIMIT: Millis = anser::timing::OPEN_LIMIT;

impl World {
    /// The device that listens to this line at present.
    pub(super) fn user_of(&self, line: usize) -> Option<usize> {
        let device = self.net.lines.get(line).filter(|line| line.client)?.device;
        (self.devices.get(device)?.line == Some(line)).then_some(device)
    }

    /// The device does not use its line any more; the server learns it if it can.
    pub(super) fn leave(&mut self, device: usize) {
        if let Some(line) = self.devices.get_mut(device).and_then(|device| device.line.take()) {
            self.close(line);
        }
    }

    pub(super) fn close(&mut self, line: usize) {
        let at = self.now + self.net.latency();
        let Some(of) = self.net.lines.get_mut(line) else { return };
        of.client = false;
        if let Some(polled) = &of.polled {
            polled.task.abort();
        }
        if of.dead_since(self.now).is_none() {
            let at = of.after_last(Way::Up, at);
            self.at(at, Happening::EndsUp { line });
        }
    }

    /// Lets a client do something, and carries out what it wants.
    pub(super) fn with(&mut self, device: usize, run: impl FnOnce(&mut InlineClient)) -> anyhow::Result<()> {
        let now = self.now;
        self.device(device)?.run(now, run);
        self.after(device)
    }

    pub(super) fn after(&mut self, device: usize) -> anyhow::Result<()> {
        let of = self.device(device)?;
        if of.client.is_none() {
            return Ok(());
        }
        let is_over = of.life.is_over();
        let Some(client) = &mut of.client else { return Ok(()) };
        let (frames, closed, opened) = (client.take_frames(), client.take_closed(), client.take_opened());
        let line = of.line;
        if !is_over {
            of.hear();
        }
        for frame in frames {
            if let Some(line) = line {
                self.sends(line, frame)?;
            }
        }
        if is_over {
            return self.crash(device);
        }
        if closed > 0 || !opened.is_empty() {
            self.leave(device);
        }
        if !opened.is_empty() {
            self.dial(device)?;
        }
        Ok(())
    }

    fn dial(&mut self, device: usize) -> anyhow::Result<()> {
        let (now, of) = (self.now, self.device(device)?);
        if of.only_polls || now < of.polls_until {
            return self.poll(device);
        }
        let line = self.net.lines.len();
        let caller = self.device(device)?.caller.clone();
        self.device(device)?.line = Some(line);
        self.net.lines.push(Line::new(device, caller));
        let until = self.partitioned.get(device).copied().unwrap_or(0);
        let (pause, reached) = match () {
            () if self.now < until => (OPEN_LIMIT, false),
            () => (self.net.latency() * 3, true),
        };
        self.note("dials", &[device as u64, line as u64]);
        self.at(self.now + pause, Happening::Dialed { line, reached });
        Ok(())
    }

    pub(super) fn dialed(&mut self, line: usize, reached: bool) -> anyhow::Result<()> {
        if self.silence && reached {
            // Nobody refuses it either. A WebSocket beside a polled line is given up by that line.
            if self.net.lines.get(line).is_some_and(|line| line.greets.is_none()) {
                self.at(self.now + OPEN_LIMIT, Happening::Dialed { line, reached: false });
            }
            return Ok(());
        }
        if self.peer.line == Some(line) {
            return self.peer_dialed(line, reached);
        }
        let device = self.net.lines.get(line).filter(|line| line.greets.is_some()).map(|line| line.device);
        if let Some(device) = device {
            if self.server.is_none() || self.device(device)?.eaten_until > self.now {
                self.greets(line, None);
                return Ok(());
            }
            self.accept(line);
            return Ok(());
        }
        let Some(device) = self.user_of(line) else { return Ok(()) };
        if reached && self.device(device)?.eaten_until > self.now {
            return self.fall_back(device);
        }
        let (Some(_), Some(_), true) = (&self.server, self.net.lines.get(line), reached) else {
            if reached {
                self.net.tally.note(Fault::Refused);
            }
            self.note("unreached", &[line as u64]);
            // Nothing to take leave of.
            self.device(device)?.line = None;
            return self
                .with(device, |client| client.line(TransportEvent::Lost(ErrorCode::RC_NET_UNAVAILABLE)));
        };
        self.accept(line);
        self.note("opened", &[line as u64]);
        let opened = simulated::opened(ConnectionChannel::Websocket);
        self.with(device, |client| client.line(TransportEvent::Opened(opened)))
    }

    /// A WebSocket has come to the server.
    pub(super) fn accept(&mut self, line: usize) {
        let says = self.says.clone();
        let (Some(server), Some(of)) = (&self.server, self.net.lines.get_mut(line)) else { return };
        // The world outlives its server.
        let to = Box::new(move |bytes: Option<Bytes>| drop(says.send(Word::Said(line, bytes))));
        of.server = Some(server.accept(of.caller.clone(), to));
    }

    pub(super) fn hears(&mut self, word: Word) -> anyhow::Result<()> {
        match word {
            Word::Said(line, Some(bytes)) => {
                for at in self.net.carry(line, Way::Down, self.now) {
                    self.at(at, Happening::Down { line, bytes: bytes.clone() });
                }
            }
            Word::Said(line, None) => self.ends_down(line),
            Word::Answer(answer) => self.answers(answer),
            Word::Died(step) => self.server_dies(step)?,
            Word::Wish(line, wish) => self.wishes(line, wish)?,
        }
        Ok(())
    }

    /// The server has closed a line; the client learns it if it can.
    pub(super) fn ends_down(&mut self, line: usize) {
        let at = self.now + self.net.latency();
        let Some(of) = self.net.lines.get_mut(line) else { return };
        if of.server.take().is_some() && of.dead_since(self.now).is_none() {
            let at = of.after_last(Way::Down, at);
            self.at(at, Happening::EndsDown { line });
        }
    }
}
