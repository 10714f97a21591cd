//! A small real file server: PUT and POST take files, HEAD says how much of one has come (`upload-offset`),
//! GET gives them, with ranges and entity tags. A test
//! plans what it does wrong, request by request. Keeps everything in memory.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use crate::{DEADLINE, HttpHead};

/// What a request for a file gets instead of the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// The line breaks after so many bytes of the body, either way.
    CutAfter(usize),
    /// After so many bytes of the body nothing more moves until [`Files::release`].
    StallAfter(usize),
    /// This status.
    Status(u16),
    /// Elsewhere.
    Redirect(String),
    /// The whole file, whatever range was asked for, and without an entity tag.
    NoRanges,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRequest {
    /// GET, PUT or POST.
    pub method: String,
    /// The file's name.
    pub name: String,
    /// The Range or Content-Range header.
    pub range: Option<String>,
    /// The If-Range header.
    pub if_range: Option<String>,
}

/// A running file server. Dropping it stops it and drops its lines.
pub struct Files {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    requested: Condvar,
    released: Notify,
}

#[derive(Default)]
struct State {
    files: HashMap<String, Vec<u8>>,
    partial: HashMap<String, Vec<u8>>,
    mishaps: HashMap<String, VecDeque<Mishap>>,
    requests: Vec<FileRequest>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    /// Starts a server without files.
    ///
    /// # Errors
    /// The machine has no port to give.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let state = shared.clone();
        let listener = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                lines.spawn(async move {
                    // A line that breaks has ended.
                    let _ = serve(stream, &state).await;
                });
            }
        });
        Ok(Self { address, shared, listener })
    }

    /// The address of a file.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// Puts a file there.
    pub fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.shared.lock().files.insert(name.to_owned(), bytes.into());
    }

    /// A file as it is there.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.shared.lock().files.get(name).cloned()
    }

    /// What goes wrong with the next requests for a file, in order; those after the last are served.
    pub fn plan(&self, name: &str, mishaps: impl IntoIterator<Item = Mishap>) {
        self.shared.lock().mishaps.insert(name.to_owned(), mishaps.into_iter().collect());
    }

    /// Lets lines go on that are stalled now.
    pub fn release(&self) {
        self.shared.released.notify_waiters();
    }

    /// Waits until a file has been asked for or brought, so that the first of its mishaps is used up.
    ///
    /// # Panics
    /// Nobody came within [`crate::DEADLINE`].
    pub fn wait_request(&self, name: &str) {
        let absent = |state: &mut State| !state.requests.iter().any(|request| request.name == name);
        let waited = self.shared.requested.wait_timeout_while(self.shared.lock(), DEADLINE, absent);
        let waited = waited.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        assert!(!waited, "nobody asked for {name}");
    }

    /// The requests for a file so far.
    pub fn requests(&self, name: &str) -> Vec<FileRequest> {
        self.shared.lock().requests.iter().filter(|request| request.name == name).cloned().collect()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// The name of a version: files of the same bytes have the same.
fn tag(bytes: &[u8]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("\"{hash:x}\"")
}

/// One request; the answer says that the line ends with it.
async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let head = HttpHead::read(&mut stream).await?;
    let method = head.method().to_owned();
    let name = head.path().trim_start_matches('/').to_owned();
    let header = |wanted: &str| head.header(wanted).map(str::to_owned);
    if method == "HEAD" {
        let kept = shared.lock().partial.get(&name).map_or(0, Vec::len);
        return answer(&mut stream, 200, &format!("upload-offset: {kept}\r\n"), b"").await;
    }
    let if_range = header("if-range");
    let range = header("range").or_else(|| header("content-range"));
    let mishap = {
        let mut state = shared.lock();
        let request = FileRequest { method, name: name.clone(), range, if_range };
        state.requests.push(request);
        shared.requested.notify_all();
        state.mishaps.get_mut(&name).and_then(VecDeque::pop_front)
    };
    match &mishap {
        Some(Mishap::Status(status)) => return answer(&mut stream, *status, "", b"").await,
        Some(Mishap::Redirect(to)) => {
            return answer(&mut stream, 302, &format!("location: {to}\r\n"), b"").await;
        }
        _ => {}
    }
    if head.method() == "GET" {
        give(&mut stream, shared, &name, mishap, header("range"), header("if-range")).await
    } else {
        take(&mut stream, shared, &name, mishap, head.content_length(), header("content-range")).await
    }
}

async fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

async fn give(
    stream: &mut TcpStream,
    shared: &Shared,
    name: &str,
    mishap: Option<Mishap>,
    range: Option<String>,
    if_range: Option<String>,
) -> std::io::Result<()> {
    let Some(file) = shared.lock().files.get(name).cloned() else {
        return answer(stream, 404, "", b"").await;
    };
    let total = file.len();
    let tag = tag(&file);
    let ranges = mishap != Some(Mishap::NoRanges);
    let start: Option<usize> = range
        .filter(|_| ranges && if_range.is_none_or(|wanted| wanted == tag))
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let (mut head, body) = match start.and_then(|start| Some((start, file.get(start..)?))) {
        Some((start, rest)) if !rest.is_empty() => {
            let last = total.saturating_sub(1);
            (format!("HTTP/1.1 206 -\r\ncontent-range: bytes {start}-{last}/{total}\r\n"), rest)
        }
        Some(_) => return answer(stream, 416, "", b"").await,
        None => ("HTTP/1.1 200 -\r\n".to_owned(), &file[..]),
    };
    if ranges {
        head.push_str(&format!("etag: {tag}\r\naccept-ranges: bytes\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).await?;
    let (first, rest) = match mishap {
        Some(Mishap::CutAfter(bytes) | Mishap::StallAfter(bytes)) => body.split_at(bytes.min(body.len())),
        _ => (body, &[][..]),
    };
    stream.write_all(first).await?;
    match mishap {
        // What is written arrives; the end of the line says that nothing follows.
        Some(Mishap::CutAfter(_)) => return stream.shutdown().await,
        Some(Mishap::StallAfter(_)) => shared.released.notified().await,
        _ => {}
    }
    stream.write_all(rest).await?;
    stream.shutdown().await
}

async fn take(
    stream: &mut TcpStream,
    shared: &Shared,
    name: &str,
    mishap: Option<Mishap>,
    length: usize,
    range: Option<String>,
) -> std::io::Result<()> {
    let start: usize =
        range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()).unwrap_or(0);
    let mut kept = shared.lock().partial.get(name).cloned().unwrap_or_default();
    if start > kept.len() {
        return answer(stream, 409, "", b"").await;
    }
    kept.truncate(start);
    let limit = match mishap {
        Some(Mishap::CutAfter(bytes) | Mishap::StallAfter(bytes)) => bytes.min(length),
        _ => length,
    };
    // An older line that ends late must not take back what a newer one has brought.
    let keep = |kept: &Vec<u8>| {
        let mut state = shared.lock();
        let partial = state.partial.entry(name.to_owned()).or_default();
        if partial.len() < kept.len() {
            partial.clone_from(kept);
        }
    };
    let read = read_up_to(stream, &mut kept, start + limit).await;
    keep(&kept);
    read?;
    match mishap {
        Some(Mishap::CutAfter(_)) => return Ok(()),
        Some(Mishap::StallAfter(_)) => shared.released.notified().await,
        _ => {}
    }
    let read = read_up_to(stream, &mut kept, start + length).await;
    keep(&kept);
    read?;
    {
        let mut state = shared.lock();
        state.partial.remove(name);
        state.files.insert(name.to_owned(), kept);
    }
    answer(stream, 201, "", b"").await
}

async fn read_up_to(stream: &mut TcpStream, kept: &mut Vec<u8>, end: usize) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    while kept.len() < end {
        let want = buffer.len().min(end - kept.len());
        let Some(space) = buffer.get_mut(..want) else { return Ok(()) };
        let read = stream.read(space).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
    Ok(())
}
