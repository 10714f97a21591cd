//! The end of a polled session that an upgrade's login brings about, which races with that login's own answer: both
//! orders, with every answer given by the test in virtual time.

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::*;
use crate::wire::{Accepted, ConnAck};

/// Answers requests with what the test gives, in order; until there is something, it waits.
struct Script(UnboundedReceiver<Answer>);

impl Ask for Script {
    async fn ask(&mut self, _: &HttpRequest, _: u64) -> Result<Answer, ErrorCode> {
        match self.0.recv().await {
            Some(answer) => Ok(answer),
            None => pending().await,
        }
    }
}

/// What a WebSocket answers to a login.
type Greeting = Option<DownFrame>;

/// WebSockets that answer logins with what the test gives, in order; until there is something, they wait.
struct Gate {
    nobody: Turn<UnboundedReceiver<Greeting>>,
    client: Turn<UnboundedReceiver<Greeting>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Socket;

impl Door for Gate {
    type Socket = Socket;

    async fn greeted(&self, token: Option<&str>) -> Option<(Socket, DownFrame)> {
        let greetings = if token == Some(NOBODY) { &self.nobody } else { &self.client };
        match greetings.lock().await.recv().await {
            Some(greeting) => greeting.map(|connack| (Socket, connack)),
            None => pending().await,
        }
    }
}

fn connack(status: u8) -> DownFrame {
    let accepted =
        (status == 0).then(|| Accepted { user_id: "alice".into(), session_id: "s".into(), time: 1 });
    DownFrame::ConnAck(ConnAck { status, accepted })
}

/// What a test says to a session that polls and looks for a WebSocket.
struct Play {
    held: UnboundedSender<Answer>,
    nobody: UnboundedSender<Greeting>,
    client: UnboundedSender<Greeting>,
    outbox: UnboundedSender<UpFrame>,
}

impl Play {
    /// The server does not know the session any more. Virtual time goes on when everybody waits: then this was heard.
    async fn end_the_session(&self) {
        self.held.send(Answer { status: 200, body: LOST.into() }).unwrap();
        sleep(Duration::from_millis(1)).await;
    }
}

/// How a session ended.
struct Ended {
    how: Result<(Socket, DownFrame), ErrorCode>,
    /// When, in ms.
    at: u128,
    kept_back: Vec<UpFrame>,
}

/// Plays a session until it ends.
async fn play(script: impl AsyncFnOnce(&Play)) -> Ended {
    let clock = Clock::manual(1_700_000_000_000);
    let poll = Poll::new(&clock, "installation", "session".into());
    let (outbox, mut waiting) = unbounded_channel();
    let (held, holding) = unbounded_channel();
    let ((nobody, to_nobody), (client, to_client)) = (unbounded_channel(), unbounded_channel());
    let gate = Gate { nobody: Turn::new(to_nobody), client: Turn::new(to_client) };
    let holding = Mutex::new(Some(holding));
    let exchange = |purpose| match purpose {
        Purpose::Hold => Script(holding.lock().unwrap().take().unwrap()),
        Purpose::Send => panic!("nothing is sent"),
    };
    let (begun, play) = (Instant::now(), Play { held, nobody, client, outbox });
    let report = |_: TransportEvent| {};
    let how = tokio::select! {
        how = poll.run(exchange, &mut waiting, &report, Some(&gate)) => how,
        () = async { script(&play).await; pending().await } => panic!("it waits for ever"),
    };
    Ended { how, at: begun.elapsed().as_millis(), kept_back: poll.kept_back() }
}

/// The session until its upgrade's login is on its way: somebody else's was refused, so frames pass.
async fn until_the_login(play: &Play) {
    play.nobody.send(Some(connack(4))).unwrap();
    sleep(Duration::from_millis(timing::UPGRADE_FIRST + 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_the_upgrades_login_ends_is_no_loss() {
    let ended = play(async |play| {
        until_the_login(play).await;
        play.outbox.send(UpFrame::PingReq).unwrap();
        play.end_the_session().await;
        sleep(Duration::from_secs(1)).await;
        play.client.send(Some(connack(0))).unwrap();
    });
    let ended = ended.await;
    assert_eq!((ended.how, ended.at), (Ok((Socket, connack(0))), 6_002));
    assert_eq!(ended.kept_back, [UpFrame::PingReq], "the WebSocket carries what came meanwhile");
}

#[tokio::test(start_paused = true)]
async fn if_that_login_then_fails_the_hold_has_said_why() {
    for greeting in [None, Some(connack(3)), Some(DownFrame::PingResp)] {
        let ended = play(async |play| {
            until_the_login(play).await;
            play.end_the_session().await;
            sleep(Duration::from_secs(1)).await;
            play.client.send(greeting).unwrap();
        });
        let ended = ended.await;
        assert_eq!((ended.how, ended.at), (Err(ErrorCode::SOCKET_CLOSED_BY_PEER), 6_002));
    }
}

#[tokio::test(start_paused = true)]
async fn both_at_the_same_moment_are_an_upgrade() {
    let ended = play(async |play| {
        until_the_login(play).await;
        play.client.send(Some(connack(0))).unwrap();
        play.end_the_session().await;
    });
    assert_eq!(ended.await.how, Ok((Socket, connack(0))));
}

#[tokio::test(start_paused = true)]
async fn without_a_login_on_its_way_the_holds_end_counts_at_once() {
    let between = play(async |play| play.end_the_session().await).await;
    assert_eq!((between.how, between.at), (Err(ErrorCode::SOCKET_CLOSED_BY_PEER), 0));

    // Somebody else's login ends no session: this one ended for another reason.
    let looking = play(async |play| {
        sleep(Duration::from_millis(timing::UPGRADE_FIRST + 1)).await;
        play.end_the_session().await;
    });
    let looking = looking.await;
    assert_eq!((looking.how, looking.at), (Err(ErrorCode::SOCKET_CLOSED_BY_PEER), 5_001));

    let refused = play(async |play| {
        until_the_login(play).await;
        play.client.send(None).unwrap();
        sleep(Duration::from_secs(1)).await;
        play.end_the_session().await;
    });
    let refused = refused.await;
    assert_eq!((refused.how, refused.at), (Err(ErrorCode::SOCKET_CLOSED_BY_PEER), 6_001));
}
