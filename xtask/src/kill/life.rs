//! One life of the client under test: opens its data, does what the seed says for this life, ends in order,
//! unless it is killed before. Everything that the host would know goes into the journal.

use std::path::PathBuf;
use std::sync::Arc;

use anser::client::{Client, MessageListener, RecallOptions};
use anser::model::{ConversationKey, Message, MessageChange, MessageDirection, SentStatus};
use anser_testkit::{Random, text_of};
use anyhow::{Context as _, bail};
use clap::Args;
use tokio::task::JoinHandle;

use super::import::{self, OLD};
use super::journal::Journal;
use super::lives::{self, Told};
use super::snapshot::{PAGE, RECALLED, TEAM};

/// Below the seed's folder: the client's data.
pub(crate) const DATA: &str = "data";
/// Newest messages that a step chooses from.
const RECENT: u32 = 40;

/// What a life is told.
#[derive(Args)]
pub(crate) struct Life {
    #[command(flatten)]
    told: Told,
    /// The seed's folder.
    #[arg(long)]
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Send,
    Recall,
    ReadUntil,
    ReadAll,
    Sync,
    Import,
}

impl Step {
    fn needs_line(self) -> bool {
        matches!(self, Self::Recall | Self::Sync)
    }
}

/// The process of a life.
pub(crate) fn live(life: Life) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let journal = Arc::new(Journal::open(&life.folder)?);
        let client = Client::new(life.told.options()).context("opening")?;
        let _heard = client.add_message_listener(Arc::new(Heard(journal.clone())));
        let rng = Random::of(life.told.seed, 200 + life.told.number);
        let script = Script { client, journal, rng, life, texts: 0, importing: None };
        tokio::select! {
            done = script.run() => done,
            () = lives::parent_gone() => bail!("the parent is gone"),
        }
    });
    // The thread that waits for the parent's end waits on.
    runtime.shutdown_background();
    done
}

struct Script {
    client: Arc<Client>,
    journal: Arc<Journal>,
    rng: Random,
    life: Life,
    texts: usize,
    /// An import that runs beside the other steps.
    importing: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Script {
    async fn run(mut self) -> anyhow::Result<()> {
        let mut steps = vec![Step::ReadUntil, Step::ReadUntil, Step::Sync, Step::Import];
        steps.extend(vec![Step::Send; 5 + self.rng.below(5)]);
        steps.extend(vec![Step::Recall; 1 + self.rng.below(2)]);
        if self.rng.chance(3) {
            steps.push(Step::ReadAll);
        }
        self.rng.shuffle(&mut steps);
        let offline = self.rng.below(steps.len() / 2);
        let mut later = Vec::new();
        for (place, step) in steps.into_iter().enumerate() {
            if place < offline && !step.needs_line() {
                self.step(step).await?;
            } else {
                later.push(step);
            }
        }
        self.client.connect(self.life.told.token.clone()).await.context("connecting")?;
        for step in later {
            self.step(step).await?;
        }
        self.end().await
    }

    async fn step(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Send => self.send().await.map(|_| ()),
            Step::Recall => self.recall().await,
            Step::ReadUntil => self.read_until().await,
            Step::ReadAll => self.read_all().await,
            Step::Import => self.import().await,
            Step::Sync => self.client.sync_now().await.context("pulling"),
        }
    }

    fn place(&mut self) -> (&'static str, ConversationKey) {
        match self.rng.chance(3) {
            true => (TEAM, ConversationKey::group(TEAM)),
            false => ("bob", ConversationKey::private("bob")),
        }
    }

    async fn recent(
        &self,
        key: &ConversationKey,
        direction: MessageDirection,
    ) -> anyhow::Result<Vec<Message>> {
        let mut page = self.client.messages().history(key.clone(), 0, RECENT).await.context("history")?;
        let served = |uid: &String| !uid.starts_with(OLD);
        page.retain(|message| message.direction == direction && message.uid.as_ref().is_some_and(served));
        Ok(page)
    }

    async fn send(&mut self) -> anyhow::Result<Message> {
        let (place, key) = self.place();
        // In the order of lives and of sending, also as text.
        let text = format!("a{}{:03} to {place}", self.life.told.number, self.texts);
        self.texts += 1;
        self.journal.note("send", &[&text])?;
        let sent = self.client.messages().send_text(key, text.clone()).await.context("sending")?;
        self.journal.note("durable", &[&text])?;
        Ok(sent)
    }

    async fn recall(&mut self) -> anyhow::Result<()> {
        let (_, key) = self.place();
        let mut own = self.recent(&key, MessageDirection::Send).await?;
        own.retain(|message| message.sent_status != SentStatus::Sending && message.object_name != RECALLED);
        let message = match self.rng.pick(&own) {
            Some(message) => message.clone(),
            None => {
                let id = self.send().await?.id;
                self.client.messages().wait_sent(id).await.context("waiting for what was sent")?
            }
        };
        let uid = message.uid.clone().unwrap_or_default();
        self.journal.note("recall", &[&uid, &text_of(&message)])?;
        self.client.messages().recall(message.id, RecallOptions::default()).await.context("recalling")?;
        self.journal.note("recalled", &[&uid])
    }

    async fn read_until(&mut self) -> anyhow::Result<()> {
        let (place, key) = self.place();
        let received = self.recent(&key, MessageDirection::Receive).await?;
        match self.rng.pick(&received) {
            Some(message) => self.mark(place, key, message.sent_time).await,
            None => Ok(()),
        }
    }

    async fn mark(&self, place: &str, key: ConversationKey, until: i64) -> anyhow::Result<()> {
        self.client.conversations().clear_unread_until(key, until).await.context("marking")?;
        self.journal.note("marked", &[place, &until.to_string()])
    }

    async fn read_all(&mut self) -> anyhow::Result<()> {
        let (_, key) = self.place();
        let conversations = self.client.conversations();
        match self.rng.chance(2) {
            true => conversations.clear_unread(key).await.context("clearing unread"),
            false => conversations.set_unread_count(key, 0).await.context("setting unread"),
        }
    }

    async fn import(&mut self) -> anyhow::Result<()> {
        let (client, journal) = (self.client.clone(), self.journal.clone());
        let folder = self.life.folder.clone();
        let importing = tokio::spawn(async move {
            import::read(&client, &folder).await?;
            journal.note("imported", &[])
        });
        match self.rng.chance(2) {
            true => importing.await?,
            false => {
                self.importing = Some(importing);
                Ok(())
            }
        }
    }

    /// Waits until everything has its fate, reads one message more, and closes.
    async fn end(&mut self) -> anyhow::Result<()> {
        if let Some(importing) = self.importing.take() {
            importing.await??;
        }
        for key in [ConversationKey::private("bob"), ConversationKey::group(TEAM)] {
            let page = self.client.messages().history(key, 0, PAGE).await.context("history")?;
            for message in page.iter().filter(|message| message.sent_status == SentStatus::Sending) {
                self.client.messages().wait_sent(message.id).await.context("waiting for what was sent")?;
            }
        }
        self.client.sync_now().await.context("pulling")?;
        let key = ConversationKey::private("bob");
        if let Some(oldest) = self.client.history().first_unread(key.clone()).await.context("unread")? {
            self.mark("bob", key, oldest.sent_time).await?;
            // Its signal goes out and comes back before the end, mostly.
            self.client.sync_now().await.context("pulling")?;
        }
        self.client.close();
        Ok(())
    }
}

/// Writes down what the host is told.
struct Heard(Arc<Journal>);

impl MessageListener for Heard {
    fn on_messages(&self, messages: Vec<Message>) {
        for message in messages {
            if let Err(error) = self.0.note("heard", &[message.uid.as_deref().unwrap_or_default()]) {
                eprintln!("{error:#}");
            }
        }
    }

    fn on_sent(&self, _: Message) {}

    fn on_changed(&self, _: Vec<MessageChange>) {}

    fn on_overflow(&self) {}
}
