//! Durable acknowledged messages: client and server in this process, both on disk, over loopback; beside a
//! raw WebSocket echo on the same loopback in the same run, which stores nothing.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench speaks, and a broken one ends")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anser::model::ConversationKey;
use anser_server::Config;
use anser_testkit::{Person, World, new_folder};
use futures_util::{SinkExt, StreamExt, future::join_all};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

const CONVERSATIONS: usize = 64;
const PER_CONVERSATION: usize = 40;
const ONE_AT_A_TIME: usize = 400;

fn percentile(times: &mut [Duration], part: f64) -> f64 {
    times.sort();
    let at = ((times.len() - 1) as f64 * part) as usize;
    times.get(at).unwrap().as_secs_f64() * 1000.0
}

fn report(name: &str, per_second: f64, times: &mut [Duration]) {
    println!(
        "  {name:<38} {per_second:9.0} /s   one at a time: p50 {:6.2} ms, p99 {:6.2} ms",
        percentile(times, 0.50),
        percentile(times, 0.99)
    );
}

async fn anser(world: &World) -> (f64, Vec<Duration>) {
    let folder = new_folder("bench-send");
    let options = world.options().data_dir(folder.display().to_string());
    let alice = Arc::new(world.person("alice", options).await);
    alice.connect().await;
    alice.say(&ConversationKey::private("peer-0"), "warm up").await;

    let start = Instant::now();
    let talks = (0..CONVERSATIONS).map(|number| {
        let alice: Arc<Person> = alice.clone();
        tokio::spawn(async move {
            let key = ConversationKey::private(format!("peer-{number}"));
            for _ in 0..PER_CONVERSATION {
                alice.say(&key, "a message of the usual length, as people write them").await;
            }
        })
    });
    join_all(talks).await.into_iter().for_each(Result::unwrap);
    let per_second = (CONVERSATIONS * PER_CONVERSATION) as f64 / start.elapsed().as_secs_f64();

    let key = ConversationKey::private("peer-0");
    let mut times = Vec::with_capacity(ONE_AT_A_TIME);
    for _ in 0..ONE_AT_A_TIME {
        let start = Instant::now();
        alice.say(&key, "a message of the usual length, as people write them").await;
        times.push(start.elapsed());
    }
    drop(alice);
    std::fs::remove_dir_all(folder).unwrap();
    (per_second, times)
}

async fn echo() -> (f64, Vec<Duration>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() || socket.send(message).await.is_err() {
                break;
            }
        }
    });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), stream).await.unwrap();
    let frame = Message::binary(vec![7_u8; 200]);

    let start = Instant::now();
    let total = CONVERSATIONS * PER_CONVERSATION;
    for _ in 0..CONVERSATIONS {
        socket.send(frame.clone()).await.unwrap();
    }
    for number in 0..total {
        socket.next().await.unwrap().unwrap();
        if number + CONVERSATIONS < total {
            socket.send(frame.clone()).await.unwrap();
        }
    }
    let per_second = total as f64 / start.elapsed().as_secs_f64();
    let mut times = Vec::with_capacity(ONE_AT_A_TIME);
    for _ in 0..ONE_AT_A_TIME {
        let start = Instant::now();
        socket.send(frame.clone()).await.unwrap();
        socket.next().await.unwrap().unwrap();
        times.push(start.elapsed());
    }
    socket.close(None).await.unwrap();
    server.abort();
    (per_second, times)
}

#[tokio::main]
async fn main() {
    let data = new_folder("bench-server");
    let world = World::with(Config { data: Some(data.clone()), ..Config::default() }).await;
    println!(
        "send: {CONVERSATIONS} conversations in flight, {PER_CONVERSATION} messages each; then {ONE_AT_A_TIME} one by one"
    );
    let (per_second, mut times) = anser(&world).await;
    report("anser, durable on both sides", per_second, &mut times);
    let (echoed, mut echo_times) = echo().await;
    report("raw WebSocket echo, nothing stored", echoed, &mut echo_times);
    println!("  throughput ratio {:.3}", per_second / echoed);
    world.server.shutdown().await;
    std::fs::remove_dir_all(data).unwrap();
}
