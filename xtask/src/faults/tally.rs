//! What really happened, per kind and transport.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use anser_testkit::{Carrier, Fault};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$doc])* $kind,)*
        }

        const KINDS: &[(Kind, &str)] = &[$((Kind::$kind, $name)),*];
    };
}

kinds! {
    /// See [`Fault::HalfOpen`].
    HalfOpen = "half-open";
    /// See [`Fault::Dribble`].
    Dribble = "byte dribble";
    /// See [`Fault::Reset`].
    Reset = "reset";
    /// See [`Fault::DropAnswers`].
    DropAnswers = "answers dropped";
    /// See [`Fault::Blackout`].
    Blackout = "blackout of 20 s";
    /// A client's process ended at a kill point.
    ClientAtPoint = "client killed at a step";
    /// It was killed from outside.
    Client = "client killed";
    /// The server's process was killed under a client's line.
    Server = "server killed";
}

impl From<Fault> for Kind {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::HalfOpen => Self::HalfOpen,
            Fault::Dribble(_) => Self::Dribble,
            Fault::Reset => Self::Reset,
            Fault::DropAnswers => Self::DropAnswers,
            Fault::Blackout(_) => Self::Blackout,
        }
    }
}

/// How often each happened: over WebSocket, over polling.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<[[u64; 2]; KINDS.len()]>);

impl Tally {
    pub(crate) fn note(&self, kind: Kind, carrier: Carrier) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some([websocket, polling]) = counts.get_mut(kind as usize) {
            *match carrier {
                Carrier::Websocket => websocket,
                Carrier::Polling => polling,
            } += 1;
        }
    }

    /// The table, and the names of what never happened.
    pub(crate) fn table(&self) -> (String, Vec<String>) {
        let counts = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut table, mut never) = ("WebSocket  polling\n".to_owned(), Vec::new());
        for ((_, name), [websocket, polling]) in KINDS.iter().zip(counts) {
            // Writing to a string does not fail.
            let _ = writeln!(table, "{websocket:9}  {polling:7}  {name}");
            for (count, carrier) in [(websocket, "WebSocket"), (polling, "polling")] {
                if count == 0 {
                    never.push(format!("{name} over {carrier}"));
                }
            }
        }
        (table, never)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_named() {
        let tally = Tally::default();
        for (kind, _) in KINDS {
            tally.note(*kind, Carrier::Websocket);
            if *kind != Kind::Reset {
                tally.note(*kind, Carrier::Polling);
            }
        }
        let (table, never) = tally.table();
        assert!(table.contains("1        0  reset"), "{table}");
        assert_eq!(never, ["reset over polling"]);
    }
}
