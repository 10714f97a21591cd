//! One seed: a server, bob, the lives of alice's client one after the other, then the check.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anser::client::{ClientOptions, Platform};
use anser_server::Config;
use anser_testkit::{Person, World};
use anyhow::{Context as _, bail, ensure};
use tokio::process::Child;
use tokio::time::timeout;

use super::bob::Bob;
use super::check::{Witnesses, conversations};
use super::journal::Noted;
use super::lives::{self, Ended, Told};
use super::plan::{Death, deaths};
use super::snapshot::{self, Seen, TEAM};
use super::{import, life};

/// A life that lasts longer hangs.
const LONGEST_LIFE: Duration = Duration::from_secs(60);

/// What became of a seed's deaths.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Points where a life ended.
    pub(crate) met: Vec<&'static str>,
    /// Lives that ended at a random moment.
    pub(crate) random: usize,
    /// Lives that came to their end before their death.
    pub(crate) survived: usize,
}

/// The mark of an error that says what the data shows, not that a run went wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Violation;

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the data is not what it must be")
    }
}

/// Everything one seed needs.
pub(crate) struct Seed {
    pub(crate) number: u64,
    /// Its own, empty.
    pub(crate) folder: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) wrong_order: bool,
}

impl Seed {
    /// Runs it; an error says what was lost, doubled or wrong.
    pub(crate) async fn run(&self) -> anyhow::Result<Outcome> {
        let config = Config { recall_seconds: 0, ..lives::server_of(&self.folder) };
        let world = World::with(config).await;
        world.group(TEAM, &["alice", "bob"]).await;
        let mut bob = Bob::join(&world, self.number).await;
        let token = world.server.token("alice").await?;
        bob.write(6).await?;
        let exported = import::write(&world, &token, &self.folder).await.context("the export")?;
        let mut outcome = Outcome::default();
        let deaths = deaths(self.number);
        for (number, death) in (0..).zip(deaths.iter().map(Some).chain([None])) {
            bob.write(4).await?;
            let life = self.life(&world, &token, number, death);
            // What bob wrote after the last life would be news to the check.
            let ended = match death {
                None => life.await,
                Some(_) => {
                    let (ended, chatted) = tokio::join!(life, bob.chat());
                    chatted.context("bob")?;
                    ended
                }
            };
            match (ended.with_context(|| format!("life {number}, {death:?}"))?, death) {
                (Ended::AtPoint, Some(Death::At { point, .. })) => outcome.met.push(point),
                (Ended::ByParent, Some(Death::After(_))) => outcome.random += 1,
                (Ended::ByItself, _) => outcome.survived += usize::from(death.is_some()),
                (ended, _) => bail!("life {number} ended {ended:?}, planned was {death:?}"),
            }
        }
        self.check(&world, &token, &bob, &exported).await.context(Violation)?;
        Ok(outcome)
    }

    async fn life(
        &self,
        world: &World,
        token: &str,
        number: u64,
        death: Option<&Death>,
    ) -> anyhow::Result<Ended> {
        let told = Told {
            data: self.folder.join(life::DATA),
            user: "alice".to_owned(),
            seed: self.number,
            number,
            navigation: world.server.navi_url(),
            app_key: world.server.app_key().to_owned(),
            token: token.to_owned(),
        };
        let dies_at = match death {
            Some(Death::At { point, count }) => Some((*point, *count)),
            _ => None,
        };
        let errors = self.folder.join(format!("life-{number}.err"));
        let mut command = told.command(&self.program, dies_at, self.wrong_order);
        command.arg("--folder").arg(&self.folder).stdout(Stdio::null());
        let (mut child, _pipe) = lives::start(&mut command, File::create(&errors)?)?;
        let status = match death {
            Some(Death::After(moment)) => match timeout(*moment, child.wait()).await {
                Ok(status) => status?,
                Err(_) => {
                    // It may have ended by itself this very moment: the status tells.
                    child.start_kill()?;
                    wait(&mut child).await?
                }
            },
            _ => wait(&mut child).await?,
        };
        Ended::of(status)
            .with_context(|| std::fs::read_to_string(&errors).unwrap_or_default().trim().to_owned())
    }

    /// Compares what alice's data shows with a second device of hers and with bob.
    async fn check(&self, world: &World, token: &str, bob: &Bob, exported: &[Seen]) -> anyhow::Result<()> {
        let noted = Noted::read(&self.folder)?;
        let data = self.folder.join(life::DATA);
        let options = |options: ClientOptions| options.user_id("alice");
        let alice = Person::new("alice", token.to_owned(), options(on_disk(world, &data)));
        let offline = snapshot::take(&alice.client, conversations()).await.context("alice, offline")?;
        alice.client.connect(token.to_owned()).await?;
        alice.client.sync_now().await?;
        let online = snapshot::take(&alice.client, conversations()).await.context("alice, online")?;
        for (place, shown) in &offline {
            let after = online.get(place).cloned().unwrap_or_default();
            snapshot::compare(place, "before another pull", shown, "after it", &after)?;
            let (before, after) = ((shown.unread, shown.read_time), (after.unread, after.read_time));
            ensure!(
                before == after,
                "{place}: another pull moved unread and mark from {before:?} to {after:?}"
            );
        }
        let report = alice.client.storage().verify(None).await?;
        let mended = [report.orphans, report.sort_times, report.doubles, report.reindexed];
        ensure!(report.problems.is_empty() && mended == [0; 4], "the store had to be mended: {report:?}");
        let heard = alice.heard.heard();
        ensure!(heard.messages.is_empty(), "another pull brought {:?}", heard.texts());

        let second =
            Person::new("alice", token.to_owned(), options(world.options().platform(Platform::Mobile)));
        second.client.connect(token.to_owned()).await?;
        second.client.sync_now().await?;
        bob.person.client.sync_now().await?;
        let witnesses = Witnesses { noted: &noted, alice: &online, bob, exported };
        witnesses.check_alone()?;
        witnesses.check_bob().await?;
        witnesses.check_second(&second.client).await
    }
}

async fn wait(child: &mut Child) -> anyhow::Result<ExitStatus> {
    match timeout(LONGEST_LIFE, child.wait()).await {
        Ok(status) => Ok(status?),
        Err(_) => bail!("it hangs"),
    }
}

fn on_disk(world: &World, data: &Path) -> ClientOptions {
    world.options().data_dir(data.to_string_lossy())
}
