//! One file, from its address to its place: asks, writes, goes on after cuts, checks. Runs on `anser-io`;
//! the file is written beside it, one step at a time, while nothing is read from the line.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cache;
use super::downloads::Stop;
use super::part::Part;
use super::progress::Meter;
use super::state::{may_pass, pause_after};
use crate::client::shared::{Shared, User};
use crate::model::ErrorCode;
use crate::runtime;
use crate::store::{self, DownloadRow, Durability, StoreError};
use crate::timing;
use crate::transport::{FileStream, Resume, open_file};
use crate::wire::Bytes;

/// Bytes that are written at once.
const WRITE_STEP: u64 = 256 * 1024;
/// Bytes after which the file is synced and its state written down: what a power failure may cost.
const SYNC_STEP: u64 = 4 << 20;
/// Attempts in a row that may move nothing; then the download fails, and can be asked for again.
const MAX_FRUITLESS: u32 = 4;

/// A file to fetch.
pub(super) struct Job {
    pub(super) path: String,
    pub(super) message: Option<i64>,
    pub(super) url: String,
    pub(super) sha256: Option<String>,
    pub(super) cached: bool,
    pub(super) meter: Meter,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The file is in its place.
    Done,
    /// It was stopped; what is here is safe.
    Stopped,
    /// For good.
    Failed(ErrorCode),
}

/// Fetches a file.
pub(super) async fn run(shared: &Arc<Shared>, user: &Arc<User>, job: &Arc<Job>, stop: &Stop) -> End {
    match Task::open(shared, user, job).await {
        Ok(mut task) => match task.run(stop).await {
            Ok(end) => end,
            Err(code) => End::Failed(code),
        },
        Err(code) => End::Failed(code),
    }
}

/// Runs a job on a user's store.
pub(super) async fn write<T: Send + 'static>(
    user: &User,
    work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ErrorCode> {
    user.run(Durability::Relaxed, work).await.map_err(|error| error.code())
}

struct Task<'a> {
    shared: &'a Arc<Shared>,
    user: &'a Arc<User>,
    job: &'a Arc<Job>,
    row: DownloadRow,
    part: Arc<Mutex<Part>>,
    /// Bytes in the part.
    length: u64,
    buffer: Vec<Bytes>,
    buffered: u64,
}

/// How an attempt ended.
enum Attempt {
    Whole,
    Stopped,
    Cut(ErrorCode),
}

impl<'a> Task<'a> {
    async fn open(
        shared: &'a Arc<Shared>,
        user: &'a Arc<User>,
        job: &'a Arc<Job>,
    ) -> Result<Self, ErrorCode> {
        let path = job.path.clone();
        let known = write(user, move |connection| store::download(connection, &path)).await?;
        let fresh = || DownloadRow {
            path: job.path.clone(),
            message: job.message,
            url: job.url.clone(),
            validator: None,
            sha256: job.sha256.clone(),
            total: None,
            bytes: 0,
            done: false,
            cached: job.cached,
        };
        let mut row = known.filter(|row| row.url == job.url && !row.done).unwrap_or_else(fresh);
        (row.message, row.sha256, row.cached) = (job.message, job.sha256.clone(), job.cached);
        // Without the version's name, what is here may belong to another file.
        let keep = if row.validator.is_some() { row.bytes } else { 0 };
        let (path, cached) = (job.path.clone(), job.cached);
        let part = blocking(move || Part::open(&path, keep, cached)).await?;
        let length = part.length;
        let part = Arc::new(Mutex::new(part));
        Ok(Self { shared, user, job, row, part, length, buffer: Vec::new(), buffered: 0 })
    }

    async fn run(&mut self, stop: &Stop) -> Result<End, ErrorCode> {
        let mut fruitless = 0;
        loop {
            let before = self.length;
            match self.attempt(stop).await? {
                Attempt::Whole => break,
                Attempt::Stopped => {
                    self.save().await?;
                    return Ok(End::Stopped);
                }
                Attempt::Cut(code) => {
                    fruitless = if self.length > before { 0 } else { fruitless + 1 };
                    if !may_pass(code) || fruitless > MAX_FRUITLESS {
                        self.save().await?;
                        return Ok(End::Failed(code));
                    }
                    log::info!("a download was cut off ({code}) and goes on");
                    tokio::select! {
                        () = stop.wait() => {}
                        () = tokio::time::sleep(pause_after(fruitless)) => {}
                    }
                }
            }
        }
        self.finish().await
    }

    async fn attempt(&mut self, stop: &Stop) -> Result<Attempt, ErrorCode> {
        let resume = match &self.row.validator {
            Some(validator) if self.length > 0 => {
                Some(Resume { offset: self.length, validator: validator.clone() })
            }
            _ => None,
        };
        if resume.is_some() && self.row.total == Some(self.length) {
            return Ok(Attempt::Whole);
        }
        let dialer = self.shared.media.dialer().map_err(|error| error.code())?;
        self.job.meter.running(self.length, self.row.total.unwrap_or(0));
        let opened = tokio::select! {
            biased;
            () = stop.wait() => return Ok(Attempt::Stopped),
            opened = open_file(&self.job.url, resume.as_ref(), &dialer) => opened,
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(code) => return Ok(Attempt::Cut(code)),
        };
        if stream.offset != self.length {
            self.with_part(Part::clear).await?;
        }
        self.row.total = stream.total;
        self.row.validator = stream.validator.clone();
        self.row.bytes = self.row.bytes.min(self.length);
        self.note().await?;
        loop {
            let Some(next) = self.next(&mut stream, stop).await else {
                self.flush().await?;
                return Ok(Attempt::Stopped);
            };
            match next {
                Ok(Some(bytes)) => {
                    self.buffered += bytes.len() as u64;
                    self.buffer.push(bytes);
                    let here = self.length + self.buffered;
                    if self.row.total.is_some_and(|total| here > total) {
                        return Err(ErrorCode::FILE_REFUSED);
                    }
                    self.job.meter.running(here, self.row.total.unwrap_or(0));
                    if self.buffered >= WRITE_STEP {
                        self.flush().await?;
                        if self.length - self.row.bytes >= SYNC_STEP {
                            self.save().await?;
                        }
                    }
                }
                Ok(None) => {
                    self.flush().await?;
                    if self.row.total.is_some_and(|total| self.length < total) {
                        return Ok(Attempt::Cut(ErrorCode::RC_SOCKET_DISCONNECTED));
                    }
                    self.row.total = Some(self.length);
                    return Ok(Attempt::Whole);
                }
                Err(code) => {
                    self.flush().await?;
                    return Ok(Attempt::Cut(code));
                }
            }
        }
    }

    /// The next bytes, or `None` once it shall stop. When nothing comes, the host hears what has come so far.
    async fn next(&self, stream: &mut FileStream, stop: &Stop) -> Option<Result<Option<Bytes>, ErrorCode>> {
        let mut next = std::pin::pin!(stream.next());
        let interval = Duration::from_millis(timing::PROGRESS_INTERVAL);
        loop {
            tokio::select! {
                biased;
                () = stop.wait() => return None,
                next = &mut next => return Some(next),
                () = tokio::time::sleep(interval), if self.job.meter.is_behind() => self.job.meter.catch_up(),
            }
        }
    }

    /// Runs a step on the part, beside `anser-io`.
    async fn with_part(
        &mut self,
        step: impl FnOnce(&mut Part) -> Result<(), ErrorCode> + Send + 'static,
    ) -> Result<(), ErrorCode> {
        let part = self.part.clone();
        self.length = blocking(move || {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            step(&mut part).map(|()| part.length)
        })
        .await?;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), ErrorCode> {
        let chunks = std::mem::take(&mut self.buffer);
        self.buffered = 0;
        self.with_part(move |part| part.append(&chunks)).await
    }

    /// Makes what is here survive a power failure, and says so.
    async fn save(&mut self) -> Result<(), ErrorCode> {
        self.with_part(|part| part.sync()).await?;
        self.row.bytes = self.length;
        self.note().await
    }

    async fn note(&self) -> Result<(), ErrorCode> {
        let (row, now) = (self.row.clone(), self.shared.clock.wall());
        write(self.user, move |connection| store::note_download(connection, &row, now)).await
    }

    async fn finish(&mut self) -> Result<End, ErrorCode> {
        let sha256 = self.job.sha256.clone();
        if let Err(code) = self.with_part(move |part| part.finish(sha256.as_deref())).await {
            if code == ErrorCode::FILE_HASH_DIFFERS {
                let path = self.job.path.clone();
                write(self.user, move |connection| store::forget_download(connection, &path)).await?;
            }
            return Err(code);
        }
        (self.row.bytes, self.row.done) = (self.length, true);
        let (row, now) = (self.row.clone(), self.shared.clock.wall());
        write(self.user, move |connection| store::finish_download(connection, &row, now)).await?;
        if self.job.cached {
            cache::keep_limit(self.shared, self.user, &self.job.path).await;
        }
        Ok(End::Done)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ErrorCode> + Send + 'static,
) -> Result<T, ErrorCode> {
    runtime::blocking(work).await.unwrap_or(Err(ErrorCode::INTERNAL))
}
