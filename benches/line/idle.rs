//! What an idle client costs in an hour: over WebSocket in virtual time, beside what the heartbeat needs; over polling
//! by counting the bytes of real requests that wait.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anser::client::{Client, ClientOptions};
use anser::model::ConnectionChannel;
use anser::timing;
use anser_server::Config;
use anser_testkit::{HourCost, Idle, Recorder, World, heartbeat_needs, idle_hour};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};

use crate::{Figure, runtime};

/// How long a request waits here. Its bytes are the same as at the server's usual length.
const HOLD: Duration = Duration::from_secs(2);
const HOLDS: u64 = 4;
const HOUR: u64 = 3600;

pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (name, idle) in [("in the foreground", Idle::Foreground), ("in the background", Idle::Background)] {
        let (cost, needs) = (idle_hour(idle), heartbeat_needs(idle));
        let HourCost { pings, pulls, bytes_up, bytes_down, .. } = cost;
        let wakes = Figure::new(format!("idle {name}: wake-ups an hour"), cost.wake_ups as f64, "")
            .at_most(needs.wake_ups as f64)
            .note(format!("{pings} heartbeats, {pulls} pulls that go with them; no other timer"));
        let bytes = (bytes_up + bytes_down) as f64;
        let bytes = Figure::new(format!("idle {name}: bytes an hour"), bytes, "bytes")
            .at_most((needs.bytes_up + needs.bytes_down) as f64)
            .note(format!("{bytes_up} up, {bytes_down} down in WebSocket messages, without TLS, TCP, IP"));
        figures.extend([wakes, bytes]);
        assert_eq!(cost, needs, "not one frame or byte less than it needs");
    }
    figures.extend(runtime().block_on(polling()));
    figures
}

/// Passes everything on and counts it.
struct Counter {
    address: SocketAddr,
    up: AtomicU64,
    down: AtomicU64,
}

impl Counter {
    async fn before(server: SocketAddr) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let counter = Arc::new(Self { address, up: AtomicU64::new(0), down: AtomicU64::new(0) });
        let counts = counter.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = TcpStream::connect(server).await.unwrap().into_split();
                let (up, down) = (counts.clone(), counts.clone());
                tokio::spawn(async move { pass(from_client, to_server, &up.up).await });
                tokio::spawn(async move { pass(from_server, to_client, &down.down).await });
            }
        });
        counter
    }

    fn counts(&self) -> (u64, u64) {
        (self.up.load(Ordering::SeqCst), self.down.load(Ordering::SeqCst))
    }

    /// Bytes up and down until both have changed so often, from one change to another.
    async fn over(&self, changes: u64) -> (u64, u64) {
        let first = self.next(self.counts()).await;
        let mut last = first;
        for _ in 0..changes {
            last = self.next(last).await;
        }
        (last.0 - first.0, last.1 - first.1)
    }

    /// The counts once they have changed and nothing moves any more.
    async fn next(&self, before: (u64, u64)) -> (u64, u64) {
        while self.counts() == before {
            tokio::time::sleep(HOLD / 100).await;
        }
        let mut counts = self.counts();
        loop {
            tokio::time::sleep(HOLD / 10).await;
            let now = self.counts();
            if now == counts {
                return counts;
            }
            counts = now;
        }
    }
}

async fn pass(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, count: &AtomicU64) {
    let mut some = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut some).await {
        count.fetch_add(read as u64, Ordering::SeqCst);
        if to.write_all(&some[..read]).await.is_err() {
            return;
        }
    }
}

async fn polling() -> [Figure; 2] {
    let world = World::with(Config { poll_hold: HOLD, ..Config::default() }).await;
    let counter = Counter::before(world.server.addresses[0]).await;
    let options = ClientOptions::new(world.server.app_key(), format!("http://{}", counter.address));
    let client = Client::new(options.channel(ConnectionChannel::XhrPolling)).unwrap();
    let heard = Recorder::new();
    let _subscription = client.add_connection_listener(heard.clone());
    client.connect(world.server.token("alice").await.unwrap()).await.unwrap();
    heard.wait("the inbox", |heard| heard.synced > 0);
    counter.over(1).await;
    let (hold_up, hold_down) = counter.over(HOLDS).await;
    let before = counter.counts();
    client.sync_now().await.unwrap();
    let after = counter.next(before).await;
    client.close();

    // The pull's answer ends a request that waits.
    let pulls = heartbeat_needs(Idle::Polling).pulls;
    let holds = HOUR / Config::default().poll_hold.as_secs();
    let up = holds * hold_up / HOLDS + pulls * (after.0 - before.0);
    let down = holds * hold_down / HOLDS + pulls * (after.1 - before.1);
    let wakes = Figure::new("idle over polling: wake-ups an hour", (holds + pulls) as f64, "").note(format!(
        "{holds} requests that wait 25 s, {pulls} pulls every {} s",
        timing::PULL_INTERVAL / 1000
    ));
    let bytes = Figure::new("idle over polling: bytes an hour", (up + down) as f64, "bytes").note(format!(
        "a hold {} up, {} down; a pull {} and {}: whole HTTP messages, counted",
        hold_up / HOLDS,
        hold_down / HOLDS,
        after.0 - before.0,
        after.1 - before.1
    ));
    [wakes, bytes]
}
