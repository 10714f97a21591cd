//! What can go wrong, and how often it did.

/// Kinds of faults, with the names that people see.
macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal;)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($(#[$doc])* $fault,)*
        }

        /// Every kind and its name.
        pub(crate) const FAULTS: &[(Fault, &str)] = &[$((Fault::$fault, $name)),*];
    };
}

faults! {
    /// A frame is lost on a living line.
    Drop = "frames dropped";
    /// A frame arrives twice.
    Duplicate = "frames doubled";
    /// A frame overtakes others.
    Reorder = "frames out of order";
    /// A frame takes a second or more.
    Delay = "frames delayed by 1 to 5 s";
    /// A line is dead and both ends believe in it.
    HalfOpen = "lines half-open";
    /// A device reaches nobody.
    Partition = "partitions";
    /// A line cannot be opened.
    Refused = "lines refused";
    /// A line breaks, and its ends learn it.
    Reset = "lines reset";
    /// A client's process ends in the middle of its work.
    ClientCrash = "client crashes";
    /// The server's process ends in the middle of its work.
    ServerCrash = "server crashes";
    /// ... with a transaction written and not committed.
    BeforeCommit = "  of them before a commit";
    /// ... with a transaction committed and nobody answered.
    BeforeAnswer = "  between a commit and its answer";
    /// ... with the sender answered and nobody else told.
    BeforeNotice = "  between an answer and what it means for others";
    /// ... with a frame about to leave.
    BeforeFrame = "  before a frame left";
    /// A request of a polling client is lost.
    RequestLost = "polling requests lost";
    /// ... takes a second or more.
    RequestDelay = "polling requests delayed by 1 to 5 s";
    /// ... comes twice.
    RequestTwice = "polling requests doubled";
    /// ... comes after a later one of its connection.
    RequestReorder = "polling requests out of order";
    /// The answer to one is lost after the server gave it.
    AnswerLost = "polling answers lost";
    /// ... takes a second or more.
    AnswerDelay = "polling answers delayed by 1 to 5 s";
    /// ... and it was a hold's, with frames in it.
    FramesLost = "frames lost with a hold's answer";
    /// A client hears of a session that the server does not know.
    LostParams = "polled sessions gone (lost params)";
    /// A client polls a machine that has vanished without a word.
    MachineGone = "polled sessions gone with their machine";
    /// Something on the way begins to refuse WebSockets.
    Eaten = "WebSockets eaten by a proxy";
    /// A client polls because of it.
    Fallback = "changes from WebSocket to polling";
    /// It goes on over a WebSocket.
    Upgrade = "changes from polling to WebSocket";
    /// Somebody sets a device's clock forward.
    ClientForward = "client clocks set forward";
    /// ... or back.
    ClientBack = "client clocks set back";
    /// The server's clock is set forward.
    ServerForward = "server clock set forward";
    /// ... or back.
    ServerBack = "server clock set back";
}

/// How often each happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally([u64; FAULTS.len()]);

impl Tally {
    pub(crate) fn note(&mut self, fault: Fault) {
        if let Some(count) = self.0.get_mut(fault as usize) {
            *count += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// Names and numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        FAULTS.iter().map(|(_, name)| *name).zip(self.0)
    }
}
