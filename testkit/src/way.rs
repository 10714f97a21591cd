//! Proxies that pass everything on to one server, whatever name they are asked for: SOCKS5 and HTTP CONNECT.

use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::HttpHead;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// SOCKS5 (RFC 1928, logins by RFC 1929).
    Socks5,
    /// `CONNECT` of HTTP/1.1.
    Http,
}

/// A running proxy. Dropping it stops it.
pub struct Way {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Rules {
    speech: Speech,
    /// `user:password` that it asks for; `None`: nothing.
    login: Option<&'static str>,
    /// `None`: it refuses everybody.
    server: Option<SocketAddr>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Way {
    /// Starts a proxy to `server`; `None`: to nowhere.
    ///
    /// # Panics
    /// The machine has no port to give.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    pub async fn start(speech: Speech, login: Option<&'static str>, server: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let rules = Rules { speech, login, server, asked: asked.clone() };
        let task = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                lines.spawn(serve(client, rules.clone()));
            }
        });
        Self { address, asked, task }
    }

    /// The names that it was asked for, with their ports.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, rules: Rules) {
    let greeted = match rules.speech {
        Speech::Socks5 => socks(&mut client, &rules).await,
        Speech::Http => connect(&mut client, &rules).await,
    };
    let (Ok(()), Some(server)) = (greeted, rules.server) else { return };
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

fn no(why: &str) -> Error {
    Error::other(why.to_owned())
}

impl Rules {
    fn note(&self, name: String) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }
}

async fn text(client: &mut TcpStream) -> Result<String> {
    let length = client.read_u8().await?;
    let mut bytes = vec![0; length.into()];
    client.read_exact(&mut bytes).await?;
    String::from_utf8(bytes).map_err(Error::other)
}

async fn socks(client: &mut TcpStream, rules: &Rules) -> Result<()> {
    const PASSWORD: u8 = 2;
    client.read_u8().await?;
    let count = client.read_u8().await?;
    let mut methods = vec![0; count.into()];
    client.read_exact(&mut methods).await?;
    let wanted = if rules.login.is_some() { PASSWORD } else { 0 };
    if !methods.contains(&wanted) {
        client.write_all(&[5, 0xFF]).await?;
        return Err(no("no method in common"));
    }
    client.write_all(&[5, wanted]).await?;
    if let Some(login) = rules.login {
        client.read_u8().await?;
        let told = format!("{}:{}", text(client).await?, text(client).await?);
        let good = told == login;
        client.write_all(&[1, u8::from(!good)]).await?;
        if !good {
            return Err(no("a wrong login"));
        }
    }
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request {
        [5, 1, 0, 1] => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
        [5, 1, 0, 3] => text(client).await?,
        _ => return Err(no("another kind of request")),
    };
    let port = client.read_u16().await?;
    rules.note(format!("{host}:{port}"));
    let answer = if rules.server.is_some() { 0 } else { 2 };
    client.write_all(&[5, answer, 0, 1, 0, 0, 0, 0, 0, 0]).await
}

async fn connect(client: &mut TcpStream, rules: &Rules) -> Result<()> {
    let head = HttpHead::read(client).await?;
    if head.method() != "CONNECT" {
        return Err(no("no CONNECT"));
    }
    rules.note(head.path().to_owned());
    let login = rules.login.map(|login| format!("Basic {}", data_encoding::BASE64.encode(login.as_bytes())));
    let told = head.header("proxy-authorization");
    let status = match (rules.server, told == login.as_deref()) {
        (_, false) => "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"",
        (None, true) => "403 Forbidden",
        (Some(_), true) => "200 Connection established",
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    let answer = if status.starts_with("200") { answer.replace("Content-Length: 0\r\n", "") } else { answer };
    client.write_all(answer.as_bytes()).await?;
    if status.starts_with("200") { Ok(()) } else { Err(no("refused")) }
}
