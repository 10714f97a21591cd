//! [`Client`]: making one, being connected, listening, and what it says about itself.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc::unbounded_channel;

use super::core::{Event, TransportFactory};
use super::delivery::{Delivery, HostEvent, Listener, Subscription};
use super::listeners::{
    ConnectionListener, ConversationListener, LogLevel, LogListener, MessageListener, ReceiptListener,
    TokenListener, TypingListener,
};
use super::options::{AppInfo, ClientOptions, DeviceInfo, SdkInfo, StorageInfo};
use super::shared::Shared;
use super::{
    Conversations, DatabaseListener, Error, History, Media, MediaListener, Messages, Receipts, Result,
    Search, Settings, Storage, actor, logging,
};
use crate::clock::Clock;
use crate::model::{ConnectionChannel, ConnectionStatus, ErrorCode, NavigationInfo, NetworkKind};
use crate::transport::{Dialer, NetTransport, ProbeUrl, Route, Transport};
use crate::wire::url::PROTOCOL_VERSION;

/// Longest app key that is taken, in bytes.
const MAX_APP_KEY: usize = 64;
/// Most pauses that a host may plan.
const MAX_PAUSES: usize = 100;
/// Longest such pause, ms.
const MAX_PAUSE: u64 = 86_400_000;

/// A client of one app, for one user at a time. Several may live in one process. All methods may be
/// called from any thread, from listeners too.
#[derive(uniffi::Object)]
pub struct Client {
    shared: Arc<Shared>,
    actor: Mutex<Option<JoinHandle<()>>>,
}

#[uniffi::export]
impl Client {
    /// Makes a client. With `user_id`, or if the data directory remembers one, that user's conversations,
    /// history and outbox work at once, before any network.
    ///
    /// # Errors
    /// An invalid app key (34105), navigation URL (34286) certificate or heartbeat (33003); a data directory that
    /// cannot be used (34302) or is in use (34307); a database from a newer version (34306).
    #[uniffi::constructor]
    pub fn new(options: ClientOptions) -> Result<Arc<Self>> {
        Self::with_clock(options, Clock::system())
    }

    /// Connects and logs in with the user's token. Resolves with the user's id once the server has
    /// accepted and the user's data is open.
    ///
    /// A refusal ends it: 310xx says why. When only the network fails, the call fails with the first
    /// attempt's code and the client keeps trying in the background until [`Client::disconnect`].
    ///
    /// # Errors
    /// 310xx for a refusal, 300xx for the network, 3430x for the data, 31016 if it was disconnected
    /// meanwhile.
    pub async fn connect(&self, token: String) -> Result<String> {
        if token.is_empty() {
            return Err(ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR.into());
        }
        self.shared.ask(|reply| Event::Connect { token, reply }).await
    }

    /// Connects again with the token of the last [`Client::connect`], at once.
    ///
    /// # Errors
    /// As for `connect`; 33001 if there was none.
    pub async fn reconnect(&self) -> Result<String> {
        self.shared.ask(|reply| Event::Reconnect { pauses: Vec::new(), probe: None, reply }).await
    }

    /// Connects again with the token of the last [`Client::connect`]: an attempt after each of these pauses
    /// in milliseconds, until one succeeds or is refused. Without pauses as [`Client::reconnect`]. When all
    /// have failed the client keeps trying in the background, as after `connect`.
    ///
    /// # Errors
    /// As for `reconnect`; 30002 if every attempt fails; 33003 for more than 100 pauses or one above a day.
    pub async fn reconnect_after(&self, pauses_ms: Vec<u64>) -> Result<String> {
        check_pauses(&pauses_ms)?;
        self.shared.ask(|reply| Event::Reconnect { pauses: pauses_ms, probe: None, reply }).await
    }

    /// As [`Client::reconnect_after`], but asks `probe_url` (GET, `http://…` or `https://…`, without anything of the
    /// user's in it) after each pause, and makes an attempt only if something answers there with a status below 500.
    /// A probe without an answer counts as an attempt that failed. Without pauses there is one, at once.
    ///
    /// # Errors
    /// As for `reconnect_after`; 33003 for another kind of URL, too.
    pub async fn reconnect_probing(&self, probe_url: String, pauses_ms: Vec<u64>) -> Result<String> {
        check_pauses(&pauses_ms)?;
        let probe = ProbeUrl::parse(&probe_url).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        let pauses = if pauses_ms.is_empty() { vec![0] } else { pauses_ms };
        self.shared.ask(|reply| Event::Reconnect { pauses, probe: Some(probe), reply }).await
    }

    /// Gives the client another token of the same user, or with `None` says that there is none. Answers
    /// [`TokenListener::on_token_needed`]; unasked, it is used from the next attempt to connect on. Another
    /// user's token belongs to [`Client::connect`].
    pub fn renew_token(&self, token: Option<String>) {
        self.shared.send(Event::Token(token.filter(|token| !token.is_empty())));
    }

    /// Whether anybody looks at the app; at first it is taken for granted. In the background heartbeats are
    /// as rare as servers allow. Coming to the foreground proves the line, or connects at once.
    pub fn set_foreground(&self, foreground: bool) {
        self.shared.send(Event::Foreground(foreground));
    }

    /// Tells what the device is connected by, on each change and also when it changes from one network to
    /// another of the same kind. A lost connection is tried again at once, a living one is proven; without a
    /// network the client waits for one instead of trying.
    pub fn network_changed(&self, kind: NetworkKind) {
        self.shared.send(Event::Network(kind));
    }

    /// Disconnects and stays so. Messages that wait are kept and go with the next connection.
    ///
    /// # Errors
    /// 34400 if the client is closed.
    pub async fn disconnect(&self) -> Result<()> {
        self.shared.ask(Event::Disconnect).await
    }

    /// Disconnects and forgets who the user is. The user's data stays on disk.
    ///
    /// # Errors
    /// 34400 if the client is closed.
    pub async fn logout(&self) -> Result<()> {
        self.shared.ask(Event::Logout).await
    }

    /// Pulls everything that waits on the server, and resolves when it is stored.
    ///
    /// # Errors
    /// 30001 if not connected, −1 if the server does not answer.
    pub async fn sync_now(&self) -> Result<()> {
        self.shared.ask(Event::SyncNow).await
    }

    /// How the client stands to the server.
    pub fn status(&self) -> ConnectionStatus {
        self.shared.status()
    }

    /// How the bytes travel, or would.
    pub fn channel(&self) -> ConnectionChannel {
        self.shared.channel()
    }

    /// Whose data is open; `None` before the first connect of a new installation.
    pub fn current_user_id(&self) -> Option<String> {
        self.shared.user_id()
    }

    /// Local clock minus server clock, ms, as of the last connect; 0 before it.
    pub fn server_time_delta(&self) -> i64 {
        self.shared.delta.load(Ordering::Relaxed)
    }

    /// What navigation said last, also in an earlier run: the switches and limits of the app, and its whole answer.
    /// The defaults before the first one of this user.
    pub fn navigation_info(&self) -> NavigationInfo {
        NavigationInfo::clone(&self.shared.navigation())
    }

    /// Describes the device.
    pub fn set_device_info(&self, device: DeviceInfo) {
        self.shared.set_device(device);
    }

    /// The device as described.
    pub fn device_info(&self) -> DeviceInfo {
        self.shared.device()
    }

    /// The app as the client was made for it.
    pub fn app_info(&self) -> AppInfo {
        AppInfo {
            app_key: self.shared.options.app_key.clone(),
            navigation: self.shared.options.navigation.clone(),
            installation_id: self.shared.installation.clone(),
            platform: self.shared.platform,
        }
    }

    /// This library.
    pub fn sdk_info(&self) -> SdkInfo {
        SdkInfo {
            version: env!("CARGO_PKG_VERSION").into(),
            protocol_version: PROTOCOL_VERSION.into(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            sqlite_version: rusqlite::version().into(),
        }
    }

    /// Where data lies, and how much there is.
    pub fn storage_info(&self) -> StorageInfo {
        let folder = self.shared.folder.as_ref();
        StorageInfo {
            path: folder.map(|folder| folder.path().display().to_string()),
            bytes: folder.map_or(0, crate::store::Folder::size),
        }
    }

    /// Hears how the client stands to the server; gets the current status first.
    pub fn add_connection_listener(&self, listener: Arc<dyn ConnectionListener>) -> Arc<Subscription> {
        self.add_to_state(Listener::Connection(listener), |shared| {
            vec![HostEvent::Status(shared.status(), ErrorCode::SUCCESS)]
        })
    }

    /// Is asked for a new token whenever the server refuses the present one.
    pub fn add_token_listener(&self, listener: Arc<dyn TokenListener>) -> Arc<Subscription> {
        self.shared.delivery.add(Listener::Token(listener))
    }

    /// Hears of messages from now on.
    pub fn add_message_listener(&self, listener: Arc<dyn MessageListener>) -> Arc<Subscription> {
        self.shared.delivery.add(Listener::Message(listener))
    }

    /// Hears of conversations that change from now on.
    pub fn add_conversation_listener(&self, listener: Arc<dyn ConversationListener>) -> Arc<Subscription> {
        self.shared.delivery.add(Listener::Conversation(listener))
    }

    /// Hears of receipts from now on.
    pub fn add_receipt_listener(&self, listener: Arc<dyn ReceiptListener>) -> Arc<Subscription> {
        self.shared.delivery.add(Listener::Receipt(listener))
    }

    /// Hears who is typing; gets those who type at present first.
    pub fn add_typing_listener(&self, listener: Arc<dyn TypingListener>) -> Arc<Subscription> {
        self.add_to_state(Listener::Typing(listener), |shared| {
            shared.typing().into_iter().map(|(key, users)| HostEvent::Typing(key, users)).collect()
        })
    }

    /// Hears how uploads and downloads get on, from now on.
    pub fn add_media_listener(&self, listener: Arc<dyn MediaListener>) -> Arc<Subscription> {
        self.shared.delivery.add(Listener::Media(listener))
    }

    /// Hears the library's log up to `level`. The log is the process's: with several clients, each log
    /// listener hears them all.
    pub fn add_log_listener(&self, level: LogLevel, listener: Arc<dyn LogListener>) -> Arc<Subscription> {
        logging::add(self.shared.id, &self.shared.delivery);
        self.shared.delivery.add(Listener::Log(level, listener))
    }

    /// Sending and reading messages.
    pub fn messages(&self) -> Arc<Messages> {
        Arc::new(Messages::new(&self.shared))
    }

    /// Pages of messages, here and at the server.
    pub fn history(&self) -> Arc<History> {
        Arc::new(History::new(&self.shared))
    }

    /// Receipts and typing.
    pub fn receipts(&self) -> Arc<Receipts> {
        Arc::new(Receipts::new(&self.shared))
    }

    /// What the user prefers.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::new(Settings::new(&self.shared))
    }

    /// Messages with files.
    pub fn media(&self) -> Arc<Media> {
        Arc::new(Media::new(&self.shared))
    }

    /// The conversation list and the unread counts.
    pub fn conversations(&self) -> Arc<Conversations> {
        Arc::new(Conversations::new(&self.shared))
    }

    /// Finding messages and conversations by their words.
    pub fn search(&self) -> Arc<Search> {
        Arc::new(Search::new(&self.shared))
    }

    /// Hears when the database was found damaged, and what became of it; gets the last report first, if
    /// there is one.
    pub fn add_database_listener(&self, listener: Arc<dyn DatabaseListener>) -> Arc<Subscription> {
        self.add_to_state(Listener::Database(listener), |shared| {
            shared.last_report().map(HostEvent::Database).into_iter().collect()
        })
    }

    /// The care of the user's data: checks, exports, suspending, sizes.
    pub fn storage(&self) -> Arc<Storage> {
        Arc::new(Storage::new(&self.shared))
    }

    /// Ends the client: disconnects, fails what is pending (34400), writes what is stored, ends its
    /// threads. When it returns no callback runs or follows; called from a listener, that holds from the
    /// end of that call. Calling it again does nothing; other calls fail with 34400 from then on.
    ///
    /// Kotlin and Swift know it as `shutdown`: there `close` belongs to the language's own handle.
    #[uniffi::method(name = "shutdown")]
    pub fn close(&self) {
        if self.shared.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        logging::remove(self.shared.id);
        self.shared.send(Event::Close);
        let actor = self.actor.lock().unwrap_or_else(PoisonError::into_inner).take();
        if self.shared.delivery.is_current() {
            // The actor ends by itself; waiting for it here could wait for this very callback.
            self.shared.delivery.close();
            return;
        }
        if let Some(actor) = actor
            && actor.join().is_err()
        {
            log::error!("the actor ended in a panic");
        }
        self.shared.delivery.close();
    }
}

impl Client {
    /// As [`Client::new`], with a clock of the caller's.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_clock(options: ClientOptions, clock: Clock) -> Result<Arc<Self>> {
        if options.app_key.is_empty() || options.app_key.len() > MAX_APP_KEY {
            return Err(ErrorCode::APP_KEY_INVALID.into());
        }
        if !options.is_heartbeat_valid() {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let (ca_pem, proxy) = (options.ca_pem.as_deref(), options.proxy.as_deref());
        let dialer = Dialer::new(Route { ca_pem, pins: &options.pins, proxy })?;
        // Files may come from anybody's servers: no pin of ours is theirs.
        let file_dialer = Dialer::new(Route { ca_pem, pins: &[], proxy })?;
        let delivery = Delivery::start().map_err(no_thread)?;
        let (events, inbox) = unbounded_channel();
        let shared = Arc::new(
            Shared::new(options, clock, delivery.clone(), events, false).inspect_err(|_| delivery.close())?,
        );
        shared.media.trust(file_dialer.clone());
        let opened = open_offline(&shared).and_then(|()| {
            let make_transport = transport_factory(&shared, dialer, file_dialer);
            // A wrong URL is told here, not at the first connect.
            make_transport("")?;
            actor::start(&shared, inbox, make_transport).map_err(no_thread)
        });
        match opened {
            Ok(actor) => Ok(Arc::new(Self { shared, actor: Mutex::new(Some(actor)) })),
            Err(error) => {
                shared.close_user();
                delivery.close();
                Err(error)
            }
        }
    }

    fn add_to_state(
        &self,
        listener: Listener,
        read: impl FnOnce(&Shared) -> Vec<HostEvent> + Send + 'static,
    ) -> Arc<Subscription> {
        let shared = Arc::downgrade(&self.shared);
        let greeting = move || shared.upgrade().map(|shared| read(&shared)).unwrap_or_default();
        self.shared.delivery.add_to_state(listener, greeting)
    }

    /// Whether [`Client::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Acquire)
    }

    /// Makes a future and runs it on the events thread, which ends it before the client ends. `false` if the
    /// client is closed; then the future is not even made.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(&self, make: impl FnOnce() -> F) -> bool {
        self.shared.delivery.spawn(make)
    }
}

fn check_pauses(pauses: &[u64]) -> Result<()> {
    if pauses.len() > MAX_PAUSES || pauses.iter().any(|pause| *pause > MAX_PAUSE) {
        return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

/// Opens the user whom the host names, or who was open last.
pub(super) fn open_offline(shared: &Arc<Shared>) -> Result<()> {
    let named = shared.options.user_id.clone();
    let user = named.or_else(|| shared.folder.as_ref().and_then(crate::store::Folder::last_user));
    if let Some(user) = user {
        shared.open_user(&user)?;
    }
    Ok(())
}

fn transport_factory(shared: &Arc<Shared>, dialer: Dialer, probing: Dialer) -> TransportFactory {
    let shared = Arc::downgrade(shared);
    Box::new(move |token| {
        let shared = shared.upgrade().ok_or(ErrorCode::CLIENT_CLOSED)?;
        let transport = NetTransport::new(
            &shared.options.navigation,
            shared.identity(token),
            (dialer.clone(), probing.clone()),
            shared.clock.clone(),
            shared.options.channel,
            shared.experience.clone(),
        )?;
        Ok(Arc::new(transport) as Arc<dyn Transport>)
    })
}

fn no_thread(error: std::io::Error) -> Error {
    Error::with_words(ErrorCode::INTERNAL, format!("a thread cannot be started: {error}"))
}

impl Drop for Client {
    /// Never blocks: what is left ends by itself.
    fn drop(&mut self) {
        if !self.shared.closed.swap(true, Ordering::AcqRel) {
            logging::remove(self.shared.id);
            self.shared.send(Event::Close);
            let delivery = self.shared.delivery.clone();
            let actor = self.actor.lock().unwrap_or_else(PoisonError::into_inner).take();
            let ending = crate::runtime::spawn_thread("anser-end", move || {
                if let Some(actor) = actor {
                    // A panic there has been logged by the panic hook.
                    let _ = actor.join();
                }
                delivery.close();
            });
            if let Err(error) = ending {
                log::error!("the client's threads cannot be waited for: {error}");
            }
        }
    }
}
