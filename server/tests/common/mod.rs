//! What the server's tests share: servers, a raw client with the cursor habits of the old web client, so that a push
//! the server should not have made shows up as a lost message, and HTTP by hand. Knows nothing of the server's inside.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod asking;
mod client;
mod habits;
mod http;
mod net;
mod texts;

use std::time::Duration;

pub use client::Client;
pub use http::http;
pub use net::Net;
pub use texts::{message, text, words};

/// How long a test waits for what must come.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until a condition holds; for what has no event of its own.
pub async fn eventually(mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("it holds in time");
}

/// Runs a test as one process and as two gateways on one store.
#[macro_export]
macro_rules! both_ways {
    ($($name:ident),* $(,)?) => {
        mod one_process {
            $(#[tokio::test] async fn $name() { super::$name(1).await; })*
        }
        mod two_gateways {
            $(#[tokio::test] async fn $name() { super::$name(2).await; })*
        }
    };
}
