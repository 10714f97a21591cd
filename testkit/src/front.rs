//! TLS before a server, with certificates of a private authority.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// An authority that nobody trusts by itself.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a server shows.
pub struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// Its SubjectPublicKeyInfo, DER: what pins are made from.
    pub public_key: Vec<u8>,
}

/// How a certificate fails, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It does not.
    Good,
    /// It was good until 2020.
    Expired,
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// There is no randomness.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are good names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key is made");
        Self(CertifiedIssuer::self_signed(params, key).expect("it signs itself"))
    }

    /// Its certificate, PEM: for whoever shall trust it.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host name or an IP address.
    ///
    /// # Panics
    /// The name is none.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub fn issue(&self, name: &str, validity: Validity) -> Certificate {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        if validity == Validity::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
        }
        let key = KeyPair::generate().expect("a key is made");
        let certificate = params.signed_by(&key, &self.0).expect("it is signed");
        Certificate {
            chain: vec![certificate.der().clone()],
            public_key: key.subject_public_key_info(),
            key: key.into(),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes TLS off and passes the rest on. Dropping it stops it.
pub struct TlsFront {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl TlsFront {
    /// Starts one before `server`.
    ///
    /// # Panics
    /// The machine has no port to give.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn start(server: SocketAddr, certificate: Certificate) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS")
            .with_no_client_auth()
            .with_single_cert(certificate.chain, certificate.key)
            .expect("the key fits the certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                lines.spawn(async move {
                    let (Ok(mut client), Ok(mut server)) =
                        (acceptor.accept(client).await, TcpStream::connect(server).await)
                    else {
                        return;
                    };
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { address, task }
    }

    /// What clients are given as navigation.
    pub fn navi_url(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}
