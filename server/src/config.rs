//! What an operator can decide, with its defaults, and the TOML form of it that `serve` reads. Only plain
//! data: nothing here opens files except [`Config::load`], and nothing here starts anything.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::clock::Clock;

/// Everything that shapes a server. `Config::default()` suits tests: loopback, a free port, data in memory,
/// no rate limit, random-free fixed key and secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the one HTTP listener binds; port 0 takes a free one.
    pub bind: SocketAddr,
    /// `host:port` that navigation hands to clients; `None` repeats the Host header they used.
    pub public_address: Option<String>,
    /// The application that clients must name.
    pub app_key: String,
    /// Signs API requests and tokens.
    pub app_secret: String,
    /// The application is switched off: every login is refused with CONNACK 8.
    pub app_disabled: bool,
    /// Folder of the database; `None` keeps everything in memory.
    pub data: Option<PathBuf>,
    /// Lets several connections of one platform class coexist.
    pub multi_device: bool,
    /// Limits publishes per user; `None` is no limit.
    pub rate_limit: Option<RateLimit>,
    /// How long the inbox keeps messages for absent users, in days.
    pub offline_days: u32,
    /// Most messages in one pull answer.
    pub page_size: u32,
    /// Within how many seconds a sender may take a message back; 0 is for ever.
    pub recall_seconds: u32,
    /// Whether clients may read old messages from the server.
    pub history: bool,
    /// How many days the history reaches back; 0 is for ever.
    pub history_days: u32,
    /// Largest GIF that clients may send, in KB of 1024 bytes, as navigation announces it; 0 is no limit.
    pub gif_kilobytes: u32,
    /// Longest short video that clients may send, in seconds, as navigation announces it; 0 is no limit.
    pub video_seconds: u32,
    /// The version of group receipts that navigation announces, 0 or 1. Both are always served.
    pub group_receipts: u32,
    /// How often clients are expected to ping.
    pub heartbeat: Duration,
    /// After how many heartbeats without a frame a connection is closed.
    pub silent_heartbeats: u32,
    /// How long a polling client's request is held when there is nothing to say.
    pub poll_hold: Duration,
    /// After how long without a request a polling session is gone.
    pub poll_patience: Duration,
    /// How long a polling session that was ended stays known, so that a client between two requests hears of it
    /// and what it sends meanwhile is answered.
    pub poll_linger: Duration,
    /// How long one write may stall before the peer counts as too slow and is dropped.
    pub write_timeout: Duration,
    /// How long a peer gets to close by itself after a goodbye or a refusal.
    pub linger: Duration,
    /// Largest WebSocket message that is read, in bytes.
    pub max_frame: usize,
    /// Largest message content that is stored, in bytes.
    pub max_content: usize,
    /// Whether the server has and announces what goes beyond the public protocol. `false` behaves like a
    /// server that knows none of it: no `anser` key in navigation, `client_unique_id` ignored.
    pub announce_additions: bool,
    /// How long a token of `getToken` stays valid; `None` is for ever.
    pub token_lifetime: Option<Duration>,
    /// Where wall time comes from; tests set it.
    pub clock: Clock,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Messages per second that may go on for ever.
    pub per_second: f64,
    /// Messages that may come at once after a pause.
    pub burst: u32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { per_second: 5.0, burst: 100 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_address: None,
            app_key: "anser-app".to_owned(),
            app_secret: "anser-secret".to_owned(),
            app_disabled: false,
            data: None,
            multi_device: false,
            rate_limit: None,
            offline_days: 7,
            page_size: 100,
            recall_seconds: 120,
            history: true,
            history_days: 0,
            gif_kilobytes: 2_048,
            video_seconds: 120,
            group_receipts: 0,
            heartbeat: Duration::from_secs(30),
            silent_heartbeats: 3,
            poll_hold: Duration::from_secs(25),
            poll_patience: Duration::from_secs(60),
            poll_linger: Duration::from_secs(1),
            write_timeout: Duration::from_secs(15),
            linger: Duration::from_millis(300),
            max_frame: 256 * 1024,
            max_content: 128 * 1024,
            announce_additions: true,
            token_lifetime: None,
            clock: Clock::system(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not the TOML that is expected; the text names line and key.
    #[error("the configuration {path} is not valid: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// A value is outside what makes sense.
    #[error("the configuration value `{key}` is not usable: {why}")]
    Value {
        /// Which one.
        key: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The file's form; its defaults are those of a public server (rate limit on, port 8701).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileConfig {
    bind: Option<SocketAddr>,
    public_address: Option<String>,
    app_key: String,
    app_secret: String,
    #[serde(default)]
    app_disabled: bool,
    data: Option<PathBuf>,
    #[serde(default)]
    multi_device: bool,
    rate_limit: Option<FileRateLimit>,
    offline_days: Option<u32>,
    page_size: Option<u32>,
    recall_seconds: Option<u32>,
    history: Option<bool>,
    history_days: Option<u32>,
    gif_kilobytes: Option<u32>,
    video_seconds: Option<u32>,
    group_receipts: Option<u32>,
    heartbeat_seconds: Option<u64>,
    silent_heartbeats: Option<u32>,
    poll_hold_seconds: Option<u64>,
    token_days: Option<u32>,
}

/// `rate_limit = false` or a table.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FileRateLimit {
    Switch(bool),
    Limit(RateLimit),
}

impl Config {
    /// Reads the TOML file that `serve --config` names.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let file: FileConfig = toml::from_str(&text)
            .map_err(|e| ConfigError::Parse { path: path.to_owned(), message: e.to_string() })?;
        let config = Self::from_file(file);
        config.check()?;
        Ok(config)
    }

    fn from_file(file: FileConfig) -> Self {
        let base = Self::default();
        let rate_limit = match file.rate_limit {
            None | Some(FileRateLimit::Switch(true)) => Some(RateLimit::default()),
            Some(FileRateLimit::Switch(false)) => None,
            Some(FileRateLimit::Limit(limit)) => Some(limit),
        };
        Self {
            bind: file.bind.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], DEFAULT_PORT))),
            public_address: file.public_address,
            app_key: file.app_key,
            app_secret: file.app_secret,
            app_disabled: file.app_disabled,
            data: file.data,
            multi_device: file.multi_device,
            rate_limit,
            offline_days: file.offline_days.unwrap_or(base.offline_days),
            page_size: file.page_size.unwrap_or(base.page_size),
            recall_seconds: file.recall_seconds.unwrap_or(base.recall_seconds),
            history: file.history.unwrap_or(base.history),
            history_days: file.history_days.unwrap_or(base.history_days),
            gif_kilobytes: file.gif_kilobytes.unwrap_or(base.gif_kilobytes),
            video_seconds: file.video_seconds.unwrap_or(base.video_seconds),
            group_receipts: file.group_receipts.unwrap_or(base.group_receipts),
            heartbeat: file.heartbeat_seconds.map_or(base.heartbeat, Duration::from_secs),
            silent_heartbeats: file.silent_heartbeats.unwrap_or(base.silent_heartbeats),
            poll_hold: file.poll_hold_seconds.map_or(base.poll_hold, Duration::from_secs),
            token_lifetime: file.token_days.map(|days| Duration::from_secs(u64::from(days) * 86_400)),
            ..base
        }
    }

    /// Refuses values with which no client could work.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, why| Err(ConfigError::Value { key, why });
        if self.app_key.is_empty() || !self.app_key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return refuse("app_key", "it needs letters, digits and dashes only");
        }
        if self.app_secret.is_empty() {
            return refuse("app_secret", "it must not be empty");
        }
        if !(1..=7).contains(&self.offline_days) {
            return refuse("offline_days", "it must be 1 to 7");
        }
        if !(1..=1000).contains(&self.page_size) {
            return refuse("page_size", "it must be 1 to 1000");
        }
        if self.history_days > MAX_HISTORY_DAYS {
            return refuse("history_days", "it must be 0 (for ever) to 36500");
        }
        if !self.history && self.history_days > 0 {
            return refuse("history_days", "it has no meaning while history is off");
        }
        if self.group_receipts > 1 {
            return refuse("group_receipts", "it must be 0 or 1");
        }
        if self.heartbeat.is_zero() || self.silent_heartbeats == 0 {
            return refuse("heartbeat", "interval and count must be above zero");
        }
        if self.poll_hold.is_zero() || self.poll_hold > MAX_POLL_HOLD {
            return refuse("poll_hold", "it must be above zero and at most 40 seconds");
        }
        if self.poll_patience <= self.poll_hold {
            return refuse("poll_patience", "it must be longer than a hold");
        }
        match self.rate_limit {
            Some(limit) if limit.burst == 0 || limit.per_second.is_nan() || limit.per_second <= 0.0 => {
                refuse("rate_limit", "rate and burst must be above zero")
            }
            _ => Ok(()),
        }
    }
}

/// A century is as good as for ever.
const MAX_HISTORY_DAYS: u32 = 36_500;

/// Clients give a hold up after 45 seconds.
const MAX_POLL_HOLD: Duration = Duration::from_secs(40);

/// The port of `dev` and `serve` when none is named.
pub const DEFAULT_PORT: u16 = 8701;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let file: FileConfig = toml::from_str(text).map_err(|e| e.to_string())?;
        let config = Config::from_file(file);
        config.check().map_err(|e| e.to_string())?;
        Ok(config)
    }

    #[test]
    fn the_documented_sample_is_valid() {
        let config = parse(include_str!("../anser-server.example.toml")).unwrap();
        assert_eq!(config.rate_limit, Some(RateLimit::default()));
        assert_eq!(config.offline_days, 7);
        let defaults = Config::default();
        assert_eq!(
            (config.recall_seconds, config.history, config.history_days, config.group_receipts),
            (defaults.recall_seconds, defaults.history, defaults.history_days, defaults.group_receipts)
        );
        assert_eq!(
            (config.gif_kilobytes, config.video_seconds),
            (defaults.gif_kilobytes, defaults.video_seconds)
        );
    }

    #[test]
    fn bad_values_name_their_key() {
        let secret = "app_key = \"k\"\napp_secret = \"s\"\n";
        assert!(parse(secret).is_ok());
        assert!(parse(&format!("{secret}offline_days = 8")).unwrap_err().contains("offline_days"));
        assert!(parse(&format!("{secret}history_days = 36501")).unwrap_err().contains("history_days"));
        let both = format!("{secret}history = false\nhistory_days = 30");
        assert!(parse(&both).unwrap_err().contains("history_days"));
        assert!(parse(&format!("{secret}group_receipts = 2")).unwrap_err().contains("group_receipts"));
        assert!(parse(&format!("{secret}recall_seconds = -1")).unwrap_err().contains("recall_seconds"));
        assert!(parse(&format!("{secret}poll_hold_seconds = 41")).unwrap_err().contains("poll_hold"));
        assert!(parse(&format!("{secret}colour = 1")).unwrap_err().contains("colour"));
        assert!(parse("app_key = \"k\"").unwrap_err().contains("app_secret"));
        let off = parse(&format!("{secret}rate_limit = false")).unwrap();
        assert_eq!(off.rate_limit, None);
        let bad = format!("{secret}rate_limit = {{ per_second = 0.0, burst = 1 }}");
        assert!(parse(&bad).unwrap_err().contains("rate_limit"));
    }
}
