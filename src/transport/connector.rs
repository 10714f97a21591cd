//! The one way to open a stream: resolve, TCP, the proxy if there is one, TLS where asked. HTTP and WebSocket
//! both run over it, so that trust and the way are decided in one place.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Address;
use super::proxy::Proxy;
use super::race::Race;
use super::signs::Signs;
use super::{contest, trust};
use crate::model::ErrorCode;
use crate::timing;

/// Addresses of one host that are tried, at most.
const MAX_ADDRESSES: usize = 8;

/// How servers are reached: whom to trust, and which proxy to go through.
#[derive(Clone)]
pub struct Dialer {
    tls: Arc<ClientConfig>,
    proxy: Option<Arc<Proxy>>,
    /// What is seen of the servers on the way.
    pub(super) signs: Arc<Signs>,
}

/// What a host says about the way to its servers; all of it may be empty.
#[derive(Clone, Copy, Default)]
pub struct Route<'a> {
    /// Certificates to trust besides the web's, PEM.
    pub ca_pem: Option<&'a str>,
    /// Keys of which a server's certificate must hold one: `sha256/` and the base64 of the SHA-256 of its
    /// SubjectPublicKeyInfo.
    pub pins: &'a [String],
    /// `http://` or `socks5://`, `[user:password@]host[:port]`.
    pub proxy: Option<&'a str>,
}

impl Dialer {
    /// The same way for what says nothing about an attempt to connect: its signs are its own.
    pub(super) fn aside(&self) -> Self {
        Self { signs: Arc::default(), ..self.clone() }
    }

    /// Prepares the way.
    ///
    /// # Errors
    /// [`ErrorCode::BIZ_ERROR_INVALID_PARAMETER`] if `ca_pem` holds no usable certificate, or a pin or the proxy
    /// cannot be read.
    pub fn new(route: Route<'_>) -> Result<Self, ErrorCode> {
        let proxy = match route.proxy {
            None => None,
            Some(text) => Some(Proxy::parse(text).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?),
        };
        let tls = Arc::new(trust::client_config(route.ca_pem, route.pins)?);
        Ok(Self { tls, proxy: proxy.map(Arc::new), signs: Arc::default() })
    }
}

/// A stream to a server, in the clear or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Opens a stream within [`timing::OPEN_LIMIT`].
pub(super) async fn connect(address: &Address, dialer: &Dialer) -> Result<Stream, ErrorCode> {
    let limit = Duration::from_millis(timing::OPEN_LIMIT);
    match timeout(limit, open(address, dialer)).await {
        Ok(result) => result,
        Err(_) => Err(ErrorCode::RC_SOCKET_NOT_CREATED),
    }
}

async fn open(address: &Address, dialer: &Dialer) -> Result<Stream, ErrorCode> {
    let stream = match &dialer.proxy {
        None => dial(address, Some(&dialer.signs)).await?,
        // A proxy that refuses says nothing about the servers.
        Some(proxy) => proxy.pass(dial(&proxy.address, None).await?, address).await?,
    };
    secure(stream, address, dialer).await
}

/// A TCP connection to the first of the host's addresses that takes it. They race like servers do, so that those that
/// swallow everything cost some steps and not the attempt.
async fn dial(address: &Address, signs: Option<&Signs>) -> Result<TcpStream, ErrorCode> {
    let host = address.bare_host();
    let resolved = tokio::net::lookup_host((host, address.port)).await.map_err(|error| {
        log::info!("{host} does not resolve: {error}");
        ErrorCode::RC_DOMAIN_NOT_RESOLVE
    })?;
    let candidates = in_turn(resolved.collect());
    let refused = AtomicBool::new(false);
    let reach = |candidate: usize| {
        let (candidate, refused) = (candidates.get(candidate).copied(), &refused);
        async move {
            let candidate = candidate.ok_or(ErrorCode::RC_SOCKET_NOT_CREATED)?;
            TcpStream::connect(candidate).await.map_err(|error| {
                log::info!("{} cannot be reached at {candidate}: {error}", address.authority());
                refused.fetch_or(error.kind() == io::ErrorKind::ConnectionRefused, Ordering::Relaxed);
                ErrorCode::RC_SOCKET_NOT_CREATED
            })
        }
    };
    match contest::run(Race::new(candidates.len(), 0).making_room(), reach).await.winner {
        Some((_, stream)) => Ok(stream),
        None => {
            if let Some(signs) = signs.filter(|_| refused.load(Ordering::Relaxed)) {
                signs.refused();
            }
            Err(ErrorCode::RC_SOCKET_NOT_CREATED)
        }
    }
}

/// The addresses of a host in the order to try them: IPv4 and IPv6 in turn, beginning as the resolver does, since
/// one of the two may lead nowhere at all.
fn in_turn(resolved: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let leader = resolved.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = resolved.into_iter().partition(|it| it.is_ipv6() == leader);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] || order.len() >= MAX_ADDRESSES {
            order.truncate(MAX_ADDRESSES);
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

async fn secure(stream: TcpStream, address: &Address, dialer: &Dialer) -> Result<Stream, ErrorCode> {
    // Frames are small and written whole: waiting to fill packets only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("TCP_NODELAY: {error}");
    }
    if !address.secure {
        return Ok(Stream::Plain(stream));
    }
    let name =
        ServerName::try_from(address.bare_host().to_owned()).map_err(|_| ErrorCode::RC_DOMAIN_NOT_RESOLVE)?;
    let connector = TlsConnector::from(dialer.tls.clone());
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
        Err(error) => {
            log::warn!("TLS with {}: {error}", address.authority());
            Err(trust::refusal(&error))
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_addresses_take_turns() {
        let parse =
            |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let resolved = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"]);
        assert_eq!(in_turn(resolved), parse(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"]));
        assert_eq!(in_turn(parse(&["10.0.0.1:1", "[::1]:1"])), parse(&["10.0.0.1:1", "[::1]:1"]));
        assert_eq!(in_turn(Vec::new()), []);
        let many: Vec<SocketAddr> = (1..200).map(|port| SocketAddr::from(([10, 0, 0, 1], port))).collect();
        assert_eq!(in_turn(many).len(), MAX_ADDRESSES);
    }
}
