//! Carrying out the script: what people do, and what goes wrong.

use std::ops::Not as _;

use anser_server::sim::Step as ServerStep;

use super::check;
use super::faults::Fault;
use super::net::Millis;
use super::script::{self, Step, TEAM};
use super::world::{Happening, World};

/// How long people wait before they look again whether a crashed device is back.
const AWAY: Millis = 1_000;

impl World {
    pub(super) fn start(&mut self, device: usize) -> anyhow::Result<()> {
        let now = self.now;
        self.note("starts", &[device as u64]);
        self.device(device)?.start(now)?;
        let entries = self.ledger.entries();
        check::cursors(self.device(device)?, &entries, now)?;
        self.after(device)
    }

    pub(super) fn crash(&mut self, device: usize) -> anyhow::Result<()> {
        self.note("crashes", &[device as u64]);
        self.net.tally.note(Fault::ClientCrash);
        let line = self.device(device)?.line;
        // The system tells the server, unless the whole machine is gone.
        if self.net.rng.chance(2)
            && let Some(line) = line.and_then(|line| self.net.lines.get_mut(line))
        {
            line.kill(self.now, None);
        }
        self.leave(device);
        self.device(device)?.end();
        let pause = 100 + self.net.rng.number() % 20_000;
        self.at(self.now + pause, Happening::Step(Step::Start { device }));
        Ok(())
    }

    pub(super) fn step(&mut self, step: Step) -> anyhow::Result<()> {
        let now = self.now;
        match step {
            Step::Say { device, place } => {
                if self.device(device)?.client.is_none() {
                    // Whoever wants to write does so once the device is back.
                    self.at(now + AWAY, Happening::Step(Step::Say { device, place }));
                    return Ok(());
                }
                self.note("says", &[device as u64]);
                self.device(device)?.say(script::key(place), now)?;
                self.after(device)
            }
            Step::PeerSays => {
                self.note("peer says", &[]);
                self.peer.say(TEAM);
                self.after_peer()
            }
            Step::Read { device, place } => {
                self.note("reads", &[device as u64]);
                self.device(device)?.read(place, script::key(place), now)?;
                self.after(device)
            }
            Step::Start { device } => self.start(device),
            Step::StartServer => {
                self.note("server starts", &[]);
                self.server = Some(self.disk.start());
                self.silence = false;
                Ok(())
            }
            Step::Reconnect { device } => {
                self.with(device, |client| client.disconnect())?;
                self.device(device)?.connect(now);
                self.after(device)
            }
            Step::Settle => Ok(self.disk.settle()?),
            Step::Fault { fault, device, size } => self.fault(fault, device, size),
        }
    }

    fn polls(&self, line: usize) -> bool {
        self.net.lines.get(line).is_some_and(|line| line.polled.is_some())
    }

    /// A line breaks, and both its ends learn it.
    fn reset(&mut self, line: usize) {
        if self.polls(line) {
            self.break_requests(line);
            return;
        }
        let at = self.now + self.net.latency();
        if let Some(of) = self.net.lines.get_mut(line) {
            of.kill(self.now, None);
        }
        self.at(at, Happening::EndsUp { line });
        self.at(at, Happening::EndsDown { line });
    }

    /// The server's process has ended at this step. What the disk has stays.
    pub(super) fn server_dies(&mut self, step: ServerStep) -> anyhow::Result<()> {
        let Some(server) = self.server.take() else { return Ok(()) };
        server.kill()?;
        self.note("server dies", &[step as u64]);
        self.net.tally.note(Fault::ServerCrash);
        self.net.tally.note(match step {
            ServerStep::Commit => Fault::BeforeCommit,
            ServerStep::Answer => Fault::BeforeAnswer,
            ServerStep::Notice => Fault::BeforeNotice,
            ServerStep::Leave => Fault::BeforeFrame,
        });
        let (now, size) = (self.now, self.doom);
        // Or the whole machine is gone: nobody says a word.
        let told = !size.is_multiple_of(2);
        let number = self.fallen.len();
        self.fallen.push(now);
        self.silence = !told;
        for line in 0..self.net.lines.len() {
            let Some(of) = self.net.lines.get_mut(line) else { continue };
            match &of.polled {
                Some(_) if told && of.client => self.break_requests(line),
                // Its requests hang; whatever it asks once a server is back meets one that does not know it.
                Some(_) if of.client && of.server_number == Some(number) => {
                    self.net.tally.note(Fault::MachineGone);
                }
                Some(_) => {}
                None => {
                    if of.server.is_some() && !told {
                        of.kill(now, None);
                    }
                    self.ends_down(line);
                }
            }
        }
        self.at(now + 100 + size % 20_000, Happening::Step(Step::StartServer));
        Ok(())
    }

    fn fault(&mut self, fault: Fault, device: usize, size: u64) -> anyhow::Result<()> {
        let now = self.now;
        self.note("fault", &[fault as u64, device as u64]);
        let is_peer = device == self.devices.len();
        let line = if is_peer { self.peer.line } else { self.device(device)?.line };
        match fault {
            Fault::HalfOpen => {
                let until = size.is_multiple_of(2).then_some(now + 30_000);
                let Some(line) = line.and_then(|line| self.net.lines.get_mut(line)) else { return Ok(()) };
                line.kill(now, until);
            }
            Fault::Partition => {
                let until = now + 5_000 + size % 60_000;
                if let Some(partitioned) = self.partitioned.get_mut(device) {
                    *partitioned = until;
                }
                for line in self.net.lines.iter_mut().filter(|line| line.device == device) {
                    line.kill(now, Some(until));
                }
            }
            Fault::Reset | Fault::Refused => {
                let Some(line) = line else { return Ok(()) };
                self.reset(line);
            }
            Fault::ClientCrash if is_peer => {
                // Its page is loaded anew.
                self.peer_leaves();
                return Ok(());
            }
            Fault::ClientForward | Fault::ClientBack if is_peer => return Ok(()),
            Fault::ClientCrash => {
                let of = self.device(device)?;
                if of.client.is_some() {
                    of.life = anser::kill::Life(Some(1 + size % 60));
                }
                // Noted when it comes to it.
                return Ok(());
            }
            Fault::ServerCrash => {
                // Noted when it comes to it.
                self.doom = size;
                if let Some(server) = &self.server {
                    server.doom(Some(1 + size % 200));
                }
                return Ok(());
            }
            Fault::Eaten if is_peer => return Ok(()),
            Fault::Eaten => {
                let of = self.device(device)?;
                if of.only_polls {
                    return Ok(());
                }
                of.eaten_until = now + 10_000 + size % 60_000;
                if let Some(line) = line.filter(|line| self.polls(*line).not()) {
                    self.reset(line);
                }
            }
            Fault::ClientForward => self.device(device)?.shift_clock(jump(size)),
            Fault::ClientBack => self.device(device)?.shift_clock(-jump(size)),
            Fault::ServerForward => self.server_skew += jump(size),
            Fault::ServerBack => self.server_skew -= jump(size),
            // Dealt out by the network, or part of another.
            _ => return Ok(()),
        }
        if fault != Fault::Refused {
            self.net.tally.note(fault);
        }
        Ok(())
    }
}

/// A minute to three hours.
fn jump(size: u64) -> i64 {
    60_000 + i64::try_from(size % 10_800_000).unwrap_or(0)
}
