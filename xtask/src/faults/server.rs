//! The server's process: the program that ships, with its data on disk, killed and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anser_server::{Config, Server};
use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Wrong;
use super::keeper::Kept;
use super::lives;
use super::plan::USERS;
use super::snapshot::TEAM;

/// For a start on a busy machine.
const START: Duration = Duration::from_secs(60);
/// What its log says before the address.
const LISTENING: &str = "listening address=";
/// The file of the data in its folder.
const DATABASE: &str = "anser-server.db";
/// Forgets client ids, see [`Wrong::NoDedupe`].
const FORGET: &str = "CREATE TRIGGER forget AFTER INSERT ON messages BEGIN \
                      UPDATE messages SET client_id = NULL WHERE id = NEW.id; END";

/// What a seed's server is made from.
pub(crate) struct Site {
    program: PathBuf,
    folder: PathBuf,
    pub(crate) app_key: String,
    /// In the order of [`USERS`].
    pub(crate) tokens: Vec<String>,
    starts: u32,
}

/// A running server.
pub(crate) struct Process {
    kept: Kept,
    pub(crate) address: SocketAddr,
}

impl Site {
    /// Makes the data: people and group.
    pub(crate) async fn new(program: &Path, folder: &Path, wrong: Option<Wrong>) -> anyhow::Result<Self> {
        let data = folder.join("server");
        std::fs::create_dir_all(&data)?;
        let config = Config { data: Some(data.clone()), ..lives::server_of(folder) };
        let (app_key, secret, page_size) =
            (config.app_key.clone(), config.app_secret.clone(), config.page_size);
        let running = Server::start(config).await?;
        let mut tokens = Vec::new();
        for user in USERS {
            tokens.push(running.token(user).await?);
        }
        running.create_group(TEAM, TEAM, &USERS).await?;
        running.shutdown().await;
        drop(running);
        if wrong == Some(Wrong::NoDedupe) {
            rusqlite::Connection::open(data.join(DATABASE))?.execute_batch(FORGET).context("forgetting")?;
        }
        let text = format!(
            "app_key = {app_key:?}\napp_secret = {secret:?}\nbind = \"127.0.0.1:0\"\ndata = {data:?}\n\
             rate_limit = false\npage_size = {page_size}\n"
        );
        std::fs::write(folder.join("server.toml"), text)?;
        let (program, folder) = (program.to_owned(), folder.to_owned());
        Ok(Self { program, folder, app_key, tokens, starts: 0 })
    }

    /// Starts it, for the first time or again.
    pub(crate) async fn start(&mut self) -> anyhow::Result<Process> {
        let config = self.folder.join("server.toml");
        let arguments = ["serve", "--config", &config.to_string_lossy()];
        let mut kept = Kept::start(&std::env::current_exe()?, &self.program, &arguments)?;
        let log = kept.words()?;
        let mut copy =
            tokio::fs::File::create(self.folder.join(format!("server-{}.log", self.starts))).await?;
        self.starts += 1;
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            let (mut lines, mut tell) = (BufReader::new(log).lines(), Some(tell));
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, address)) = line.split_once(LISTENING)
                    && let Some(tell) = tell.take()
                {
                    let _ = tell.send(address.trim().parse());
                }
                // A log that cannot be kept is only missed by people.
                let _ = copy.write_all(format!("{line}\n").as_bytes()).await;
            }
            let _ = copy.flush().await;
        });
        match timeout(START, told).await {
            Ok(Ok(address)) => Ok(Process { kept, address: address.context("the server's address")? }),
            Ok(Err(_)) => bail!("the server ended, its log says why"),
            Err(_) => bail!("the server does not start"),
        }
    }
}

impl Process {
    /// Ends it at once.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.kept.kill().await.context("the server")
    }
}
