//! What the host's side, the actor and the store's callbacks share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::core::Event;
use super::delivery::{Delivery, HostEvent};
use super::event::Ask;
use super::kinds::Kinds;
use super::media::Transfers;
use super::options::{ClientOptions, DeviceInfo, Platform};
use super::receipts::TypingSent;
use super::{Error, Result};
use crate::clock::Clock;
use crate::kill::{self, Point};
use crate::model::{
    ConnectionChannel, ConnectionStatus, ConversationKey, ErrorCode, Message, MessageChange,
    MessageChangeKind, NavigationInfo, TypingUser,
};
use crate::session::Answer;
use crate::store::care::{self, DatabaseReport};
use crate::store::{self, Durability, Folder, Key, Location, Store, StoreError};
use crate::transport::Experience;
use crate::wire::url::Identity;
use crate::wire::{Bytes, Topic};

/// An open user.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) store: Store,
}

impl User {
    /// Runs a job on the user's store and waits for its result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&rusqlite::Connection) -> std::result::Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        self.run_then(durability, work, |value| value).await
    }

    /// Runs a job and waits for what `then` makes of its value: that runs on the store's thread, after the
    /// commit, also if the caller has lost interest.
    pub(crate) async fn run_then<T: Send + 'static, U: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&rusqlite::Connection) -> std::result::Result<T, StoreError> + Send + 'static,
        then: impl FnOnce(T) -> U + Send + 'static,
    ) -> Result<U> {
        let (reply, answer) = oneshot::channel();
        self.store.run(durability, work, move |result| {
            let _ = reply.send(result.map(then));
        });
        match answer.await {
            Ok(result) => Ok(result?),
            Err(_) => Err(Error::new(ErrorCode::CLIENT_CLOSED)),
        }
    }
}

pub(crate) struct Shared {
    /// Tells the clients of a process apart.
    pub(crate) id: u64,
    pub(crate) options: ClientOptions,
    pub(crate) platform: Platform,
    pub(crate) installation: String,
    pub(crate) folder: Option<Folder>,
    pub(crate) clock: Clock,
    pub(crate) delivery: Delivery,
    pub(crate) events: UnboundedSender<Event>,
    pub(crate) closed: AtomicBool,
    pub(crate) media: Transfers,
    /// Whether stores run on the caller's thread, as simulations in virtual time want it.
    pub(crate) inline: bool,
    /// The host's own kinds of content.
    pub(crate) kinds: Kinds,
    pub(crate) typing_sent: TypingSent,
    /// What is known of navigation and servers.
    pub(crate) experience: Experience,
    /// Local wall clock minus server clock, ms.
    pub(crate) delta: AtomicI64,
    last_client_id: AtomicU64,
    state: Mutex<State>,
}

struct State {
    status: ConnectionStatus,
    channel: ConnectionChannel,
    device: DeviceInfo,
    user: Option<Arc<User>>,
    typing: HashMap<ConversationKey, Vec<TypingUser>>,
    /// Who was open when the store was suspended; `Some(None)` if nobody was.
    suspended: Option<Option<String>>,
    key: Option<Key>,
    report: Option<DatabaseReport>,
    /// What navigation said last.
    navigation: Arc<NavigationInfo>,
}

static NEXT_CLIENT: AtomicU64 = AtomicU64::new(1);

impl Shared {
    pub(crate) fn new(
        options: ClientOptions,
        clock: Clock,
        delivery: Delivery,
        events: UnboundedSender<Event>,
        inline: bool,
    ) -> Result<Self> {
        let folder = match &options.data_dir {
            Some(path) => Some(Folder::new(std::path::Path::new(path), &options.app_key)?),
            None => None,
        };
        let key = options.encryption_key.as_deref().map(Key::new).transpose()?;
        let fresh = || format!("{:016x}", random());
        let installation = folder.as_ref().map_or_else(fresh, |folder| folder.installation(fresh));
        Ok(Self {
            id: NEXT_CLIENT.fetch_add(1, Ordering::Relaxed),
            platform: options.platform.unwrap_or(Platform::of_this_machine()),
            options,
            installation,
            folder,
            clock,
            delivery,
            events,
            closed: AtomicBool::new(false),
            media: Transfers::default(),
            inline,
            kinds: Kinds::default(),
            typing_sent: TypingSent::default(),
            experience: Experience::default(),
            delta: AtomicI64::new(0),
            last_client_id: AtomicU64::new(0),
            state: Mutex::new(State {
                status: ConnectionStatus::ConnectionClosed,
                channel: ConnectionChannel::Websocket,
                device: DeviceInfo::default(),
                user: None,
                typing: HashMap::new(),
                suspended: None,
                key,
                report: None,
                navigation: Arc::default(),
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> ConnectionStatus {
        self.state().status
    }

    pub(crate) fn set_status(&self, status: ConnectionStatus) {
        self.state().status = status;
    }

    pub(crate) fn channel(&self) -> ConnectionChannel {
        self.state().channel
    }

    pub(crate) fn set_channel(&self, channel: ConnectionChannel) {
        self.state().channel = channel;
    }

    /// What navigation said last; the defaults before.
    pub(crate) fn navigation(&self) -> Arc<NavigationInfo> {
        self.state().navigation.clone()
    }

    pub(crate) fn set_navigation(&self, navigation: Arc<NavigationInfo>) {
        self.state().navigation = navigation;
    }

    pub(crate) fn device(&self) -> DeviceInfo {
        self.state().device.clone()
    }

    pub(crate) fn set_device(&self, device: DeviceInfo) {
        self.state().device = device;
    }

    /// Who types where at present.
    pub(crate) fn typing(&self) -> HashMap<ConversationKey, Vec<TypingUser>> {
        self.state().typing.clone()
    }

    pub(crate) fn set_typing(&self, typing: HashMap<ConversationKey, Vec<TypingUser>>) {
        self.state().typing = typing;
    }

    pub(crate) fn user_id(&self) -> Option<String> {
        self.state().user.as_ref().map(|user| user.id.clone())
    }

    /// The open user.
    ///
    /// # Errors
    /// The client is closed, or nobody is open yet (33001).
    pub(crate) fn user(&self) -> Result<Arc<User>> {
        if self.closed.load(Ordering::Acquire) {
            return Err(ErrorCode::CLIENT_CLOSED.into());
        }
        let state = self.state();
        if state.suspended.is_some() {
            return Err(ErrorCode::DATABASE_SUSPENDED.into());
        }
        state.user.clone().ok_or_else(|| ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT.into())
    }

    /// Closes the open user's store until [`Shared::resume`].
    pub(crate) fn suspend(&self) {
        let user = {
            let mut state = self.state();
            if state.suspended.is_some() {
                return;
            }
            let user = state.user.take();
            state.suspended = Some(user.as_ref().map(|user| user.id.clone()));
            user
        };
        self.media.end(&self.delivery, ErrorCode::DATABASE_SUSPENDED);
        if let Some(user) = user {
            user.store.close();
        }
    }

    /// Whether this user is open, or was when the store was suspended.
    pub(crate) fn is_users(&self, user_id: &str) -> bool {
        let state = self.state();
        let open = state.user.as_ref().map(|user| user.id.as_str());
        open.or(state.suspended.as_ref().and_then(Option::as_deref)) == Some(user_id)
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.state().suspended.is_some()
    }

    /// Opens again what [`Shared::suspend`] closed. It stays suspended if that fails.
    pub(crate) fn resume(self: &Arc<Self>) -> std::result::Result<(), StoreError> {
        let Some(suspended) = self.state().suspended.take() else { return Ok(()) };
        if let Some(user) = &suspended
            && let Err(error) = self.open_user(user)
        {
            self.state().suspended = Some(suspended);
            return Err(error);
        }
        Ok(())
    }

    /// Where this user's database is; `None` in memory.
    pub(crate) fn database(&self, user_id: &str) -> Option<std::path::PathBuf> {
        self.folder.as_ref().map(|folder| folder.database(user_id))
    }

    pub(crate) fn key(&self) -> Option<Key> {
        self.state().key.clone()
    }

    pub(crate) fn set_key(&self, key: Key) {
        self.state().key = Some(key);
    }

    /// What became of the last database that was found damaged.
    pub(crate) fn last_report(&self) -> Option<DatabaseReport> {
        self.state().report.clone()
    }

    fn tell_report(&self, report: DatabaseReport) {
        self.state().report = Some(report.clone());
        self.delivery.tell(HostEvent::Database(report));
    }

    /// Opens this user's store, unless it is open. Another user's is closed first: stores never mix.
    pub(crate) fn open_user(self: &Arc<Self>, user_id: &str) -> std::result::Result<Arc<User>, StoreError> {
        let before = self.state().user.clone();
        if let Some(user) = before {
            if user.id == user_id {
                return Ok(user);
            }
            self.close_user();
        }
        let location = match &self.folder {
            Some(folder) => folder.user(user_id)?.with_key(self.key()),
            None => Location::Memory,
        };
        let (connection, report) = care::open(&location)?;
        if let Some(report) = report {
            self.tell_report(report);
        }
        // Before it goes to its own thread: connecting may follow at once.
        if let Ok(Some(kept)) = store::settings::setting(&connection, store::settings::NAVIGATION)
            && let Some(said) = self.experience.recall(&kept, &self.clock)
        {
            self.set_navigation(Arc::new(said));
        }
        kill::reach(Point::Opened);
        let store = if self.inline {
            Store::inline(connection, location)
        } else {
            let shared = Arc::downgrade(self);
            Store::reporting(
                connection,
                location,
                Box::new(move |report| {
                    if let Some(shared) = shared.upgrade() {
                        shared.tell_report(report);
                        shared.send(Event::Salvaged);
                    }
                }),
            )?
        };
        if let Some(folder) = &self.folder {
            folder.remember_user(user_id);
        }
        let user = Arc::new(User { id: user_id.to_owned(), store });
        self.state().user = Some(user.clone());
        // What destroys itself does so offline, too.
        let events = self.events.clone();
        user.store.run(Durability::Read, store::next_destruct, move |result| {
            if let Ok(at) = result {
                let _ = events.send(Event::DestructAt(at));
            }
        });
        Ok(user)
    }

    /// Finishes what the open user's store has to do and closes it.
    pub(crate) fn close_user(&self) {
        let user = {
            let mut state = self.state();
            // A store that is suspended stays so, but nobody is opened again with it.
            state.suspended.iter_mut().for_each(|user| *user = None);
            state.user.take()
        };
        let closed = self.closed.load(Ordering::Acquire);
        let code = if closed { ErrorCode::CLIENT_CLOSED } else { ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT };
        self.set_navigation(Arc::default());
        self.media.end(&self.delivery, code);
        if let Some(user) = user {
            user.store.close();
        }
    }

    /// Server time as this device estimates it, ms since 1970.
    pub(crate) fn server_now(&self) -> i64 {
        self.clock.wall().saturating_sub(self.delta.load(Ordering::Relaxed))
    }

    /// A number that this user has never used on any device: milliseconds, then random bits, then a step
    /// for messages of the same millisecond.
    pub(crate) fn next_client_id(&self) -> i64 {
        let fresh = (self.clock.wall().unsigned_abs() << 21 | random() & 0x1f_ffff) & i64::MAX as u64;
        let step = |last: u64| Some(if fresh > last { fresh } else { last + 1 });
        let last = self.last_client_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        let last = last.unwrap_or_else(|last| last);
        (if fresh > last { fresh } else { last + 1 }) as i64
    }

    pub(crate) fn identity(&self, token: &str) -> Identity {
        Identity {
            app_key: self.options.app_key.clone(),
            token: token.to_owned(),
            installation: self.installation.clone(),
            platform: self.platform.as_str(),
        }
    }

    /// Sends the actor an event, unless it has ended.
    pub(crate) fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Asks the actor and waits for its reply.
    pub(crate) async fn ask<T>(&self, event: impl FnOnce(oneshot::Sender<Result<T>>) -> Event) -> Result<T> {
        if self.closed.load(Ordering::Acquire) {
            return Err(ErrorCode::CLIENT_CLOSED.into());
        }
        let (reply, answer) = oneshot::channel();
        self.send(event(reply));
        answer.await.unwrap_or_else(|_| Err(ErrorCode::CLIENT_CLOSED.into()))
    }

    /// Asks the server and waits for its answer.
    pub(crate) async fn query(&self, topic: Topic, target: String, body: Bytes) -> Result<Answer> {
        self.ask(|reply| Event::Ask(Ask { topic, target, body, reply })).await
    }

    /// Publishes something that is no message and waits for its acknowledgement.
    pub(crate) async fn publish(&self, topic: Topic, target: String, body: Bytes) -> Result<Answer> {
        self.ask(|reply| Event::Publish(Ask { topic, target, body, reply })).await
    }

    /// Tells the host that a conversation changed, and the actor that the server may have to be told.
    pub(crate) fn changed(&self, conversations: Vec<ConversationKey>) {
        if !conversations.is_empty() {
            self.delivery.tell(HostEvent::Conversations(conversations));
        }
        self.send(Event::SignalsWait);
    }

    /// Tells the host that a message changed, and with it its conversation.
    pub(crate) fn message_changed(&self, kind: MessageChangeKind, message: &Message) {
        let change = MessageChange::of(kind, message.clone());
        self.delivery.tell(HostEvent::Changed(vec![change]));
        self.delivery.tell(HostEvent::Conversations(vec![message.conversation.clone()]));
    }

    /// Reads from the open user's store.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> std::result::Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        self.run(Durability::Read, work).await
    }

    /// Runs a job on the open user's store.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&rusqlite::Connection) -> std::result::Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        self.user()?.run(durability, work).await
    }
}

/// Random bits. Not for secrets: they keep numbers of different devices apart.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // Every RandomState is seeded by the system.
    RandomState::new().build_hasher().finish()
}
