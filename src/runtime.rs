//! The only place that starts threads or tasks.

use std::future::Future;
use std::io;
use std::thread::JoinHandle;

/// Starts a named thread. Names show in debuggers and in `top -H`.
///
/// # Errors
/// The system has no thread to give.
pub(crate) fn spawn_thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// A runtime that runs on the thread which drives it.
///
/// # Errors
/// The system refuses what its reactor needs.
pub(crate) fn local_runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
}

/// Threads that a runtime may have for what blocks: one for each of three downloads and one to resolve
/// names. They start when needed and end when idle.
const BLOCKING_THREADS: usize = 4;

/// Runs what blocks (files) beside the runtime of the calling thread. `None` if it panicked or the runtime
/// ends before it has begun.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Starts a task on the runtime of the calling thread.
pub(crate) fn spawn_local(task: impl Future<Output = ()> + Send + 'static) -> tokio::task::AbortHandle {
    tokio::spawn(task).abort_handle()
}
