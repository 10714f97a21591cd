//! How fast a client comes past obstacles: a server that never answers among three, a network that lets no WebSocket
//! through in each of four ways, or both. Fresh clients each time, so that nothing is remembered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anser::client::{Client, ClientOptions, ConnectionListener};
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey};
use anser_testkit::{BlackHole, Block, Proxy, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::{Figure, percentile, runtime};

const ROUNDS: usize = 5;
/// Longest time that anything is waited for.
const LIMIT: Duration = Duration::from_secs(120);
/// Seconds from `connect` to CONNECTED, with one of three servers black-holed.
const CONNECTED: f64 = 1.2;
/// Seconds from `connect` to the first acknowledged message, with WebSocket blocked.
const FIRST_MESSAGE: f64 = 3.0;

/// Navigation that names these servers.
async fn navigation(servers: &[SocketAddr]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let names: Vec<_> = servers.iter().map(SocketAddr::to_string).collect();
    let (first, others) = names.split_first().unwrap();
    let body = format!(r#"{{"code":200,"server":"{first}","backupServer":"{}"}}"#, others.join(","));
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let task = tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 4096];
            // The client may leave at any moment.
            let _ = client.read(&mut request).await;
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    (url, task)
}

struct Gate(Sender<Instant>);

impl ConnectionListener for Gate {
    fn on_status(&self, status: ConnectionStatus, _: i32) {
        if status == ConnectionStatus::Connected {
            // Later ones are not waited for.
            let _ = self.0.send(Instant::now());
        }
    }

    fn on_synced(&self) {}
}

pub(crate) fn figures() -> Vec<Figure> {
    runtime().block_on(async {
        let world = World::new().await;
        let mut figures = vec![
            past_hole(&world, "three servers, none black-holed", None).await,
            past_hole(&world, "the 1st of three servers black-holed", Some(0)).await,
            past_hole(&world, "the 2nd of three servers black-holed", Some(1)).await,
            past_hole(&world, "the 3rd of three servers black-holed", Some(2)).await,
        ];
        let blocks = [
            (Block::Refused, "answered with 403"),
            (Block::Closed, "closed"),
            (Block::Silent, "never answered"),
            (Block::Mute, "opened and mute"),
        ];
        for (block, how) in blocks {
            let proxy = blocking(&world, block).await;
            figures.push(past_block(&world, &proxy.navi_url(), how, ROUNDS).await);
        }
        let (hole, one, two) = (
            BlackHole::start().await,
            blocking(&world, Block::Silent).await,
            blocking(&world, Block::Silent).await,
        );
        let (url, _oracle) = navigation(&[hole.address, one.address, two.address]).await;
        figures.push(past_block(&world, &url, "never answered, 1st of three black-holed", ROUNDS).await);
        figures
    })
}

async fn past_hole(world: &World, name: &str, place: Option<usize>) -> Figure {
    let server = world.server.addresses[0];
    let hole = BlackHole::start().await;
    let proxies = [
        Proxy::start(server, []).await.unwrap(),
        Proxy::start(server, []).await.unwrap(),
        Proxy::start(server, []).await.unwrap(),
    ];
    let mut servers: Vec<_> = proxies.iter().map(|proxy| proxy.address).collect();
    if let Some(place) = place {
        servers[place] = hole.address;
    }
    let (url, oracle) = navigation(&servers).await;
    let token = world.server.token("alice").await.unwrap();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let client = Client::new(ClientOptions::new(world.server.app_key(), &url)).unwrap();
        let (tell, connected) = std::sync::mpsc::channel();
        let _subscription = client.add_connection_listener(Arc::new(Gate(tell)));
        let start = Instant::now();
        client.connect(token.clone()).await.unwrap();
        times.push(connected.recv_timeout(LIMIT).unwrap() - start);
        client.close();
    }
    oracle.abort();
    let worst = percentile(&mut times, 1.0) / 1000.0;
    let median = percentile(&mut times, 0.5) / 1000.0;
    Figure::new(format!("{name}: to CONNECTED"), worst, "s")
        .at_most(CONNECTED)
        .note(format!("worst of {ROUNDS}, median {median:.2}"))
}

async fn blocking(world: &World, block: Block) -> Proxy {
    let proxy = Proxy::start(world.server.addresses[0], []).await.unwrap();
    proxy.block_websockets(Some(block));
    proxy
}

async fn past_block(world: &World, navigation: &str, how: &str, rounds: usize) -> Figure {
    let token = world.server.token("alice").await.unwrap();
    let mut times = Vec::new();
    let mut failed = String::new();
    for _ in 0..rounds {
        // The user is known, so that the message can wait in the outbox before there is a line.
        let options = ClientOptions::new(world.server.app_key(), navigation).user_id("alice");
        let client = Client::new(options).unwrap();
        let messages = client.messages();
        let to = ConversationKey::private("bob");
        let local = messages.send_text(to, "the first one".to_owned()).await.unwrap();
        let start = Instant::now();
        let deadline = tokio::time::timeout(LIMIT, async {
            while let Err(error) = client.connect(token.clone()).await {
                failed = format!(
                    "; connect failed with {} after {:.1} s",
                    error.code().0,
                    start.elapsed().as_secs_f64()
                );
            }
            messages.wait_sent(local.id).await.unwrap();
        });
        deadline.await.unwrap();
        times.push(start.elapsed());
        assert_eq!(client.channel(), ConnectionChannel::XhrPolling);
        client.close();
    }
    let worst = percentile(&mut times, 1.0) / 1000.0;
    let median = percentile(&mut times, 0.5) / 1000.0;
    Figure::new(format!("WebSocket {how}: to the first message"), worst, "s")
        .at_most(FIRST_MESSAGE)
        .note(format!("worst of {rounds}, median {median:.2}{failed}"))
}
