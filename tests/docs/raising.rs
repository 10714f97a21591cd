//! Raises codes that need a server which misbehaves: one of sockets for what the transport says, one of
//! frames in virtual time for what the session says. `docs/errors.md` names these tests.

use std::sync::Arc;

use anser::client::inline::{InlineClient, Told};
use anser::client::{Client, ClientOptions};
use anser::clock::Clock;
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, SentStatus};
use anser::transport::{Opened, TransportEvent};
use anser::wire::{Accepted, Bytes, ConnAck, DownFrame, PubAck, Qos, QueryAck, UpFrame};
use anser_testkit::{HttpHead, http_answer};
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// A moment of the server's clock.
const NOW: u64 = 1_700_000_000_000;

/// What the server does with a connection that asks for the navigation, or for the WebSocket.
#[derive(Clone, Copy)]
enum Server {
    /// Hangs up when it is asked for the navigation.
    BreaksOff,
    /// Takes the question and never answers.
    Silent,
    /// Names a server at which nothing listens.
    NamesNobody,
    /// Closes the WebSocket at once.
    Closes,
    /// Writes what is no WebSocket.
    Garbles,
    /// Accepts, and refuses every query with this status.
    Refuses(u16),
}

impl Server {
    /// Starts to listen; its navigation URL. It ends with the test's runtime.
    async fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let own = address.clone();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                // A silent connection has to stay open.
                open.push(tokio::spawn(self.serve(stream, own.clone())));
            }
        });
        format!("http://{address}")
    }

    async fn serve(self, mut stream: TcpStream, own: String) {
        let mut start = [0; 14];
        while stream.peek(&mut start).await.unwrap() < start.len() {
            stream.readable().await.unwrap();
        }
        if start.starts_with(b"GET /websocket") {
            return self.talk(tokio_tungstenite::accept_async(stream).await.unwrap()).await;
        }
        HttpHead::read(&mut stream).await.unwrap();
        let server = match self {
            Self::BreaksOff => return,
            Self::Silent => return std::future::pending().await,
            // Nothing listens at port 1 of this machine.
            Self::NamesNobody => "127.0.0.1:1".to_owned(),
            _ => own,
        };
        let body = format!(r#"{{"code":200,"userId":"alice","server":"{server}"}}"#);
        stream.write_all(http_answer(200, &body).as_bytes()).await.unwrap();
    }

    async fn talk(self, mut socket: WebSocketStream<TcpStream>) {
        let status = match self {
            Self::Closes => return socket.close(None).await.unwrap(),
            Self::Garbles => {
                socket.get_mut().write_all(&[0xff; 16]).await.unwrap();
                return std::future::pending().await;
            }
            Self::Refuses(status) => status,
            _ => panic!("this server has no WebSocket"),
        };
        socket.send(Message::Binary(connack(0).encode().unwrap())).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            let Message::Binary(bytes) = message else { continue };
            let answer = match UpFrame::decode(bytes).unwrap() {
                UpFrame::PingReq => DownFrame::PingResp,
                UpFrame::Query(query) => DownFrame::QueryAck(QueryAck {
                    qos: Qos::AtMostOnce,
                    dup: false,
                    retain: false,
                    message_id: query.message_id,
                    date: 0,
                    status,
                    body: Bytes::new(),
                }),
                _ => continue,
            };
            if socket.send(Message::Binary(answer.encode().unwrap())).await.is_err() {
                return;
            }
        }
    }
}

fn connack(status: u8) -> DownFrame {
    let accepted =
        (status == 0).then(|| Accepted { user_id: "alice".into(), session_id: "s".into(), time: NOW });
    DownFrame::ConnAck(ConnAck { status, accepted })
}

fn client(navigation: &str) -> Arc<Client> {
    Client::new(ClientOptions::new("key", navigation)).unwrap()
}

/// The code with which connecting to `navigation` fails.
async fn refusal(navigation: &str) -> i32 {
    let client = client(navigation);
    let code = client.connect("token".to_owned()).await.unwrap_err().code().0;
    client.close();
    code
}

#[tokio::test]
async fn navigation_that_cannot_be_had() {
    // Nothing listens at port 1 of this machine.
    assert_eq!(refusal("http://127.0.0.1:1").await, 30004);
    assert_eq!(refusal(&Server::Silent.start().await).await, 30005);
    assert_eq!(refusal(&Server::BreaksOff.start().await).await, 30006);
    // No resolver takes a label of 64 letters, so nobody is asked.
    assert_eq!(refusal(&format!("http://{}.invalid", "a".repeat(64))).await, 30009);
}

#[tokio::test]
async fn connections_that_break() {
    assert_eq!(refusal(&Server::NamesNobody.start().await).await, 30010);
    assert_eq!(refusal(&Server::Garbles.start().await).await, 30011);
    assert_eq!(refusal(&Server::Closes.start().await).await, 30027);
}

#[tokio::test]
async fn a_pull_that_the_server_refuses() {
    let client = client(&Server::Refuses(33003).start().await);
    assert_eq!(client.connect("token".to_owned()).await.unwrap(), "alice");
    assert_eq!(client.sync_now().await.unwrap_err().code().0, -1);
    client.close();
}

/// A client in virtual time that asks to be connected.
fn connecting() -> InlineClient {
    let options = ClientOptions::new("key", "http://127.0.0.1:1");
    let mut client = InlineClient::new(options, Clock::manual(NOW as i64), 1).unwrap();
    client.connect("token");
    client
}

fn open(client: &mut InlineClient) {
    let opened =
        Opened { channel: ConnectionChannel::Websocket, heartbeat: true, dedupe: true, history: true };
    client.line(TransportEvent::Opened(opened));
}

fn frame(client: &mut InlineClient, frame: DownFrame) {
    client.line(TransportEvent::Frame(frame));
}

/// One that is connected.
fn online() -> InlineClient {
    let mut client = connecting();
    open(&mut client);
    frame(&mut client, connack(0));
    frame(&mut client, DownFrame::PingResp);
    assert_eq!(client.connect_result().unwrap().unwrap(), "alice");
    client.take_told();
    client
}

fn result(client: &mut InlineClient) -> i32 {
    client.connect_result().expect("connecting has ended").unwrap_err().code().0
}

fn last_status(client: &mut InlineClient) -> (ConnectionStatus, i32) {
    let mut statuses = client.take_told().into_iter().filter_map(|told| match told {
        Told::Status(status, code) => Some((status, code.0)),
        _ => None,
    });
    statuses.next_back().expect("the status has changed")
}

#[test]
fn refused_logins() {
    for (status, code) in [(5, 31005), (7, 31007), (8, 31008)] {
        let mut client = connecting();
        open(&mut client);
        frame(&mut client, connack(status));
        assert_eq!(result(&mut client), code);
    }
    let mut silent = connecting();
    open(&mut silent);
    silent.advance(15_000);
    assert_eq!(result(&mut silent), 31000);

    let mut elsewhere = connecting();
    let mut lines = elsewhere.take_opened().len();
    while lines > 0 {
        open(&mut elsewhere);
        frame(&mut elsewhere, connack(6));
        lines = elsewhere.take_opened().len();
    }
    assert_eq!(result(&mut elsewhere), 31006);

    let mut changed_mind = connecting();
    changed_mind.disconnect();
    assert_eq!(result(&mut changed_mind), 31016);
}

#[test]
fn connections_that_end() {
    let mut ended = online();
    frame(&mut ended, DownFrame::Disconnect { status: 4 });
    assert_eq!(last_status(&mut ended), (ConnectionStatus::ConnectionClosed, 31011));

    let mut dead = online();
    dead.advance(30_000);
    dead.advance(6_000);
    assert_eq!(last_status(&mut dead), (ConnectionStatus::NetworkUnavailable, 30013));
}

#[test]
fn what_the_server_refuses_is_passed_on() {
    for code in [405, 20406, 21501, 21502, 22408] {
        let mut client = online();
        let to = ConversationKey::private("bob");
        let messages = client.messages();
        client.now(messages.send_text(to, "hello".to_owned())).unwrap().unwrap();
        let publish = client.take_frames().into_iter().find_map(|frame| match frame {
            UpFrame::Publish(publish) => Some(publish),
            _ => None,
        });
        let ack = PubAck::new(publish.expect("it was sent").message_id, code, NOW + 1, "");
        frame(&mut client, DownFrame::PubAck(ack));
        let sent = client.take_told().into_iter().find_map(|told| match told {
            Told::Sent(message) => Some(message),
            _ => None,
        });
        let sent = sent.expect("the end was told");
        assert_eq!((sent.sent_status, sent.error_code), (SentStatus::Failed, i32::from(code)));
    }
}
