//! The parent's side of one client: starts its lives, reads what they tell, ends them when the plan says.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anser::model::ConnectionChannel;
use anser_testkit::{Carrier, FaultProxy};
use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Wrong;
use super::lives::{self, Ended, Told};
use super::plan::{Death, Part};
use super::record::Record;
use super::tally::{Kind, Tally};

/// For anything in a storm: one message may have to outlive several faults, each with half a minute until it is
/// found out and up to a minute before the next attempt.
const PATIENCE: Duration = Duration::from_secs(600);
/// For coming to rest once no fault is left.
const REST: Duration = Duration::from_secs(120);

/// A client and what it has told.
pub(crate) struct Person {
    pub(crate) part: Part,
    pub(crate) proxy: FaultProxy,
    pub(crate) token: String,
    pub(crate) app_key: String,
    /// The seed's.
    pub(crate) folder: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) seed: u64,
    pub(crate) wrong: Option<Wrong>,
    pub(crate) record: watch::Sender<Record>,
    /// What all clients have told.
    pub(crate) told: watch::Sender<usize>,
}

/// A life that runs.
pub(crate) struct Life {
    child: Child,
    commands: ChildStdin,
    /// `None` once its end was seen.
    reader: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Person {
    /// Where the client's data lies.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join(self.part.user)
    }

    /// All lives but the last, one after the other, then the last one until all faults have happened.
    pub(crate) async fn storm(&self, tally: &Tally) -> anyhow::Result<Life> {
        let mut number = 0;
        for death in &self.part.deaths {
            let life = self.start(number, Some(death)).await?;
            let kind = self.end(life, death).await.with_context(|| format!("life {number}, {death:?}"))?;
            tally.note(kind, self.carrier());
            number += 1;
        }
        let mut life = self.start(number, None).await?;
        self.wait(&mut life, "doing its part", PATIENCE, |record| record.now.done).await?;
        while !self.proxy.is_calm() {
            // Bytes are what faults count: one message more, and its fate.
            let before = self.record.borrow().fates();
            life.say("more").await?;
            tokio::select! {
                more = self.wait(&mut life, "another message", PATIENCE, |record| record.fates() > before) => more?,
                () = self.proxy.calm() => {}
            }
        }
        Ok(life)
    }

    /// Waits until every message has its fate.
    pub(crate) async fn settle(&self, life: &mut Life) -> anyhow::Result<()> {
        life.say("settle").await?;
        self.wait(life, "coming to rest", REST, |record| record.now.settled).await
    }

    /// Waits until everything is here, and ends the last life.
    pub(crate) async fn sync_and_end(&self, mut life: Life) -> anyhow::Result<()> {
        life.say("sync").await?;
        self.wait(&mut life, "the last pull", REST, |record| record.now.synced).await?;
        if self.part.killed_at_rest {
            life.child.start_kill()?;
        } else {
            life.say("close").await?;
        }
        let ended = life.wait().await.context("the last life")?;
        let planned = if self.part.killed_at_rest { Ended::ByParent } else { Ended::ByItself };
        ensure!(ended == planned, "the last life ended {ended:?}, planned was {planned:?}");
        Ok(())
    }

    /// How its lines run.
    pub(crate) fn carrier(&self) -> Carrier {
        let planned = match self.part.channel {
            Some(ConnectionChannel::XhrPolling) => Carrier::Polling,
            _ => Carrier::Websocket,
        };
        self.proxy.newest().unwrap_or(planned)
    }

    async fn start(&self, number: u64, death: Option<&Death>) -> anyhow::Result<Life> {
        let user = self.part.user;
        let told = Told {
            data: self.data(),
            user: user.to_owned(),
            seed: self.seed,
            number,
            navigation: self.proxy.navi_url(),
            app_key: self.app_key.clone(),
            token: self.token.clone(),
        };
        let dies_at = match death {
            Some(Death::At { point, count }) => Some((*point, *count)),
            _ => None,
        };
        let mut command = told.command(&self.program, dies_at, self.wrong == Some(Wrong::CursorFirst));
        match self.part.channel {
            Some(ConnectionChannel::XhrPolling) => drop(command.args(["--channel", "polling"])),
            Some(_) => drop(command.args(["--channel", "websocket"])),
            None => {}
        }
        let errors = File::create(self.folder.join(format!("{user}-{number}.err")))?;
        self.record.send_modify(Record::begin);
        let (mut child, commands) = lives::start(command.stdout(Stdio::piped()), errors)?;
        let mut lines = BufReader::new(child.stdout.take().context("no pipe for words")?).lines();
        let (record, told) = (self.record.clone(), self.told.clone());
        let copy =
            OpenOptions::new().create(true).append(true).open(self.folder.join(format!("{user}.told")))?;
        let reader = tokio::spawn(async move {
            while let Some(line) = lines.next_line().await? {
                // For people, when a seed fails.
                let _ = std::io::Write::write_all(&mut &copy, format!("{line}\n").as_bytes());
                let mut added = Ok(());
                record.send_modify(|record| added = record.add(&line));
                added?;
                told.send_modify(|told| *told += 1);
            }
            Ok(())
        });
        Ok(Life { child, commands, reader: Some(reader) })
    }

    /// Waits for a life's death, or brings it about.
    async fn end(&self, mut life: Life, death: &Death) -> anyhow::Result<Kind> {
        let enough = match death {
            Death::At { .. } => usize::MAX,
            Death::Told(count) => *count,
        };
        self.wait_or_end(&mut life, "its death", PATIENCE, |record| {
            record.now.told >= enough || record.now.done
        })
        .await?;
        // It may die by itself this very moment: the status tells.
        life.child.start_kill()?;
        match life.wait().await? {
            Ended::AtPoint => Ok(Kind::ClientAtPoint),
            Ended::ByParent => Ok(Kind::Client),
            Ended::ByItself => bail!("it ended by itself"),
        }
    }

    /// Waits until its record is so.
    async fn wait(
        &self,
        life: &mut Life,
        what: &str,
        patience: Duration,
        so: impl FnMut(&Record) -> bool,
    ) -> anyhow::Result<()> {
        let lives = self.wait_or_end(life, what, patience, so).await?;
        ensure!(lives, "{}: it ended before {what}", self.part.user);
        Ok(())
    }

    /// Waits until its record is so, or the life has ended; tells whether it lives.
    async fn wait_or_end(
        &self,
        life: &mut Life,
        what: &str,
        patience: Duration,
        mut so: impl FnMut(&Record) -> bool,
    ) -> anyhow::Result<bool> {
        let mut record = self.record.subscribe();
        let user = self.part.user;
        let found = async {
            tokio::select! {
                // The pipe closes when the process ends, and all of it is read by then.
                read = life.read_all() => read.map(|()| false).context(user),
                _ = record.wait_for(|record| so(record)) => Ok(true),
            }
        };
        match timeout(patience, found).await {
            Ok(found) => found,
            Err(_) => bail!("{user} waits for {what}; its connection: {}", self.record.borrow().status),
        }
    }
}

impl Life {
    async fn say(&mut self, command: &str) -> anyhow::Result<()> {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.context("it has ended")?;
        Ok(self.commands.flush().await?)
    }

    async fn read_all(&mut self) -> anyhow::Result<()> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        let read = reader.await;
        self.reader = None;
        read?
    }

    /// Waits for its end, and until everything that it told is read.
    async fn wait(mut self) -> anyhow::Result<Ended> {
        let Ok(status) = timeout(PATIENCE, self.child.wait()).await else { bail!("it hangs") };
        self.read_all().await?;
        Ended::of(status?)
    }
}
