//! Long polling in the world: the requests of lines that poll, what the network does to them and to their answers,
//! and the WebSockets that take such a line over. The client's end is the real line, the server's the real sessions.

use anser::client::inline::InlineClient;
use anser::model::{ConnectionChannel, ConnectionStatus};
use anser::timing::WEBSOCKET_REST;
use anser::transport::TransportEvent;
use anser::transport::simulated::{self, Exchange, Reply, Wish};
use anser::wire::polling::request::HttpRequest;
use anser::wire::url::{self, Identity};
use anser::wire::{Bytes, DownFrame, UpFrame};
use anyhow::Context as _;
use tokio::task::AbortHandle;

use super::device::APP;
use super::faults::Fault;
use super::net::{Fate, Line, Polled, Way};
use super::world::{Answer, Happening, Word, World};

/// An answer that says nothing.
const NOTHING: &[u8] = b"[]";
/// What a session hears that the server does not know.
const LOST: &[u8] = b"lost params";

/// A request under way.
pub(super) struct Asked {
    line: usize,
    exchange: Exchange,
    request: HttpRequest,
    /// Where the client waits for the answer, if it does.
    reply: Option<Reply<Bytes>>,
    /// What the server does about its copies.
    handlers: Vec<AbortHandle>,
}

impl World {
    /// Opens a line that polls.
    pub(super) fn poll(&mut self, device: usize) -> anyhow::Result<()> {
        let line = self.net.lines.len();
        let (now, says) = (self.now, self.says.clone());
        let until = self.partitioned.get(device).copied().unwrap_or(0);
        let of = self.device(device)?;
        let identity = Identity {
            app_key: APP.to_owned(),
            token: of.caller.token.clone(),
            installation: of.caller.installation.clone(),
            platform: of.platform.as_str(),
        };
        let (path, installation) = (url::connect(&identity, 1), identity.installation);
        let wishes = move |wish| drop(says.send(Word::Wish(line, wish)));
        let may_upgrade = !of.only_polls;
        let (frames, task) = simulated::open(of.clock(now), path, installation, may_upgrade, wishes);
        of.line = Some(line);
        let mut opened = Line::new(device, of.caller.clone());
        opened.polled = Some(Polled { frames, task });
        if now < until {
            opened.kill(now, Some(until));
        }
        self.net.lines.push(opened);
        self.note("polls", &[device as u64, line as u64]);
        Ok(())
    }

    /// The upgrade was refused by something on the way: the client polls at once, and first for a while.
    pub(super) fn fall_back(&mut self, device: usize) -> anyhow::Result<()> {
        self.net.tally.note(Fault::Fallback);
        self.leave(device);
        let now = self.now;
        self.device(device)?.polls_until = now + WEBSOCKET_REST;
        let status = ConnectionStatus::WebsocketUnavailable;
        self.with(device, |client| client.line(TransportEvent::Navigation(status)))?;
        self.poll(device)
    }

    pub(super) fn wishes(&mut self, line: usize, wish: Wish) -> anyhow::Result<()> {
        match wish {
            Wish::Ask(exchange, request, reply) => self.asks(line, exchange, request, reply),
            Wish::Open(token, reply) => self.opens(line, token, reply),
            Wish::Close(socket) => self.close(socket),
            Wish::Event(event) if self.peer.line == Some(line) => self.peer_hears(event)?,
            Wish::Event(event) => {
                let Some(device) = self.user_of(line) else { return Ok(()) };
                if matches!(event, TransportEvent::Lost(_)) {
                    self.note("polled no more", &[line as u64]);
                    self.leave(device);
                }
                self.with(device, |client| client.line(event))?;
            }
            Wish::Upgraded(socket, connack, kept) => self.upgraded(line, socket, connack, kept)?,
        }
        Ok(())
    }

    fn asks(&mut self, line: usize, exchange: Exchange, request: HttpRequest, reply: Reply<Bytes>) {
        let number = self.asked.len();
        let length = request.body.as_ref().map_or(0, String::len) as u64;
        self.note("asks", &[line as u64, number as u64, exchange as u64, length]);
        self.asked.push(Asked { line, exchange, request, reply: Some(reply), handlers: Vec::new() });
        match self.net.ask(line, Way::Up, self.now) {
            Fate::Arrives(times) => {
                for at in times {
                    self.at(at, Happening::Asked { number });
                }
            }
            Fate::Breaks(at) => self.at(at, Happening::Broken { number }),
            Fate::Hangs => {}
        }
    }

    /// A request has come to the server, or a copy of it.
    pub(super) fn asked(&mut self, number: usize) {
        self.note("asked", &[number as u64]);
        let Some(asked) = self.asked.get(number) else { return };
        let line = asked.line;
        let Some(of) = self.net.lines.get_mut(line) else { return };
        if of.is_late(asked.exchange, number) {
            self.net.tally.note(Fault::RequestReorder);
        }
        let Some(server) = &self.server else {
            if !self.silence {
                let at = self.now + self.net.latency();
                self.at(at, Happening::Broken { number });
            }
            return;
        };
        let (says, server_number) = (self.says.clone(), self.fallen.len());
        let to = Box::new(move |body| {
            drop(says.send(Word::Answer(Answer { number, server: server_number, body })));
        });
        let handler = server.ask(asked.request.clone(), to);
        if let Some(asked) = self.asked.get_mut(number) {
            asked.handlers.push(handler);
        }
    }

    /// The server has given an answer.
    pub(super) fn answers(&mut self, answer: Answer) {
        let Answer { number, body, .. } = &answer;
        let number = *number;
        self.note("answers", &[number as u64, body.len() as u64]);
        let Some(asked) = self.asked.get(number) else { return };
        let frames = asked.exchange == Exchange::Hold && **body != *NOTHING && **body != *LOST;
        let fate = match &asked.reply {
            Some(_) => self.net.ask(asked.line, Way::Down, self.now),
            // Nobody waits for it: the client has gone, or has had the answer to a copy.
            None => Fate::Hangs,
        };
        match fate {
            Fate::Arrives(times) => {
                for at in times {
                    self.at(at, Happening::Answered(answer.clone()));
                }
                return;
            }
            Fate::Breaks(at) => self.at(at, Happening::Broken { number }),
            Fate::Hangs => {}
        }
        if frames {
            self.net.tally.note(Fault::FramesLost);
        }
    }

    pub(super) fn answered(&mut self, answer: Answer) -> anyhow::Result<()> {
        let Answer { number, server, body } = answer;
        self.note("answered", &[number as u64, body.len() as u64]);
        let Some(asked) = self.asked.get_mut(number) else { return Ok(()) };
        let (line, exchange, reply) = (asked.line, asked.exchange, asked.reply.take());
        let Some(reply) = reply else { return Ok(()) };
        if exchange == Exchange::Login
            && let Some(of) = self.net.lines.get_mut(line)
        {
            of.server_number = Some(server);
        }
        if *body == *LOST {
            self.net.tally.note(Fault::LostParams);
        }
        let now = self.now;
        if let Some(device) = self.user_of(line) {
            self.device(device)?.clock(now);
        }
        // A client that has just given up does not hear it.
        drop(reply.send(body));
        Ok(())
    }

    /// The client learns that the connection under a request has broken.
    pub(super) fn broken(&mut self, number: usize) {
        self.note("broken", &[number as u64]);
        if let Some(asked) = self.asked.get_mut(number) {
            asked.reply = None;
        }
    }

    /// The server learns that a line's connections are gone.
    pub(super) fn hang_up(&mut self, line: usize) {
        for asked in self.asked.iter_mut().filter(|asked| asked.line == line) {
            asked.reply = None;
            asked.handlers.drain(..).for_each(|handler| handler.abort());
        }
    }

    /// Connections under requests break, and both ends learn it.
    pub(super) fn break_requests(&mut self, line: usize) {
        let at = self.now + self.net.latency();
        let waiting = |(_, asked): &(usize, &Asked)| asked.line == line && asked.reply.is_some();
        let numbers: Vec<usize> =
            self.asked.iter().enumerate().filter(waiting).map(|(number, _)| number).collect();
        for number in numbers {
            self.at(at, Happening::Broken { number });
        }
        self.at(at, Happening::EndsUp { line });
    }

    /// A line that polls wants a WebSocket beside it.
    fn opens(&mut self, polled: usize, token: Option<String>, reply: Reply<(usize, DownFrame)>) {
        let Some(device) = self.user_of(polled) else { return };
        let line = self.net.lines.len();
        let Some(mut caller) = self.devices.get(device).map(|device| device.caller.clone()) else { return };
        if let Some(token) = token {
            caller.token = token;
        }
        let mut of = Line::new(device, caller);
        of.greets = Some(reply);
        self.net.lines.push(of);
        self.note("tries", &[device as u64, line as u64]);
        let at = self.now + self.net.latency() * 3;
        let reached = self.partitioned.get(device).is_none_or(|until| self.now >= *until);
        if reached {
            self.at(at, Happening::Dialed { line, reached });
        }
    }

    /// That WebSocket has brought its first frame, or has ended before. Returns whether it was one of those.
    pub(super) fn greets(&mut self, line: usize, frame: Option<DownFrame>) -> bool {
        let reply = self.net.lines.get_mut(line).and_then(|line| line.greets.take());
        let Some(reply) = reply else { return false };
        if frame.is_none_or(|frame| reply.send((line, frame)).is_err()) {
            self.close(line);
        }
        true
    }

    fn upgraded(
        &mut self,
        polled: usize,
        socket: usize,
        connack: DownFrame,
        kept: Vec<UpFrame>,
    ) -> anyhow::Result<()> {
        let Some(device) = self.user_of(polled) else {
            self.close(socket);
            return Ok(());
        };
        self.note("upgraded", &[polled as u64, socket as u64]);
        self.net.tally.note(Fault::Upgrade);
        self.close(polled);
        let of = self.device(device)?;
        of.line = Some(socket);
        of.polls_until = 0;
        for frame in kept {
            self.sends(socket, frame)?;
        }
        let opened = simulated::opened(ConnectionChannel::Websocket);
        self.with(device, |client: &mut InlineClient| {
            client.line(TransportEvent::Upgraded(opened));
            client.line(TransportEvent::Frame(connack));
        })
    }

    /// A frame goes up a line, as that line carries it.
    pub(super) fn sends(&mut self, line: usize, frame: UpFrame) -> anyhow::Result<()> {
        if let Some(polled) = self.net.lines.get(line).and_then(|line| line.polled.as_ref()) {
            // A line that has just ended reports it.
            drop(polled.frames.send(frame));
            return Ok(());
        }
        let bytes = frame.encode().ok().context("a frame does not encode")?;
        for at in self.net.carry(line, Way::Up, self.now) {
            self.at(at, Happening::Up { line, bytes: bytes.clone() });
        }
        Ok(())
    }
}
