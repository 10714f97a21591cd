//! Whom a client talks to, and by which way: private authorities, pinned keys, proxies. What is wrong has its own code
//! and opens no line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::ClientOptions;
use anser::model::{ConnectionStatus, ConversationKey, ErrorCode};
use anser_testkit::{Authority, Certificate, Speech, TlsFront, Validity, Way, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn pin(certificate: &Certificate) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, &certificate.public_key);
    format!("sha256/{}", STANDARD.encode(digest))
}

fn server(world: &World) -> std::net::SocketAddr {
    world.server.address().parse().unwrap()
}

async fn refusal(world: &World, options: ClientOptions) -> ErrorCode {
    let alice = world.person("alice", options).await;
    let token = world.server.token("alice").await.unwrap();
    let code = alice.client.connect(token).await.unwrap_err().code();
    let shown = (ConnectionStatus::NetworkUnavailable, code.0);
    alice.heard.wait("the status", |heard| heard.statuses.contains(&shown));
    alice.client.close();
    code
}

/// Both ways once.
async fn talk(world: &World, options: ClientOptions) {
    let bob = world.join("bob").await;
    let alice = world.person("alice", options).await;
    alice.connect().await;
    alice.say(&ConversationKey::private("bob"), "there").await;
    bob.heard.wait("the message", |heard| heard.texts().contains(&"there".to_owned()));
    bob.say(&ConversationKey::private("alice"), "back").await;
    alice.heard.wait("the answer", |heard| heard.texts().contains(&"back".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_and_a_pinned_key_let_the_line_open() {
    let world = World::new().await;
    let authority = Authority::new();
    let certificate = authority.issue("127.0.0.1", Validity::Good);
    let pins = vec![pin(&authority.issue("127.0.0.1", Validity::Good)), pin(&certificate)];
    let front = TlsFront::start(server(&world), certificate).await;
    let trusting = ClientOptions {
        ca_pem: Some(authority.pem()),
        ..ClientOptions::new(world.server.app_key(), front.navi_url())
    };
    talk(&world, ClientOptions { pins: pins.clone(), ..trusting.clone() }).await;
    talk(&world, trusting.clone()).await;

    let other = ClientOptions { pins: pins[..1].to_vec(), ..trusting.clone() };
    assert_eq!(refusal(&world, other).await, ErrorCode::CERTIFICATE_NOT_PINNED);
    // A pinned key alone makes nobody trusted.
    let unknown = ClientOptions { ca_pem: None, pins, ..trusting };
    assert_eq!(refusal(&world, unknown).await, ErrorCode::CERTIFICATE_UNTRUSTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_certificates_and_those_of_other_hosts_open_nothing() {
    let world = World::new().await;
    let authority = Authority::new();
    for (name, validity) in [("127.0.0.1", Validity::Expired), ("im.example.com", Validity::Good)] {
        let front = TlsFront::start(server(&world), authority.issue(name, validity)).await;
        let options = ClientOptions {
            ca_pem: Some(authority.pem()),
            ..ClientOptions::new(world.server.app_key(), front.navi_url())
        };
        assert_eq!(refusal(&world, options).await, ErrorCode::CERTIFICATE_UNTRUSTED, "{name}");
    }
}

/// A name that only a proxy can resolve.
fn through(world: &World, scheme: &str, login: &str, way: &Way) -> ClientOptions {
    ClientOptions {
        proxy: Some(format!("{scheme}://{login}{}", way.address)),
        ..ClientOptions::new(world.server.app_key(), "http://im.anser.invalid:8701")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_through_the_proxy_which_resolves_the_names() {
    let world = World::new().await;
    for (speech, scheme) in [(Speech::Socks5, "socks5"), (Speech::Http, "http")] {
        let open = Way::start(speech, None, Some(server(&world))).await;
        talk(&world, through(&world, scheme, "", &open)).await;
        let asked = open.asked();
        assert!(asked.len() >= 2, "navigation and the line: {asked:?}");
        assert!(asked.iter().all(|name| name == "im.anser.invalid:8701"), "{asked:?}");
        let closed = Way::start(speech, Some("al:p:w"), Some(server(&world))).await;
        talk(&world, through(&world, scheme, "al:p%3Aw@", &closed)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_that_refuse_say_why() {
    let world = World::new().await;
    for (speech, scheme) in [(Speech::Socks5, "socks5"), (Speech::Http, "http")] {
        let closed = Way::start(speech, Some("al:pw"), Some(server(&world))).await;
        for login in ["", "al:wrong@"] {
            let code = refusal(&world, through(&world, scheme, login, &closed)).await;
            assert_eq!(code, ErrorCode::PROXY_LOGIN_REQUIRED, "{scheme} {login}");
        }
        let nowhere = Way::start(speech, None, None).await;
        let code = refusal(&world, through(&world, scheme, "", &nowhere)).await;
        assert_eq!(code, ErrorCode::PROXY_REFUSED, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_pin_or_a_proxy_is_refused_at_once() {
    let world = World::new().await;
    for options in [
        ClientOptions { pins: vec!["sha256/short".into()], ..world.options() },
        ClientOptions { proxy: Some("ftp://proxy".into()), ..world.options() },
    ] {
        let error = anser::client::Client::new(options).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    let options = ClientOptions { proxy: Some("http://al:secret@proxy".into()), ..world.options() };
    assert!(!format!("{options:?}").contains("secret"));
}
