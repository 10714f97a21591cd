//! Kill points: named places in the client's way where a process can be made to end at once, so that a run by
//! seed (`cargo xtask kill`) meets every step. Called by client, store and transport; empty unless the feature
//! `kill-points` is on, which no shipped artefact has. It must never do anything but end the process.
//!
//! With the feature, `ANSER_KILL_AT=name:count` ends the process when the point is reached for the `count`th
//! time, and `ANSER_KILL_WRONG=cursor-first` makes the store move cursors before it has the messages, which the
//! run must find out.

use crate::wire::UpFrame;

macro_rules! points {
    ($($(#[$doc:meta])* $point:ident = $name:literal, $most:literal;)*) => {
        /// A place where the process can be made to end.
        #[cfg_attr(
            not(feature = "kill-points"),
            expect(unreachable_pub, dead_code, reason = "only the runner of the kill points sees them all")
        )]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Point {
            $($(#[$doc])* $point,)*
        }

        /// Every point: its name, and how often any life of a client reaches it at least. 0: only the first.
        #[cfg(feature = "kill-points")]
        pub const POINTS: &[(Point, &str, u64)] = &[$((Point::$point, $name, $most)),*];
    };
}

points! {
    /// A step of the schema is committed; the next one is not.
    Migrated = "open.migrated", 0;
    /// The database is open, its user is not remembered yet.
    Opened = "open.opened", 1;
    /// Logged in; what the store holds has not reached the session.
    LoggedIn = "open.logged-in", 1;
    /// The outbox row is written and not committed.
    Enqueued = "send.enqueued", 4;
    /// The outbox row is committed; the session knows nothing of it.
    Queued = "send.queued", 4;
    /// A PUBLISH is about to go to the line.
    Publishing = "send.publishing", 4;
    /// A PUBLISH has left to the system.
    Published = "send.published", 3;
    /// The server's word on a message is here and not written down.
    Acknowledged = "send.acknowledged", 4;
    /// It is written down and not committed.
    Settling = "send.settling", 4;
    /// It is committed; nobody was told.
    Settled = "send.settled", 4;
    /// A batch has arrived; the store has not seen it.
    PageArrived = "receive.arrived", 2;
    /// One message of a batch is written, perhaps not the next.
    PageMessage = "receive.message", 4;
    /// All messages of a batch are written, the cursor is not.
    PageMessages = "receive.messages", 2;
    /// Messages and cursor are written and not committed.
    PageStored = "receive.stored", 2;
    /// A batch is committed; neither host nor server were told.
    PageCommitted = "receive.committed", 2;
    /// The host's events are queued; the server waits for its QUERYCON.
    PageTold = "receive.told", 2;
    /// A QUERYCON has left to the system.
    PageConfirmed = "receive.confirmed", 1;
    /// Somebody's recall is about to be applied inside its batch.
    RecallArrived = "recall.arrived", 1;
    /// An own recall is about to be asked for.
    RecallAsked = "recall.asked", 1;
    /// The server has taken it back; this device has not.
    RecallAnswered = "recall.answered", 1;
    /// It is written here and not committed.
    RecallWritten = "recall.written", 1;
    /// It is committed here; the host was not told.
    RecallCommitted = "recall.committed", 1;
    /// A read mark and its signal are written and not committed.
    Marked = "read.marked", 1;
    /// They are committed; the session knows nothing of them.
    MarkCommitted = "read.committed", 1;
    /// The server has answered a signal, which still waits in the store.
    SignalAnswered = "read.answered", 1;
    /// The signal is taken out and that is not committed.
    SignalRemoved = "read.removed", 1;
    /// An import has found where it stands; nothing of this run is stored.
    ImportBegun = "import.begun", 1;
    /// Lines and position of an import's step are written and not committed.
    ImportStored = "import.stored", 2;
    /// A step is committed, the next has not begun.
    ImportCommitted = "import.committed", 2;
    /// A COMMIT is about to run.
    Committing = "store.committing", 6;
    /// A COMMIT has run; no job of it was answered.
    Committed = "store.committed", 6;
    /// Closing has begun.
    Closing = "close.begun", 1;
    /// The connection is ended, the store is open.
    Disconnected = "close.disconnected", 1;
    /// The store's last job is done, its log is not folded in.
    Drained = "close.drained", 1;
    /// The log is folded into the database, which is still open.
    Folded = "close.folded", 1;
}

/// Ends the process if it was told to end here.
#[cfg(not(feature = "kill-points"))]
#[inline(always)]
pub(crate) fn reach(_: Point) {}

/// Whether the client that runs is dead: then nothing reaches disk or line any more.
#[cfg(not(feature = "sim"))]
#[inline(always)]
pub(crate) fn is_dead() -> bool {
    false
}

#[cfg(feature = "sim")]
pub(crate) use sim::is_dead;
#[cfg(feature = "sim")]
pub use sim::{Life, during, puback_moves_cursor, set_wrong};

#[cfg(feature = "kill-points")]
pub(crate) use told::reach;

/// Frames of one write to the wire.
#[derive(Default)]
pub(crate) struct Written {
    #[cfg(feature = "kill-points")]
    points: Vec<Point>,
}

#[cfg(not(feature = "kill-points"))]
impl Written {
    #[inline(always)]
    pub(crate) fn note(&mut self, _: &UpFrame) {}

    #[inline(always)]
    pub(crate) fn flushed(self) {}
}

#[cfg(feature = "kill-points")]
impl Written {
    pub(crate) fn note(&mut self, frame: &UpFrame) {
        match frame {
            UpFrame::Publish(_) => self.points.push(Point::Published),
            UpFrame::QueryCon { .. } => self.points.push(Point::PageConfirmed),
            _ => {}
        }
    }

    pub(crate) fn flushed(self) {
        self.points.into_iter().for_each(reach);
    }
}

#[cfg(feature = "kill-points")]
mod told {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{POINTS, Point};

    struct Target {
        point: Point,
        left: AtomicU64,
    }

    /// Ends the process if it was told to end here. Nothing is unwound, flushed or closed, as by SIGKILL.
    pub(crate) fn reach(point: Point) {
        #[cfg(feature = "sim")]
        super::sim::step();
        static TARGET: OnceLock<Option<Target>> = OnceLock::new();
        if let Some(target) = TARGET.get_or_init(read)
            && target.point == point
            && target.left.fetch_sub(1, Ordering::AcqRel) == 1
        {
            std::process::abort();
        }
    }

    fn read() -> Option<Target> {
        let told = std::env::var("ANSER_KILL_AT").ok()?;
        let (name, count) = told.split_once(':')?;
        let (point, ..) = POINTS.iter().find(|(_, known, _)| *known == name)?;
        Some(Target { point: *point, left: AtomicU64::new(count.parse().ok()?) })
    }
}

/// Whether the store was told to move cursors before it has the messages.
#[cfg(feature = "kill-points")]
pub(crate) fn cursor_first() -> bool {
    #[cfg(feature = "sim")]
    if sim::wrong() == Some("cursor-first") {
        return true;
    }
    std::env::var_os("ANSER_KILL_WRONG").is_some_and(|wrong| wrong == "cursor-first")
}

/// Clients in virtual time, which die alone: their process goes on.
#[cfg(feature = "sim")]
mod sim {
    use std::cell::Cell;
    use std::sync::OnceLock;

    /// How many more points a client reaches before it is dead; `None` is for ever.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct Life(pub Option<u64>);

    impl Life {
        /// Whether it is over.
        pub fn is_over(self) -> bool {
            self.0 == Some(0)
        }
    }

    thread_local! {
        static LIFE: Cell<Life> = const { Cell::new(Life(None)) };
    }

    /// Runs a piece of one client's life on this thread. Once it is over the work goes on to its end, as nothing
    /// can be unwound, but nothing of it reaches disk or line.
    pub fn during<T>(life: &mut Life, run: impl FnOnce() -> T) -> T {
        LIFE.set(*life);
        let value = run();
        *life = LIFE.take();
        value
    }

    pub(super) fn step() {
        if let Life(Some(left)) = LIFE.get() {
            LIFE.set(Life(Some(left.saturating_sub(1))));
        }
    }

    pub(crate) fn is_dead() -> bool {
        LIFE.get().is_over()
    }

    static WRONG: OnceLock<&'static str> = OnceLock::new();

    /// Makes every client of this process do something wrong from now on: `cursor-first` or `cursor-by-puback`.
    pub fn set_wrong(what: &'static str) {
        let _ = WRONG.set(what);
    }

    pub(super) fn wrong() -> Option<&'static str> {
        WRONG.get().copied()
    }

    /// Whether an acknowledgement moves the cursor, as it does in the old web client.
    pub fn puback_moves_cursor() -> bool {
        wrong() == Some("cursor-by-puback")
    }
}
