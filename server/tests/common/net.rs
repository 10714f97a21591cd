//! The servers of a test: one gateway, or several on one store, and logins at them.

use anser_server::{Config, Parts, Running, Server};

use super::Client;

/// One or two gateways on one store.
pub struct Net {
    pub gateways: Vec<Running>,
    next: std::sync::atomic::AtomicUsize,
}

impl Net {
    pub async fn start(gateways: usize, config: Config) -> Self {
        let parts = Parts::open(&config).unwrap();
        let mut running = Vec::new();
        for _ in 0..gateways {
            running.push(Server::start_with(config.clone(), parts.clone()).await.unwrap());
        }
        Self { gateways: running, next: Default::default() }
    }

    pub async fn one() -> Self {
        Self::start(1, Config::default()).await
    }

    pub fn first(&self) -> &Running {
        &self.gateways[0]
    }

    /// Each login goes to the next gateway.
    pub fn gateway(&self) -> &Running {
        let turn = self.next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        &self.gateways[turn % self.gateways.len()]
    }

    /// A connection that was accepted but has pulled nothing.
    pub async fn connect(&self, user: &str, extra: &str) -> Client {
        match self.attempt(user, extra).await {
            Ok(client) => client,
            Err(status) => panic!("{user} was refused with {status}"),
        }
    }

    /// A connection that has pulled everything.
    pub async fn login(&self, user: &str) -> Client {
        self.login_as(user, "&apiVer=1&client=anser/0").await
    }

    pub async fn login_as(&self, user: &str, extra: &str) -> Client {
        let mut client = self.connect(user, extra).await;
        client.pull_all().await;
        client
    }

    pub async fn attempt(&self, user: &str, extra: &str) -> Result<Client, u8> {
        let gateway = self.gateway();
        let token = gateway.token(user).await.unwrap();
        Client::open(gateway, gateway.app_key(), &token, extra).await
    }
}
