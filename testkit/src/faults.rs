//! A proxy between one client and its server that does to their lines what networks do, at moments counted in
//! bytes. Passes navigation untouched; what it breaks are lines: WebSockets and the connections of long polling.
//! It may be late, it may lose what comes after a moment, but it never changes a byte.

mod line;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use self::line::{Line, Mode, carry};

/// Connections that may wait to be taken.
const BACKLOG: u32 = 1024;
/// How often and with which pause the own port is asked for again after a blackout.
const REBINDS: u32 = 100;
const REBIND_PAUSE: Duration = Duration::from_millis(20);

/// What happens to the lines that are there at its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// They bring nothing any more, and nobody tells the ends. New lines pass.
    HalfOpen,
    /// So many bytes trickle, one at a time, also over lines that are opened meanwhile.
    Dribble(usize),
    /// They are reset (RST), both ways.
    Reset,
    /// The next request passes, what the server says is lost, and they end.
    DropAnswers,
    /// For so long nothing passes and nobody can connect. What was on its way arrives afterwards.
    Blackout(Duration),
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A WebSocket.
    Websocket,
    /// A connection that holds or sends the requests of long polling.
    Polling,
}

/// A fault that has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// Which.
    pub fault: Fault,
    /// What the line was whose byte was the moment.
    pub carrier: Carrier,
}

/// A running proxy. Dropping it stops it and drops its lines.
pub struct FaultProxy {
    /// Where it listens, before and after a blackout.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    /// Until when it is dark.
    dark: watch::Sender<Option<Instant>>,
    /// Whether nothing is planned and nothing goes on.
    calm: watch::Sender<bool>,
}

struct State {
    server: Option<SocketAddr>,
    /// Each with the bytes that pass before it, counted from the one before.
    planned: VecDeque<(u64, Fault)>,
    passed: u64,
    /// Bytes that still trickle.
    trickling: usize,
    losing: Losing,
    refusing: bool,
    strikes: Vec<Strike>,
    lines: Vec<Arc<Line>>,
    newest: Option<Carrier>,
}

/// How far a loss of answers has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Losing {
    No,
    /// The next request will have none.
    Soon,
    /// A request has passed; what the server says is lost.
    Now,
}

impl FaultProxy {
    /// Starts a proxy to `server` with nothing planned.
    ///
    /// # Errors
    /// The machine has no port to give.
    pub async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = State {
            server: Some(server),
            planned: VecDeque::new(),
            passed: 0,
            trickling: 0,
            losing: Losing::No,
            refusing: false,
            strikes: Vec::new(),
            lines: Vec::new(),
            newest: None,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            dark: watch::Sender::new(None),
            calm: watch::Sender::new(true),
        });
        let listener = tokio::spawn(listen(listener, address, shared.clone()));
        Ok(Self { address, shared, listener })
    }

    /// What the client is given as navigation.
    pub fn navi_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Plans faults: each happens when so many bytes have passed over lines, both ways together, since the one
    /// before it; the first since now.
    pub fn plan(&self, faults: impl IntoIterator<Item = (u64, Fault)>) {
        let mut state = self.shared.lock();
        if state.planned.is_empty() {
            state.passed = 0;
        }
        state.planned.extend(faults);
        self.shared.tell(&state);
    }

    /// From now on new connections go to this server: it was started again. Where there is none they end at once, as
    /// at a dead one, whose port may be a stranger's by then.
    pub fn point_at(&self, server: Option<SocketAddr>) {
        self.shared.lock().server = server;
    }

    /// Answers upgrades to WebSocket with an error page, or lets them through.
    pub fn refuse_upgrades(&self, refuse: bool) {
        self.shared.lock().refusing = refuse;
    }

    /// Faults that have happened, in order.
    pub fn strikes(&self) -> Vec<Strike> {
        self.shared.lock().strikes.clone()
    }

    /// What the newest line is or was.
    pub fn newest(&self) -> Option<Carrier> {
        self.shared.lock().newest
    }

    /// What the lines are that are there now.
    pub fn lines(&self) -> Vec<Carrier> {
        self.shared.lock().lines.iter().filter_map(|line| line.carrier).collect()
    }

    /// Whether nothing is planned any more and nothing goes on; half-open lines stay so.
    pub fn is_calm(&self) -> bool {
        *self.shared.calm.borrow()
    }

    /// Waits for that.
    pub async fn calm(&self) {
        let mut calm = self.shared.calm.subscribe();
        // Its sender lives as long as the proxy.
        let _ = calm.wait_for(|calm| *calm).await;
    }

    /// Ends everything that is planned or goes on, blackouts included; half-open lines stay so.
    pub fn stop(&self) {
        let mut state = self.shared.lock();
        state.planned.clear();
        state.trickling = 0;
        state.refusing = false;
        if std::mem::replace(&mut state.losing, Losing::No) == Losing::Now {
            state.turn(Mode::Deaf, Mode::Cut);
        }
        self.shared.dark.send_replace(None);
        self.shared.tell(&state);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: &State) {
        let going_on = state.trickling > 0 || state.losing != Losing::No || self.dark.borrow().is_some();
        let calm = state.planned.is_empty() && !going_on;
        self.calm.send_if_modified(|told| std::mem::replace(told, calm) != calm);
    }

    fn enter(&self, line: &Arc<Line>) {
        let mut state = self.lock();
        state.newest = line.carrier.or(state.newest);
        state.lines.push(line.clone());
    }

    fn leave(&self, line: &Arc<Line>) {
        let mut state = self.lock();
        state.lines.retain(|other| !Arc::ptr_eq(other, line));
        if state.losing == Losing::Now && state.lines.iter().all(|other| other.mode() != Mode::Deaf) {
            // The client has given up before there was an answer.
            state.losing = Losing::Soon;
        }
    }

    /// A request is about to pass.
    fn asks(&self, line: &Line) {
        let mut state = self.lock();
        if state.losing == Losing::Soon {
            state.losing = Losing::Now;
            state.turn(Mode::Pass, Mode::Deaf);
            line.ask();
        }
    }

    /// How many of these bytes may pass now; at least one. Whether slowly.
    fn allow(&self, line: &Line, bytes: usize) -> (usize, bool) {
        let state = self.lock();
        if line.carrier.is_none() || bytes == 0 {
            return (bytes, false);
        }
        if state.trickling > 0 {
            return (1, true);
        }
        let left = match state.planned.front() {
            Some((after, _)) if state.losing == Losing::No => after.saturating_sub(state.passed).max(1),
            _ => u64::MAX,
        };
        (bytes.min(usize::try_from(left).unwrap_or(usize::MAX)), false)
    }

    /// They have passed; now may be a fault's moment.
    fn passed(&self, line: &Line, bytes: usize) {
        let Some(carrier) = line.carrier else { return };
        let mut state = self.lock();
        state.passed += bytes as u64;
        state.trickling = state.trickling.saturating_sub(bytes);
        if state.losing == Losing::No
            && state.planned.front().is_some_and(|(after, _)| *after <= state.passed)
            && let Some((_, fault)) = state.planned.pop_front()
        {
            state.passed = 0;
            self.strike(&mut state, Strike { fault, carrier });
        }
        self.tell(&state);
    }

    fn strike(&self, state: &mut State, strike: Strike) {
        match strike.fault {
            Fault::HalfOpen => state.turn(Mode::Pass, Mode::HalfOpen),
            Fault::Reset => state.turn(Mode::Pass, Mode::Reset),
            Fault::Dribble(bytes) => state.trickling = bytes,
            Fault::Blackout(time) => drop(self.dark.send_replace(Some(Instant::now() + time))),
            Fault::DropAnswers => {
                state.losing = Losing::Soon;
                // It has happened when an answer is lost.
                return;
            }
        }
        state.strikes.push(strike);
    }

    /// An answer is lost: the lines end.
    fn lost(&self, line: &Line) {
        let Some(carrier) = line.carrier else { return };
        let mut state = self.lock();
        if std::mem::replace(&mut state.losing, Losing::No) == Losing::Now {
            state.turn(Mode::Deaf, Mode::Cut);
            state.strikes.push(Strike { fault: Fault::DropAnswers, carrier });
            self.tell(&state);
        }
    }
}

impl State {
    fn turn(&self, from: Mode, to: Mode) {
        let lines = self.lines.iter().filter(|line| line.carrier.is_some() && line.mode() == from);
        lines.for_each(|line| line.turn(to));
    }
}

/// Takes connections, except in the dark.
async fn listen(mut listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    let mut lines = JoinSet::new();
    let mut dark = shared.dark.subscribe();
    loop {
        tokio::select! {
            biased;
            Ok(until) = async { dark.wait_for(Option::is_some).await.map(|until| *until) } => {
                drop(listener);
                // Keeps the port, so that nobody else gets it, and refuses.
                let kept = bind(address).await;
                if let Some(until) = until {
                    tokio::select! {
                        () = sleep_until(until) => {}
                        _ = dark.wait_for(Option::is_none) => {}
                    }
                }
                let Some(Ok(again)) = kept.map(|socket| socket.listen(BACKLOG)) else { return };
                listener = again;
                let state = shared.lock();
                shared.dark.send_replace(None);
                shared.tell(&state);
            }
            taken = listener.accept() => match taken {
                Ok((client, _)) => drop(lines.spawn(carry(client, shared.clone()))),
                Err(_) => return,
            },
            Some(_) = lines.join_next() => {}
        }
    }
}

/// A socket with this address, which does not listen; `None` if somebody else has it.
async fn bind(address: SocketAddr) -> Option<TcpSocket> {
    for _ in 0..REBINDS {
        let socket = TcpSocket::new_v4().ok()?;
        // Lines of before the blackout are still there.
        socket.set_reuseaddr(true).ok()?;
        if socket.bind(address).is_ok() {
            return Some(socket);
        }
        sleep(REBIND_PAUSE).await;
    }
    None
}
