//! Long polling as hosts see it: chosen where WebSocket is blocked, left again when that works, and as precise
//! as WebSocket in what goes wrong. That messages arrive exactly once is tested over both channels elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};

use anser::client::ClientOptions;
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey};
use anser_server::Config;
use anser_testkit::{Block, Heard, Person, Proxy, World, http_answer, text_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

const POLLING: ConnectionChannel = ConnectionChannel::XhrPolling;
const WEBSOCKET: ConnectionChannel = ConnectionChannel::Websocket;

/// The statuses after the one that greets a listener: which that is depends on when its thread wakes.
fn statuses(heard: &Heard) -> Vec<i32> {
    heard.statuses.iter().skip(1).map(|(status, _)| status.number()).collect()
}

async fn behind(proxy: &Proxy, world: &World, user: &str) -> Person {
    let options = ClientOptions::new(world.server.app_key(), proxy.navi_url());
    world.person(user, options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_can_be_forced() {
    let world = World::over(POLLING).await;
    let alice = world.join("alice").await;
    assert_eq!(alice.client.channel(), POLLING);
    let connected = alice.heard.wait_status(ConnectionStatus::Connected);
    assert_eq!(statuses(&connected), [1, 201, 202, 0]);
    alice.client.disconnect().await.unwrap();
    alice.connect().await;
    let again = alice.heard.wait("another login", |heard| statuses(heard).ends_with(&[0, 2, 1, 0]));
    assert_eq!(statuses(&again), [1, 201, 202, 0, 2, 1, 0], "navigation is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_websocket_is_blocked_messages_go_by_polling() {
    for block in [Block::Refused, Block::Silent, Block::Closed] {
        let world = World::new().await;
        let proxy = Proxy::start(world.server.addresses[0], []).await.unwrap();
        proxy.block_websockets(Some(block));
        let (alice, bob) = (behind(&proxy, &world, "alice").await, world.join("bob").await);
        alice.connect().await;
        assert_eq!(alice.client.channel(), POLLING, "{block:?}");
        let heard = alice.heard.wait_status(ConnectionStatus::Connected);
        assert_eq!(statuses(&heard), [1, 201, 202, 7, 201, 202, 0], "{block:?}");
        alice.say(&ConversationKey::private("bob"), "over polling").await;
        assert_eq!(bob.heard.wait_messages(1).texts(), ["over polling"]);
        bob.say(&ConversationKey::private("alice"), "back").await;
        assert_eq!(alice.heard.wait_messages(1).texts(), ["back"]);
        // The next login does not try again what has just failed.
        alice.client.disconnect().await.unwrap();
        alice.connect().await;
        let heard = alice.heard.wait("another login", |heard| statuses(heard).ends_with(&[2, 1, 0]));
        assert_eq!(statuses(&heard).iter().filter(|status| **status == 7).count(), 1);
        assert_eq!(alice.client.channel(), POLLING);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_websocket_does_not_poll() {
    let world = World::new().await;
    let proxy = Proxy::start(world.server.addresses[0], []).await.unwrap();
    proxy.block_websockets(Some(Block::Refused));
    let options = ClientOptions::new(world.server.app_key(), proxy.navi_url()).channel(WEBSOCKET);
    let alice = world.person("alice", options).await;
    let error = alice.client.connect(alice.token.clone()).await.unwrap_err();
    assert_eq!(error.code().0, 30010);
    let lost = ConnectionStatus::NetworkUnavailable;
    alice.heard.wait("the loss", |heard| heard.statuses.iter().any(|(status, _)| *status == lost));
}

/// Waits for the client's own pause before it looks at WebSocket again.
#[tokio::test(flavor = "multi_thread")]
async fn websocket_comes_back_without_a_kick_or_a_gap() {
    let world = World::new().await;
    let proxy = Proxy::start(world.server.addresses[0], []).await.unwrap();
    proxy.block_websockets(Some(Block::Refused));
    let (alice, bob) = (behind(&proxy, &world, "alice").await, world.join("bob").await);
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    alice.connect().await;
    alice.heard.wait("the inbox", |heard| heard.synced == 1);
    let before = statuses(&alice.heard.heard());
    proxy.block_websockets(None);
    let mut said = 0;
    while alice.client.channel() == POLLING || said < 50 {
        alice.say(&to_bob, &format!("up {said}")).await;
        bob.say(&to_alice, &format!("down {said}")).await;
        said += 1;
    }
    assert_eq!(alice.client.channel(), WEBSOCKET);
    alice.say(&to_bob, "last up").await;
    bob.say(&to_alice, "last down").await;
    alice.heard.wait("the inbox again", |heard| heard.synced == 2);
    let heard = alice.heard.wait_messages(said + 1);
    let expected = |way: &str| {
        let numbered = (0..said).map(|number| format!("{way} {number}"));
        numbered.chain([format!("last {way}")]).collect::<Vec<_>>()
    };
    assert_eq!(heard.texts(), expected("down"));
    assert_eq!(bob.heard.wait_messages(said + 1).texts(), expected("up"));
    assert_eq!(statuses(&heard), before, "connected all the time");
    assert_eq!(world.server.metrics().sessions, 2);
}

/// Waits for the client's own limits.
#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_opens_and_stays_mute_is_given_up() {
    let world = World::new().await;
    let proxy = Proxy::start(world.server.addresses[0], []).await.unwrap();
    proxy.block_websockets(Some(Block::Mute));
    let alice = behind(&proxy, &world, "alice").await;
    alice.connect().await;
    assert_eq!(alice.client.channel(), POLLING);
    let told: Vec<_> = alice.heard.heard().statuses.iter().map(|(status, _)| status.number()).collect();
    assert!(told.contains(&7) && !told.contains(&3), "{told:?}");
    // The probe sees that nothing passes: the session stays, and so does what is said to it.
    let bob = world.join("bob").await;
    bob.say(&ConversationKey::private("alice"), "still there?").await;
    assert_eq!(alice.heard.wait_messages(1).texts(), ["still there?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_kicks_have_their_codes() {
    let world = World::over(POLLING).await;
    let first = world.join("alice").await;
    let second = world.join("alice").await;
    let heard = first.heard.wait_status(ConnectionStatus::KickedOfflineByOtherClient);
    assert_eq!(heard.statuses.last().unwrap().1, 31010);
    assert_eq!(second.client.status(), ConnectionStatus::Connected);
    world.server.set_blocked("alice", true).await.unwrap();
    second.heard.wait_status(ConnectionStatus::Blocked);
    let error = second.client.connect(second.token.clone()).await.unwrap_err();
    assert_eq!(error.code().0, 31009);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_line_lives_from_hold_to_hold() {
    let config = Config { poll_hold: std::time::Duration::from_millis(100), ..Config::default() };
    let world = World { channel: Some(POLLING), ..World::with(config).await };
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let to_alice = ConversationKey::private("alice");
    for number in 0..3 {
        bob.say(&to_alice, &number.to_string()).await;
        alice.heard.wait_messages(number + 1);
        // Answered by another hold than the one before it.
        bob.client.sync_now().await.unwrap();
    }
    assert_eq!(alice.client.status(), ConnectionStatus::Connected);
}

/// Answers holds with what a test puts here, once; everything else goes to the real server.
struct Liar {
    address: std::net::SocketAddr,
    lie: Arc<Mutex<Option<String>>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Liar {
    async fn before(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (real, lie) = (world.server.addresses[0], Arc::new(Mutex::new(None::<String>)));
        let shared = lie.clone();
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, real, shared.clone()));
            }
        });
        Self { address, lie, listener }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn pass(mut stream: TcpStream, real: std::net::SocketAddr, lie: Arc<Mutex<Option<String>>>) {
    let mut head = [0; 4096];
    let Ok(read) = stream.peek(&mut head).await else { return };
    let hold = head[..read].starts_with(b"GET /pullmsg.js");
    let lie = if hold { lie.lock().unwrap().take() } else { None };
    match lie {
        None => {
            let mut server = TcpStream::connect(real).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
        Some(answer) => {
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_have_their_codes_and_lose_nothing() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let liar = Liar::before(&world).await;
    let options = ClientOptions::new(world.server.app_key(), format!("http://{}", liar.address));
    let alice = world.person("alice", options.channel(POLLING)).await;
    let cases = [
        ("HTML", http_answer(200, "<html>Sign in to the hotel's network</html>"), 32002),
        ("an error page", http_answer(502, "<html>"), 30011),
        ("a lost session", http_answer(200, "lost params"), 30027),
        ("no object", http_answer(200, "[1]"), 32002),
        ("no signal", http_answer(200, "[{}]"), 32002),
        ("half a signal", http_answer(200, r#"[{"headerCode":64,"messageId":1,"status":0}]"#), 32002),
        ("half an answer", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[".to_owned(), 30011),
        ("no HTTP", "what?\r\n\r\n".to_owned(), 30011),
        ("nothing", String::new(), 30011),
    ];
    for (number, (what, answer, code)) in cases.into_iter().enumerate() {
        *liar.lie.lock().unwrap() = Some(answer);
        let known = alice.heard.heard().statuses.len();
        // The answer may come before the store is ready, or after.
        let _ = alice.client.connect(alice.token.clone()).await;
        let lost = (ConnectionStatus::NetworkUnavailable, code);
        alice.heard.wait(what, |heard| heard.statuses[known..].contains(&lost));
        alice.connect().await;
        alice.say(&ConversationKey::private("bob"), what).await;
        let heard = bob.heard.wait_messages(number + 1);
        assert_eq!(text_of(&heard.messages[number]), what);
        alice.client.disconnect().await.unwrap();
    }
}
