//! Long polling: the endpoints that connect, hold and send, and the carrier behind them. Everything for the
//! client leaves by its hold, one answer after the other, so that nothing overtakes anything: a message that
//! passed the page before it would cost clients of 2.5 that page. An answer to a POST says only that its frame
//! is in. A hold that waits costs a task and a timer and asks the store nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anser::model::ErrorCode;
use anser::wire::polling::{self as json, request};
use anser::wire::{self, ByteString, ConnAck, DownFrame, FrameType, Header, Topic, UpFrame, UpPublish};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::Gateway;
use super::admission::{Hello, accepted, admit, refusal};
use super::carrier::{Carrier, End, Incoming};
use super::connection;
use super::registry::Close;
use crate::service::{Family, status_of};

/// What a client without a session is told, literally.
const LOST: &str = "lost params";
/// Nothing to say. An empty body would stop the 4.x engine.
const NOTHING: &str = "[]";
/// Requests that wait for their session at most; others wait in their handlers.
const REQUESTS: usize = 16;
/// A client that lets more than this wait (bytes of bodies) before more comes is dropped and pulls later.
const MAX_WAITING: usize = 4 << 20;

/// The parameters of a request, decoded.
type Parameters = HashMap<String, String>;

/// One HTTP request for a session. Dropping the reply means `lost params`.
enum Request {
    /// It waits for frames.
    Hold(oneshot::Sender<String>),
    /// It brings a frame, or what should be one.
    Send { frame: Result<UpFrame, String>, reply: oneshot::Sender<String> },
}

/// The polling sessions of this gateway by the id that their clients were given. The id is a secret: who has
/// it has the session. It is no session name of the logs.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Arc<str>, mpsc::Sender<Request>>>);

impl Sessions {
    fn find(&self, id: &str) -> Option<mpsc::Sender<Request>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

/// Forgets a session when its carrier is gone.
struct Known {
    sessions: Arc<Sessions>,
    id: Arc<str>,
}

impl Drop for Known {
    fn drop(&mut self) {
        self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// `GET /websocket` without an upgrade.
pub(crate) async fn connect(gateway: Arc<Gateway>, hello: Hello) -> Response {
    let family = hello.family();
    let connack = match log_in(&gateway, &hello).await {
        Ok(connack) => connack,
        Err(status) => {
            tracing::info!(status, "login refused");
            ConnAck { status, accepted: None }
        }
    };
    match json::write_connect_answer(&connack, client_family(family)) {
        Ok(text) => answer(text),
        Err(error) => {
            tracing::error!(%error, "a CONNACK cannot be written");
            lost()
        }
    }
}

async fn log_in(gateway: &Arc<Gateway>, hello: &Hello) -> Result<ConnAck, u8> {
    let id: Arc<str> = gateway.service.new_secret().ok_or(refusal::UNAVAILABLE)?.into();
    let (session, time) = admit(gateway, hello).await?;
    let connack = accepted(&session, &id, time);
    let (sender, requests) = mpsc::channel(REQUESTS);
    let sessions = gateway.polling.clone();
    sessions.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
    let config = &gateway.service.config;
    let carrier = PollingCarrier {
        family: hello.family(),
        requests,
        hold: None,
        hold_time: config.poll_hold,
        patience: config.poll_patience,
        linger: config.poll_linger,
        waiting: Vec::new(),
        asked: HashMap::new(),
        closed: session.closed.clone(),
        _known: Known { sessions, id },
    };
    let gateway = gateway.clone();
    let running = gateway.running();
    tokio::spawn(async move {
        let _running = running;
        connection::serve(&gateway, session, time, carrier, Vec::new()).await;
    });
    Ok(connack)
}

/// `GET /pullmsg.js`.
pub(crate) async fn hold(
    State(gateway): State<Arc<Gateway>>,
    Query(parameters): Query<Parameters>,
) -> Response {
    ask(&gateway, &parameters, Request::Hold).await
}

/// `POST /websocket`.
pub(crate) async fn send(
    State(gateway): State<Arc<Gateway>>,
    Query(parameters): Query<Parameters>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let frame = match &body {
        Ok(body) => match std::str::from_utf8(body) {
            Ok(text) => read_frame(&parameters, text),
            Err(error) => Err(error.to_string()),
        },
        Err(rejection) => Err(rejection.body_text()),
    };
    ask(&gateway, &parameters, |reply| Request::Send { frame, reply }).await
}

fn read_frame(parameters: &Parameters, body: &str) -> Result<UpFrame, String> {
    let parameter = |name: &str| parameters.get(name).map(String::as_str);
    request::read_send(parameter, body)
        .or_else(|error| read_unknown(parameters).ok_or(error))
        .map_err(|error| error.to_string())
}

/// A frame under a topic that nobody knows, without its body: it is answered with an error, as over WebSocket,
/// and ends nothing.
fn read_unknown(parameters: &Parameters) -> Option<UpFrame> {
    let topic = parameters.get("topic").filter(|topic| Topic::parse(topic).is_none())?;
    let topic = ByteString::from(topic.as_str());
    let target = ByteString::from(parameters.get("targetid")?.as_str());
    let message_id = parameters.get("messageid")?.parse().ok()?;
    let Header { kind, dup, qos, retain } = Header::from_byte(parameters.get("header")?.parse().ok()?);
    let body = Bytes::new();
    match FrameType::from_number(kind)? {
        FrameType::Query => {
            Some(UpFrame::Query(wire::Query { qos, dup, retain, topic, target, message_id, body }))
        }
        FrameType::Publish => {
            Some(UpFrame::Publish(UpPublish { qos, dup, retain, topic, target, message_id, body }))
        }
        _ => None,
    }
}

async fn ask(
    gateway: &Gateway,
    parameters: &Parameters,
    request: impl FnOnce(oneshot::Sender<String>) -> Request,
) -> Response {
    let id = parameters.get("sessionid").map(String::as_str).unwrap_or_default();
    let Some(session) = gateway.polling.find(id) else { return lost() };
    let (reply, answered) = oneshot::channel();
    if session.send(request(reply)).await.is_err() {
        return lost();
    }
    drop(session);
    answered.await.map_or_else(|_| lost(), answer)
}

fn answer(text: String) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, text).into_response()
}

fn lost() -> Response {
    ([(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-store")], LOST).into_response()
}

fn client_family(family: Family) -> json::Family {
    match family {
        Family::Web25 => json::Family::Web25,
        Family::Engine4 | Family::Anser => json::Family::Engine,
    }
}

/// A request that waits for frames.
struct Hold {
    reply: oneshot::Sender<String>,
    until: Instant,
}

/// The requests of one client, as one connection.
struct PollingCarrier {
    family: Family,
    requests: mpsc::Receiver<Request>,
    hold: Option<Hold>,
    hold_time: Duration,
    patience: Duration,
    linger: Duration,
    /// What the next hold takes, oldest first.
    waiting: Vec<DownFrame>,
    /// The topics of queries that were not answered yet: an answer's JSON depends on it.
    asked: HashMap<u16, Topic>,
    closed: watch::Receiver<Option<Close>>,
    _known: Known,
}

impl PollingCarrier {
    /// Hands what waits to the hold, if one waits whose client is still there.
    fn flush(&mut self) -> Result<(), End> {
        let count = self.next_answer();
        let frames = self.waiting.get(..count).filter(|frames| !frames.is_empty());
        let Some(frames) = frames else { return Ok(()) };
        let Some(hold) = self.hold.take().filter(|hold| !hold.reply.is_closed()) else { return Ok(()) };
        let asked = &self.asked;
        let written = json::write_answer(frames, client_family(self.family), |id| asked.get(&id).copied());
        let text = written.map_err(|error| {
            tracing::error!(%error, "a frame has no JSON");
            End::Broken
        })?;
        if hold.reply.send(text).is_ok() {
            for frame in self.waiting.drain(..count) {
                if let DownFrame::QueryAck(ack) = frame {
                    self.asked.remove(&ack.message_id);
                }
            }
        }
        Ok(())
    }

    /// How many of the frames that wait go with one answer. The web engine handles all signals of an answer before
    /// whoever asked a query there learns its outcome, and drops messages as long as its pull runs: what follows a
    /// page waits for the next hold, or it would be lost, as the message after it moves that client's cursor past it.
    fn next_answer(&self) -> usize {
        let is_answer = |frame: &DownFrame| matches!(frame, DownFrame::QueryAck(_));
        let first = self.waiting.iter().position(is_answer).filter(|_| self.family != Family::Anser);
        first.map_or(self.waiting.len(), |at| at + 1)
    }

    fn waiting_bytes(&self) -> usize {
        let size = |frame: &DownFrame| match frame {
            DownFrame::Publish(publish) => publish.body.len(),
            DownFrame::QueryAck(ack) => ack.body.len(),
            _ => 0,
        };
        self.waiting.iter().map(|frame| FRAME + size(frame)).sum()
    }

    /// Clients of 2.5 read a status of 1 as 6 in whatever it stands, unless it is DISCONNECT's.
    fn avoid_one(&self, frame: &mut DownFrame) {
        if self.family == Family::Web25
            && let DownFrame::QueryAck(ack) = frame
            && ack.status == 1
        {
            ack.status = status_of(ErrorCode::CLEAR_HIS_ERROR);
        }
    }
}

/// What a frame costs besides its body, bytes.
const FRAME: usize = 128;

impl Carrier for PollingCarrier {
    fn patience(&self) -> Duration {
        self.patience
    }

    async fn read(&mut self) -> Result<Incoming, End> {
        loop {
            let request = match &self.hold {
                Some(hold) => tokio::time::timeout_at(hold.until, self.requests.recv()).await,
                None => Ok(self.requests.recv().await),
            };
            match request {
                Ok(Some(Request::Hold(reply))) => {
                    let hold = Hold { reply, until: Instant::now() + self.hold_time };
                    if let Some(older) = self.hold.replace(hold) {
                        // Whether its client still listens makes no difference.
                        let _ = older.reply.send(NOTHING.into());
                    }
                    self.flush()?;
                    return Ok(Incoming::Life);
                }
                Ok(Some(Request::Send { frame, reply })) => {
                    let frame = frame.map_err(End::Malformed)?;
                    let _ = reply.send(NOTHING.into());
                    if let UpFrame::Query(query) = &frame
                        && let Some(topic) = Topic::parse(&query.topic)
                    {
                        self.asked.insert(query.message_id, topic);
                    }
                    return Ok(Incoming::Frame(frame));
                }
                Ok(None) => return Err(End::Peer),
                Err(_) => {
                    if let Some(hold) = self.hold.take() {
                        let _ = hold.reply.send(NOTHING.into());
                    }
                }
            }
        }
    }

    async fn write(&mut self, frames: &mut Vec<DownFrame>) -> Result<(), End> {
        if frames.is_empty() {
            return Ok(());
        }
        if self.waiting_bytes() > MAX_WAITING {
            return Err(End::Slow);
        }
        frames.iter_mut().for_each(|frame| self.avoid_one(frame));
        self.waiting.append(frames);
        self.flush()
    }

    async fn part(mut self, last: Option<DownFrame>) {
        let Some(last) = last else { return };
        self.waiting.push(last);
        let (mut closed, linger) = (self.closed.clone(), self.linger);
        let heard = async {
            while self.flush().is_ok() {
                let told = self.waiting.is_empty();
                match self.requests.recv().await {
                    Some(Request::Hold(reply)) if !told => {
                        self.hold = Some(Hold { reply, until: Instant::now() + linger });
                    }
                    // It asks after the goodbye: there is no session any more.
                    Some(Request::Hold(_)) | None => return,
                    // What is sent into a session that has ended is lost, as on any line, but "lost params" must
                    // not overtake the goodbye.
                    Some(Request::Send { reply, .. }) => drop(reply.send(NOTHING.into())),
                }
            }
        };
        tokio::select! {
            _ = tokio::time::timeout(linger, heard) => {}
            Ok(_) = closed.wait_for(|close| *close == Some(Close::Killed)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use anser::wire::{Body as _, DownPublish, Qos, QueryAck, body};

    use super::*;

    fn carrier(family: Family) -> (PollingCarrier, mpsc::Sender<Request>) {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let carrier = PollingCarrier {
            family,
            requests,
            hold: None,
            hold_time: Duration::from_secs(25),
            patience: Duration::from_secs(60),
            linger: Duration::from_secs(1),
            waiting: Vec::new(),
            asked: HashMap::from([(7, Topic::PullMessages)]),
            closed: watch::channel(None).1,
            _known: Known { sessions: Arc::default(), id: "s".into() },
        };
        (carrier, sender)
    }

    fn page_and_message() -> Vec<DownFrame> {
        let (qos, dup, retain, date) = (Qos::AtMostOnce, false, false, 0);
        let page = body::DownstreamMessages { list: vec![], sync_time: Some(1), finished: Some(true) };
        let page = QueryAck { qos, dup, retain, message_id: 7, date, status: 0, body: page.to_bytes() };
        let message = body::DownstreamMessage {
            from_user_id: Some("peer".into()),
            r#type: Some(1),
            object_name: Some("RC:TxtMsg".into()),
            content: Some("{}".into()),
            data_time: Some(2),
            status: Some(0x30),
            message_uid: Some("uid".into()),
            ..Default::default()
        };
        let (topic, target, body) = ("s_msg".into(), "me".into(), message.to_bytes());
        let message = DownPublish { qos, dup, retain, date, topic, target, message_id: 9, body };
        vec![DownFrame::QueryAck(page), DownFrame::Publish(message)]
    }

    async fn held(carrier: &mut PollingCarrier, sender: &mpsc::Sender<Request>) -> Vec<u16> {
        let (reply, answer) = oneshot::channel();
        sender.send(Request::Hold(reply)).await.unwrap();
        assert!(matches!(carrier.read().await, Ok(Incoming::Life)));
        let signals = json::Signal::parse_answer(&answer.await.unwrap()).unwrap();
        signals.iter().filter_map(|signal| signal.message_id).collect()
    }

    #[tokio::test]
    async fn for_both_web_families_what_stands_behind_a_page_waits_for_the_next_hold() {
        for family in [Family::Web25, Family::Engine4] {
            let (mut carrier, sender) = carrier(family);
            carrier.write(&mut page_and_message()).await.unwrap();
            assert_eq!(held(&mut carrier, &sender).await, [7], "it would drop what follows");
            assert_eq!(held(&mut carrier, &sender).await, [9], "nothing is lost of it");
        }
        let (mut carrier, sender) = carrier(Family::Anser);
        carrier.write(&mut page_and_message()).await.unwrap();
        assert_eq!(held(&mut carrier, &sender).await, [7, 9]);
    }
}
