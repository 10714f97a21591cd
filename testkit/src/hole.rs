//! A black hole: a server that takes every connection, reads it, and never says a word.

use std::net::SocketAddr;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A running black hole. Dropping it ends it.
pub struct BlackHole {
    /// Where it listens.
    pub address: SocketAddr,
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

/// What has come into it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections taken.
    pub taken: usize,
    /// Connections that their clients gave up.
    pub given_up: usize,
}

impl BlackHole {
    /// Starts one.
    ///
    /// # Panics
    /// The machine has no port to give.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, seen) = watch::channel(Seen::default());
        let task = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                tell.send_modify(|seen| seen.taken += 1);
                let tell = tell.clone();
                lines.spawn(async move {
                    let mut swallowed = [0; 1024];
                    while matches!(client.read(&mut swallowed).await, Ok(1..)) {}
                    tell.send_modify(|seen| seen.given_up += 1);
                });
            }
        });
        Self { address, seen, task }
    }

    /// What has come into it so far.
    pub fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// Waits until what has come into it is as wanted.
    ///
    /// # Panics
    /// It does not come to that within [`crate::DEADLINE`].
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn wait(&self, wanted: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.clone();
        let found = tokio::time::timeout(crate::DEADLINE, seen.wait_for(wanted)).await;
        *found.expect("it comes to that in time").expect("the black hole lives")
    }
}

impl Drop for BlackHole {
    fn drop(&mut self) {
        self.task.abort();
    }
}
