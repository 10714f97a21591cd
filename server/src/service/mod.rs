//! What the server does, apart from connections: rules for messages, answers to queries, tokens, limits.
//! The gateway and the API call it; it calls the store and rings the bus. It must never touch a socket.

mod conversations;
mod deliveries;
mod down;
mod expansion;
mod history;
mod limits;
mod messages;
mod queries;
mod recall;
mod receipts;
mod settings;
mod states;
mod tokens;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anser::model::ErrorCode;
use anser::wire::{Body, Bytes};
use ring::rand::{SecureRandom, SystemRandom};

use crate::bus::{Bus, Event};
use crate::config::Config;
use crate::store::{DAY_MS, Retention, Store, StoreError, Window};

pub(crate) use deliveries::is_addition;
pub(crate) use down::{
    Family, Viewer, change_notice, direct_message, live_message, notice, pull_answer, sync_copy,
};
pub(crate) use messages::Ack;
pub(crate) use tokens::TokenError;

/// A future that owns what it needs, so that a connection can run several at once.
pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The connection on whose behalf something is done.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) user: Arc<str>,
    pub(crate) session: Arc<str>,
    pub(crate) family: Family,
}

/// The answer to a query.
pub(crate) struct Answer {
    /// 0, or an error code.
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Success with a body.
    fn body(body: &impl Body) -> Self {
        Self { status: 0, body: body.to_bytes() }
    }

    /// Success without one.
    fn done() -> Self {
        Self { status: 0, body: Bytes::new() }
    }

    /// An error.
    fn error(code: ErrorCode) -> Self {
        Self { status: status_of(code), body: Bytes::new() }
    }
}

/// The code as it goes into a frame. Codes of this server all fit.
pub(crate) fn status_of(code: ErrorCode) -> u16 {
    u16::try_from(code.0).unwrap_or(u16::MAX)
}

/// What a client is told when the store failed: an error that clients retry. Never an acknowledgement.
pub(crate) const STORE_FAILED: ErrorCode = ErrorCode::RC_MSG_RESP_TIMEOUT;

fn store_failed(error: &StoreError) -> ErrorCode {
    tracing::error!(%error, "the store refused");
    STORE_FAILED
}

/// See the module.
pub(crate) struct Service {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
    limits: limits::Limits,
    tokens: tokens::Tokens,
    deliveries: deliveries::Deliveries,
    random: SystemRandom,
}

impl Service {
    pub(crate) fn new(config: Config, store: Arc<dyn Store>, bus: Arc<dyn Bus>) -> Arc<Self> {
        let limits = limits::Limits::new(config.rate_limit);
        let tokens = tokens::Tokens::new(&config.app_secret);
        let deliveries = deliveries::Deliveries::default();
        Arc::new(Self { config, store, bus, limits, tokens, deliveries, random: SystemRandom::new() })
    }

    /// Now, ms since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.config.clock.now_ms()
    }

    /// Now, whole seconds since 1970, as frames carry it.
    pub(crate) fn now_seconds(&self) -> u32 {
        u32::try_from(self.now_ms() / 1000).unwrap_or(0)
    }

    /// How far back messages are offered to absent users.
    pub(crate) fn offline_window(&self) -> Window {
        Window { now: self.now_ms(), days: self.config.offline_days }
    }

    /// What is stamped at or before this time is not offered as history.
    fn history_cutoff(&self) -> i64 {
        match self.config.history_days {
            0 => 0,
            days => self.now_ms().saturating_sub(i64::from(days) * DAY_MS),
        }
    }

    /// Forgets what is due.
    pub(crate) async fn purge(&self) -> Result<(), StoreError> {
        let history_days = match (self.config.history, self.config.history_days) {
            // Without history a message is kept as long as it waits for somebody.
            (false, _) => Some(self.config.offline_days),
            (true, 0) => None,
            (true, days) => Some(days),
        };
        self.store.prune(Retention { window: self.offline_window(), history_days }).await
    }

    /// A name for a connection, unique across gateways.
    pub(crate) fn new_session_id(&self) -> Arc<str> {
        match self.new_secret() {
            Some(id) => id.into(),
            None => {
                // Only uniqueness inside this process is left then; nothing authenticates by this id.
                static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
                format!("local-{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)).into()
            }
        }
    }

    /// Something that nobody can guess; `None` while the system has no randomness to give.
    pub(crate) fn new_secret(&self) -> Option<String> {
        let mut bytes = [0u8; 16];
        self.random.fill(&mut bytes).is_ok().then(|| hex(&bytes))
    }

    /// A token for a user, who is created if new.
    pub(crate) async fn issue_token(
        &self,
        user: &str,
        name: Option<&str>,
        portrait: Option<&str>,
        expires: Option<i64>,
    ) -> Result<String, StoreError> {
        self.store.put_user(user, name, portrait).await?;
        Ok(self.tokens.issue(user, expires))
    }

    /// Whose token this is.
    pub(crate) fn check_token(&self, token: &str) -> Result<Arc<str>, TokenError> {
        self.tokens.check(token, self.now_ms())
    }

    /// Blocks a user or lets them in; a blocked user's connections end.
    pub(crate) async fn set_blocked(&self, user: &str, blocked: bool) -> Result<(), StoreError> {
        self.store.set_blocked(user, blocked).await?;
        if blocked {
            self.bus.publish(Event::Blocked(user.into()));
        }
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Longest id of a user, group or target, in bytes.
pub(crate) const MAX_ID: usize = 128;

/// Whether an id can name a user or a group.
pub(crate) fn usable_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_ID && !id.chars().any(char::is_control)
}
