//! What navigation announces is known to the host and obeyed, and what servers say about when to come again reaches
//! the client, over each way that they can say it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};

use anser::client::{ClientOptions, SendOptions};
use anser::clock::Clock;
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, NavigationInfo, NetworkKind};
use anser::transport::{Dialer, Experience, NetTransport, Opening, Route, Transport, TransportEvent};
use anser::wire::url::Identity;
use anser_server::{Config, Server};
use anser_testkit::{
    DEADLINE, Files, HttpHead, HttpUploader, Person, World, http_answer, new_folder, over_both,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

fn bob() -> ConversationKey {
    ConversationKey::private("bob")
}

async fn refusal(alice: &Person, name: &str, content: &str) -> Option<i32> {
    let sent = alice.messages().send(bob(), name.into(), content.into(), SendOptions::default()).await;
    sent.err().map(|error| error.code().0)
}

over_both!(limits_of_navigation_are_obeyed, a_planned_end_tells_each_client_when_to_come_again);

async fn limits_of_navigation_are_obeyed(channel: ConnectionChannel) {
    let config = Config { gif_kilobytes: 2, video_seconds: 10, ..Config::default() };
    let world = World { channel: Some(channel), ..World::with(config).await };
    let alice = world.person("alice", world.options()).await;
    assert_eq!(alice.client.navigation_info(), NavigationInfo::default(), "nothing is known yet");
    alice.connect().await;
    let said = alice.client.navigation_info();
    assert_eq!((said.gif_kilobytes, said.video_seconds), (Some(2), Some(10)));
    assert_eq!(said.user_id.as_deref(), Some("alice"));
    assert!(said.history && !said.chatroom_history && !said.chatroom_entries && !said.public_services);
    assert!(said.json.contains(r#""gifSize":2"#), "{}", said.json);

    for (name, content, code) in [
        ("RC:GIFMsg", r#"{"gifDataSize":2048,"width":1,"height":1,"remoteUrl":"http://a/b"}"#, None),
        ("RC:GIFMsg", r#"{"gifDataSize":2049,"width":1,"height":1,"remoteUrl":"http://a/b"}"#, Some(34003)),
        ("RC:SightMsg", r#"{"content":"","duration":10,"size":1,"sightUrl":"http://a/b"}"#, None),
        ("RC:SightMsg", r#"{"content":"","duration":11,"size":1,"sightUrl":"http://a/b"}"#, Some(34002)),
        ("App:X", r#"{"gifDataSize":99999999,"duration":99999}"#, None),
    ] {
        assert_eq!(refusal(&alice, name, content).await, code, "{name} {content}");
    }
    // What counts of a file is the file.
    let (folder, files) = (new_folder("gif"), Files::start().await.unwrap());
    let path = folder.join("large.gif");
    std::fs::write(&path, vec![7; 2049]).unwrap();
    let media = alice.client.media();
    media.set_uploader(HttpUploader::new(files.address));
    let content = r#"{"gifDataSize":1,"width":1,"height":1}"#.to_owned();
    let path = path.to_str().unwrap().to_owned();
    let sent = media.send(bob(), "RC:GIFMsg".into(), content, path, SendOptions::default());
    assert_eq!(sent.await.unwrap_err().code().0, 34003);
    assert_eq!(alice.messages().history(bob(), 0, 10).await.unwrap().len(), 3, "what is refused is not kept");

    let unlimited = World::with(Config { gif_kilobytes: 0, video_seconds: 0, ..Config::default() }).await;
    let carol = unlimited.join("carol").await;
    assert_eq!(carol.client.navigation_info().gif_kilobytes, None);
    let content = r#"{"gifDataSize":99999999,"width":1,"height":1,"remoteUrl":"http://a/b"}"#;
    assert_eq!(refusal(&carol, "RC:GIFMsg", content).await, None);
}

async fn a_planned_end_tells_each_client_when_to_come_again(channel: ConnectionChannel) {
    let first = Server::start(Config::default()).await.unwrap();
    let (address, parts) = (first.addresses[0], first.parts());
    let mut people = Vec::new();
    for user in ["alice", "bob", "carol"] {
        let options = ClientOptions::new(first.app_key(), first.navi_url()).channel(channel);
        let person = Person::new(user, first.token(user).await.unwrap(), options);
        person.connect().await;
        people.push(person);
    }
    first.shutdown().await;
    let second = Server::start_with(Config { bind: address, ..Config::default() }, parts).await.unwrap();
    for person in &people {
        person.heard.wait("the goodbye", |heard| {
            heard.statuses.contains(&(ConnectionStatus::NetworkUnavailable, 30027))
        });
        // Whoever came before the port was open again would wait in everybody's way.
        person.client.network_changed(NetworkKind::Wifi);
        person.heard.wait_status(ConnectionStatus::Connected);
    }
    assert_eq!(second.metrics().sessions, 3);
}

/// Answers one request after the other, "200 OK" with a navigation that names itself.
async fn server(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let navigation = format!(r#"{{"code":200,"server":"{address}"}}"#);
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = HttpHead::read(&mut stream).await;
            let body = if *answer == "200 OK" { navigation.as_str() } else { "" };
            let text = format!("HTTP/1.1 {answer}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

/// What a transport reports of one attempt, navigation's statuses left out.
async fn attempt(navigation: &str, channel: ConnectionChannel) -> Vec<String> {
    let dialer = || Dialer::new(Route::default()).unwrap();
    let identity = Identity {
        app_key: "app".into(),
        token: "token".into(),
        installation: "installation".into(),
        platform: "desktop",
    };
    let (dialers, clock) = ((dialer(), dialer()), Clock::system());
    let transport =
        NetTransport::new(navigation, identity, dialers, clock, Some(channel), Experience::default())
            .unwrap();
    let (tell, mut told) = unbounded_channel();
    let events = Arc::new(move |_, event| drop(tell.send(event)));
    let _line = transport.open(1, Opening::default(), events);
    let mut seen = Vec::new();
    loop {
        match tokio::time::timeout(DEADLINE, told.recv()).await.unwrap().unwrap() {
            TransportEvent::Navigation(_) => {}
            TransportEvent::Lost(code) => {
                seen.push(format!("lost {}", code.0));
                return seen;
            }
            TransportEvent::RetryAfter(pause) => seen.push(format!("after {pause}")),
            TransportEvent::Down => seen.push("down".into()),
            other => seen.push(format!("{other:?}")),
        }
    }
}

#[tokio::test]
async fn what_servers_say_about_coming_again_is_heard() {
    use ConnectionChannel::{Websocket, XhrPolling};
    const BUSY: &str = "503 Busy\r\nRetry-After: 7";
    const DATED: &str =
        "503 Busy\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT";
    for (what, answers, channel, expected) in [
        ("navigation", &[BUSY][..], Websocket, &["after 7000", "down", "lost 30007"][..]),
        ("navigation, by date", &[DATED], Websocket, &["after 30000", "down", "lost 30007"]),
        ("the upgrade", &["200 OK", BUSY], Websocket, &["after 7000", "down", "lost 30010"]),
        (
            "too many",
            &["200 OK", "429 Too Many Requests\r\nRetry-After: 86400"],
            Websocket,
            &["after 600000", "down", "lost 30010"],
        ),
        ("the polled login", &["200 OK", BUSY], XhrPolling, &["after 7000", "down", "lost 30010"]),
        ("without a time", &["200 OK", "502 Bad Gateway"], Websocket, &["down", "lost 30010"]),
        ("a time of no failure", &["404 Not Found\r\nRetry-After: 7"], Websocket, &["lost 30007"]),
    ] {
        assert_eq!(attempt(&server(answers).await, channel).await, expected, "{what}");
    }
    assert_eq!(
        attempt("http://127.0.0.1:1", Websocket).await,
        ["down", "lost 30004"],
        "nobody listens there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_several_addresses_is_reached_at_the_one_that_listens() {
    let world = World::new().await;
    // Most machines resolve it to ::1 as well, where nobody listens.
    let navigation = format!("http://localhost:{}", world.server.addresses[0].port());
    let alice = world.person("alice", ClientOptions::new(world.server.app_key(), navigation)).await;
    alice.connect().await;
}

/// Navigation that names whatever `server` holds.
async fn naming(server: Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = HttpHead::read(&mut stream).await;
            let body = format!(r#"{{"code":200,"gifSize":7,"server":"{}"}}"#, server.lock().unwrap());
            let text = http_answer(200, &body);
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    url
}

fn told(person: &Person) -> Vec<i32> {
    let heard = person.heard.wait_status(ConnectionStatus::Connected);
    let all = heard.statuses.iter().map(|(status, _)| status.number());
    // What a listener hears first is the status at that moment, which may be any.
    all.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_navigation_said_outlives_the_client_and_is_believed_until_it_fails() {
    let first = Server::start(Config::default()).await.unwrap();
    let second = Server::start_with(Config::default(), first.parts()).await.unwrap();
    let named = Arc::new(Mutex::new(first.address()));
    let navigation = naming(named.clone()).await;
    let folder = new_folder("navigation");
    let until = first.token_until("alice", 4_000_000_000_000).await.unwrap();
    let tokens = [first.token("alice").await.unwrap(), until];
    let alice = |token: &str| {
        let options = ClientOptions::new(first.app_key(), &navigation).data_dir(folder.to_str().unwrap());
        Person::new("alice", token.to_owned(), options)
    };
    let begun = alice(&tokens[0]);
    begun.connect().await;
    assert!(told(&begun).ends_with(&[1, 201, 202, 0]), "{:?}", told(&begun));
    drop(begun);

    let again = alice(&tokens[0]);
    assert_eq!(again.client.navigation_info().gif_kilobytes, Some(7), "known before any network");
    again.connect().await;
    assert!(!told(&again).contains(&201), "navigation is not asked again: {:?}", told(&again));
    drop(again);

    // The server is gone: before that counts, navigation is asked where it is now.
    named.lock().unwrap().clone_from(&second.address());
    first.kill();
    let moved = alice(&tokens[0]);
    moved.connect().await;
    assert!(told(&moved).ends_with(&[1, 201, 202, 0]), "{:?}", told(&moved));
    assert!(!told(&moved).contains(&3), "{:?}", told(&moved));
    drop(moved);

    // Another token may be another user's.
    let other = alice(&tokens[1]);
    other.connect().await;
    assert!(told(&other).ends_with(&[1, 201, 202, 0]), "{:?}", told(&other));
    drop(other);
    let mut files = vec![folder];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        read += bytes.len();
        for token in &tokens {
            let found = bytes.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!found, "{} holds a token", path.display());
        }
    }
    assert!(read > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_one_that_drains_is_passed_over() {
    let first = Server::start(Config::default()).await.unwrap();
    let second = Server::start_with(Config::default(), first.parts()).await.unwrap();
    for channel in [ConnectionChannel::Websocket, ConnectionChannel::XhrPolling] {
        let body =
            format!(r#"{{"code":200,"server":"{}","backupServer":"{}"}}"#, first.address(), second.address());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let navigation = format!("http://{}", listener.local_addr().unwrap());
        let oracle = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = HttpHead::read(&mut stream).await;
                let text = http_answer(200, &body);
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        first.drain();
        let options = ClientOptions::new(first.app_key(), navigation).channel(channel);
        let alice = Person::new("alice", first.token("alice").await.unwrap(), options);
        alice.connect().await;
        assert_eq!(first.metrics().sessions, 0, "{channel:?}");
        alice.client.disconnect().await.unwrap();
        oracle.abort();
    }
}
