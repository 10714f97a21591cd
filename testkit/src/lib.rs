//! What the tests share: a real server inside the process, clients by name in one line each, and
//! listeners that record what they hear and can be waited on; for the runners and the benches, numbers by seed. Nothing
//! here ships.

mod faults;
mod files;
mod front;
mod hole;
mod http;
mod idle;
mod people;
mod proxy;
mod random;
mod recorder;
mod uploader;
mod watch;
mod way;
mod world;

pub use faults::{Carrier, Fault, FaultProxy, Strike};
pub use files::{FileRequest, Files, Mishap};
pub use front::{Authority, Certificate, TlsFront, Validity};
pub use hole::{BlackHole, Seen};
pub use http::{HttpHead, http_answer};
pub use idle::{HourCost, Idle, heartbeat_needs, idle_hour};
pub use people::Person;
pub use proxy::{Block, Proxy};
pub use random::Random;
pub use recorder::{Heard, Recorder, text_of};
pub use uploader::{Diary, HttpUploader};
pub use watch::Watch;
pub use way::{Speech, Way};
pub use world::{World, new_folder};

/// The clock that clients can be given, settable in tests.
pub use anser::clock::Clock;

/// Longest time that any test waits for anything. Generous: machines are shared and slow at times.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(60);

/// Runs each test over both channels: it is an async function of a [`ConnectionChannel`].
///
/// [`ConnectionChannel`]: anser::model::ConnectionChannel
#[macro_export]
macro_rules! over_both {
    ($($name:ident),* $(,)?) => {
        mod over_websocket {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
                super::$name(anser::model::ConnectionChannel::Websocket).await;
            })*
        }
        mod over_polling {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
                super::$name(anser::model::ConnectionChannel::XhrPolling).await;
            })*
        }
    };
}
