//! Uploads: which files go, through the host's uploader, and what becomes of their messages. A message is
//! in the store from the start and in the outbox once its file has arrived, both in one transaction.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use super::content::with_url;
use super::progress::Meter;
use super::state::{AT_ONCE, Inner, later, pause_after};
use super::types::{TransferDirection, TransferState, Uploader};
use crate::client::delivery::{Delivery, HostEvent};
use crate::client::event::{Event, Settled};
use crate::client::kinds::check_content;
use crate::client::shared::{Shared, User};
use crate::model::{ErrorCode, ErrorKind, Message, SentStatus};
use crate::session::{Outgoing, SendOutcome};
use crate::store::{self, Durability, StoreError, UploadRow, UploadState};
use crate::timing;
use crate::wire::{Body, body};

/// Bytes after which the uploader's word is written down.
const NOTE_STEP: u64 = 1 << 20;
/// Longest address that is taken, in bytes.
const MAX_URL: usize = 8 * 1024;

/// An upload that goes or waits for its turn.
pub(super) struct Running {
    user: Arc<User>,
    row: UploadRow,
    meter: Arc<Meter>,
    attempt: Option<Arc<Upload>>,
    /// Attempts in a row that moved nothing.
    fruitless: u32,
    /// Whether the pause before the next attempt has not passed yet.
    resting: bool,
    noted: u64,
}

/// One attempt to take a file to a file server, as the uploader sees it. All methods may be called from
/// any thread; after `finish`, `fail` or a stop they do nothing.
#[derive(uniffi::Object)]
pub struct Upload {
    id: i64,
    message: i64,
    path: String,
    object_name: String,
    size: u64,
    offset: u64,
    ended: AtomicBool,
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Upload {
    /// The number of this attempt, as [`Uploader::stop`] names it.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The message whose file it is.
    pub fn message_id(&self) -> i64 {
        self.message
    }

    /// The file.
    pub fn path(&self) -> String {
        self.path.clone()
    }

    /// What kind of content the message has.
    pub fn object_name(&self) -> String {
        self.object_name.clone()
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that earlier attempts have reported. A hint: the file server knows what it has.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// So many bytes of the file have arrived.
    pub fn report(&self, sent_bytes: u64) {
        if let Some(shared) = self.shared.upgrade().filter(|_| !self.is_stopped()) {
            reported(&shared, self, sent_bytes.min(self.size));
        }
    }

    /// The file has arrived; `url` is its address for those who get the message.
    pub fn finish(&self, url: String) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        let Some(shared) = self.shared.upgrade() else { return };
        if url.trim().is_empty() || url.len() > MAX_URL {
            refuse(&shared, self.message, ErrorCode::FILE_URL_INVALID);
        } else {
            arrived(&shared, self.message, url);
        }
    }

    /// The file cannot be uploaded: for good, and the message becomes FAILED with `code`; or for now, and it
    /// is tried again.
    pub fn fail(&self, code: i32, retryable: bool) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        let Some(shared) = self.shared.upgrade() else { return };
        let code = if code == 0 { ErrorCode::FILE_SERVER_FAILED } else { ErrorCode(code) };
        if retryable {
            rest(&shared, self);
        } else {
            refuse(&shared, self.message, code);
        }
    }

    /// Whether it is not wanted any more.
    pub fn is_stopped(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// Ends an attempt whose uploader has thrown.
struct Started(Option<Arc<Upload>>);

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(upload) = self.0.take() {
            upload.fail(ErrorCode::INTERNAL.0, false);
        }
    }
}

/// Adds an upload, unless it is known, and lets go what may.
pub(super) fn add(shared: &Arc<Shared>, user: &Arc<User>, rows: Vec<UploadRow>) {
    let mut inner = shared.media.lock();
    if inner.closed || shared.user().map_or(true, |open| !Arc::ptr_eq(&open, user)) {
        return;
    }
    for row in rows {
        let known = inner.uploads.entry(row.message).or_insert_with(|| {
            let (way, message) = (TransferDirection::Upload, Some(row.message));
            let meter = Arc::new(Meter::new(&shared.delivery, &shared.clock, way, message, &row.path));
            let (user, noted) = (user.clone(), row.sent);
            Running { user, row, meter, attempt: None, fruitless: 0, resting: false, noted }
        });
        // Whoever adds it has a reason to believe that it works now.
        known.resting = false;
    }
    drop(inner);
    pump(shared);
}

/// Starts what the store says is unfinished: after a start, a login, or when an uploader is set.
pub(crate) fn continue_all(shared: &Arc<Shared>) {
    let Ok(user) = shared.user() else { return };
    if shared.media.lock().uploader.is_none() {
        return;
    }
    let (client, of) = (shared.clone(), user.clone());
    user.store.run(Durability::Read, store::wanted_uploads, move |rows| match rows {
        Ok(rows) => add(&client, &of, rows),
        Err(error) => log::warn!("unfinished uploads cannot be read: {error}"),
    });
}

fn pump(shared: &Arc<Shared>) {
    let mut inner = shared.media.lock();
    let Some(uploader) = inner.uploader.clone() else { return };
    let mut going = inner.uploads.values().filter(|upload| upload.attempt.is_some()).count();
    let mut last_id = inner.last_id;
    let mut starting = Vec::new();
    for upload in inner.uploads.values_mut().filter(|upload| upload.attempt.is_none()) {
        if going >= AT_ONCE || upload.resting {
            upload.meter.state(TransferState::Waiting);
            continue;
        }
        going += 1;
        last_id += 1;
        let attempt = Arc::new(Upload {
            id: last_id,
            message: upload.row.message,
            path: upload.row.path.clone(),
            object_name: upload.row.object_name.clone(),
            size: upload.row.size,
            offset: upload.row.sent,
            ended: AtomicBool::new(false),
            shared: Arc::downgrade(shared),
        });
        upload.attempt = Some(attempt.clone());
        upload.meter.running(upload.row.sent, upload.row.size);
        starting.push(attempt);
    }
    inner.last_id = last_id;
    // Under the lock: a stop of the same upload must not overtake its start.
    for attempt in starting {
        let uploader = uploader.clone();
        shared.delivery.spawn(move || async move {
            let mut guard = Started(Some(attempt.clone()));
            uploader.start(attempt);
            guard.0 = None;
        });
    }
}

fn reported(shared: &Arc<Shared>, attempt: &Upload, sent: u64) {
    let mut inner = shared.media.lock();
    let Some(upload) = inner.uploads.get_mut(&attempt.message) else { return };
    if upload.attempt.as_ref().is_none_or(|current| current.id != attempt.id) {
        return;
    }
    upload.row.sent = sent;
    upload.meter.running(sent, upload.row.size);
    if sent.abs_diff(upload.noted) >= NOTE_STEP {
        upload.noted = sent;
        note(&upload.user, attempt.message, sent);
    }
}

fn note(user: &User, message: i64, sent: u64) {
    // Only a hint for the uploader: losing it costs bytes, nothing else.
    user.store.run(
        Durability::Relaxed,
        move |connection| store::note_upload(connection, message, sent),
        |_| {},
    );
}

/// An attempt failed for now: the next comes at once if it moved anything, else after a pause.
fn rest(shared: &Arc<Shared>, attempt: &Upload) {
    let mut inner = shared.media.lock();
    let Some(upload) = inner.uploads.get_mut(&attempt.message) else { return };
    if upload.attempt.as_ref().is_none_or(|current| current.id != attempt.id) {
        return;
    }
    upload.attempt = None;
    upload.fruitless = if upload.row.sent > attempt.offset { 0 } else { upload.fruitless + 1 };
    upload.resting = upload.fruitless > 0;
    note(&upload.user, attempt.message, upload.row.sent);
    let (message, pause, resting) = (attempt.message, pause_after(upload.fruitless), upload.resting);
    drop(inner);
    if resting {
        later(shared, pause, move |shared| {
            if let Some(upload) = shared.media.lock().uploads.get_mut(&message) {
                upload.resting = false;
            }
            pump(shared);
        });
    }
    pump(shared);
}

/// Takes an upload out of what goes; its uploader is told unless it has ended by itself.
fn take(shared: &Arc<Shared>, message: i64) -> Option<Running> {
    let mut inner = shared.media.lock();
    let upload = inner.uploads.remove(&message)?;
    stop(&inner, &shared.delivery, &upload);
    Some(upload)
}

fn stop(inner: &Inner, delivery: &Delivery, upload: &Running) {
    if let Some(attempt) = &upload.attempt
        && !attempt.ended.swap(true, Ordering::AcqRel)
        && let Some(uploader) = inner.uploader.clone()
    {
        let id = attempt.id;
        delivery.spawn(move || async move { uploader.stop(id) });
    }
}

/// Stops everything; the rows keep what has to go on.
pub(super) fn end_all(inner: &mut Inner, delivery: &Delivery) {
    for upload in std::mem::take(&mut inner.uploads).into_values() {
        stop(inner, delivery, &upload);
    }
}

/// Sets whose uploads go; those that go with another start again with this one.
pub(super) fn set_uploader(shared: &Arc<Shared>, uploader: Arc<dyn Uploader>) {
    let mut inner = shared.media.lock();
    if inner.closed {
        return;
    }
    end_all(&mut inner, &shared.delivery);
    let former = inner.uploader.replace(uploader);
    drop(inner);
    // May run the host's own code, so no lock is held.
    drop(former);
    continue_all(shared);
}

/// The file has arrived: the message goes its normal way.
fn arrived(shared: &Arc<Shared>, message: i64, url: String) {
    let Some(user) = shared.media.lock().uploads.get(&message).map(|upload| upload.user.clone()) else {
        return;
    };
    let (client, of, address) = (shared.clone(), user.clone(), url.clone());
    user.store.run(
        Durability::Full,
        move |connection| place(connection, message, &address),
        move |result| match result {
            Ok(placed) => {
                let upload = take(&client, message);
                if let Some((message, outgoing)) = placed {
                    if client.user_id().as_ref() == Some(&of.id) {
                        client.send(Event::Queued(outgoing));
                    }
                    client.delivery.tell(HostEvent::Conversations(vec![message.conversation]));
                    if let Some(upload) = upload {
                        upload.meter.running(upload.row.size, upload.row.size);
                        upload.meter.state(TransferState::Done);
                    }
                }
                pump(&client);
            }
            Err(error) if error.code == ErrorCode::CLIENT_CLOSED => {}
            Err(error) if error.code.kind() == ErrorKind::Storage => {
                log::error!("an uploaded message cannot be written down: {error}");
                let pause = std::time::Duration::from_millis(timing::SEND_RETRY);
                later(&client, pause, move |shared| arrived(shared, message, url));
            }
            Err(error) => refuse(&client, message, error.code),
        },
    );
}

/// Puts the address into the message and the message into the outbox; `None` if it is not wanted any more.
fn place(
    connection: &rusqlite::Connection,
    id: i64,
    url: &str,
) -> Result<Option<(Message, Outgoing)>, StoreError> {
    let (Some(row), Some(message)) = (store::upload(connection, id)?, store::message(connection, id)?) else {
        return Ok(None);
    };
    if message.sent_status != SentStatus::Sending {
        return Ok(None);
    }
    let invalid = |code| StoreError::new(code, "the content cannot take the file's address");
    let content = with_url(&message.content, &row.url_key, url).map_err(invalid)?;
    check_content(&message.object_name, &content, None).map_err(|error| invalid(error.code()))?;
    let mut body = body::UpstreamMessage::from_bytes(row.body)
        .map_err(|_| StoreError::new(ErrorCode::BIZ_ERROR_DATABASE_ERROR, "a body cannot be read"))?;
    body.content = Some(content.clone().into());
    store::finish_upload(connection, id, &content, &body.to_bytes()).map(Some)
}

/// Ends an upload without success; the message is FAILED.
fn refuse(shared: &Arc<Shared>, message: i64, code: ErrorCode) {
    let upload = take(shared, message);
    let user = upload.as_ref().map(|upload| upload.user.clone()).or_else(|| shared.user().ok());
    let Some(user) = user else { return };
    let client = shared.clone();
    settle(shared, &user, message, code, move |result| {
        if let Some(upload) = upload {
            upload.meter.failed(code);
        }
        if let Err(error) = result {
            log::error!("the fate of an upload cannot be written down: {error}");
        }
        pump(&client);
    });
}

fn settle(
    shared: &Arc<Shared>,
    user: &Arc<User>,
    message: i64,
    code: ErrorCode,
    then: impl FnOnce(Result<(), StoreError>) + Send + 'static,
) {
    let outcome = SendOutcome::Refused { code, uid: None, time: 0 };
    let (client, user_id, written) = (shared.clone(), user.id.clone(), outcome.clone());
    user.store.run(
        Durability::Full,
        move |connection| {
            if !store::set_upload(connection, message, UploadState::Ended)? {
                return Err(nothing("uploads"));
            }
            Settled::write(connection, message, &written)
        },
        move |result| {
            let done = result.as_ref().map(|_| ()).map_err(Clone::clone);
            if result.is_ok() {
                client.send(Event::Settled { user: user_id, message, outcome, result });
            }
            then(done);
        },
    );
}

pub(super) fn nothing(what: &str) -> StoreError {
    StoreError::new(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, format!("no such message {what} anything"))
}

/// Pauses an upload; it stays paused across restarts.
pub(super) async fn pause(shared: &Arc<Shared>, message: i64) -> crate::client::Result<()> {
    let sent = shared.media.lock().uploads.get(&message).map(|upload| upload.row.sent);
    let work = move |connection: &rusqlite::Connection| {
        let row = store::upload(connection, message)?.filter(|row| row.state != UploadState::Ended);
        if row.is_none() {
            return Err(nothing("uploads"));
        }
        if let Some(sent) = sent {
            store::note_upload(connection, message, sent)?;
        }
        store::set_upload(connection, message, UploadState::Paused).map(drop)
    };
    shared.run(Durability::Full, work).await?;
    if let Some(upload) = take(shared, message) {
        upload.meter.state(TransferState::Paused);
    }
    pump(shared);
    Ok(())
}

/// Lets a paused or failed upload go again.
pub(super) async fn resume(shared: &Arc<Shared>, message: i64, path: String) -> crate::client::Result<()> {
    super::uploader(shared)?;
    super::part::sendable(&path)?;
    let user = shared.user()?;
    let (row, told) = shared
        .run(Durability::Full, move |connection| {
            let told = store::resume_upload(connection, message)?;
            let row = store::upload(connection, message)?.ok_or_else(|| nothing("uploads"))?;
            Ok((row, told))
        })
        .await?;
    shared.delivery.tell(HostEvent::Conversations(vec![told.conversation]));
    add(shared, &user, vec![row]);
    Ok(())
}

/// Ends an upload; its message becomes FAILED with 33200.
pub(super) async fn cancel(shared: &Arc<Shared>, message: i64) -> crate::client::Result<()> {
    let user = shared.user()?;
    let (reply, answer) = tokio::sync::oneshot::channel();
    let client = shared.clone();
    settle(shared, &user, message, ErrorCode::REQUEST_CANCELLED, move |result| {
        if result.is_ok() {
            cancelled(&client, message);
        }
        let _ = reply.send(result);
    });
    match answer.await {
        Ok(result) => Ok(result?),
        Err(_) => Err(ErrorCode::CLIENT_CLOSED.into()),
    }
}

/// The message is not to be sent any more: its upload, if one goes, ends.
pub(crate) fn cancelled(shared: &Arc<Shared>, message: i64) {
    if let Some(upload) = take(shared, message) {
        upload.meter.state(TransferState::Cancelled);
        pump(shared);
    }
}
