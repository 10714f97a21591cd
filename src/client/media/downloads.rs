//! Downloads: which go, which wait, who waits for them. One task per file; what happens inside a task is
//! `fetch`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, oneshot};

use super::fetch::{self, End, Job};
use super::part;
use super::progress::Meter;
use super::state::{AT_ONCE, Inner, on_io};
use super::types::{TransferDirection, TransferState};
use crate::client::shared::{Shared, User};
use crate::client::{Error, Result};
use crate::model::ErrorCode;
use crate::runtime;
use crate::store::{self, Durability};

/// Who waits for a file gets this.
pub(super) type Arrival = oneshot::Sender<Result<()>>;

/// What is wanted of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Go,
    Pause,
    Cancel,
    /// Its user is gone; what is here stays.
    Leave,
}

/// A file that somebody wants.
pub(super) struct Wish {
    pub(super) path: String,
    pub(super) message: Option<i64>,
    pub(super) url: String,
    pub(super) sha256: Option<String>,
    pub(super) cached: bool,
    /// Whether it must be this path, and this hash: a download that goes elsewhere or checks something else
    /// will not do.
    pub(super) exact: (bool, bool),
}

impl Wish {
    /// Whether this download brings what is wanted.
    fn is_met_by(&self, download: &Download, user: &User) -> bool {
        let job = &download.job;
        let same_hash = || match (&self.sha256, &job.sha256) {
            (Some(wanted), Some(checked)) => wanted.eq_ignore_ascii_case(checked),
            (wanted, checked) => wanted.is_none() && checked.is_none(),
        };
        let (path, hash) = self.exact;
        download.user.id == user.id
            && job.message == self.message
            && (self.message.is_some() || job.url == self.url)
            && (!path || job.path == self.path)
            && (!hash || same_hash())
    }
}

/// A download that goes, waits for its turn or is paused.
pub(super) struct Download {
    user: Arc<User>,
    job: Arc<Job>,
    wanted: Wanted,
    stop: Option<Arc<Stop>>,
    arrivals: Vec<Arrival>,
    /// Who waits for it to come to rest.
    rests: Vec<oneshot::Sender<()>>,
}

impl Download {
    /// Stops it, as this user wants it. What is returned resolves when it is at rest; `None` if it does not go.
    fn bring_to(&mut self, user: &Arc<User>, wanted: Wanted) -> Option<oneshot::Receiver<()>> {
        (self.user, self.wanted) = (user.clone(), wanted);
        let stop = self.stop.as_ref()?;
        let (rest, rested) = oneshot::channel();
        self.rests.push(rest);
        stop.stop();
        Some(rested)
    }
}

/// Tells a task to come to rest, which it does between two steps: no write is cut off.
#[derive(Default)]
pub(super) struct Stop {
    stopped: AtomicBool,
    changed: Notify,
}

impl Stop {
    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Resolves once it shall stop.
    pub(super) async fn wait(&self) {
        while !self.stopped.load(Ordering::Acquire) {
            self.changed.notified().await;
        }
    }
}

/// Which download is meant.
#[derive(Debug, Clone)]
pub(super) enum Which {
    Message(i64),
    Path(String),
}

impl Which {
    fn is(&self, download: &Download, user: &User) -> bool {
        download.user.id == user.id
            && match self {
                Self::Message(message) => download.job.message == Some(*message),
                Self::Path(path) => download.job.path == *path,
            }
    }
}

/// Asks for a file: joins the task that fetches it already, or starts one.
pub(super) fn request(
    shared: &Arc<Shared>,
    user: &Arc<User>,
    wish: Wish,
) -> Result<oneshot::Receiver<Result<()>>> {
    let (arrival, answer) = oneshot::channel();
    let mut inner = shared.media.lock();
    if inner.closed {
        return Err(ErrorCode::CLIENT_CLOSED.into());
    }
    let known = inner.downloads.iter_mut().find(|known| {
        let same_message = wish.message.is_some() && known.job.message == wish.message;
        known.user.id == user.id && same_message || known.job.path == wish.path
    });
    match known {
        Some(known) if wish.is_met_by(known, user) => {
            known.user = user.clone();
            known.wanted = Wanted::Go;
            known.arrivals.push(arrival);
        }
        Some(_) => return Err(busy()),
        None => {
            let way = TransferDirection::Download;
            let meter = Meter::new(&shared.delivery, &shared.clock, way, wish.message, &wish.path);
            let Wish { path, message, url, sha256, cached, .. } = wish;
            let job = Arc::new(Job { path, message, url, sha256, cached, meter });
            inner.downloads.push(Download {
                user: user.clone(),
                job,
                wanted: Wanted::Go,
                stop: None,
                arrivals: vec![arrival],
                rests: Vec::new(),
            });
        }
    }
    drop(inner);
    pump(shared);
    Ok(answer)
}

fn busy() -> Error {
    let words = "it is being downloaded to another path or with another hash, or another file to this path";
    Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words)
}

fn pump(shared: &Arc<Shared>) {
    let mut inner = shared.media.lock();
    let mut going = inner.downloads.iter().filter(|download| download.stop.is_some()).count();
    for download in &mut inner.downloads {
        if download.wanted != Wanted::Go || download.stop.is_some() {
            continue;
        }
        if going >= AT_ONCE {
            download.job.meter.state(TransferState::Waiting);
            continue;
        }
        going += 1;
        let stop = Arc::new(Stop::default());
        download.stop = Some(stop.clone());
        let (client, user, job) = (shared.clone(), download.user.clone(), download.job.clone());
        on_io(shared, async move {
            let end = fetch::run(&client, &user, &job, &stop).await;
            if end != End::Done
                && let Some(user) = cancelled_by(&client, &job)
            {
                discard(&user, &job.path).await;
            }
            ended(&client, &user, &job, end);
        });
    }
}

/// Who has cancelled a download, as it is open now.
fn cancelled_by(shared: &Shared, job: &Arc<Job>) -> Option<Arc<User>> {
    let inner = shared.media.lock();
    let found = inner.downloads.iter().find(|download| Arc::ptr_eq(&download.job, job))?;
    (found.wanted == Wanted::Cancel).then(|| found.user.clone())
}

/// Removes what is here of a download. Runs on `anser-io`.
async fn discard(user: &Arc<User>, path: &str) {
    let target = path.to_owned();
    runtime::blocking(move || part::remove_part(&target)).await;
    let target = path.to_owned();
    let forgotten = fetch::write(user, move |connection| store::forget_download(connection, &target)).await;
    if let Err(code) = forgotten {
        log::warn!("a cancelled download cannot be forgotten: {code}");
    }
}

/// The task of a download has ended; it worked on the store of `user`.
fn ended(shared: &Arc<Shared>, user: &Arc<User>, job: &Arc<Job>, end: End) {
    let mut inner = shared.media.lock();
    let Some(at) = inner.downloads.iter().position(|download| Arc::ptr_eq(&download.job, job)) else {
        return;
    };
    let Some(download) = inner.downloads.get_mut(at) else { return };
    download.stop = None;
    let rests = std::mem::take(&mut download.rests);
    // A store that was closed under it is no failure: it stopped with its user.
    let gone = end == End::Failed(ErrorCode::CLIENT_CLOSED);
    let wanted = match download.wanted {
        // Wanted by somebody whose store is closed, not by who has come since.
        Wanted::Go if gone && Arc::ptr_eq(&download.user, user) => Wanted::Leave,
        wanted => wanted,
    };
    let result = match (if gone { End::Stopped } else { end }, wanted) {
        (End::Done, _) => {
            job.meter.state(TransferState::Done);
            Some(Ok(()))
        }
        (End::Stopped | End::Failed(_), Wanted::Cancel) => {
            job.meter.state(TransferState::Cancelled);
            Some(Err(ErrorCode::REQUEST_CANCELLED.into()))
        }
        (End::Failed(code), _) => {
            job.meter.failed(code);
            Some(Err(code.into()))
        }
        (End::Stopped, Wanted::Leave) => {
            Some(Err(shared.user().err().unwrap_or(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT.into())))
        }
        (End::Stopped, Wanted::Pause) => {
            job.meter.state(TransferState::Paused);
            None
        }
        // It is wanted again.
        (End::Stopped, Wanted::Go) => None,
    };
    let arrivals = match result {
        Some(result) => {
            let arrivals = inner.downloads.remove(at).arrivals;
            Some((arrivals, result))
        }
        None => None,
    };
    drop(inner);
    for (arrival, result) in arrivals
        .into_iter()
        .flat_map(|(arrivals, result)| arrivals.into_iter().map(move |arrival| (arrival, result.clone())))
    {
        // Whoever asked may have lost interest.
        let _ = arrival.send(result);
    }
    for rest in rests {
        let _ = rest.send(());
    }
    pump(shared);
}

/// Stops everything that belongs to a user who goes; returns who has to be told.
pub(super) fn end_all(inner: &mut Inner) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    for download in &mut inner.downloads {
        arrivals.append(&mut download.arrivals);
        download.wanted = Wanted::Leave;
        if let Some(stop) = &download.stop {
            stop.stop();
        }
    }
    let closed = inner.closed;
    inner.downloads.retain(|download| download.stop.is_some() && !closed);
    arrivals
}

/// Whether this download is known: it goes, waits or is paused.
pub(super) fn is_known(shared: &Shared, user: &User, which: &Which) -> bool {
    shared.media.lock().downloads.iter().any(|download| which.is(download, user))
}

/// Whether a file is being worked on and must not be evicted.
pub(super) fn is_busy(shared: &Shared, path: &str) -> bool {
    shared.media.lock().downloads.iter().any(|download| download.job.path == path)
}

/// Pauses a download and waits until it is at rest.
pub(super) async fn pause(shared: &Arc<Shared>, user: &Arc<User>, which: &Which) {
    let rest = {
        let mut inner = shared.media.lock();
        let Some(download) = inner.downloads.iter_mut().find(|download| which.is(download, user)) else {
            return;
        };
        let rest = download.bring_to(user, Wanted::Pause);
        if rest.is_none() {
            download.job.meter.state(TransferState::Paused);
        }
        rest
    };
    if let Some(rest) = rest {
        // An error means that the client has ended: that is rest, too.
        let _ = rest.await;
    }
}

/// Ends a download, known or left from an earlier run, and removes what is here of it.
pub(super) async fn cancel(shared: &Arc<Shared>, user: &Arc<User>, which: &Which) -> Result<()> {
    let (known, rest) = {
        let mut inner = shared.media.lock();
        let at = inner.downloads.iter().position(|download| which.is(download, user));
        let going = at.and_then(|at| inner.downloads.get_mut(at));
        match going.and_then(|download| download.bring_to(user, Wanted::Cancel)) {
            Some(rest) => (None, Some(rest)),
            // It does not go, and cannot begin to: nobody else touches its file.
            None => (at.map(|at| inner.downloads.remove(at)), None),
        }
    };
    if let Some(rest) = rest {
        // An error means that the client has ended: that is rest, too.
        let _ = rest.await;
        return Ok(());
    }
    let path = match (&known, which) {
        (Some(download), _) => Some(download.job.path.clone()),
        (None, Which::Path(path)) => Some(path.clone()),
        (None, Which::Message(message)) => {
            let message = *message;
            let read =
                move |connection: &rusqlite::Connection| store::unfinished_download(connection, message);
            shared.read(read).await?.map(|row| row.path)
        }
    };
    if let Some(path) = path {
        let (target, row) = (path.clone(), path);
        super::state::beside_io(shared, move || part::remove_part(&target)).await?;
        let unfinished = move |connection: &rusqlite::Connection| match store::download(connection, &row)?
            .filter(|row| !row.done)
        {
            Some(row) => store::forget_download(connection, &row.path),
            None => Ok(()),
        };
        shared.run(Durability::Relaxed, unfinished).await?;
    }
    if let Some(download) = known {
        download.job.meter.state(TransferState::Cancelled);
        for arrival in download.arrivals {
            let _ = arrival.send(Err(ErrorCode::REQUEST_CANCELLED.into()));
        }
    }
    Ok(())
}

/// Lets a paused download go on; `false` if none is known.
pub(super) fn resume(shared: &Arc<Shared>, user: &Arc<User>, which: &Which) -> bool {
    {
        let mut inner = shared.media.lock();
        let Some(download) = inner.downloads.iter_mut().find(|download| which.is(download, user)) else {
            return false;
        };
        (download.user, download.wanted) = (user.clone(), Wanted::Go);
    }
    pump(shared);
    true
}
