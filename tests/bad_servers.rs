//! Servers that answer wrongly, or not at all: each gives its precise code, and the client stays usable.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anser::client::{Client, ClientOptions};
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, ErrorCode};
use anser::wire::{Accepted, ConnAck, DownFrame};
use anser_testkit::{Person, World, http_answer};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// What one connection meets.
enum Act {
    /// The line is closed once the request has come.
    Close,
    /// Nothing is answered until the peer goes.
    Hold,
    /// These bytes, then the line is closed.
    Raw(Vec<u8>),
    /// The WebSocket opens, these messages come, then it is closed the WebSocket way.
    Socket(Vec<Message>),
    /// The same, but it stays open until the peer goes.
    Open(Vec<Message>),
    /// The WebSocket opens, these bytes come below its framing, then the line breaks.
    Broken(Vec<u8>),
}

/// Acts in the order of connections.
type Script = Arc<Mutex<VecDeque<Act>>>;

/// Acts by its scripts; what goes beyond them goes to the real server.
struct Stage {
    address: SocketAddr,
    navigation: Script,
    sockets: Script,
    listener: tokio::task::JoinHandle<()>,
}

impl Stage {
    async fn before(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (navigation, sockets): (Script, Script) = Default::default();
        let scripts = (navigation.clone(), sockets.clone());
        let real = world.server.addresses[0];
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(meet(stream, real, scripts.clone()));
            }
        });
        Self { address, navigation, sockets, listener }
    }

    fn options(&self, world: &World) -> ClientOptions {
        // What fails is to show, not to be mended by polling.
        ClientOptions::new(world.server.app_key(), format!("http://{}", self.address))
            .channel(ConnectionChannel::Websocket)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn meet(mut stream: TcpStream, real: SocketAddr, (navigation, sockets): (Script, Script)) {
    let mut head = [0; 4096];
    let Ok(read) = stream.peek(&mut head).await else { return };
    let upgrade = String::from_utf8_lossy(&head[..read]).to_ascii_lowercase().contains("upgrade: websocket");
    let act = if upgrade { sockets } else { navigation }.lock().unwrap().pop_front();
    // The client may leave at any moment: that is no failure here.
    match act {
        None => {
            let mut server = TcpStream::connect(real).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
        Some(Act::Close) => {
            let _ = stream.read(&mut head).await;
        }
        Some(Act::Hold) => while matches!(stream.read(&mut head).await, Ok(1..)) {},
        Some(Act::Raw(bytes)) => {
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Some(Act::Socket(messages)) => {
            let mut socket = accept_async(stream).await.unwrap();
            for message in messages {
                let _ = socket.send(message).await;
            }
            let _ = socket.close(None).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Some(Act::Open(messages)) => {
            let mut socket = accept_async(stream).await.unwrap();
            for message in messages {
                let _ = socket.send(message).await;
            }
            while let Some(Ok(_)) = socket.next().await {}
        }
        Some(Act::Broken(bytes)) => {
            let mut socket = accept_async(stream).await.unwrap();
            let _ = socket.get_mut().write_all(&bytes).await;
            let _ = socket.get_mut().shutdown().await;
        }
    }
}

fn http(status: u16, body: &str) -> Act {
    Act::Raw(http_answer(status, body).into_bytes())
}

fn refusal(status: u8) -> Message {
    Message::Binary(DownFrame::ConnAck(ConnAck::refused(status)).encode().unwrap())
}

fn acceptance(time: u64) -> Message {
    let accepted = Some(Accepted { user_id: "alice".into(), session_id: "s".into(), time });
    Message::Binary(DownFrame::ConnAck(ConnAck { status: 0, accepted }).encode().unwrap())
}

/// Servers on this machine at which nobody listens.
fn hundreds() -> Vec<String> {
    (0..400).map(|number| format!("127.0.{}.{}:1", 1 + number / 200, 1 + number % 200)).collect()
}

fn naming(servers: Vec<String>) -> String {
    let backup = servers[1..].join(",");
    format!(r#"{{"code":200,"server":"{}","backupServer":"{backup}"}}"#, servers[0])
}

async fn failure(client: &Client, token: &str) -> i32 {
    client.connect(token.to_owned()).await.unwrap_err().code().0
}

/// Fails to connect with this code, and shows it in the status that belongs to it.
async fn fails(person: &Person, code: i32, what: &str) {
    assert_eq!(failure(&person.client, &person.token).await, code, "{what}");
    let status = match code {
        31002 => ConnectionStatus::AppkeyIsFake,
        31003..31010 => ConnectionStatus::Disconnected,
        _ => ConnectionStatus::NetworkUnavailable,
    };
    person.heard.wait(what, |heard| heard.statuses.contains(&(status, code)));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_navigation_has_its_codes() {
    let world = World::new().await;
    let page = "<html><body>Sign in to the hotel's network</body></html>";
    let huge = "x".repeat(2 << 20);
    let circle = b"HTTP/1.1 302 Found\r\nLocation: /navi.js\r\nContent-Length: 0\r\n\r\n";
    let cases = vec![
        ("HTML", http(200, page), 30008),
        ("nothing", http(200, ""), 30008),
        ("no server", http(200, r#"{"code":200,"userId":"alice","server":"","backupServer":""}"#), 30008),
        ("unusable servers", http(200, r#"{"code":200,"server":"::::","backupServer":", ,"}"#), 30008),
        ("a list", http(200, "[1,2]"), 30008),
        ("a number for the server", http(200, r#"{"code":200,"server":7}"#), 30008),
        ("an error page", http(502, page), 30007),
        ("a redirect to itself", Act::Raw(circle.to_vec()), 30007),
        ("a proxy that asks for a login", http(401, page), 30007),
        ("a proxy that forbids", http(403, page), 30007),
        ("token refused", http(401, r#"{"code":401}"#), 31004),
        ("token refused inside 200", http(200, r#"getServerEndpoint({"code":401});"#), 31004),
        ("app key refused", http(403, r#"{"code":403}"#), 31002),
        ("an endless answer", http(200, &huge), 30006),
        ("closed at once", Act::Close, 30006),
        ("no HTTP", Act::Raw(b"\x00\x01\x02 what?\r\n\r\n".to_vec()), 30006),
        ("half an answer", Act::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"co".to_vec()), 30006),
        ("a dead server", http(200, r#"{"code":200,"server":"127.0.0.1:1"}"#), 30010),
        ("hundreds of dead servers", http(200, &naming(hundreds())), 30010),
    ];
    for (what, act, code) in cases {
        let stage = Stage::before(&world).await;
        stage.navigation.lock().unwrap().push_back(act);
        let alice = world.person("alice", stage.options(&world)).await;
        fails(&alice, code, what).await;
        assert_eq!(alice.client.connect(alice.token.clone()).await.expect(what), "alice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_is_passed_over_for_the_next() {
    let world = World::new().await;
    let stage = Stage::before(&world).await;
    let real = world.server.address();
    let answer = format!(r#"{{"code":200,"server":"127.0.0.1:1","backupServer":"127.0.0.1:2,{real}"}}"#);
    stage.navigation.lock().unwrap().push_back(http(200, &answer));
    let alice = world.person("alice", stage.options(&world)).await;
    alice.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn among_hundreds_of_servers_the_first_sixteen_are_asked() {
    let world = World::new().await;
    let real = world.server.address();
    for (place, found) in [(15, true), (16, false)] {
        let stage = Stage::before(&world).await;
        let mut servers = hundreds();
        servers[place].clone_from(&real);
        stage.navigation.lock().unwrap().push_back(http(200, &naming(servers)));
        let alice = world.person("alice", stage.options(&world)).await;
        let result = alice.client.connect(alice.token.clone()).await.map_err(|error| error.code().0);
        assert_eq!(result, if found { Ok("alice".to_owned()) } else { Err(30010) });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_every_line_is_passed_over() {
    let world = World::new().await;
    let stage = Stage::before(&world).await;
    let answer = naming(vec![stage.address.to_string(), world.server.address()]);
    // To the probe this answer is as good as any.
    stage.navigation.lock().unwrap().extend((0..40).map(|_| http(200, &answer)));
    stage.sockets.lock().unwrap().extend((0..40).map(|_| Act::Socket(vec![])));
    let alice = world.person("alice", stage.options(&world)).await;
    alice.connect().await;
    assert!(stage.sockets.lock().unwrap().len() < 40, "it was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_nobody_or_says_nothing_is_passed_over() {
    let world = World::new().await;
    for act in [Act::Open(vec![refusal(3)]), Act::Open(vec![])] {
        let stage = Stage::before(&world).await;
        let answer = naming(vec![stage.address.to_string(), world.server.address()]);
        // The same to navigation and to the probe.
        stage.navigation.lock().unwrap().extend((0..2).map(|_| http(200, &answer)));
        stage.sockets.lock().unwrap().push_back(act);
        let alice = world.person("alice", stage.options(&world)).await;
        alice.connect().await;
        assert!(stage.sockets.lock().unwrap().is_empty(), "it was asked first");
        let heard = alice.heard.wait_status(ConnectionStatus::Connected);
        let told: Vec<_> = heard.statuses.iter().map(|(status, _)| status.number()).collect();
        assert!(told.ends_with(&[1, 201, 202, 0]), "{told:?}");
    }
    // Where nobody takes anybody, that is what is told.
    let stages = [Stage::before(&world).await, Stage::before(&world).await];
    let answer = naming(stages.iter().map(|stage| stage.address.to_string()).collect());
    for stage in &stages {
        stage.navigation.lock().unwrap().extend((0..2).map(|_| http(200, &answer)));
        stage.sockets.lock().unwrap().push_back(Act::Open(vec![refusal(3)]));
    }
    let alice = world.person("alice", stages[0].options(&world)).await;
    fails(&alice, 31003, "nobody is taken").await;
    assert!(stages.iter().all(|stage| stage.sockets.lock().unwrap().is_empty()), "both were asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_time_may_jump() {
    const DAY: i64 = 86_400_000;
    let world = World::new().await;
    let bob = world.join("bob").await;
    let stage = Stage::before(&world).await;
    let alice = world.person("alice", stage.options(&world)).await;
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let mut delta = 0;
    for (round, time) in [now() + 3 * DAY, now() - 3 * DAY, 0, i64::MAX, 1].into_iter().enumerate() {
        let messages = vec![acceptance(time as u64)];
        stage.sockets.lock().unwrap().push_back(Act::Open(messages));
        alice.connect().await;
        if (now() - time).abs() < 4 * DAY {
            delta = now() - time;
        }
        let found = alice.client.server_time_delta();
        assert!(
            (found - delta).abs() < 600_000,
            "{time}: {found}, not {delta}: what is no time is not believed"
        );
        alice.client.disconnect().await.unwrap();
        alice.connect().await;
        assert!(alice.client.server_time_delta().abs() < 600_000, "the real server's");
        delta = 0;
        alice.say(&ConversationKey::private("bob"), &format!("round {round}")).await;
        alice.client.disconnect().await.unwrap();
    }
    let texts = bob.heard.wait_messages(5).texts();
    assert_eq!(texts, ["round 0", "round 1", "round 2", "round 3", "round 4"]);
}

/// The one test that waits: for the client's own limit.
#[tokio::test(flavor = "multi_thread")]
async fn navigation_that_never_answers_times_out() {
    let world = World::new().await;
    let stage = Stage::before(&world).await;
    stage.navigation.lock().unwrap().push_back(Act::Hold);
    let alice = world.person("alice", stage.options(&world)).await;
    assert_eq!(failure(&alice.client, &alice.token).await, 30005);
    alice.heard.wait("the status", |heard| {
        heard.statuses.iter().any(|(status, _)| *status == ConnectionStatus::ResponseNaviTimeout)
    });
    alice.connect().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sockets_have_their_codes() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let stage = Stage::before(&world).await;
    let alice = world.person("alice", stage.options(&world)).await;
    let binary = |bytes: &[u8]| Message::Binary(bytes.to_vec().into());
    let early = DownFrame::PubAck(anser::wire::PubAck::new(1, 0, 0, "u")).encode().unwrap();
    let Message::Binary(good) = acceptance(1_700_000_000_000) else { panic!("a binary message") };
    // A frame that announces 2^62 bytes.
    let oversized = vec![0x82, 0x7f, 0x40, 0, 0, 0, 0, 0, 0, 0];
    let cases = vec![
        ("closed before the upgrade", Act::Close, 30010),
        ("no upgrade", http(404, "no"), 30010),
        ("half an upgrade", Act::Raw(b"HTTP/1.1 101 Switching".to_vec()), 30010),
        ("an unknown frame", Act::Open(vec![binary(&[0xff; 32])]), 32002),
        ("an empty frame", Act::Open(vec![binary(&[])]), 32002),
        ("text", Act::Open(vec![Message::Text("hello".into())]), 32002),
        ("half a CONNACK", Act::Open(vec![binary(&good[..good.len() - 3])]), 32002),
        ("something before CONNACK", Act::Open(vec![Message::Binary(early)]), 32002),
        ("closed before CONNACK", Act::Socket(vec![]), 30027),
        ("broken before CONNACK", Act::Broken(vec![]), 30011),
        ("an oversized frame", Act::Broken(oversized), 30011),
        ("broken framing", Act::Broken(vec![0xff; 16]), 30011),
    ];
    let count = cases.len();
    for (what, act, code) in cases {
        stage.sockets.lock().unwrap().push_back(act);
        fails(&alice, code, what).await;
        assert_eq!(alice.client.connect(alice.token.clone()).await.expect(what), "alice");
        alice.say(&ConversationKey::private("bob"), what).await;
        alice.client.disconnect().await.unwrap();
    }
    assert_eq!(bob.heard.wait_messages(count).messages.len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_code() {
    let world = World::new().await;
    let stage = Stage::before(&world).await;
    let alice = world.person("alice", stage.options(&world)).await;
    let mut seen = Vec::new();
    for status in (1..=14).chain([255]) {
        // A redirect is followed five times before it counts as a loop.
        let times = if status == 6 { 6 } else { 1 };
        let acts = (0..times).map(|_| Act::Open(vec![refusal(status)]));
        stage.sockets.lock().unwrap().extend(acts);
        let code = failure(&alice.client, &alice.token).await;
        assert_eq!(code, ErrorCode::from_connack(status).0, "status {status}");
        seen.push(code);
        alice.connect().await;
        alice.client.disconnect().await.unwrap();
    }
    assert_eq!(
        seen,
        [
            31001, 31002, 31003, 31004, 31005, 31006, 31007, 31008, 31009, 31020, 31021, 31022, 31023, 31003,
            31003
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_a_living_line_ends_it_and_loses_nothing() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let stage = Stage::before(&world).await;
    // A time at the end of what fits, too: nothing may overflow.
    let times = [1_700_000_000_000, u64::MAX, i64::MAX as u64, 1 << 63, 0];
    for (round, time) in times.into_iter().enumerate() {
        let alice: Person = world.person("alice", stage.options(&world)).await;
        let messages = vec![acceptance(time)];
        stage.sockets.lock().unwrap().push_back(Act::Open(messages));
        alice.connect().await;
        // Nobody acknowledges it there.
        let text = format!("round {round}");
        let local = alice.messages().send_text(ConversationKey::private("bob"), text).await.unwrap();
        alice.client.disconnect().await.unwrap();

        let garbage = Message::Binary(vec![0xff; 9].into());
        stage.sockets.lock().unwrap().push_back(Act::Open(vec![acceptance(time), garbage]));
        // The garbage may come before the store is ready, or after.
        let _ = alice.client.connect(alice.token.clone()).await;
        alice.heard.wait("the loss", |heard| {
            heard.statuses.contains(&(ConnectionStatus::NetworkUnavailable, 32002))
        });
        alice.connect().await;
        alice.messages().wait_sent(local.id).await.unwrap();
        assert_eq!(bob.heard.wait_messages(round + 1).messages.len(), round + 1);
    }
}
