//! One seed: server, proxies and clients through the storm; then the calm, and the check.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anser::client::{ClientOptions, Platform};
use anser::model::ConversationKey;
use anser_testkit::{FaultProxy, Person as Device};
use anyhow::{Context as _, bail, ensure};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Wrong;
use super::check::{self, Violation, Witness};
use super::person::Person;
use super::plan::{Plan, plan};
use super::record::Record;
use super::server::{Process, Site};
use super::snapshot::{self, PAGE, Seen, Snapshot, TEAM};
use super::tally::{Kind, Tally};

/// For a whole storm: many times what one takes on an idle machine.
const STORM: Duration = Duration::from_secs(1200);

/// The conversations of a person, by name.
pub(crate) fn places(user: &str) -> &'static [&'static str] {
    match user {
        "alice" => &["bob", "carol", TEAM],
        "bob" => &["alice", "carol", TEAM],
        _ => &["alice", "bob", TEAM],
    }
}

/// A conversation by its name.
pub(crate) fn key(place: &str) -> ConversationKey {
    if place == TEAM { ConversationKey::group(TEAM) } else { ConversationKey::private(place) }
}

/// Everything one seed needs.
pub(crate) struct Seed {
    pub(crate) number: u64,
    /// Its own, empty.
    pub(crate) folder: PathBuf,
    pub(crate) wrong: Option<Wrong>,
    pub(crate) tally: Arc<Tally>,
}

impl Seed {
    /// Runs it; an error says what was lost, doubled or wrong.
    pub(crate) async fn run(&self) -> anyhow::Result<()> {
        let Plan { parts, server_kills } = plan(self.number);
        let program = std::env::current_exe().context("where this program is")?;
        let server = program.with_file_name(format!("anser-server{}", std::env::consts::EXE_SUFFIX));
        let mut site = Site::new(&server, &self.folder, self.wrong).await.context("the server's data")?;
        let mut running = site.start().await?;
        let told = watch::Sender::new(0);
        let mut people = Vec::new();
        for (part, token) in parts.into_iter().zip(site.tokens.clone()) {
            let proxy = FaultProxy::start(running.address).await?;
            proxy.refuse_upgrades(part.refused);
            proxy.plan(part.faults.iter().copied());
            people.push(Person {
                part,
                proxy,
                token,
                app_key: site.app_key.clone(),
                folder: self.folder.clone(),
                program: program.clone(),
                seed: self.number,
                wrong: self.wrong,
                record: watch::Sender::new(Record::default()),
                told: told.clone(),
            });
        }
        let [alice, bob, carol] = people.as_slice() else { bail!("three people make a seed") };
        let storm = async {
            tokio::try_join!(alice.storm(&self.tally), bob.storm(&self.tally), carol.storm(&self.tally))
        };
        let (over, storm_over) = watch::channel(false);
        let storm = async {
            let lives = timeout(STORM, storm).await.context("the storm never ends")??;
            over.send_replace(true);
            anyhow::Ok(lives)
        };
        let kills = self.kill_server(&mut site, &mut running, &server_kills, &told, storm_over, &people);
        let ((mut first, mut second, mut third), ()) = tokio::try_join!(storm, kills)?;
        for person in &people {
            person
                .proxy
                .strikes()
                .iter()
                .for_each(|strike| self.tally.note(strike.fault.into(), strike.carrier));
            person.proxy.stop();
        }
        tokio::try_join!(alice.settle(&mut first), bob.settle(&mut second), carol.settle(&mut third))?;
        tokio::try_join!(alice.sync_and_end(first), bob.sync_and_end(second), carol.sync_and_end(third))?;
        self.check(&people, &running).await?;
        running.kill().await
    }

    /// Kills the server and starts it again, each time when its clients have told so much, or at the storm's end.
    async fn kill_server(
        &self,
        site: &mut Site,
        running: &mut Process,
        moments: &[usize],
        told: &watch::Sender<usize>,
        mut storm_over: watch::Receiver<bool>,
        people: &[Person],
    ) -> anyhow::Result<()> {
        let mut told = told.subscribe();
        for moment in moments {
            tokio::select! {
                _ = told.wait_for(|told| told >= moment) => {}
                _ = storm_over.wait_for(|over| *over) => {}
            }
            for carrier in people.iter().flat_map(|person| person.proxy.lines()) {
                self.tally.note(Kind::Server, carrier);
            }
            // Its port may be another seed's by the time that it is back.
            people.iter().for_each(|person| person.proxy.point_at(None));
            running.kill().await?;
            *running = site.start().await?;
            people.iter().for_each(|person| person.proxy.point_at(Some(running.address)));
        }
        Ok(())
    }

    /// Opens the data that the clients left, and compares it with what they told, with each other, with a new
    /// device's.
    async fn check(&self, people: &[Person], running: &Process) -> anyhow::Result<()> {
        let mut witnesses = Vec::new();
        let records: Vec<Record> = people.iter().map(|person| person.record.borrow().clone()).collect();
        for (person, record) in people.iter().zip(&records) {
            let shown = self.open(person, running).await.with_context(|| person.part.user)?;
            witnesses.push(Witness { user: person.part.user, record, shown });
        }
        check::check(&witnesses).with_context(wrong)?;
        for (person, witness) in people.iter().zip(&witnesses) {
            let user = person.part.user;
            let options = options(person, running).platform(Platform::Mobile);
            let device = Device::new(user, person.token.clone(), options);
            device.client.connect(person.token.clone()).await?;
            device.client.sync_now().await?;
            for place in places(user) {
                // Nothing but messages: marks may arrive while this is read.
                let messages = device.messages().history(key(place), 0, PAGE).await?;
                let seen = messages.iter().map(Seen::of).collect();
                check::check_device(witness, place, seen).with_context(wrong)?;
            }
        }
        Ok(())
    }

    /// What a client's data shows: the same before another pull and after it, and nothing is news.
    async fn open(&self, person: &Person, running: &Process) -> anyhow::Result<Snapshot> {
        let user = person.part.user;
        let data = person.data().to_string_lossy().into_owned();
        let device = Device::new(user, person.token.clone(), options(person, running).data_dir(data));
        let offline = show(&device, user).await.context("offline")?;
        device.client.connect(person.token.clone()).await?;
        device.client.sync_now().await?;
        let online = show(&device, user).await.context("online")?;
        let report = device.client.storage().verify(None).await?;
        let mended = [report.orphans, report.sort_times, report.doubles, report.reindexed];
        let heard = device.heard.heard();
        let judge = || {
            ensure!(offline == online, "another pull made of {offline:?} this: {online:?}");
            ensure!(report.problems.is_empty() && mended == [0; 4], "the store had to be mended: {report:?}");
            ensure!(heard.messages.is_empty(), "another pull brought {:?}", heard.texts());
            Ok(())
        };
        judge().with_context(wrong)?;
        Ok(online)
    }
}

fn wrong() -> Violation {
    Violation("the data is not what it must be".to_owned())
}

/// A client of the server, without a proxy.
fn options(person: &Person, running: &Process) -> ClientOptions {
    ClientOptions::new(&person.app_key, format!("http://{}", running.address)).user_id(person.part.user)
}

async fn show(device: &Device, user: &str) -> anyhow::Result<Snapshot> {
    let conversations = places(user).iter().map(|place| (*place, key(place))).collect();
    snapshot::take(&device.client, conversations).await
}
