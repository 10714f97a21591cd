//! A server in this process and the people who use it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anser::client::{ClientOptions, Platform};
use anser::model::ConnectionChannel;
use anser_server::{Config, Running, Server};

use crate::Person;
use crate::watch::Watch;

/// A running server.
pub struct World {
    /// The server.
    pub server: Running,
    /// The only channel of its clients; `None` leaves the choice to them.
    pub channel: Option<ConnectionChannel>,
    /// Ends a test that hangs.
    pub watch: Watch,
}

impl World {
    /// Starts a server with its data in memory.
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    /// Starts a server with its data in memory, whose clients use this channel only.
    pub async fn over(channel: ConnectionChannel) -> Self {
        Self { channel: Some(channel), ..Self::new().await }
    }

    /// Starts a server of this configuration.
    ///
    /// # Panics
    /// It cannot be started.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn with(config: Config) -> Self {
        let server = Server::start(config).await.expect("the server starts");
        Self { server, channel: None, watch: Watch::start() }
    }

    /// Options for a client of this server, data in memory.
    pub fn options(&self) -> ClientOptions {
        let options = ClientOptions::new(self.server.app_key(), self.server.navi_url());
        ClientOptions { channel: self.channel, ..options }
    }

    /// A client of this name, not connected.
    ///
    /// # Panics
    /// It cannot be made.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn person(&self, user: &str, options: ClientOptions) -> Person {
        let token = self.server.token(user).await.expect("a token is issued");
        Person::new(user, token, options)
    }

    /// A connected client of this name, data in memory.
    pub async fn join(&self, user: &str) -> Person {
        let person = self.person(user, self.options()).await;
        person.connect().await;
        person
    }

    /// A connected client of this name on a device of this class, data in memory.
    pub async fn join_on(&self, user: &str, platform: Platform) -> Person {
        let options = ClientOptions { platform: Some(platform), ..self.options() };
        let person = self.person(user, options).await;
        person.connect().await;
        person
    }

    /// A group of these users.
    ///
    /// # Panics
    /// It cannot be made.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn group(&self, group: &str, users: &[&str]) {
        self.server.create_group(group, group, users).await.expect("the group is made");
    }
}

/// A fresh folder below the system's temporary folder, for one test.
///
/// # Panics
/// It cannot be made.
#[expect(clippy::expect_used, reason = "this is how a test fails")]
pub fn new_folder(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("anser-test-{}-{number}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}
