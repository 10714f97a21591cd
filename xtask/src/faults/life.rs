//! One life of a client: opens its data, connects, sends what its seed says, and then does what the parent says
//! line by line, unless it is killed before. Everything that the host would know goes to the parent.

use std::sync::Arc;
use std::time::Duration;

use anser::client::{Client, ClientOptions, ConnectionListener, MessageListener};
use anser::model::{
    ConnectionChannel, ConnectionStatus, ConversationKey, Message, MessageChange, MessageDirection,
    SentStatus,
};
use anser_testkit::{Random, text_of};
use anyhow::{Context as _, bail};
use clap::Args;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use super::lives::Told;
use super::record::tell;
use super::seed::{key, places};
use super::snapshot::PAGE;

/// Seconds between two heartbeats: the shortest that a host may ask for, so that half-open lines show soon.
const HEARTBEAT: u32 = 5;
/// Messages of a life, at least and up to how many more.
const TEXTS: (usize, usize) = (5, 8);
/// Newest messages of which a read mark is taken.
const RECENT: u32 = 20;
/// Before a pull that failed is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// What a life is told.
#[derive(Args)]
pub(crate) struct Life {
    #[command(flatten)]
    told: Told,
    /// `websocket` or `polling`; without it the client chooses.
    #[arg(long)]
    channel: Option<String>,
}

/// The process of a life.
pub(crate) fn live(life: Life) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let channel = match life.channel.as_deref() {
            None => None,
            Some("websocket") => Some(ConnectionChannel::Websocket),
            Some("polling") => Some(ConnectionChannel::XhrPolling),
            Some(other) => bail!("no channel is called {other}"),
        };
        let options = life.told.options().heartbeat_seconds(HEARTBEAT);
        let client = Client::new(ClientOptions { channel, ..options }).context("opening")?;
        let (fates, _) = watch::channel(0);
        let host = Arc::new(Host { fates: fates.clone() });
        let _heard = (client.add_message_listener(host.clone()), client.add_connection_listener(host));
        let rng = Random::of(
            life.told.seed,
            100 * (1 + u64::from(*life.told.user.as_bytes().first().unwrap_or(&0))) + life.told.number,
        );
        Script { client, fates, rng, life, texts: 0 }.run().await
    });
    if let Err(error) = &done {
        // A parent that is gone will not miss it.
        let _ = tell("wrong", &[&format!("{error:#}")]);
    }
    // The thread that reads commands may still wait for one.
    runtime.shutdown_background();
    done
}

/// What the parent says, line by line. Without a parent there is nothing to live for.
fn commands() -> UnboundedReceiver<String> {
    let (tell, commands) = unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // The script may have come to its end.
            let _ = tell.send(line);
        }
        std::process::exit(1);
    });
    commands
}

struct Script {
    client: Arc<Client>,
    /// How many own messages have met their fate in this life.
    fates: watch::Sender<usize>,
    rng: Random,
    life: Life,
    texts: usize,
}

impl Script {
    async fn run(mut self) -> anyhow::Result<()> {
        let mut commands = commands();
        let texts = TEXTS.0 + self.rng.below(TEXTS.1);
        // Some are written before there is a line, and some lives wait for the fate of what they send.
        let offline = self.rng.below(4);
        let window = 1 + self.rng.below(6);
        for number in 0..texts {
            if number == offline {
                self.connect();
            }
            self.send().await?;
            if number > offline + window {
                let enough = number - offline - window;
                let _ = self.fates.subscribe().wait_for(|fates| *fates >= enough).await;
            }
            if self.rng.chance(4) {
                self.read().await?;
            }
        }
        tell("done", &[""])?;
        while let Some(command) = commands.recv().await {
            match command.as_str() {
                "more" => self.send().await?,
                "settle" => self.settle().await?,
                "sync" => self.sync().await?,
                "close" => break,
                other => bail!("no command is called {other}"),
            }
        }
        self.client.close();
        Ok(())
    }

    /// What comes of it the status tells: where the network fails, the client goes on trying.
    fn connect(&self) {
        let (client, token) = (self.client.clone(), self.life.told.token.clone());
        tokio::spawn(async move {
            if let Err(error) = client.connect(token).await {
                let _ = tell("status", &[&format!("connect: {error}")]);
            }
        });
    }

    fn place(&mut self) -> (&'static str, ConversationKey) {
        let places = places(&self.life.told.user);
        let place = self.rng.pick(places).copied().unwrap_or_default();
        (place, key(place))
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let (place, key) = self.place();
        // In the order of lives and of sending, also as text.
        let text = format!("{} {}{:03} to {place}", self.life.told.user, self.life.told.number, self.texts);
        self.texts += 1;
        tell("send", &[&text])?;
        self.client.messages().send_text(key, text.clone()).await.context("sending")?;
        tell("durable", &[&text])
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        let (place, key) = self.place();
        let mut page = self.client.messages().history(key.clone(), 0, RECENT).await.context("history")?;
        page.retain(|message| message.direction == MessageDirection::Receive);
        let Some(until) = self.rng.pick(&page).map(|message| message.sent_time) else { return Ok(()) };
        self.client.conversations().clear_unread_until(key, until).await.context("marking")?;
        tell("marked", &[place, &until.to_string()])
    }

    /// Waits until every own message has its fate, those of former lives too.
    async fn settle(&self) -> anyhow::Result<()> {
        for place in places(&self.life.told.user) {
            let page = self.client.messages().history(key(place), 0, PAGE).await.context("history")?;
            for message in page.iter().filter(|message| message.sent_status == SentStatus::Sending) {
                if let Err(error) = self.client.messages().wait_sent(message.id).await {
                    tell("failed", &[&text_of(message), &error.code().0.to_string()])?;
                }
            }
        }
        tell("settled", &[""])
    }

    async fn sync(&self) -> anyhow::Result<()> {
        while let Err(error) = self.client.sync_now().await {
            tell("status", &[&format!("pulling: {error}")])?;
            tokio::time::sleep(PAUSE).await;
        }
        tell("synced", &[""])
    }
}

/// Passes on what the host is told. A parent that is gone will not miss it.
struct Host {
    fates: watch::Sender<usize>,
}

impl MessageListener for Host {
    fn on_messages(&self, messages: Vec<Message>) {
        for message in messages {
            let _ = tell("heard", &[message.uid.as_deref().unwrap_or_default()]);
        }
    }

    fn on_sent(&self, message: Message) {
        let text = text_of(&message);
        let _ = match message.sent_status {
            SentStatus::Failed => tell("failed", &[&text, &message.error_code.to_string()]),
            _ => tell("sent", &[&text, &message.uid.unwrap_or_default(), &message.sent_time.to_string()]),
        };
        self.fates.send_modify(|fates| *fates += 1);
    }

    fn on_changed(&self, _: Vec<MessageChange>) {}

    fn on_overflow(&self) {
        let _ = tell("wrong", &["events were dropped"]);
    }
}

impl ConnectionListener for Host {
    fn on_status(&self, status: ConnectionStatus, code: i32) {
        let _ = tell("status", &[&format!("{status:?} {code}")]);
    }

    fn on_synced(&self) {}
}
