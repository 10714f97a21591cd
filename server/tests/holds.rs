//! Many requests that wait: the store is not asked for anything while they do, however often they are renewed, and
//! each of them is still there for what comes at last.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use anser::wire::polling::{Signal, request};
use anser_server::{Config, Running};
use common::{Net, http};
use futures_util::future::join_all;

const HOLDS: usize = 200;
/// How often each hold ends with nothing to say while nobody says anything.
const RENEWALS: usize = 3;

async fn get(gateway: &Running, path: &str) -> String {
    let (status, _, body) = http(gateway, &format!("GET {path} HTTP/1.1"), "").await;
    assert_eq!(status, 200);
    body
}

/// A session's name.
async fn log_in(gateway: &Running, user: &str) -> String {
    let token = gateway.token(user).await.unwrap();
    let path = format!("/websocket?appId={}&token={token}&apiVer=1&client=anser/0", gateway.app_key());
    let signal = Signal::parse_answer(&get(gateway, &path).await).unwrap().remove(0);
    signal.session_id.unwrap()
}

async fn hold(gateway: &Running, session: &str) -> String {
    get(gateway, &request::hold(session, 1, "p").path).await
}

async fn asks_nothing_while_idle(config: Config) {
    let config = Config { poll_hold: Duration::from_millis(300), ..config };
    let net = Net::start(1, config).await;
    let gateway = net.first();
    let names: Vec<_> = (0..HOLDS).map(|number| format!("user-{number}")).collect();
    let sessions = join_all(names.iter().map(|name| log_in(gateway, name))).await;
    let mut sender = net.login("sender").await;
    assert_eq!(gateway.metrics().sessions, HOLDS + 1);

    let before = gateway.metrics();
    assert!(before.jobs > HOLDS as u64, "logins are counted");
    let idle = sessions.iter().map(|session| async {
        for _ in 0..RENEWALS {
            assert_eq!(hold(gateway, session).await, "[]");
        }
    });
    join_all(idle).await;
    assert_eq!(gateway.metrics(), before, "{HOLDS} holds, each renewed {RENEWALS} times");

    let (woken, ()) = tokio::join!(
        join_all(sessions.iter().map(|session| async {
            loop {
                let answer = hold(gateway, session).await;
                if answer != "[]" {
                    return answer;
                }
            }
        })),
        async {
            for name in &names {
                sender.say(name, "at last").await;
            }
        }
    );
    // Who has not pulled yet is told to.
    assert!(woken.iter().all(|answer| answer.contains("s_ntf")), "{woken:?}");
    assert!(gateway.metrics().jobs >= before.jobs + HOLDS as u64);
    assert_eq!(gateway.metrics().sessions, HOLDS + 1);
}

#[tokio::test]
async fn a_store_in_memory_is_asked_nothing_while_holds_wait() {
    asks_nothing_while_idle(Config::default()).await;
}

#[tokio::test]
async fn a_store_on_disk_is_asked_nothing_while_holds_wait() {
    let folder = std::env::temp_dir().join(format!("anser-holds-{}", std::process::id()));
    asks_nothing_while_idle(Config { data: Some(folder.clone()), ..Config::default() }).await;
    std::fs::remove_dir_all(folder).unwrap();
}
