//! What a user's devices share beside messages: mute and top of conversations, settings, and the days for
//! which messages wait. Every test runs as one process and as two gateways on one store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use anser::wire::{Body, body};
use anser_server::{Clock, Config};
use common::{Client, Net};

both_ways!(
    states_are_kept_whole_and_versions_grow,
    other_devices_are_told_of_states,
    the_old_mute_calls_work_on_the_same_state,
    unusable_states_are_refused,
    settings_are_kept_and_told,
    unusable_days_are_refused,
    each_users_days_end_on_the_millisecond,
);

const DAY: i64 = 86_400_000;
const WEB25: &str = "&apiVer=4711&platform=desktop";
const ENGINE: &str = "&apiVer=normal&platform=mobile";

async fn start(gateways: usize) -> (Net, Clock) {
    let clock = Clock::manual(1_700_000_000_000);
    (Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await, clock)
}

fn states(kind: i32, target: &str, items: &[(i32, &str)]) -> body::ConversationStates {
    let items = items.iter().map(|(kind, value)| body::ConversationStateItem {
        kind: Some(*kind),
        value: Some((*value).into()),
        tags: Vec::new(),
    });
    let state = body::ConversationState {
        r#type: Some(kind),
        target_id: Some(target.into()),
        time: Some(1),
        items: items.collect(),
    };
    body::ConversationStates { version: Some(1), state: vec![state] }
}

/// Sets; the new version is returned.
async fn set(client: &mut Client, request: &body::ConversationStates) -> i64 {
    let user = client.user.clone();
    let answer = client.query("setSeAtt", &user, request.to_bytes()).await;
    assert_eq!(answer.status, 0);
    body::VersionReply::from_bytes(answer.body).unwrap().version.unwrap()
}

type Shown = (i32, String, i64, Vec<(i32, String)>);

async fn pulled(client: &mut Client, after: i64) -> (i64, Vec<Shown>) {
    let request = body::PullConversationStatesRequest { time: Some(after) };
    let user = client.user.clone();
    let answer = client.query("pullSeAtts", &user, request.to_bytes()).await;
    assert_eq!(answer.status, 0);
    let states = body::ConversationStates::from_bytes(answer.body).unwrap();
    let shown = states.state.into_iter().map(|state| {
        let items = state.items.into_iter().map(|item| (item.kind.unwrap(), item.value.unwrap()));
        (state.r#type.unwrap(), state.target_id.unwrap(), state.time.unwrap(), items.collect())
    });
    (states.version.unwrap(), shown.collect())
}

fn shown(kind: i32, target: &str, version: i64, items: &[(i32, &str)]) -> Shown {
    (kind, target.into(), version, items.iter().map(|(kind, value)| (*kind, (*value).into())).collect())
}

async fn states_are_kept_whole_and_versions_grow(gateways: usize) {
    let (net, clock) = start(gateways).await;
    let mut alice = net.login("alice").await;
    assert_eq!(pulled(&mut alice, 0).await, (0, vec![]));
    let first = set(&mut alice, &states(1, "bob", &[(2, "1")])).await;
    assert_eq!(first, clock.now_ms(), "the time");
    let second = set(&mut alice, &states(3, "g", &[(1, "5"), (2, "0")])).await;
    assert_eq!(second, first + 1, "and never the same twice");
    clock.set(1_600_000_000_000);
    let third = set(&mut alice, &states(1, "bob", &[(1, "1")])).await;
    assert_eq!(third, second + 1, "whatever the clock does");
    let both = shown(1, "bob", third, &[(1, "1"), (2, "1")]);
    let group = shown(3, "g", second, &[(1, "5"), (2, "0")]);
    assert_eq!(pulled(&mut alice, 0).await, (third, vec![group, both.clone()]));
    assert_eq!(pulled(&mut alice, second).await, (third, vec![both]), "a state comes whole");
    assert_eq!(pulled(&mut alice, third).await, (third, vec![]));
    let mut bob = net.login("bob").await;
    assert_eq!(pulled(&mut bob, 0).await, (0, vec![]), "each user alone");
}

async fn other_devices_are_told_of_states(gateways: usize) {
    let (net, _) = start(gateways).await;
    let (mut alice, mut engine) = (net.login("alice").await, net.login_as("alice", ENGINE).await);
    let (mut old, mut bob) = (net.login_as("alice", WEB25).await, net.login("bob").await);
    let version = set(&mut alice, &states(1, "bob", &[(2, "1")])).await;
    assert_eq!(engine.take_change().await, ("s_cmd".into(), version));
    assert_eq!(old.take_change().await, ("s_cmd".into(), version));
    for client in [&mut alice, &mut bob] {
        client.settle().await;
        assert!(client.changes.is_empty());
    }
}

fn to(target: &str) -> body::BlockPushRequest {
    body::BlockPushRequest { target_id: Some(target.into()) }
}

async fn the_old_mute_calls_work_on_the_same_state(gateways: usize) {
    let (net, _) = start(gateways).await;
    let (mut old, mut engine) = (net.login_as("alice", WEB25).await, net.login_as("alice", ENGINE).await);
    for (query, mute, unmute, kind) in
        [("qryPPush", "blkPPush", "unblkPPush", 1), ("qryDPush", "blkDPush", "unblkDPush", 3)]
    {
        assert_eq!(old.ask(query, "alice", &to("x")).await, 0, "never muted");
        assert_eq!(old.ask(mute, "alice", &to("x")).await, 0);
        assert_eq!(old.ask(query, "alice", &to("x")).await, 1, "the status is the answer");
        let (_, version) = engine.take_change().await;
        assert_eq!(pulled(&mut engine, version - 1).await.1, [shown(kind, "x", version, &[(1, "1")])]);
        assert_eq!(old.ask(unmute, "alice", &to("x")).await, 0);
        assert_eq!(old.ask(query, "alice", &to("x")).await, 0);
        let (_, version) = engine.take_change().await;
        assert_eq!(pulled(&mut engine, version - 1).await.1, [shown(kind, "x", version, &[(1, "0")])]);
        // The other way round: any level but 0 is muted, and top does not matter.
        set(&mut engine, &states(kind, "x", &[(1, "5"), (2, "1")])).await;
        assert_eq!(old.ask(query, "alice", &to("x")).await, 1);
    }
}

async fn unusable_states_are_refused(gateways: usize) {
    let (net, _) = start(gateways).await;
    let mut alice = net.login("alice").await;
    for bad in [
        states(99, "bob", &[(1, "1")]),
        states(1, "", &[(1, "1")]),
        states(1, "bob", &[(1, "loud")]),
        states(1, "bob", &[(1, "")]),
        states(1, "bob", &[(2, "2")]),
    ] {
        assert_eq!(alice.ask("setSeAtt", "alice", &bad).await, 33003);
    }
    let mut many = states(1, "bob", &[(1, "1")]);
    many.state = vec![many.state[0].clone(); 101];
    assert_eq!(alice.ask("setSeAtt", "alice", &many).await, 33003);
    assert_eq!(alice.ask("blkPPush", "alice", &to("")).await, 33003);
    assert_eq!(pulled(&mut alice, 0).await, (0, vec![]), "nothing of it was kept");
}

fn days(value: &str) -> body::SetUserSettingRequest {
    body::SetUserSettingRequest { version: Some(0), value: Some(value.into()) }
}

async fn settings(client: &mut Client, after: i64) -> body::UserSettings {
    let request = body::PullUserSettingsRequest { version: Some(after), ..Default::default() };
    let user = client.user.clone();
    let answer = client.query("pullUS", &user, request.to_bytes()).await;
    assert_eq!(answer.status, 0);
    body::UserSettings::from_bytes(answer.body).unwrap()
}

async fn settings_are_kept_and_told(gateways: usize) {
    let (net, clock) = start(gateways).await;
    let (mut alice, mut engine) = (net.login("alice").await, net.login_as("alice", ENGINE).await);
    let mut old = net.login_as("alice", WEB25).await;
    let none = settings(&mut alice, 0).await;
    assert_eq!((none.items.len(), none.version), (0, Some(0)));
    assert_eq!(alice.ask("setOfflineMsgDur", "alice", &days("3")).await, 0);
    let version = clock.now_ms();
    assert_eq!(engine.take_change().await, ("s_us".into(), version));
    let found = settings(&mut engine, 0).await;
    assert_eq!((found.items.len(), found.version), (1, Some(version)));
    let item = &found.items[0];
    assert_eq!(item.key.as_deref(), Some("OfflineMsgDur"));
    assert_eq!(item.value.as_deref(), Some(&b"3"[..]));
    assert_eq!((item.target_id.as_deref(), item.version), (Some("alice"), Some(version)));
    assert!(settings(&mut engine, version).await.items.is_empty());
    assert_eq!(engine.ask("setOfflineMsgDur", "alice", &days("7")).await, 0);
    assert_eq!(alice.take_change().await, ("s_us".into(), version + 1));
    let newer = settings(&mut alice, version).await;
    assert_eq!((newer.items[0].value.as_deref(), newer.version), (Some(&b"7"[..]), Some(version + 1)));
    // The topic would be taken for a message by the old client.
    old.settle().await;
    assert!(old.changes.is_empty());
}

async fn unusable_days_are_refused(gateways: usize) {
    let (net, _) = start(gateways).await;
    let mut alice = net.login("alice").await;
    for bad in ["0", "8", "-1", "", "three", "3.5", "99999999999999999999"] {
        assert_eq!(alice.ask("setOfflineMsgDur", "alice", &days(bad)).await, 33003, "{bad}");
    }
    assert!(settings(&mut alice, 0).await.items.is_empty());
}

async fn each_users_days_end_on_the_millisecond(gateways: usize) {
    let (net, clock) = start(gateways).await;
    let mut alice = net.login("alice").await;
    for (user, number) in [("bob", "1"), ("carol", "3")] {
        let mut client = net.login(user).await;
        assert_eq!(client.ask("setOfflineMsgDur", user, &days(number)).await, 0);
        client.close().await;
    }
    let mut sent = Vec::new();
    for user in ["bob", "carol", "dave"] {
        sent.push(alice.say(user, "waits").await.time() as i64);
    }
    for (user, sent, days) in [("bob", sent[0], 1), ("carol", sent[1], 3), ("dave", sent[2], 7)] {
        clock.set(sent + days * DAY - 1);
        net.first().purge().await.unwrap();
        let client = net.login(user).await;
        assert_eq!(client.got.len(), 1, "{user}'s last moment");
        client.close().await;
        clock.advance(1);
        // Offered no more, whether the rows are gone already or not.
        let client = net.login(user).await;
        assert_eq!(client.got.len(), 0, "{user}'s days are over");
        client.close().await;
        net.first().purge().await.unwrap();
        // The rows are gone for good: going back in time does not bring them back.
        clock.advance(-1);
        assert_eq!(net.login(user).await.got.len(), 0, "{user}");
    }
    assert_eq!(alice.history("qryPMsg", "bob").await.len(), 1, "history stays");
}
