//! The way round: a proxy between the client and every server, as the host gives it. Names are resolved by the proxy.
//! Its login never reaches a log.

use data_encoding::BASE64;
use futures_util::future::join;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{HOST, PROXY_AUTHORIZATION};
use hyper::{Method, Request, StatusCode, Uri, upgrade};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;

use super::address::Address;
use crate::model::ErrorCode;
use crate::wire::Bytes;

/// A proxy and the login for it.
pub(super) struct Proxy {
    kind: Kind,
    /// Where it listens.
    pub(super) address: Address,
    login: Option<(String, String)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// `CONNECT` of HTTP/1.1.
    Http,
    Socks5,
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]` or `socks5://…`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim().parse().ok()?;
        let (kind, usual_port) = match uri.scheme_str()? {
            "http" => (Kind::Http, 8080),
            "socks5" | "socks5h" => (Kind::Socks5, 1080),
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_owned();
        let address = Address { host, port: uri.port_u16().unwrap_or(usual_port), secure: false };
        let login = match uri.authority()?.as_str().rsplit_once('@') {
            None => None,
            Some((login, _)) => {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                Some((decode(user)?, decode(password)?))
            }
        };
        Some(Self { kind, address, login })
    }

    /// Asks the proxy at the other end of `stream` for a way to `target`.
    pub(super) async fn pass(&self, stream: TcpStream, target: &Address) -> Result<TcpStream, ErrorCode> {
        let passed = match self.kind {
            Kind::Http => self.tunnel(stream, target).await,
            Kind::Socks5 => self.socks(stream, target).await,
        };
        if let Err(code) = passed {
            log::warn!(
                "the proxy {} gives no way to {}: {code}",
                self.address.authority(),
                target.authority()
            );
        }
        passed
    }

    async fn tunnel(&self, stream: TcpStream, target: &Address) -> Result<TcpStream, ErrorCode> {
        let refused = |_| ErrorCode::PROXY_REFUSED;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|_| ErrorCode::PROXY_REFUSED)?;
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(target.authority())
            .header(HOST, target.authority());
        if let Some((user, password)) = &self.login {
            let login = BASE64.encode(format!("{user}:{password}").as_bytes());
            request = request.header(PROXY_AUTHORIZATION, format!("Basic {login}"));
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|_| ErrorCode::PROXY_REFUSED)?;
        let exchange = async move {
            let response = sender.send_request(request).await.map_err(refused)?;
            match response.status() {
                status if status.is_success() => upgrade::on(response).await.map_err(refused),
                StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(ErrorCode::PROXY_LOGIN_REQUIRED),
                _ => Err(ErrorCode::PROXY_REFUSED),
            }
        };
        let (upgraded, _) = join(exchange, connection.with_upgrades()).await;
        let parts = upgraded?.downcast::<TokioIo<TcpStream>>().map_err(|_| ErrorCode::INTERNAL)?;
        // Servers of all kinds here wait for the client's first word.
        if parts.read_buf.is_empty() { Ok(parts.io.into_inner()) } else { Err(ErrorCode::PROXY_REFUSED) }
    }

    async fn socks(&self, stream: TcpStream, target: &Address) -> Result<TcpStream, ErrorCode> {
        use tokio_socks::Error;
        let target = (target.bare_host(), target.port);
        let passed = match &self.login {
            None => Socks5Stream::connect_with_socket(stream, target).await,
            Some((user, password)) => {
                Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
            }
        };
        match passed {
            Ok(stream) => Ok(stream.into_inner()),
            Err(Error::NoAcceptableAuthMethods | Error::PasswordAuthFailure(_)) => {
                Err(ErrorCode::PROXY_LOGIN_REQUIRED)
            }
            Err(Error::InvalidAuthValues(_)) => Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER),
            Err(_) => Err(ErrorCode::PROXY_REFUSED),
        }
    }
}

/// Undoes percent-encoding; `None` if it is broken.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high << 4 | low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_with_their_login() {
        let proxy = Proxy::parse("socks5://al%40ice:p%3Aw@10.0.0.1").unwrap();
        assert_eq!((proxy.kind, proxy.address.port), (Kind::Socks5, 1080));
        assert_eq!(proxy.login, Some(("al@ice".into(), "p:w".into())));
        let proxy = Proxy::parse("http://proxy.example.com:3128/").unwrap();
        assert_eq!((proxy.kind, proxy.address.authority()), (Kind::Http, "proxy.example.com:3128".into()));
        assert_eq!(proxy.login, None);
        for wrong in
            ["", "proxy:1", "https://proxy", "ftp://proxy", "http://", "http://a%4@proxy", "http://%ff@proxy"]
        {
            assert!(Proxy::parse(wrong).is_none(), "{wrong}");
        }
    }
}
