//! An uploader as a host would write one: takes files to a [`crate::Files`] server by PUT, goes on where an
//! attempt ended, and keeps a diary.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anser::client::{Upload, Uploader};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// Bytes sent at once.
const STEP: usize = 16 * 1024;

/// Uploads to one server. The file's name on the server is the one on the device, and what its addresses end with.
pub struct HttpUploader {
    server: SocketAddr,
    ending: &'static str,
    runtime: Handle,
    diary: Arc<Mutex<Diary>>,
}

/// What an uploader has seen.
#[derive(Debug, Clone, Default)]
pub struct Diary {
    /// Started: id, message, offset.
    pub started: Vec<(i64, i64, u64)>,
    /// Ids that were stopped.
    pub stopped: HashSet<i64>,
}

impl HttpUploader {
    /// An uploader that works on the runtime of the caller.
    pub fn new(server: SocketAddr) -> Arc<Self> {
        Self::ending(server, "")
    }

    /// The same, whose addresses all end so: a query with a signature, say.
    pub fn ending(server: SocketAddr, ending: &'static str) -> Arc<Self> {
        Arc::new(Self { server, ending, runtime: Handle::current(), diary: Arc::default() })
    }

    /// What it has seen so far.
    pub fn diary(&self) -> Diary {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Uploader for HttpUploader {
    fn start(&self, upload: Arc<Upload>) {
        let entry = (upload.id(), upload.message_id(), upload.offset());
        self.diary.lock().unwrap_or_else(PoisonError::into_inner).started.push(entry);
        let (server, name) = (self.server, name(&upload) + self.ending);
        self.runtime.spawn(async move {
            match send(server, &name, &upload).await {
                Ok(200..=299) => upload.finish(format!("http://{server}/{name}")),
                Ok(status) => upload.fail(34415, status >= 500),
                Err(_) => upload.fail(30011, true),
            }
        });
    }

    fn stop(&self, upload_id: i64) {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner).stopped.insert(upload_id);
    }
}

fn name(upload: &Upload) -> String {
    let path = upload.path();
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

async fn kept(server: SocketAddr, name: &str) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(format!("HEAD /{name} HTTP/1.1\r\nhost: {server}\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let offset = answer.lines().find_map(|line| line.strip_prefix("upload-offset: "));
    Ok(offset.and_then(|offset| offset.trim().parse().ok()).unwrap_or(0))
}

async fn send(server: SocketAddr, name: &str, upload: &Upload) -> std::io::Result<u16> {
    let file = std::fs::read(upload.path())?;
    // What was reported may have been lost on the way: the server knows.
    let offset = if upload.offset() > 0 { kept(server, name).await? } else { 0 };
    let rest = file.get(offset..).unwrap_or_default();
    let mut stream = TcpStream::connect(server).await?;
    let head = format!(
        "PUT /{name} HTTP/1.1\r\nhost: {server}\r\ncontent-length: {}\r\ncontent-range: bytes {offset}-{}/{}\r\n\r\n",
        rest.len(),
        file.len().saturating_sub(1),
        file.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut sent = offset;
    for chunk in rest.chunks(STEP) {
        if upload.is_stopped() {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        stream.write_all(chunk).await?;
        sent += chunk.len();
        upload.report(sent as u64);
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or(std::io::ErrorKind::InvalidData.into())
}
