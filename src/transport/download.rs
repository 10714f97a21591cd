//! Files by GET: the request, resumed where it may be, and the bytes as they come. The client's downloads
//! call it on `anser-io`. It writes no file and tries nothing again.

use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HOST, HeaderMap, HeaderName, IF_RANGE,
    LAST_MODIFIED, LOCATION, RANGE,
};
use hyper::{Method, Request, Response, Uri};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::address::Address;
use super::connector::Dialer;
use super::http;
use crate::model::ErrorCode;
use crate::wire::Bytes;
use crate::{runtime, timing};

/// Redirects followed for one file.
const MAX_REDIRECTS: usize = 5;

/// Where to go on with a file of which some is here already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Bytes that are here.
    pub offset: u64,
    /// The server's name for the version that they belong to.
    pub validator: String,
}

/// A file on its way.
pub struct FileStream {
    /// Where the bytes begin: what was asked for, or 0 if the server sends everything.
    pub offset: u64,
    /// Size of the whole file, if the server says so.
    pub total: Option<u64>,
    /// The server's name for this version; without one nothing can be resumed.
    pub validator: Option<String>,
    body: Incoming,
    _connection: Driver,
}

/// The task that moves the bytes; ends with the stream.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl FileStream {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// The line broke (30011), or nothing came for [`timing::TRANSFER_IDLE`] (−1).
    pub async fn next(&mut self) -> Result<Option<Bytes>, ErrorCode> {
        loop {
            match idle(self.body.frame()).await? {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(_)) => return Err(ErrorCode::RC_SOCKET_DISCONNECTED),
            }
        }
    }
}

/// Whether a file can be asked for at this address.
pub fn is_file_url(url: &str) -> bool {
    FileUrl::parse(url).is_some()
}

/// Asks for a file, from `resume` on if the server can and its version is the same, else from the start.
/// Follows redirects, but not from TLS to the clear. Runs on a runtime's thread.
///
/// # Errors
/// 34413 for an address that is none, 34414 for a file that is not there, 34415 for a refusal, 34416 for a
/// server in trouble; 30009, 30010, 30011 or −1 if it cannot be reached or does not answer.
pub async fn open_file(url: &str, resume: Option<&Resume>, dialer: &Dialer) -> Result<FileStream, ErrorCode> {
    let mut url = FileUrl::parse(url).ok_or(ErrorCode::FILE_URL_INVALID)?;
    let mut resume = resume;
    let mut redirects = 0;
    loop {
        let (response, connection) = ask(&url, resume, dialer).await?;
        let headers = response.headers();
        match response.status().as_u16() {
            200 => {
                let (total, validator) = (number(headers, CONTENT_LENGTH), validator(headers));
                let body = response.into_body();
                return Ok(FileStream { offset: 0, total, validator, body, _connection: connection });
            }
            206 => {
                let wanted = resume.map(|resume| resume.offset).ok_or(ErrorCode::FILE_REFUSED)?;
                let range = text(headers, CONTENT_RANGE).and_then(|range| content_range(&range));
                if let Some((start, total)) = range
                    && start == wanted
                {
                    let validator = resume.map(|resume| resume.validator.clone());
                    let body = response.into_body();
                    return Ok(FileStream { offset: start, total, validator, body, _connection: connection });
                }
                // Not the bytes that were asked for.
                resume = None;
            }
            // The file has become shorter than what is here.
            416 if resume.is_some() => resume = None,
            301 | 302 | 303 | 307 | 308 => {
                redirects += 1;
                let location = text(headers, LOCATION).filter(|_| redirects <= MAX_REDIRECTS);
                let next = location.and_then(|location| url.join(&location));
                let next = next.ok_or(ErrorCode::FILE_REFUSED)?;
                if url.address.secure && !next.address.secure {
                    log::warn!("{} redirects from TLS to the clear: refused", url.address.authority());
                    return Err(ErrorCode::FILE_REFUSED);
                }
                url = next;
            }
            404 | 410 => return Err(ErrorCode::FILE_NOT_ON_SERVER),
            408 | 425 | 429 | 500..=599 => return Err(ErrorCode::FILE_SERVER_FAILED),
            status => {
                log::info!("{} answers {status} for a file", url.address.authority());
                return Err(ErrorCode::FILE_REFUSED);
            }
        }
    }
}

async fn ask(
    url: &FileUrl,
    resume: Option<&Resume>,
    dialer: &Dialer,
) -> Result<(Response<Incoming>, Driver), ErrorCode> {
    let (mut sender, connection) = http::handshake(&url.address, dialer).await?;
    let driver = Driver(runtime::spawn_local(async move {
        // How it ends shows in the exchange.
        let _ = connection.await;
    }));
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(&url.path)
        .header(HOST, url.host())
        // Sizes and offsets are those of the file itself.
        .header(ACCEPT_ENCODING, "identity");
    if let Some(resume) = resume {
        request = request
            .header(RANGE, format!("bytes={}-", resume.offset))
            .header(IF_RANGE, resume.validator.as_str());
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| ErrorCode::FILE_URL_INVALID)?;
    match idle(sender.send_request(request)).await? {
        Ok(response) => Ok((response, driver)),
        Err(_) => Err(ErrorCode::RC_SOCKET_DISCONNECTED),
    }
}

async fn idle<T>(next: impl Future<Output = T>) -> Result<T, ErrorCode> {
    timeout(Duration::from_millis(timing::TRANSFER_IDLE), next).await.map_err(|_| ErrorCode::TIMEOUT)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn number(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

/// What If-Range may name: a strong entity tag, or the time of the last change.
fn validator(headers: &HeaderMap) -> Option<String> {
    text(headers, ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| text(headers, LAST_MODIFIED))
}

/// Reads `bytes start-end/total`.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

/// The address of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileUrl {
    address: Address,
    /// Path and query, "/" at least.
    path: String,
}

impl FileUrl {
    fn parse(url: &str) -> Option<Self> {
        let url = escape(url.trim().split('#').next()?);
        if !url.contains("://") {
            return None;
        }
        let address = Address::parse_navigation(&url)?;
        let uri: Uri = url.parse().ok()?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Self { address, path })
    }

    /// The address that `location` means, seen from this one.
    fn join(&self, location: &str) -> Option<Self> {
        let scheme = if self.address.secure { "https" } else { "http" };
        let location = location.trim();
        if location.contains("://") {
            Self::parse(location)
        } else if let Some(rest) = location.strip_prefix("//") {
            Self::parse(&format!("{scheme}://{rest}"))
        } else if location.starts_with('/') {
            Self::parse(&format!("{scheme}://{}{location}", self.address.authority()))
        } else {
            let path = self.path.split('?').next()?;
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self::parse(&format!("{scheme}://{}{folder}/{location}", self.address.authority()))
        }
    }

    /// The Host header. Signed addresses are signed without the usual port.
    fn host(&self) -> String {
        let usual = if self.address.secure { 443 } else { 80 };
        if self.address.port == usual { self.address.host.clone() } else { self.address.authority() }
    }
}

/// Addresses come from people's file names: what may not stand in one is escaped, what is escaped stays.
fn escape(url: &str) -> String {
    let mut escaped = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                escaped.push_str(&format!("%{byte:02X}"));
            }
            b'!'..=b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Option<(String, String)> {
        FileUrl::parse(url).map(|url| (url.host(), url.path))
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let pair = |host: &str, path: &str| Some((host.to_owned(), path.to_owned()));
        assert_eq!(parsed("https://files.example/a/b.png?x=1#top"), pair("files.example", "/a/b.png?x=1"));
        assert_eq!(parsed("http://127.0.0.1:8080"), pair("127.0.0.1:8080", "/"));
        assert_eq!(parsed("https://f.example/我 a%20b.pdf"), pair("f.example", "/%E6%88%91%20a%20b.pdf"));
        for url in ["", "files.example/a", "file:///etc/passwd", "ftp://a/b", "http://", "/tmp/x"] {
            assert_eq!(parsed(url), None, "{url}");
        }
    }

    #[test]
    fn redirects_are_read_from_where_they_stand() {
        let from = FileUrl::parse("https://a.example:8443/x/y?z=1").unwrap();
        let join = |location: &str| from.join(location).map(|url| (url.host(), url.path)).unwrap();
        assert_eq!(join("http://b.example/f"), ("b.example".into(), "/f".into()));
        assert_eq!(join("//b.example/f"), ("b.example".into(), "/f".into()));
        assert_eq!(join("/f?u=http"), ("a.example:8443".into(), "/f?u=http".into()));
        assert_eq!(join("f"), ("a.example:8443".into(), "/x/f".into()));
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 0-9/*"), Some((0, None)));
        assert_eq!(content_range("items 0-9/10"), None);
    }
}
