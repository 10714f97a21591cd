//! Coming in and going out: every refusal with its cause, devices that replace or kick each other, silence,
//! garbage, limits, and both ways in which a server ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use anser::wire::{Body, Bytes, DownFrame, body};
use anser_server::{Clock, Config, RateLimit, Server};
use common::{Client, Net, eventually, message, text};

#[tokio::test]
async fn login_tells_user_session_and_time() {
    let clock = Clock::manual(1_700_000_000_123);
    let net = Net::start(1, Config { clock, ..Config::default() }).await;
    let mut alice = net.connect("张三", "&apiVer=1").await;
    assert_eq!(alice.user, "张三");
    assert_eq!(alice.connack_time, 1_700_000_000_123);
    alice.ping().await;
    assert_eq!(net.first().metrics().sessions, 1);
    alice.close().await;
    eventually(|| net.first().metrics().sessions == 0).await;
}

async fn refusal(gateway: &anser_server::Running, app_key: &str, token: &str) -> u8 {
    match Client::open(gateway, app_key, token, "&apiVer=1").await {
        Ok(_) => panic!("it was let in"),
        Err(status) => status,
    }
}

#[tokio::test]
async fn every_refusal_has_its_status() {
    let net = Net::one().await;
    let gateway = net.first();
    let key = gateway.app_key();
    let good = gateway.token("alice").await.unwrap();
    assert_eq!(refusal(gateway, "other", &good).await, 2);
    assert_eq!(refusal(gateway, key, "nonsense").await, 4);
    assert_eq!(refusal(gateway, key, "").await, 4);
    let expired = gateway.token_until("alice", 1_000).await.unwrap();
    assert_eq!(refusal(gateway, key, &expired).await, 10);
    gateway.set_blocked("alice", true).await.unwrap();
    assert_eq!(refusal(gateway, key, &good).await, 9);
    gateway.set_blocked("alice", false).await.unwrap();
    assert!(Client::open(gateway, key, &good, "").await.is_ok());
    gateway.drain();
    assert_eq!(refusal(gateway, key, &good).await, 3);

    let disabled = Server::start(Config { app_disabled: true, ..Config::default() }).await.unwrap();
    let token = disabled.token("alice").await.unwrap();
    assert_eq!(refusal(&disabled, disabled.app_key(), &token).await, 8);
}

#[tokio::test]
async fn a_token_ends_in_time_and_survives_what_clients_append() {
    let clock = Clock::manual(1_000);
    let net = Net::start(1, Config { clock: clock.clone(), ..Config::default() }).await;
    let gateway = net.first();
    let token = gateway.token_until("alice", 2_000).await.unwrap();
    assert!(Client::open(gateway, gateway.app_key(), &format!("{token}%40"), "").await.is_ok());
    clock.set(2_000);
    assert_eq!(refusal(gateway, gateway.app_key(), &token).await, 10);
}

#[tokio::test]
async fn a_blocked_user_is_thrown_out() {
    let net = Net::start(2, Config::default()).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    net.gateways[1].set_blocked("alice", true).await.unwrap();
    assert_eq!(alice.ended().await, Some(2));
    bob.ping().await;
}

mod devices {
    use super::*;

    async fn kicked(multi_device: bool, gateways: usize) -> Net {
        Net::start(gateways, Config { multi_device, ..Config::default() }).await
    }

    #[tokio::test]
    async fn another_installation_of_the_same_class_kicks() {
        for gateways in [1, 2] {
            let net = kicked(false, gateways).await;
            let mut first = net.login_as("alice", "&apiVer=1&pid=a").await;
            let mut phone = net.login_as("alice", "&apiVer=1&pid=b&platform=mobile").await;
            let mut desk = net.login_as("alice", "&apiVer=1&pid=c&platform=desktop").await;
            let mut second = net.login_as("alice", "&apiVer=1&pid=d").await;
            assert_eq!(first.ended().await, Some(1), "{gateways} gateways");
            for client in [&mut phone, &mut desk, &mut second] {
                client.ping().await;
            }
        }
    }

    #[tokio::test]
    async fn the_same_installation_replaces_itself_silently() {
        for (multi_device, gateways) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
            let net = kicked(multi_device, gateways).await;
            let mut old = net.login_as("alice", "&apiVer=1&pid=a").await;
            let mut new = net.login_as("alice", "&apiVer=1&pid=a").await;
            assert_eq!(old.ended().await, None, "no DISCONNECT");
            new.ping().await;
        }
    }

    #[tokio::test]
    async fn without_a_pid_every_connection_is_another_installation() {
        let net = kicked(false, 1).await;
        let mut old = net.login_as("alice", "&apiVer=normal&pid=undefined").await;
        let mut new = net.login_as("alice", "&apiVer=normal&pid=undefined").await;
        assert_eq!(old.ended().await, Some(1));
        new.ping().await;
    }

    #[tokio::test]
    async fn multi_device_lets_all_coexist() {
        for gateways in [1, 2] {
            let net = kicked(true, gateways).await;
            let mut first = net.login_as("alice", "&apiVer=1&pid=a").await;
            let mut second = net.login_as("alice", "&apiVer=1&pid=b").await;
            first.ping().await;
            second.ping().await;
        }
    }
}

#[tokio::test]
async fn a_malformed_frame_ends_only_its_connection() {
    let net = Net::one().await;
    let mut bob = net.login("bob").await;
    let garbage: [&'static [u8]; 5] = [&[], &[0x00], &[0xf0, 1, 2], &[0x32, 0xff, 0xff], &[0x50, 0, 9, b'x']];
    for bytes in garbage {
        let mut alice = net.login("alice").await;
        alice.send_raw(Bytes::from_static(bytes)).await;
        assert_eq!(alice.ended().await, None, "{bytes:?}");
    }
    let mut alice = net.login("alice").await;
    alice.send_text("50,0").await;
    assert_eq!(alice.ended().await, None);
    let mut alice = net.login("alice").await;
    alice.send_raw(vec![0x32; 256 * 1024 + 1].into()).await;
    assert_eq!(alice.ended().await, None, "too large");
    bob.ping().await;
}

#[tokio::test]
async fn a_silent_session_is_closed_and_a_pinging_one_stays() {
    let heartbeat = Duration::from_millis(500);
    let net = Net::start(1, Config { heartbeat, ..Config::default() }).await;
    let mut silent = net.login("silent").await;
    let mut lively = net.login("lively").await;
    let pinging = async {
        loop {
            lively.ping().await;
        }
    };
    tokio::select! {
        end = silent.ended() => assert_eq!(end, None),
        () = pinging => {}
    }
    lively.ping().await;
}

#[tokio::test]
async fn publishes_beyond_the_bucket_are_refused() {
    let rate_limit = Some(RateLimit { per_second: 0.001, burst: 10 });
    let net = Net::start(1, Config { rate_limit, ..Config::default() }).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(alice.publish("ppMsgP", "bob", &text("x")).await.status);
    }
    assert_eq!(statuses[..10], [0; 10]);
    assert_eq!(statuses[10..], [20604; 2]);
    assert_eq!(bob.publish("ppMsgP", "alice", &text("x")).await.status, 0, "each user alone");
    bob.take(10).await;
}

#[tokio::test]
async fn additions_can_be_switched_off() {
    let net = Net::start(1, Config { announce_additions: false, ..Config::default() }).await;
    let mut alice = net.login("alice").await;
    let mut twice = text("twice");
    twice.client_unique_id = Some(5);
    let first = alice.publish("ppMsgP", "bob", &twice).await;
    assert_ne!(alice.publish("ppMsgP", "bob", &twice).await.uid, first.uid);
    let mut bob = net.login("bob").await;
    alice.say("bob", "pushed").await;
    bob.take(3).await;
    assert_eq!((bob.pushed, bob.got[2].extra), (1, None), "no predecessor either");
}

#[tokio::test]
async fn shutdown_says_goodbye_first_and_can_be_repeated() {
    let net = Net::start(2, Config::default()).await;
    let mut clients = [net.login("alice").await, net.login("bob").await];
    let gateway = &net.gateways[0];
    let (_, end) = tokio::join!(gateway.shutdown(), clients[0].ended());
    assert_eq!(end, Some(3));
    gateway.shutdown().await;
    assert!(tokio::net::TcpStream::connect(gateway.addresses[0]).await.is_err(), "the port is free");
    clients[1].ping().await;
}

#[tokio::test]
async fn only_our_own_clients_are_told_when_to_come_again() {
    for (announce_additions, told) in [(true, true), (false, false)] {
        let net = Net::start(1, Config { multi_device: true, announce_additions, ..Config::default() }).await;
        let mut ours = [net.login("alice").await, net.login("bob").await];
        let mut web =
            [net.login_as("alice", "&apiVer=4711").await, net.login_as("bob", "&apiVer=normal").await];
        net.first().shutdown().await;
        let mut turns = Vec::new();
        for client in &mut ours {
            match client.last_word().await {
                Some(DownFrame::Leaving { retry_after }) if told => turns.push(retry_after),
                Some(DownFrame::Disconnect { status: 3 }) if !told => {}
                other => panic!("{other:?}"),
            }
        }
        turns.sort_unstable();
        assert!(
            turns.is_empty() != told && turns.windows(2).all(|pair| pair[0] + 20 <= pair[1]),
            "{turns:?}"
        );
        for client in &mut web {
            assert_eq!(client.last_word().await, Some(DownFrame::Disconnect { status: 3 }));
        }
    }
}

#[tokio::test]
async fn a_peer_that_does_not_close_is_closed_by_shutdown() {
    let net = Net::start(1, Config { linger: Duration::from_millis(50), ..Config::default() }).await;
    // Held open and never read.
    let _idle = net.login("alice").await;
    let ended = tokio::time::timeout(common::DEADLINE, net.first().shutdown()).await;
    assert!(ended.is_ok());
}

#[tokio::test]
async fn kill_drops_sockets_without_a_word_and_keeps_what_was_acknowledged() {
    let folder = std::env::temp_dir().join(format!("anser-server-kill-{}", std::process::id()));
    let config = Config { data: Some(folder.clone()), ..Config::default() };
    let net = Net::start(1, config.clone()).await;
    let mut alice = net.login("alice").await;
    let ack = alice.say("bob", "durable").await;
    net.first().kill();
    assert_eq!(alice.ended().await, None);
    drop(net);
    let net = Net::start(1, config).await;
    let bob = net.login("bob").await;
    assert_eq!(bob.got[0].message_uid.as_deref(), Some(&*ack.uid));
    drop(net);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_peer_that_never_reads_is_dropped() {
    let net = Net::start(1, Config { write_timeout: Duration::from_millis(200), ..Config::default() }).await;
    let mut alice = net.login("alice").await;
    let bob = net.login_as("bob", "&apiVer=1").await;
    assert_eq!(net.first().metrics().sessions, 2);
    // More than any socket buffer holds, all of it contiguous, so all of it is pushed.
    let large = message("RC:TxtMsg", 3, &"x".repeat(128 * 1024));
    while net.first().metrics().sessions == 2 {
        assert_eq!(alice.publish("ppMsgP", "bob", &large).await.status, 0);
    }
    alice.ping().await;
    drop(bob);
}

#[tokio::test]
async fn a_native_goodbye_ends_the_session() {
    let net = Net::one().await;
    let mut alice = net.login("alice").await;
    alice.send(anser::wire::UpFrame::Disconnect { status: 0 }).await;
    assert_eq!(alice.ended().await, None);
    eventually(|| net.first().metrics().sessions == 0).await;
}

#[tokio::test]
async fn many_frames_in_flight_are_all_answered_in_order() {
    let net = Net::one().await;
    let mut alice = net.login("alice").await;
    let mut ids = Vec::new();
    for n in 0..1000 {
        ids.push(alice.publish_raw("ppMsgP", "bob", &text(&n.to_string())).await);
    }
    let mut times = Vec::new();
    for id in ids {
        let Some(DownFrame::PubAck(ack)) = alice.frame().await else { panic!("a PUBACK") };
        assert_eq!((ack.message_id, ack.status), (id, 0));
        times.push(ack.time());
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    let page = body::SyncRequest { sync_time: Some(0), is_polling: Some(false), ..Default::default() };
    assert_eq!(alice.query("pullMsg", "alice", page.to_bytes()).await.status, 0);
}
