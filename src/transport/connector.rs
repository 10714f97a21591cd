//! The one way to open a stream: resolve, TCP, TLS where asked. HTTP and WebSocket both run over it, so
//! that trust, and later proxies and pinning, are decided in one place.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Address;
use crate::model::ErrorCode;
use crate::timing;

/// Whom to trust: the web's roots, and what the host adds.
#[derive(Clone)]
pub struct TlsRoots(Arc<ClientConfig>);

impl TlsRoots {
    /// The web's roots and, if given, the certificates in `ca_pem`.
    ///
    /// # Errors
    /// [`ErrorCode::BIZ_ERROR_INVALID_PARAMETER`] if `ca_pem` holds no usable certificate.
    pub fn new(ca_pem: Option<&str>) -> Result<Self, ErrorCode> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = ca_pem {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|_| ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
                roots.add(certificate).map_err(|_| ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
            }
            if roots.len() == before {
                return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| ErrorCode::INTERNAL)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// A stream to a server, in the clear or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Opens a stream within [`timing::OPEN_LIMIT`].
pub(super) async fn connect(address: &Address, roots: &TlsRoots) -> Result<Stream, ErrorCode> {
    let limit = Duration::from_millis(timing::OPEN_LIMIT);
    match timeout(limit, open(address, roots)).await {
        Ok(result) => result,
        Err(_) => Err(ErrorCode::RC_SOCKET_NOT_CREATED),
    }
}

async fn open(address: &Address, roots: &TlsRoots) -> Result<Stream, ErrorCode> {
    let host = address.bare_host();
    let resolved = tokio::net::lookup_host((host, address.port)).await.map_err(|error| {
        log::info!("{host} does not resolve: {error}");
        ErrorCode::RC_DOMAIN_NOT_RESOLVE
    })?;
    let mut last = None;
    for candidate in resolved {
        match TcpStream::connect(candidate).await {
            Ok(stream) => return secure(stream, address, roots).await,
            Err(error) => last = Some(error),
        }
    }
    if let Some(error) = last {
        log::info!("{} cannot be reached: {error}", address.authority());
    }
    Err(ErrorCode::RC_SOCKET_NOT_CREATED)
}

async fn secure(stream: TcpStream, address: &Address, roots: &TlsRoots) -> Result<Stream, ErrorCode> {
    // Frames are small and written whole: waiting to fill packets only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("TCP_NODELAY: {error}");
    }
    if !address.secure {
        return Ok(Stream::Plain(stream));
    }
    let name =
        ServerName::try_from(address.bare_host().to_owned()).map_err(|_| ErrorCode::RC_DOMAIN_NOT_RESOLVE)?;
    let connector = TlsConnector::from(roots.0.clone());
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
        Err(error) => {
            log::warn!("TLS with {}: {error}", address.authority());
            Err(ErrorCode::RC_SOCKET_NOT_CREATED)
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
