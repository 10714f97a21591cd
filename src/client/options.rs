//! What a client is made from, and what it says about itself.

use crate::model::ConnectionChannel;
use crate::timing;

/// How to make a client.
#[derive(Clone, uniffi::Record)]
pub struct ClientOptions {
    /// App key, as the server's operator gives it.
    pub app_key: String,
    /// Navigation: `https://host[:port]`, or `http://host[:port]` for a server without TLS. Without a
    /// scheme it is https. Several, separated by commas: the first that answers is taken, earlier ones have a
    /// head start.
    pub navigation: String,
    /// Where data is kept; made if it does not exist. `None`: in memory, gone with the client.
    #[uniffi(default = None)]
    pub data_dir: Option<String>,
    /// Whose data to open at once, before any network. `None`: the user who was open last, if any.
    #[uniffi(default = None)]
    pub user_id: Option<String>,
    /// Platform class. A user has one connection per class, unless the server allows more.
    #[uniffi(default = None)]
    pub platform: Option<Platform>,
    /// Certificates to trust besides the web's, PEM.
    #[uniffi(default = None)]
    pub ca_pem: Option<String>,
    /// Keys of which every server's certificate must hold one: `sha256/` and the base64 of the SHA-256 of the key
    /// (SubjectPublicKeyInfo), as `openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` prints
    /// it. Give the next key as well before the server changes to it. Not asked of file servers. Empty: no pinning.
    #[uniffi(default = [])]
    pub pins: Vec<String>,
    /// A proxy for everything: `http://[user:password@]host[:port]` or `socks5://…`, user and password
    /// percent-encoded. It resolves the names. `None`: directly.
    #[uniffi(default = None)]
    pub proxy: Option<String>,
    /// Encrypts the database with these 32 bytes. Needs a build with the feature `encryption`.
    #[uniffi(default = None)]
    pub encryption_key: Option<Vec<u8>>,
    /// The only way in which bytes may travel. `None`: WebSocket, and long polling while that cannot be opened.
    #[uniffi(default = None)]
    pub channel: Option<ConnectionChannel>,
    /// Seconds between two heartbeats in the foreground, 5 to 80. `None`: 30. Servers close a session that
    /// was silent for three of their own heartbeats, 90 s as a rule.
    #[uniffi(default = None)]
    pub heartbeat_seconds: Option<u32>,
}

impl std::fmt::Debug for ClientOptions {
    /// Everything but the key and the proxy's login.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ClientOptions")
            .field("app_key", &self.app_key)
            .field("navigation", &self.navigation)
            .field("data_dir", &self.data_dir)
            .field("user_id", &self.user_id)
            .field("platform", &self.platform)
            .field("ca_pem", &self.ca_pem)
            .field("pins", &self.pins)
            .field("proxy", &self.proxy.as_ref().map(|_| "…"))
            .field("encryption_key", &self.encryption_key.as_ref().map(|_| "…"))
            .field("channel", &self.channel)
            .field("heartbeat_seconds", &self.heartbeat_seconds)
            .finish()
    }
}

impl ClientOptions {
    /// Options with data in memory and everything else usual.
    pub fn new(app_key: impl Into<String>, navigation: impl Into<String>) -> Self {
        Self {
            app_key: app_key.into(),
            navigation: navigation.into(),
            data_dir: None,
            user_id: None,
            platform: None,
            ca_pem: None,
            pins: Vec::new(),
            proxy: None,
            encryption_key: None,
            channel: None,
            heartbeat_seconds: None,
        }
    }

    /// Sets the seconds between two heartbeats in the foreground, 5 to 80.
    #[must_use]
    pub fn heartbeat_seconds(self, seconds: u32) -> Self {
        Self { heartbeat_seconds: Some(seconds), ..self }
    }

    pub(crate) fn heartbeat_ms(&self) -> u64 {
        self.heartbeat_seconds.map_or(timing::PING_INTERVAL, |seconds| u64::from(seconds) * 1_000)
    }

    /// Whether the heartbeat is one that can be kept.
    pub(crate) fn is_heartbeat_valid(&self) -> bool {
        (timing::PING_FLOOR..=timing::BACKGROUND_PING_INTERVAL).contains(&self.heartbeat_ms())
    }

    /// Keeps data below this folder.
    #[must_use]
    pub fn data_dir(self, path: impl Into<String>) -> Self {
        Self { data_dir: Some(path.into()), ..self }
    }

    /// Opens this user's data before any network.
    #[must_use]
    pub fn user_id(self, user_id: impl Into<String>) -> Self {
        Self { user_id: Some(user_id.into()), ..self }
    }

    /// Encrypts the database with these 32 bytes.
    #[must_use]
    pub fn encryption_key(self, key: impl Into<Vec<u8>>) -> Self {
        Self { encryption_key: Some(key.into()), ..self }
    }

    /// Lets bytes travel in this way only.
    #[must_use]
    pub fn channel(self, channel: ConnectionChannel) -> Self {
        Self { channel: Some(channel), ..self }
    }

    /// Sets the platform class.
    #[must_use]
    pub fn platform(self, platform: Platform) -> Self {
        Self { platform: Some(platform), ..self }
    }
}

/// Classes of devices that may be online side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Platform {
    /// Phones and tablets.
    Mobile,
    /// Desktop programs.
    Desktop,
    /// Browsers.
    Web,
}

impl Platform {
    /// The class of the machine this library was built for.
    pub const fn of_this_machine() -> Self {
        if cfg!(any(target_os = "android", target_os = "ios")) { Self::Mobile } else { Self::Desktop }
    }

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Desktop => "desktop",
            Self::Web => "web",
        }
    }
}

/// The device, as the host describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, uniffi::Record)]
pub struct DeviceInfo {
    /// Its push id or serial.
    pub id: String,
    /// Its model.
    pub model: String,
    /// Its system and version.
    pub system: String,
}

/// The app, as the client was made for it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AppInfo {
    /// App key.
    pub app_key: String,
    /// Navigation, as given.
    pub navigation: String,
    /// Id of this installation, kept in the data directory.
    pub installation_id: String,
    /// Platform class.
    pub platform: Platform,
}

/// This library.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SdkInfo {
    /// Its version.
    pub version: String,
    /// The protocol version that it speaks.
    pub protocol_version: String,
    /// What it was built for: architecture and system.
    pub target: String,
    /// SQLite's version.
    pub sqlite_version: String,
}

/// Where data lies, and how much there is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StorageInfo {
    /// The app's folder; `None` in memory.
    pub path: Option<String>,
    /// Bytes on disk, over all users of this app.
    pub bytes: u64,
}
