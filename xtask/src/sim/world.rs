//! The world of one seed: devices, network and server, and the one loop that lets time pass for all of them. Runs
//! inside a single-threaded runtime whose time is paused, so that it jumps from event to event.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::time::Duration;

use anser::model::ErrorCode;
use anser::transport::TransportEvent;
use anser::transport::simulated::Wish;
use anser::wire::{Bytes, DownFrame};
use anser_server::sim::{Caller, Disk, SimServer, Step as ServerStep};
use anser_server::{Clock as ServerClock, Config};
use anser_testkit::Random;
use anyhow::Context as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::check::{self, Violation};
use super::device::{Device, EPOCH};
use super::faults::Tally;
use super::ledger::Ledger;
use super::net::{Millis, Net};
use super::peer::{self, Peer};
use super::polled::Asked;
use super::script::{self, HEALED, OWNERS, Step, TEAM};
use super::{Run, Wrong};

/// Rounds of fifteen seconds that everything may take to calm down once the network is good.
const ROUNDS: u64 = 60;

/// What can happen.
pub(super) enum Happening {
    /// The way to the server is clear, or not.
    Dialed {
        line: usize,
        reached: bool,
    },
    Up {
        line: usize,
        bytes: Bytes,
    },
    Down {
        line: usize,
        bytes: Bytes,
    },
    /// The client learns that the line has ended.
    EndsDown {
        line: usize,
    },
    /// The server learns it.
    EndsUp {
        line: usize,
    },
    /// A polling client's request, or a copy of it, comes to the server.
    Asked {
        number: usize,
    },
    /// Its answer comes to the client.
    Answered(Answer),
    /// The client learns that the connection under it has broken.
    Broken {
        number: usize,
    },
    Step(Step),
}

/// A server's answer to a polling client's request.
#[derive(Clone)]
pub(super) struct Answer {
    /// Of the request.
    pub(super) number: usize,
    /// How many servers were there before the one that gave it.
    pub(super) server: usize,
    pub(super) body: Bytes,
}

/// What a server or a client's line says to the world; no time passes before it is heard.
pub(super) enum Word {
    /// The server has sent a frame down a line, or has closed it.
    Said(usize, Option<Bytes>),
    /// It has answered a request.
    Answer(Answer),
    /// It has died.
    Died(ServerStep),
    /// A line that polls wants something.
    Wish(usize, Wish),
}

/// In the order of times, then of arrival.
struct Event {
    at: Millis,
    number: u64,
    what: Happening,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// What a seed came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) trace: u64,
    pub(crate) messages: usize,
    pub(crate) events: u64,
    pub(crate) virtual_ms: u64,
}

/// See the module.
pub(crate) struct World {
    pub(crate) devices: Vec<Device>,
    pub(crate) peer: Peer,
    pub(super) peer_calls: Caller,
    pub(crate) ledger: Ledger,
    pub(crate) now: Millis,
    pub(super) net: Net,
    pub(super) partitioned: Vec<Millis>,
    events: BinaryHeap<Reverse<Event>>,
    number: u64,
    pub(super) disk: Disk,
    pub(super) server: Option<SimServer>,
    server_clock: ServerClock,
    pub(super) server_skew: i64,
    /// How a server goes that is about to die.
    pub(super) doom: u64,
    /// When each server went that is gone.
    pub(super) fallen: Vec<Millis>,
    /// Whether the last one's machine went with it: what is sent there meets silence until another starts.
    pub(super) silence: bool,
    /// Every request of a polling client.
    pub(super) asked: Vec<Asked>,
    said: UnboundedReceiver<Word>,
    pub(super) says: UnboundedSender<Word>,
    begin: Instant,
    trace: u64,
    show: bool,
}

impl World {
    /// A world of this seed, everybody at rest.
    pub(crate) async fn new(run: &Run, seed: u64, folder: &Path) -> anyhow::Result<Self> {
        let mut rng = Random::of(seed, 2);
        let server_clock = ServerClock::manual(EPOCH);
        let page_size = 3 + u32::try_from(rng.below(30)).unwrap_or(0);
        let config = Config { clock: server_clock.clone(), page_size, ..Config::default() };
        let wrong = match run.wrong {
            Some(Wrong::NoDedupe) => Some(anser_server::sim::Wrong::NoDedupe),
            Some(Wrong::AckFirst) => Some(anser_server::sim::Wrong::AckFirst),
            _ => None,
        };
        let ledger = Ledger::default();
        let noting = ledger.clone();
        let (says, said) = unbounded_channel();
        let dies = says.clone();
        let disk = Disk::new(
            config,
            wrong,
            Box::new(move |committed| noting.note(committed)),
            // The world outlives its server.
            Box::new(move |step| drop(dies.send(Word::Died(step)))),
        )?;
        let server = disk.start();
        server.create_group(TEAM, &["alice", "bob", "carol", peer::NAME]).await?;
        let mut devices = Vec::new();
        for (number, owner) in OWNERS.into_iter().enumerate() {
            let token = server.token(owner.user).await?;
            let seed = seed.wrapping_mul(31).wrapping_add(number as u64);
            let mut device = Device::new(owner, token, folder.join(owner.name), seed);
            device.only_polls = rng.chance(4);
            if rng.chance(3) {
                device.eaten_until = rng.number() % 60_000;
            }
            devices.push(device);
        }
        let engine = rng.chance(2);
        let peer_calls = Caller {
            token: server.token(peer::NAME).await?,
            installation: String::new(),
            platform: "web".to_owned(),
            anser: false,
        };
        let mut world = Self {
            partitioned: vec![0; devices.len()],
            devices,
            peer: Peer::new(engine),
            peer_calls,
            ledger,
            now: 0,
            net: Net { lines: Vec::new(), rng, bad: true, tally: Tally::default() },
            events: BinaryHeap::new(),
            number: 0,
            disk,
            server: Some(server),
            server_clock,
            server_skew: 0,
            doom: 0,
            fallen: Vec::new(),
            silence: false,
            asked: Vec::new(),
            said,
            says,
            begin: Instant::now(),
            trace: 0xcbf2_9ce4_8422_2325,
            show: run.trace,
        };
        for (at, step) in script::plan(seed, run.messages) {
            world.at(at, Happening::Step(step));
        }
        Ok(world)
    }

    /// Runs it to its end and checks what is left.
    pub(crate) async fn run(mut self) -> anyhow::Result<Outcome> {
        for device in 0..self.devices.len() {
            self.start(device)?;
        }
        self.run_until(HEALED).await?;
        self.net.bad = false;
        if let Some(server) = &self.server {
            server.doom(None);
        }
        let mut calm = false;
        for _ in 0..ROUNDS {
            self.run_until(self.now + 15_000).await?;
            calm = self.server.is_some() && check::is_calm(&self.devices, &self.ledger);
            if calm {
                break;
            }
        }
        if !calm {
            return Err(Violation(check::restless(&self.devices, &self.ledger)).into());
        }
        // Twice: what one device tells the server the first time, the other learns the second time.
        for _ in 0..2 {
            for device in 0..self.devices.len() {
                self.step(Step::Reconnect { device })?;
            }
            self.run_until(self.now + 90_000).await?;
        }
        check::at_the_end(&mut self)?;
        Ok(Outcome {
            tally: self.net.tally,
            trace: self.trace,
            messages: self.ledger.len(),
            events: self.number,
            virtual_ms: self.now,
        })
    }

    pub(super) fn at(&mut self, at: Millis, what: Happening) {
        self.number += 1;
        self.events.push(Reverse(Event { at: at.max(self.now), number: self.number, what }));
    }

    /// Notes what happened: FNV-1a over everything that is the same when the seed is.
    pub(super) fn note(&mut self, what: &str, numbers: &[u64]) {
        let now = self.now;
        let bytes = what.bytes().chain(numbers.iter().chain([&now]).flat_map(|number| number.to_le_bytes()));
        for byte in bytes {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.show {
            eprintln!("{now:7} {what} {numbers:?}");
        }
    }

    async fn run_until(&mut self, end: Millis) -> anyhow::Result<()> {
        loop {
            let next = self.events.peek().map(|Reverse(event)| event.at);
            let due = self.devices.iter().filter_map(Device::due).chain(next).chain(self.peer.due());
            let due = due.min().unwrap_or(end);
            let wake = self.begin + Duration::from_millis(due.min(end));
            tokio::select! {
                biased;
                Some(word) = self.said.recv() => {
                    self.now = self.elapsed();
                    self.hears(word)?;
                }
                () = tokio::time::sleep_until(wake) => {
                    self.now = self.elapsed();
                    if self.now >= end && due > end {
                        return Ok(());
                    }
                    self.turn()?;
                    // The server's tasks have their turn before the next event of the same moment.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn elapsed(&self) -> Millis {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// One event, or every client whose time has come.
    fn turn(&mut self) -> anyhow::Result<()> {
        let skewed = EPOCH + i64::try_from(self.now).unwrap_or(0) + self.server_skew;
        self.server_clock.set(skewed);
        let is_due = self.events.peek().is_some_and(|Reverse(event)| event.at <= self.now);
        match is_due.then(|| self.events.pop()).flatten() {
            Some(Reverse(event)) => self.happens(event.what)?,
            None => {
                if self.peer.due().is_some_and(|due| due <= self.now) {
                    self.peer_ticks()?;
                }
                for device in 0..self.devices.len() {
                    if self.device(device)?.due().is_some_and(|due| due <= self.now) {
                        self.with(device, |_| ())?;
                    }
                }
            }
        }
        for device in &self.devices {
            check::status(device, &self.net.lines, &self.fallen, self.now)?;
        }
        Ok(())
    }

    pub(super) fn device(&mut self, device: usize) -> anyhow::Result<&mut Device> {
        self.devices.get_mut(device).context("no such device")
    }

    fn happens(&mut self, what: Happening) -> anyhow::Result<()> {
        match what {
            Happening::Step(step) => self.step(step),
            Happening::Asked { number } => {
                self.asked(number);
                Ok(())
            }
            Happening::Answered(answer) => self.answered(answer),
            Happening::Broken { number } => {
                self.broken(number);
                Ok(())
            }
            Happening::Dialed { line, reached } => self.dialed(line, reached),
            Happening::Up { line, bytes } => {
                let header = bytes.first().copied().unwrap_or(0);
                self.note("up", &[line as u64, u64::from(header), bytes.len() as u64]);
                if let Some(server) = self.net.lines.get(line).and_then(|line| line.server.as_ref()) {
                    // A server that has closed does not hear it.
                    drop(server.send(bytes));
                }
                Ok(())
            }
            Happening::Down { line, bytes } => {
                let header = bytes.first().copied().unwrap_or(0);
                self.note("down", &[line as u64, u64::from(header), bytes.len() as u64]);
                if self.peer.line == Some(line) {
                    self.peer.frame(bytes, self.now)?;
                    return self.after_peer();
                }
                let Some(device) = self.user_of(line) else {
                    self.greets(line, DownFrame::decode(bytes).ok());
                    return Ok(());
                };
                let event = DownFrame::decode(bytes).map_or(TransportEvent::Garbage, TransportEvent::Frame);
                self.with(device, |client| client.line(event))
            }
            Happening::EndsDown { line } => {
                self.note("ends-down", &[line as u64]);
                if self.peer.line == Some(line) {
                    self.peer_leaves();
                    return Ok(());
                }
                let Some(device) = self.user_of(line) else {
                    self.greets(line, None);
                    return Ok(());
                };
                self.leave(device);
                self.with(device, |client| {
                    client.line(TransportEvent::Lost(ErrorCode::SOCKET_CLOSED_BY_PEER))
                })
            }
            Happening::EndsUp { line } => {
                self.note("ends-up", &[line as u64]);
                self.hang_up(line);
                if let Some(line) = self.net.lines.get_mut(line) {
                    line.server = None;
                }
                Ok(())
            }
        }
    }
}
