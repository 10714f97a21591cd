//! A message's way: from the call that sends it to the moment in which the peer's listener hears of it. Sender and
//! receiver are two clients in this process, the server is another process, and so are the echoes beside them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use anser::client::{Client, MessageListener, Subscription};
use anser::model::{ConnectionChannel, ConversationKey, Message, MessageChange};

use crate::host::{Data, Host};
use crate::{Figure, echo, folder, percentile, runtime};

/// Each way is measured in turn, so that all see the same moments of the machine.
const ROUNDS: usize = 4;
const PER_ROUND: usize = 150;
const WARM_UP: usize = 30;
/// Longest time that a message is waited for.
const LIMIT: Duration = Duration::from_secs(30);
const TEXT: &str = "a message of the usual length, as people write them";

struct Ear(Sender<Instant>);

impl MessageListener for Ear {
    fn on_messages(&self, messages: Vec<Message>) {
        let now = Instant::now();
        // Nobody listens any more at the end.
        for _ in messages {
            let _ = self.0.send(now);
        }
    }

    fn on_sent(&self, _: Message) {}

    fn on_changed(&self, _: Vec<MessageChange>) {}

    fn on_overflow(&self) {}
}

struct Pair {
    alice: Arc<Client>,
    bob: Arc<Client>,
    to: ConversationKey,
    heard: Receiver<Instant>,
    _subscription: Arc<Subscription>,
}

impl Pair {
    async fn connect(host: &mut Host, channel: ConnectionChannel, data: Data, name: &str) -> Self {
        let tokens = host.tokens(name, 2);
        let mut clients = Vec::new();
        for (number, token) in tokens.into_iter().enumerate() {
            let mut options = host.options().channel(channel);
            if data == Data::Disk {
                options = options.data_dir(folder(&format!("{name}{number}")).display().to_string());
            }
            let client = Client::new(options).unwrap();
            client.connect(token).await.unwrap();
            clients.push(client);
        }
        let (bob, alice) = (clients.pop().unwrap(), clients.pop().unwrap());
        let (tell, heard) = std::sync::mpsc::channel();
        let subscription = bob.add_message_listener(Arc::new(Ear(tell)));
        let to = ConversationKey::private(format!("{name}1"));
        let pair = Self { alice, bob, to, heard, _subscription: subscription };
        pair.times(WARM_UP).await;
        pair
    }

    async fn times(&self, count: usize) -> Vec<Duration> {
        let messages = self.alice.messages();
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let start = Instant::now();
            let local = messages.send_text(self.to.clone(), TEXT.to_owned()).await.unwrap();
            let heard = self.heard.recv_timeout(LIMIT).unwrap();
            times.push(heard - start);
            messages.wait_sent(local.id).await.unwrap();
        }
        times
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.alice.close();
        self.bob.close();
    }
}

pub(crate) fn figures() -> Vec<Figure> {
    runtime().block_on(measure())
}

async fn measure() -> Vec<Figure> {
    const WEBSOCKET: ConnectionChannel = ConnectionChannel::Websocket;
    const POLLING: ConnectionChannel = ConnectionChannel::XhrPolling;
    let (mut disk, mut memory) = (Host::start(Data::Disk), Host::start(Data::Memory));
    let pairs = [
        ("WebSocket, both sides on disk", 0, Pair::connect(&mut disk, WEBSOCKET, Data::Disk, "wd").await),
        ("polling, both sides on disk", 1, Pair::connect(&mut disk, POLLING, Data::Disk, "pd").await),
        ("WebSocket, nothing on disk", 0, Pair::connect(&mut memory, WEBSOCKET, Data::Memory, "wm").await),
        ("polling, nothing on disk", 1, Pair::connect(&mut memory, POLLING, Data::Memory, "pm").await),
    ];
    let mut echoes = [Vec::new(), Vec::new()];
    let mut times = vec![Vec::new(); pairs.len()];
    for _ in 0..ROUNDS {
        echoes[0].extend(echo::over_websocket(disk.websocket_echo, PER_ROUND).await);
        echoes[1].extend(echo::over_http(disk.http_echo, PER_ROUND).await);
        for ((.., pair), times) in pairs.iter().zip(&mut times) {
            times.extend(pair.times(PER_ROUND).await);
        }
    }
    let mut figures = Vec::new();
    let plain = echoes.map(|mut times| (percentile(&mut times, 0.50), percentile(&mut times, 0.99)));
    for (name, (p50, p99)) in ["raw WebSocket echo", "raw HTTP echo, keep-alive POST"].into_iter().zip(plain)
    {
        figures.push(Figure::new(format!("{name}: p50"), p50, "ms").note(format!("p99 {p99:.2} ms")));
    }
    for ((name, beside, _), mut times) in pairs.iter().zip(times) {
        let (p50, p99) = (percentile(&mut times, 0.50), percentile(&mut times, 0.99));
        let (plain50, plain99) = plain[*beside];
        let note = format!("p99 {p99:.2} ms; {:.1} and {:.1} x the echo", p50 / plain50, p99 / plain99);
        figures.push(Figure::new(format!("message over {name}: p50"), p50, "ms").note(note));
    }
    figures
}
