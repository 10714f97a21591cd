//! Nothing secret reaches a log or the disk: tokens, message contents, proxy logins, pins and what is known of files,
//! as they are and in the codings that they travel in. All lines of the client at every level, and of the server in this process at
//! every level; what a host's log listener hears is a part of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod fake;
#[path = "secrets/transfers.rs"]
mod transfers;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use anser::client::ClientOptions;
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, ErrorCode};
use anser_testkit::{Authority, Person, Proxy, Speech, TlsFront, Validity, Way, World, new_folder, text_of};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use fake::Fake;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What every text here holds.
const CONTENT: &str = "contents-nobody-may-read-4711";
const BAD_TOKEN: &str = "token-nobody-knows-4712";
const PROXY_PASSWORD: &str = "proxy-password-4713";
const WRONG_PIN: &str = "sha256/cGluLW5vYm9keS1uZWVkcy10by1rbm93LTQ3MTQhISE=";

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps every line of the client, and of what it is built on up to debug. Below that, libraries print what passes
/// through them; a Rust host that asks for it gets it from them. The logger of this library lets none of it pass.
struct Client;

impl log::Log for Client {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("anser") || metadata.level() <= log::Level::Debug
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            LINES.lock().unwrap().push(format!("{} {} {}", record.target(), record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// Keeps what the server prints.
struct Server;

impl io::Write for Server {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        log::set_logger(&Client).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let level = tracing_subscriber::filter::LevelFilter::TRACE;
        tracing_subscriber::fmt().with_max_level(level).with_writer(|| Server).init();
    });
}

/// A secret in the codings in which it may show. Base64 of text around it depends on where it stands: of each of the
/// three shifts, what the text around it does not change.
fn codings(secret: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::from([secret.to_owned()]);
    let encoded = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let url: String = secret.bytes().map(encoded).collect();
    all.insert(url.to_lowercase());
    all.insert(url);
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    all.insert(hex.to_uppercase());
    all.insert(hex);
    // As bytes are printed for debugging.
    all.insert(format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned());
    for shift in 0..3_usize {
        let bytes: Vec<u8> = std::iter::repeat_n(b'x', shift).chain(secret.bytes()).collect();
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let (from, to) = ([0, 2, 3][shift], bytes.len() * 8 / 6);
            all.insert(text.get(from..to).unwrap().to_owned());
        }
    }
    all
}

fn assert_absent(what: &str, text: &str, secrets: &[String]) {
    for secret in secrets {
        for coding in codings(secret) {
            assert!(!text.contains(&coding), "{what} holds {secret} as {coding}:\n{text}");
        }
    }
}

fn lines() -> Vec<String> {
    LINES.lock().unwrap().clone()
}

async fn talk(alice: &Person, bob: &Person) {
    let (to_alice, to_bob) = (ConversationKey::private("alice"), ConversationKey::private("bob"));
    let before = (alice.heard.heard().messages.len(), bob.heard.heard().messages.len());
    alice.messages().send_text(to_bob, format!("{CONTENT} up")).await.unwrap();
    bob.messages().send_text(to_alice, format!("{CONTENT} down")).await.unwrap();
    alice.heard.wait_messages(before.0 + 1);
    assert!(text_of(bob.heard.wait_messages(before.1 + 1).messages.last().unwrap()).contains(CONTENT));
}

/// A login that no navigation has looked at.
async fn knock(world: &World) {
    let mut stream = TcpStream::connect(world.server.addresses[0]).await.unwrap();
    let app = world.server.app_key();
    let path = format!("/websocket?appId={app}&token={BAD_TOKEN}&sdkVer=2.5.3&apiVer=1&pid={BAD_TOKEN}");
    let request = format!("GET {path} HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(r#""status":4"#), "{answer}");
}

/// The lines so far hold no secret, and what the test wants to hear.
fn assert_lines(known: &[&str], secrets: &[String]) {
    let lines = lines();
    for known in known {
        assert!(lines.iter().any(|line| line.contains(known)), "the test hears nothing: {known}");
    }
    for line in &lines {
        assert_absent("a line", line, secrets);
    }
}

/// Below `folder` there is this content, and none of these tokens.
fn assert_disk(folder: &Path, content: &str, tokens: &[String]) {
    let files = files(folder);
    assert!(
        files.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(content)),
        "the data is there"
    );
    for (name, bytes) in &files {
        assert_absent(name, &String::from_utf8_lossy(bytes), tokens);
    }
}

/// Everything below `folder`.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_a_log_or_a_token_the_disk() {
    listen();
    let mut secrets: Vec<String> =
        [CONTENT, BAD_TOKEN, PROXY_PASSWORD, WRONG_PIN].map(str::to_owned).to_vec();
    let mut tokens = vec![BAD_TOKEN.to_owned()];
    let folder = new_folder("secrets");
    for channel in [ConnectionChannel::Websocket, ConnectionChannel::XhrPolling] {
        let world = World::over(channel).await;
        let bob = world.join("bob").await;
        tokens.push(bob.token.clone());

        // The usual, with the data on disk, over lines that break.
        let proxy = Proxy::start(world.server.addresses[0], [400, 900]).await.unwrap();
        let options = ClientOptions::new(world.server.app_key(), proxy.navi_url()).channel(channel);
        let alice = world.person("alice", options.data_dir(folder.to_str().unwrap())).await;
        tokens.push(alice.token.clone());
        let _ = alice.client.connect(alice.token.clone()).await;
        for _ in 0..3 {
            let _ = alice.client.connect(alice.token.clone()).await;
            alice.messages().send_text(ConversationKey::private("bob"), CONTENT.into()).await.unwrap();
        }
        bob.heard.wait_messages(3);
        talk(&alice, &bob).await;
        alice.client.close();

        // A token that nobody has; navigation that is not there, and that is none.
        let stranger = world.person("alice", world.options()).await;
        let refused = stranger.client.connect(BAD_TOKEN.into()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR);
        knock(&world).await;
        for navigation in ["http://127.0.0.1:1", "http://nobody.anser.invalid"] {
            let lost = ClientOptions::new(world.server.app_key(), navigation).channel(channel);
            let lost = world.person("alice", lost).await;
            tokens.push(lost.token.clone());
            lost.client.connect(lost.token.clone()).await.unwrap_err();
        }

        // Through proxies that want a login, and get a wrong one.
        let server = world.server.addresses[0];
        for (speech, scheme) in [(Speech::Socks5, "socks5"), (Speech::Http, "http")] {
            for (login, well) in [("al:proxy-password-4713", true), ("al:another", false)] {
                let way = Way::start(speech, Some(login), Some(server)).await;
                let through = ClientOptions {
                    proxy: Some(format!("{scheme}://al:{PROXY_PASSWORD}@{}", way.address)),
                    channel: Some(channel),
                    ..ClientOptions::new(world.server.app_key(), "http://im.anser.invalid:8701")
                };
                let alice = world.person("alice", through).await;
                tokens.push(alice.token.clone());
                assert_eq!(alice.client.connect(alice.token.clone()).await.is_ok(), well);
                if well {
                    talk(&alice, &bob).await;
                }
            }
        }

        // Certificates that nobody vouches for, and keys that are not pinned.
        let authority = Authority::new();
        let front = TlsFront::start(server, authority.issue("127.0.0.1", Validity::Good)).await;
        for ca_pem in [None, Some(authority.pem())] {
            let pinned = ClientOptions {
                ca_pem,
                pins: vec![WRONG_PIN.into()],
                channel: Some(channel),
                ..ClientOptions::new(world.server.app_key(), front.navi_url())
            };
            let alice = world.person("alice", pinned).await;
            tokens.push(alice.token.clone());
            alice.client.connect(alice.token.clone()).await.unwrap_err();
        }
    }

    // A server whose answers hold contents where they do not belong.
    let fake = Fake::start(CONTENT).await;
    let options = ClientOptions::new("app", fake.navi_url()).channel(ConnectionChannel::XhrPolling);
    let alice = Person::new("alice", BAD_TOKEN.into(), options);
    while !fake.is_done() {
        let _ = alice.client.connect(alice.token.clone()).await;
        alice.heard.wait("the next answer", |heard| {
            fake.is_done()
                || heard
                    .statuses
                    .last()
                    .is_some_and(|(last, _)| *last == ConnectionStatus::NetworkUnavailable)
        });
    }
    alice.client.close();

    secrets.extend(tokens.iter().cloned());
    assert_lines(&["connection: Connected", "logged in", "login refused", "malformed"], &secrets);
    assert_disk(&folder, CONTENT, &tokens);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn every_coding_is_found_wherever_it_stands() {
    for shift in 0..4 {
        let around = format!("{}{CONTENT}, and more", "y".repeat(shift));
        let mut shown = vec![around.clone(), format!("{:?}", around.as_bytes())];
        shown.push(STANDARD_NO_PAD.encode(&around));
        shown.push(URL_SAFE_NO_PAD.encode(&around));
        shown.push(around.bytes().map(|byte| format!("{byte:02x}")).collect());
        for text in shown {
            assert!(codings(CONTENT).iter().any(|coding| text.contains(coding)), "{text}");
        }
    }
}
