//! Several servers and several navigation URLs, some of which never answer or answer nonsense: the client connects
//! by way of the others. When who is asked is tested in virtual time, in src/transport/race.rs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;

use anser::client::{Client, ClientOptions};
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, NetworkKind};
use anser_testkit::{BlackHole, Block, Heard, HttpHead, Person, Proxy, World, http_answer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Navigation that says one thing to everybody.
struct Oracle {
    url: String,
    task: JoinHandle<()>,
}

impl Oracle {
    async fn naming(servers: &[SocketAddr]) -> Self {
        let servers: Vec<_> = servers.iter().map(SocketAddr::to_string).collect();
        let (first, others) = servers.split_first().unwrap();
        let others = others.join(",");
        Self::saying(200, &format!(r#"{{"code":200,"server":"{first}","backupServer":"{others}"}}"#)).await
    }

    async fn saying(status: u16, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = http_answer(status, body);
        let task = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                // The client may leave at any moment.
                let _ = HttpHead::read(&mut client).await;
                let _ = client.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, task }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a listener heard that the client came to be connected. What it heard first is the status at that moment, and
/// that may have been any.
fn assert_statuses(heard: &Heard, expected: &[i32], what: &str) {
    let all: Vec<_> = heard.statuses.iter().map(|(status, _)| status.number()).collect();
    assert!(all.ends_with(expected), "{what}: {all:?}");
}

async fn with_navigation(world: &World, navigation: impl Into<String>) -> Person {
    world.person("alice", ClientOptions::new(world.server.app_key(), navigation)).await
}

/// Two ways to the server.
async fn two_proxies(world: &World, block: Option<Block>) -> (Proxy, Proxy) {
    let server = world.server.addresses[0];
    let two = (Proxy::start(server, []).await.unwrap(), Proxy::start(server, []).await.unwrap());
    two.0.block_websockets(block);
    two.1.block_websockets(block);
    two
}

#[tokio::test(flavor = "multi_thread")]
async fn one_black_hole_among_three_servers_is_passed_by() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let (hole, (one, two)) = (BlackHole::start().await, two_proxies(&world, None).await);
    let oracle = Oracle::naming(&[hole.address, one.address, two.address]).await;
    let alice = with_navigation(&world, &oracle.url).await;
    alice.connect().await;
    assert_eq!(alice.client.channel(), ConnectionChannel::Websocket);
    let seen = hole.wait(|seen| seen.given_up == 1).await;
    assert_eq!(seen.taken, 1, "asked once, and let go when another had won");
    let connected = alice.heard.wait_status(ConnectionStatus::Connected);
    assert_statuses(&connected, &[1, 201, 202, 0], "the race shows in no status");
    alice.say(&ConversationKey::private("bob"), "past the hole").await;
    assert_eq!(bob.heard.wait_messages(1).texts(), ["past the hole"]);

    // On another network nothing is known yet, and the list's order holds again.
    alice.client.disconnect().await.unwrap();
    alice.client.network_changed(NetworkKind::Cellular);
    alice.connect().await;
    let seen = hole.wait(|seen| seen.given_up == 2).await;
    assert_eq!(seen.taken, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_and_blocked_websockets_leave_polling() {
    for block in [Block::Silent, Block::Refused] {
        let world = World::new().await;
        let bob = world.join("bob").await;
        let (hole, (one, two)) = (BlackHole::start().await, two_proxies(&world, Some(block)).await);
        let oracle = Oracle::naming(&[hole.address, one.address, two.address]).await;
        let alice = with_navigation(&world, &oracle.url).await;
        alice.connect().await;
        assert_eq!(alice.client.channel(), ConnectionChannel::XhrPolling, "{block:?}");
        let connected = alice.heard.wait_status(ConnectionStatus::Connected);
        assert_statuses(&connected, &[1, 201, 202, 7, 201, 202, 0], &format!("{block:?}"));
        alice.say(&ConversationKey::private("bob"), "by polling").await;
        assert_eq!(bob.heard.wait_messages(1).texts(), ["by polling"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn navigation_may_be_several() {
    let world = World::new().await;
    let real = world.server.navi_url();
    let hole = BlackHole::start().await;
    let page = Oracle::saying(200, "<html>Sign in to the hotel's network</html>").await;
    let forbidden = Oracle::saying(403, "<html>This site is blocked</html>").await;
    let nobody = "http://127.0.0.1:1".to_owned();
    let black = format!("http://{}", hole.address);
    for others in [&[&nobody][..], &[&black], &[&page.url, &forbidden.url], &[&nobody, &page.url, &black]] {
        let others: Vec<_> = others.iter().map(|url| url.as_str()).collect();
        let navigation = format!("{}, {real}", others.join(","));
        let alice = with_navigation(&world, &navigation).await;
        alice.connect().await;
        let connected = alice.heard.wait_status(ConnectionStatus::Connected);
        assert_statuses(&connected, &[1, 201, 202, 0], &navigation);
        assert!(!alice.client.settings().has_remote_unread().await.unwrap(), "{navigation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_navigation_is_an_answer() {
    let world = World::new().await;
    let hole = BlackHole::start().await;
    for (code, expected) in [(401, 31004), (403, 31002)] {
        let oracle = Oracle::saying(code, &format!(r#"{{"code":{code}}}"#)).await;
        let alice = with_navigation(&world, format!("http://{},{}", hole.address, oracle.url)).await;
        let error = alice.client.connect(alice.token.clone()).await.unwrap_err();
        assert_eq!(error.code().0, expected, "the black hole is not waited for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_failures_the_one_that_says_most_is_told() {
    let world = World::new().await;
    let page = Oracle::saying(200, "<html>").await;
    let alice = with_navigation(&world, format!("http://127.0.0.1:1,{}", page.url)).await;
    let error = alice.client.connect(alice.token.clone()).await.unwrap_err();
    assert_eq!(error.code().0, 30008, "an answer that is no navigation");
    alice.heard.wait("the status", |heard| {
        heard.statuses.iter().any(|(status, _)| *status == ConnectionStatus::ResponseNaviError)
    });
}

#[test]
fn every_url_of_a_list_must_be_one() {
    for navigation in ["http://a, ftp://b", "http://a,", ",", "http://a,,http://b"] {
        let error = Client::new(ClientOptions::new("key", navigation)).err().unwrap();
        assert_eq!(error.code().0, 34286, "{navigation}");
    }
}
