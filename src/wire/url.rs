//! The URLs that carry identity: navigation, probe, connect. Relative to a server's address.

use std::fmt::Write as _;

/// The protocol version that Anser claims: the public web client whose bytes it speaks.
pub const PROTOCOL_VERSION: &str = "2.5.3";

/// Builds `path?name=value&…`, percent-encoding every value.
pub struct QueryString {
    text: String,
    separator: char,
}

impl QueryString {
    /// Starts at a path.
    pub fn new(path: &str) -> Self {
        Self { text: path.to_owned(), separator: '?' }
    }

    /// Appends a parameter.
    #[must_use]
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.text.push(self.separator);
        self.separator = '&';
        self.text.push_str(name);
        self.text.push('=');
        encode(value, &mut self.text);
        self
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }
}

fn encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Who connects. What comes after the web client's own parameters only Anser's server reads.
#[derive(Debug, Clone)]
pub struct Identity {
    /// App key.
    pub app_key: String,
    /// The user's token.
    pub token: String,
    /// Id of this installation.
    pub installation: String,
    /// Platform class: `mobile`, `desktop` or `web`.
    pub platform: &'static str,
}

/// Path of the navigation request. `now` (ms) only keeps caches away.
pub fn navigation(identity: &Identity, now: u64) -> String {
    navigate("/navi.js", identity, now)
}

/// Path of the navigation request of a client that polls.
pub fn polling_navigation(identity: &Identity, now: u64) -> String {
    navigate("/cometnavi.js", identity, now)
}

fn navigate(path: &str, identity: &Identity, now: u64) -> String {
    QueryString::new(path)
        .add("appId", &identity.app_key)
        .add("token", &identity.token)
        .add("callBack", "getServerEndpoint")
        .add("v", PROTOCOL_VERSION)
        .add("r", &now.to_string())
        .finish()
}

/// Path of the probe that tells a living server.
pub fn ping(now: u64) -> String {
    QueryString::new("/ping").add("r", &now.to_string()).finish()
}

/// Path of the question whether anything waits for the user (flows §11.9).
pub fn unread_exists(identity: &Identity, now: u64) -> String {
    QueryString::new("/message/exist.js")
        .add("appKey", &identity.app_key)
        .add("token", &identity.token)
        .add("callBack", EXIST_CALLBACK)
        .add("_", &now.to_string())
        .finish()
}

/// Around the answer to [`unread_exists`].
pub const EXIST_CALLBACK: &str = "RCCallback";

/// Path of the WebSocket, or of the connecting request when polling.
pub fn connect(identity: &Identity, random: u32) -> String {
    QueryString::new("/websocket")
        .add("appId", &identity.app_key)
        .add("token", &identity.token)
        .add("sdkVer", PROTOCOL_VERSION)
        .add("apiVer", &random.to_string())
        .add("pid", &identity.installation)
        .add("platform", identity.platform)
        .add("client", concat!("anser/", env!("CARGO_PKG_VERSION")))
        .finish()
}
