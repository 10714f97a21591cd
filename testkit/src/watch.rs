//! Ends a test that waits for ever, and names it: a suite that hangs says nothing. Started by [`crate::World`];
//! benches and runners, which may take long, are not watched.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// More than any test takes on a machine that is busy with others.
const LONGEST: Duration = Duration::from_secs(300);

/// Watches the test whose thread made it until it is dropped.
pub struct Watch {
    _ended: Option<Sender<()>>,
}

impl Watch {
    /// The harness gives a test's thread the test's name; programs run in `main`.
    pub(crate) fn start() -> Self {
        let thread = std::thread::current();
        let test = thread.name().filter(|name| *name != "main").map(str::to_owned);
        Self { _ended: test.map(watch) }
    }
}

fn watch(test: String) -> Sender<()> {
    let (ended, end) = channel();
    std::thread::spawn(move || {
        if end.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{test} has not ended within {} s", LONGEST.as_secs());
            std::process::abort();
        }
    });
    ended
}
