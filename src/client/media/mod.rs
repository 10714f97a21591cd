//! [`Media`]: messages with files. Sending takes the file to a file server first, through the host's
//! [`Uploader`]; downloading brings it here and keeps it. Both go on after cuts, pauses and restarts.
//!
//! HTTP runs on `anser-io`; what blocks (files) runs beside it in the runtime's few helper threads, which
//! resolving names needs anyway: they start when needed and end when idle.

mod cache;
mod content;
mod downloads;
mod fetch;
mod part;
mod progress;
mod state;
mod types;
mod upload;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::delivery::HostEvent;
use super::kinds::{SendOptions, compose};
use super::shared::{Shared, User};
use super::{Error, Result};
use crate::model::{ConversationKey, ErrorCode, Message};
use crate::store::{self, Durability, UploadRow, UploadState};
use crate::transport::is_file_url;
use downloads::{Which, Wish};

pub(crate) use state::Transfers;
pub use types::{DownloadOptions, MediaListener, MediaProgress, TransferDirection, TransferState, Uploader};
pub use upload::Upload;
pub(crate) use upload::{cancelled, continue_all};

/// Longest ending of a file's name that is kept in the cache.
const MAX_ENDING: usize = 8;

/// Messages with files. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Media {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Media {
    /// Sets who takes files to a file server. Unfinished uploads, also those of earlier runs, start at once;
    /// those that go through another uploader are stopped and start again.
    pub fn set_uploader(&self, uploader: Arc<dyn Uploader>) {
        if let Some(shared) = self.shared.upgrade() {
            upload::set_uploader(&shared, uploader);
        }
    }

    /// Sends a message with a file. `content` is the JSON object of kind `object_name`, without the file's
    /// address: that is put in once the file has arrived, at `imageUri`, `fileUrl`, `sightUrl`, `remoteUrl`
    /// or, for custom kinds, `options.url_key`.
    ///
    /// Resolves as soon as the message is durable, with its local form (SENDING, `local_path` the file). The
    /// file is not copied: keep it until the message is SENT. From its arrival on the message goes like any
    /// other, after those that were sent meanwhile.
    ///
    /// # Errors
    /// 41002 if no uploader is set, 34410 if the file cannot be read, 34411 if it is empty; else, also for the
    /// size of the file where the limit is one, as
    /// [`super::Messages::send`].
    pub async fn send(
        &self,
        conversation: ConversationKey,
        object_name: String,
        content: String,
        file_path: String,
        options: SendOptions,
    ) -> Result<Message> {
        let shared = self.shared()?;
        let user = shared.user()?;
        uploader(&shared)?;
        let size = part::sendable(&file_path)?;
        let key = content::url_key(&object_name, options.url_key.as_deref()).to_owned();
        // A content that cannot take an address is refused now, not after the upload.
        content::with_url(&content, &key, "")?;
        let new = compose(&shared, &user, conversation, object_name, content, options, size)?;
        let (client, of) = (shared.clone(), user.clone());
        let work = move |connection: &rusqlite::Connection| {
            let message = store::enqueue_upload(connection, &new, &file_path, size, &key)?;
            Ok((store::upload(connection, message.id)?, message))
        };
        let queued = move |(row, message): (Option<UploadRow>, Message)| {
            upload::add(&client, &of, row.into_iter().collect());
            client.delivery.tell(HostEvent::Conversations(vec![message.conversation.clone()]));
            message
        };
        user.run_then(Durability::Full, work, queued).await
    }

    /// Brings a message's file here and resolves with the message once it is: `local_path` names it. A file
    /// that is here already, with the hash if one is named, is not asked for again, and two calls for one message
    /// share one download. What an earlier run left unfinished is gone on with. Dropping the call cancels nothing.
    ///
    /// # Errors
    /// 61001 if there is no such message, 34413 if it names no address, 33003 for a bad hash, for another path or
    /// hash than those of a download that goes already or, without a data directory, a missing path; 34414, 34415, 34416 for the file server's refusals, 34417 if the hash
    /// differs, 34412 or 34308 if it cannot be written; −1, 30009, 30010, 30011 if the network failed too
    /// often; 33200 if it was cancelled, 34312, 33001 or 34400 if the client was suspended, logged out or closed
    /// meanwhile.
    pub async fn download(&self, message_id: i64, options: DownloadOptions) -> Result<Message> {
        let shared = self.shared()?;
        let user = shared.user()?;
        check_hash(options.sha256.as_deref())?;
        let (message, local, row) = shared
            .read(move |connection| {
                let message = store::message(connection, message_id)?;
                let local = store::local_path(connection, message_id)?;
                Ok((message, local, store::unfinished_download(connection, message_id)?))
            })
            .await?;
        let message = message.ok_or_else(|| Error::new(ErrorCode::GET_MESSAGE_BY_ID_ERROR))?;
        if let Some(local) = local.filter(|local| options.path.as_ref().is_none_or(|path| path == local))
            && is_here(&shared, &local, options.sha256.as_deref()).await?
        {
            let now = shared.clock.wall();
            let touch = move |connection: &rusqlite::Connection| store::use_download(connection, &local, now);
            shared.run(Durability::Relaxed, touch).await?;
            return Ok(message);
        }
        let key = content::url_key(&message.object_name, options.url_key.as_deref());
        let url = content::url_of(&message.content, key).filter(|url| is_file_url(url));
        let url = url.ok_or_else(|| Error::new(ErrorCode::FILE_URL_INVALID))?;
        let row = row.filter(|row| row.url == url);
        let exact = (options.path.is_some(), options.sha256.is_some());
        let (path, cached) = match (options.path, &row) {
            (Some(path), _) => (path, false),
            (None, Some(row)) => (row.path.clone(), row.cached),
            (None, None) => (cache_path(&shared, &user, &message, &url)?, true),
        };
        let sha256 = options.sha256.or_else(|| row.and_then(|row| row.sha256));
        let wish = Wish { path, message: Some(message_id), url, sha256, cached, exact };
        arrive(downloads::request(&shared, &user, wish)?).await?;
        let found = shared.read(move |connection| store::message(connection, message_id)).await?;
        found.ok_or_else(|| ErrorCode::GET_MESSAGE_BY_ID_ERROR.into())
    }

    /// Brings a file to `path`, replacing one that is there. As [`Media::download`], without a message.
    ///
    /// # Errors
    /// As [`Media::download`]; 33003 if another file is being downloaded to that path.
    pub async fn download_url(&self, url: String, path: String, sha256: Option<String>) -> Result<()> {
        let shared = self.shared()?;
        let user = shared.user()?;
        check_hash(sha256.as_deref())?;
        if !is_file_url(&url) {
            return Err(ErrorCode::FILE_URL_INVALID.into());
        }
        let exact = (true, sha256.is_some());
        let wish = Wish { path, message: None, url, sha256, cached: false, exact };
        arrive(downloads::request(&shared, &user, wish)?).await
    }

    /// Pauses a message's upload or download; resolves when it is at rest. An upload stays paused across
    /// restarts.
    ///
    /// # Errors
    /// 33003 if nothing of this message is on its way.
    pub async fn pause(&self, message_id: i64) -> Result<()> {
        let shared = self.shared()?;
        let (user, which) = (shared.user()?, Which::Message(message_id));
        if downloads::is_known(&shared, &user, &which) {
            downloads::pause(&shared, &user, &which).await;
            return Ok(());
        }
        upload::pause(&shared, message_id).await
    }

    /// Lets a paused upload or download go on, or a failed or cancelled upload start again: its message is
    /// SENDING again.
    ///
    /// # Errors
    /// 33003 if nothing of this message can go on; for uploads 41002, 34410 and 34411 as [`Media::send`].
    pub async fn resume(&self, message_id: i64) -> Result<()> {
        let shared = self.shared()?;
        let user = shared.user()?;
        if downloads::resume(&shared, &user, &Which::Message(message_id)) {
            return Ok(());
        }
        match shared.read(move |connection| store::upload(connection, message_id)).await? {
            Some(row) => upload::resume(&shared, message_id, row.path).await,
            None => Err(upload::nothing("transfers").into()),
        }
    }

    /// Cancels a message's upload, which makes the message FAILED with 33200, or its download, whose part is
    /// removed.
    ///
    /// # Errors
    /// 33003 if nothing of this message is on its way.
    pub async fn cancel(&self, message_id: i64) -> Result<()> {
        let shared = self.shared()?;
        let (user, which) = (shared.user()?, Which::Message(message_id));
        let unfinished = move |connection: &rusqlite::Connection| {
            let upload = store::upload(connection, message_id)?;
            let going = upload.is_some_and(|row| row.state != UploadState::Ended);
            Ok((going, store::unfinished_download(connection, message_id)?.is_some()))
        };
        let (uploads, downloads) = shared.read(unfinished).await?;
        if uploads {
            upload::cancel(&shared, message_id).await
        } else if downloads || downloads::is_known(&shared, &user, &which) {
            downloads::cancel(&shared, &user, &which).await
        } else {
            Err(upload::nothing("transfers").into())
        }
    }

    /// Pauses the download to a path; resolves when it is at rest.
    ///
    /// # Errors
    /// 33003 if there is none.
    pub async fn pause_download(&self, path: String) -> Result<()> {
        let shared = self.shared()?;
        let (user, which) = (shared.user()?, Which::Path(path));
        if !downloads::is_known(&shared, &user, &which) {
            return Err(no_download());
        }
        downloads::pause(&shared, &user, &which).await;
        Ok(())
    }

    /// Lets the paused download to a path go on.
    ///
    /// # Errors
    /// 33003 if there is none: after a restart, ask for the file again.
    pub async fn resume_download(&self, path: String) -> Result<()> {
        let shared = self.shared()?;
        let user = shared.user()?;
        if downloads::resume(&shared, &user, &Which::Path(path)) { Ok(()) } else { Err(no_download()) }
    }

    /// Cancels the download to a path, also one of an earlier run, and removes its part.
    ///
    /// # Errors
    /// 33003 if there is none.
    pub async fn cancel_download(&self, path: String) -> Result<()> {
        let shared = self.shared()?;
        let (user, which) = (shared.user()?, Which::Path(path.clone()));
        let left = shared.read(move |connection| store::download(connection, &path)).await?;
        if left.is_none_or(|row| row.done) && !downloads::is_known(&shared, &user, &which) {
            return Err(no_download());
        }
        downloads::cancel(&shared, &user, &which).await
    }

    /// Bytes that downloaded files may take in the cache, 512 MiB at first. The longest unused go first.
    /// Files that were sent, or downloaded to a path of the host's, do not count and are never removed.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn set_cache_limit(&self, bytes: u64) -> Result<()> {
        let shared = self.shared()?;
        let user = shared.user()?;
        shared.media.limit.store(bytes, Ordering::Relaxed);
        let (client, (reply, answer)) = (shared.clone(), oneshot::channel());
        state::on_io(&shared, async move {
            cache::keep_limit(&client, &user, "").await;
            let _ = reply.send(());
        });
        answer.await.map_err(|_| ErrorCode::CLIENT_CLOSED.into())
    }

    /// Bytes that the cache takes, unfinished downloads included.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn cache_size(&self) -> Result<u64> {
        let rows = self.shared()?.read(store::cached_downloads).await?;
        Ok(rows.iter().map(|row| row.bytes).sum())
    }

    /// Empties the cache, except for what is on its way; returns the bytes that it took.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn clear_cache(&self) -> Result<u64> {
        let shared = self.shared()?;
        let user = shared.user()?;
        let (client, (reply, answer)) = (shared.clone(), oneshot::channel());
        state::on_io(&shared, async move {
            let _ = reply.send(cache::clear(&client, &user).await);
        });
        answer.await.map_err(|_| ErrorCode::CLIENT_CLOSED.into())
    }
}

topic!(Media);

fn uploader(shared: &Shared) -> Result<()> {
    if shared.media.lock().uploader.is_none() {
        return Err(Error::with_words(ErrorCode::QNTKN_GET_ERROR, "no uploader is set"));
    }
    Ok(())
}

fn check_hash(sha256: Option<&str>) -> Result<()> {
    if sha256.is_none_or(part::is_sha256) {
        Ok(())
    } else {
        Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into())
    }
}

/// Whether a file is on this device, with this hash if one is asked for.
async fn is_here(shared: &Shared, path: &str, sha256: Option<&str>) -> Result<bool> {
    if !Path::new(path).is_file() {
        return Ok(false);
    }
    let Some(wanted) = sha256 else { return Ok(true) };
    let path = path.to_owned();
    let hash = state::beside_io(shared, move || part::hash_of(&path)).await?;
    Ok(hash.is_ok_and(|hash| hash.eq_ignore_ascii_case(wanted)))
}

fn no_download() -> Error {
    Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, "no download to this path is on its way")
}

async fn arrive(answer: oneshot::Receiver<Result<()>>) -> Result<()> {
    answer.await.unwrap_or_else(|_| Err(ErrorCode::CLIENT_CLOSED.into()))
}

/// Where a message's file lies in the cache: its number, with the ending of its name.
fn cache_path(shared: &Shared, user: &User, message: &Message, url: &str) -> Result<String> {
    let Some(folder) = &shared.folder else {
        let words = "without a data directory a path is needed";
        return Err(Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words));
    };
    let name = content::name_of(&message.content);
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let ending = |name: &str| {
        let (_, ending) = name.rsplit_once('.')?;
        let fits = !ending.is_empty() && ending.len() <= MAX_ENDING;
        (fits && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| format!(".{ending}"))
    };
    let ending = name.as_deref().and_then(ending).or_else(|| ending(bare)).unwrap_or_default();
    Ok(folder.media(&user.id).join(format!("{}{ending}", message.id)).to_string_lossy().into_owned())
}
