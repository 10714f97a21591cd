//! The other person: a client in the parent's process that never dies. Writes while the client under test lives
//! and while it is dead, and takes some of it back.

use anser::client::RecallOptions;
use anser::model::ConversationKey;
use anser_testkit::{Person, Random, World};

use super::snapshot::TEAM;

/// What bob said.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) text: String,
    pub(crate) recalled: bool,
}

/// Bob.
pub(crate) struct Bob {
    pub(crate) person: Person,
    pub(crate) said: Vec<Said>,
    rng: Random,
}

impl Bob {
    pub(crate) async fn join(world: &World, seed: u64) -> Self {
        Self { person: world.join("bob").await, said: Vec::new(), rng: Random::of(seed, 100) }
    }

    /// Writes some messages and takes the last one back.
    pub(crate) async fn write(&mut self, fewest: usize) -> anyhow::Result<()> {
        for _ in 0..fewest + self.rng.below(6) {
            self.say().await?;
        }
        self.recall().await
    }

    /// Goes on writing for a while, with pauses.
    pub(crate) async fn chat(&mut self) -> anyhow::Result<()> {
        for _ in 0..self.rng.below(10) {
            self.say().await?;
            if self.rng.chance(5) {
                self.recall().await?;
            }
            // Not waiting for anything: spreads the messages over the other side's life.
            tokio::time::sleep(std::time::Duration::from_millis(self.rng.number() % 25)).await;
        }
        Ok(())
    }

    async fn say(&mut self) -> anyhow::Result<()> {
        let to = match self.rng.chance(3) {
            true => ConversationKey::group(TEAM),
            false => ConversationKey::private("alice"),
        };
        let text = format!("b{:05}", self.said.len());
        let messages = self.person.messages();
        let local = messages.send_text(to, text.clone()).await?;
        let sent = messages.wait_sent(local.id).await?;
        let uid = sent.uid.unwrap_or_default();
        self.said.push(Said { id: sent.id, uid, text, recalled: false });
        Ok(())
    }

    async fn recall(&mut self) -> anyhow::Result<()> {
        // One of the last few: some have arrived already, some have not.
        let last = self.said.len().saturating_sub(1 + self.rng.below(4));
        if let Some(said) = self.said.get_mut(last).filter(|said| !said.recalled) {
            self.person.messages().recall(said.id, RecallOptions::default()).await?;
            said.recalled = true;
        }
        Ok(())
    }
}
