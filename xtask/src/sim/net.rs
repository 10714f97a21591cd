//! The network: lines between devices and the server, and what becomes of each frame on its way. Decides by the
//! seed's numbers; moves nothing itself.

use anser::transport::simulated::{Exchange, Reply};
use anser::wire::{Bytes, DownFrame, UpFrame};
use anser_server::sim::Caller;
use anser_testkit::Random;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::faults::{Fault, Tally};

/// Virtual milliseconds since the seed began.
pub(crate) type Millis = u64;

/// One in so many frames ...
const DROP: usize = 10;
const DUPLICATE: usize = 20;
const REORDER: usize = 20;
const SLOW: usize = 25;
/// The same of requests and answers of polling clients. Each that is lost ends a line, so fewer would be lost on
/// lines that live, and more would leave none of them alive.
const LOSE: usize = 30;
/// The usual way takes so long, ms.
const NEAR: u64 = 5;
const FAR: u64 = 80;
/// The longest delay.
pub(crate) const SLOWEST: u64 = 5_000;

/// Whose frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    Up,
    Down,
}

/// What becomes of a request or an answer.
pub(crate) enum Fate {
    /// It arrives, perhaps twice.
    Arrives(Vec<Millis>),
    /// It does not, and its client learns that the connection has broken.
    Breaks(Millis),
    /// It does not, and nobody is told.
    Hangs,
}

/// The client's end of a line that polls.
pub(crate) struct Polled {
    pub(crate) frames: UnboundedSender<UpFrame>,
    pub(crate) task: AbortHandle,
}

/// A line of one device.
pub(crate) struct Line {
    pub(crate) device: usize,
    pub(crate) caller: Caller,
    /// The server's end, once it is open and as long as neither side has closed it.
    pub(crate) server: Option<UnboundedSender<Bytes>>,
    /// Whether the client listens to it.
    pub(crate) client: bool,
    /// From when to when nothing passes.
    dead: (Millis, Millis),
    /// Whether it keeps to what TCP promises: everything in order, or the end.
    pub(crate) strict: bool,
    /// When the last frame of each way arrives: TCP keeps order.
    last: [Millis; 2],
    /// Present if it polls; then `server` is not.
    pub(crate) polled: Option<Polled>,
    /// The server that knows its session if it polls: how many were there before that one.
    pub(crate) server_number: Option<usize>,
    /// Where the first frame of a WebSocket goes that is to take a polled line over.
    pub(crate) greets: Option<Reply<(usize, DownFrame)>>,
    /// The newest request of each connection that has come to the server.
    newest: [usize; 3],
}

impl Line {
    pub(crate) fn new(device: usize, caller: Caller) -> Self {
        Self {
            device,
            caller,
            server: None,
            client: true,
            dead: (0, 0),
            strict: false,
            last: [0; 2],
            polled: None,
            server_number: None,
            greets: None,
            newest: [0; 3],
        }
    }

    /// Whether a later request of the same connection was here before this one.
    pub(crate) fn is_late(&mut self, exchange: Exchange, number: usize) -> bool {
        let Some(newest) = self.newest.get_mut(exchange as usize) else { return false };
        let late = number < *newest;
        *newest = number.max(*newest);
        late
    }

    /// Lets nothing pass from now on, for so long or for ever; nobody is told.
    pub(crate) fn kill(&mut self, now: Millis, until: Option<Millis>) {
        let until = until.filter(|_| !self.strict);
        if now >= self.dead.1 {
            self.dead.0 = now;
        }
        self.dead.1 = self.dead.1.max(until.unwrap_or(Millis::MAX));
    }

    /// Since when nothing has passed.
    pub(crate) fn dead_since(&self, now: Millis) -> Option<Millis> {
        (self.dead.0 <= now && now < self.dead.1).then_some(self.dead.0)
    }

    /// Since when it has carried nothing, or only what no server can answer any more.
    pub(crate) fn useless_since(&self, fallen: &[Millis], now: Millis) -> Option<Millis> {
        let orphaned = self.server_number.and_then(|server| fallen.get(server)).copied();
        self.dead_since(now).into_iter().chain(orphaned).min()
    }

    /// When what follows the last frame of a way can arrive.
    pub(crate) fn after_last(&self, way: Way, at: Millis) -> Millis {
        self.last.get(way as usize).copied().unwrap_or(0).max(at)
    }
}

/// The network's weather.
pub(crate) struct Net {
    pub(crate) lines: Vec<Line>,
    pub(crate) rng: Random,
    /// Whether it does anything to frames.
    pub(crate) bad: bool,
    pub(crate) tally: Tally,
}

impl Net {
    /// When a frame of `line` that leaves now arrives: never, once or twice.
    pub(crate) fn carry(&mut self, line: usize, way: Way, now: Millis) -> Vec<Millis> {
        let Some(of) = self.lines.get_mut(line) else { return Vec::new() };
        if of.dead_since(now).is_some() {
            return Vec::new();
        }
        let usual = NEAR + self.rng.number() % (FAR - NEAR);
        let Some(last) = of.last.get_mut(way as usize) else { return Vec::new() };
        let mut arrives = now + usual;
        if self.bad {
            if !of.strict && self.rng.chance(DROP) {
                self.tally.note(Fault::Drop);
                return Vec::new();
            }
            if self.rng.chance(SLOW) {
                self.tally.note(Fault::Delay);
                arrives = now + 1_000 + self.rng.number() % (SLOWEST - 1_000);
            }
            if !of.strict && self.rng.chance(REORDER) {
                // It does not wait for those before it, and those behind do not wait for it.
                self.tally.note(Fault::Reorder);
                return vec![arrives + self.rng.number() % 500];
            }
        }
        arrives = arrives.max(*last);
        *last = arrives;
        let mut times = vec![arrives];
        if self.bad && !of.strict && self.rng.chance(DUPLICATE) {
            self.tally.note(Fault::Duplicate);
            times.push(arrives + self.rng.number() % 2_000);
        }
        times
    }

    /// What becomes of a request, or of its answer, that leaves now. Requests are carried over TCP, each connection
    /// one at a time, and something on the way may repeat one; nothing repeats an answer.
    pub(crate) fn ask(&mut self, line: usize, way: Way, now: Millis) -> Fate {
        if self.lines.get(line).is_none_or(|of| of.dead_since(now).is_some()) {
            return Fate::Hangs;
        }
        let arrives = now + self.latency();
        if !self.bad {
            return Fate::Arrives(vec![arrives]);
        }
        if self.rng.chance(LOSE) {
            self.tally.note(if way == Way::Up { Fault::RequestLost } else { Fault::AnswerLost });
            return if self.rng.chance(2) { Fate::Breaks(arrives) } else { Fate::Hangs };
        }
        let mut times = vec![arrives];
        if self.rng.chance(SLOW) {
            self.tally.note(if way == Way::Up { Fault::RequestDelay } else { Fault::AnswerDelay });
            times = vec![now + 1_000 + self.rng.number() % (SLOWEST - 1_000)];
        }
        // What stands in a copy's answer is lost to a client that knows no predecessors and no client ids.
        let strict = self.lines.get(line).is_some_and(|of| of.strict);
        if way == Way::Up && !strict && self.rng.chance(DUPLICATE) {
            self.tally.note(Fault::RequestTwice);
            times.push(arrives + self.rng.number() % 2_000);
        }
        Fate::Arrives(times)
    }

    /// How long a word about a line's end or beginning takes.
    pub(crate) fn latency(&mut self) -> Millis {
        NEAR + self.rng.number() % (FAR - NEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polled_line_is_useless_once_the_server_that_knows_it_is_gone() {
        let (token, installation, platform) = (String::new(), String::new(), String::new());
        let mut line = Line::new(0, Caller { token, installation, platform, anser: true });
        assert_eq!(line.useless_since(&[10], 20), None, "nobody knows it yet");
        line.server_number = Some(1);
        assert_eq!(line.useless_since(&[10], 20), None, "it was made at the next one");
        assert_eq!(line.useless_since(&[10, 30], 40), Some(30));
        line.kill(20, Some(60));
        assert_eq!(line.useless_since(&[10, 30], 40), Some(20), "it was dead before");
        assert_eq!(line.useless_since(&[10, 30], 70), Some(30), "and stays so for another reason");
    }
}
