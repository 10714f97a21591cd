//! What the runners share whose clients are processes that are killed (`kill`, `faults`): what a life is told, how it
//! is started and how it ended, where a seed keeps what it needs, and what is shown of a client's data. Decides
//! nothing about when a life ends, and checks nothing.

pub(crate) mod snapshot;

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anser::client::ClientOptions;
use anser_server::Config;
use anyhow::{Context as _, bail};
use clap::Args;
use tokio::process::{Child, ChildStdin, Command};

/// Small, so that few messages make several pages.
const PAGE_SIZE: u32 = 4;
/// How a kill point ends a process.
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
/// Tell a life the kill point where it ends, and the mistake that it makes.
const KILL_AT: &str = "ANSER_KILL_AT";
const KILL_WRONG: &str = "ANSER_KILL_WRONG";

/// What every life is told.
#[derive(Args)]
pub(crate) struct Told {
    /// Where the client's data lies.
    #[arg(long)]
    pub(crate) data: PathBuf,
    #[arg(long)]
    pub(crate) user: String,
    #[arg(long)]
    pub(crate) seed: u64,
    /// Which life of this client, from 0.
    #[arg(long)]
    pub(crate) number: u64,
    #[arg(long)]
    pub(crate) navigation: String,
    #[arg(long)]
    pub(crate) app_key: String,
    #[arg(long)]
    pub(crate) token: String,
}

impl Told {
    /// What the life's client is opened with.
    pub(crate) fn options(&self) -> ClientOptions {
        ClientOptions::new(&self.app_key, &self.navigation)
            .data_dir(self.data.to_string_lossy())
            .user_id(&self.user)
    }

    /// This life as a process of `program`, which is the runner itself; more may be added before it is [`start`]ed.
    /// `dies_at` is a kill point and how often it is passed, `cursor_first` the mistake of that name.
    pub(crate) fn command(
        &self,
        program: &Path,
        dies_at: Option<(&str, u64)>,
        cursor_first: bool,
    ) -> Command {
        let mut command = Command::new(program);
        command.arg("life").arg("--data").arg(&self.data);
        command.args(["--seed", &self.seed.to_string(), "--number", &self.number.to_string()]);
        for (name, value) in [
            ("--user", &self.user),
            ("--navigation", &self.navigation),
            ("--app-key", &self.app_key),
            ("--token", &self.token),
        ] {
            command.args([name, value]);
        }
        without_kill_points(&mut command);
        if let Some((point, count)) = dies_at {
            command.env(KILL_AT, format!("{point}:{count}"));
        }
        if cursor_first {
            command.env(KILL_WRONG, "cursor-first");
        }
        command
    }
}

/// Takes from a process what this one may have been told about dying.
pub(crate) fn without_kill_points(command: &mut Command) {
    command.env_remove(KILL_AT).env_remove(KILL_WRONG);
}

/// Starts a life. What it says to people goes to `errors`; it lives no longer than the pipe, and no longer than the
/// child is held.
pub(crate) fn start(command: &mut Command, errors: File) -> anyhow::Result<(Child, ChildStdin)> {
    let mut child =
        command.stdin(Stdio::piped()).stderr(errors).kill_on_drop(true).spawn().context("cannot start")?;
    let pipe = child.stdin.take().context("no pipe")?;
    Ok((child, pipe))
}

/// Waits until the other end of standard input is gone, which is the parent's.
pub(crate) async fn parent_gone() {
    // An error is an end as well.
    let _ = tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await;
}

/// How a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    AtPoint,
    ByParent,
    ByItself,
}

impl Ended {
    /// An error if none of these is how.
    pub(crate) fn of(status: ExitStatus) -> anyhow::Result<Self> {
        match (status.signal(), status.success()) {
            (Some(SIGABRT), _) => Ok(Self::AtPoint),
            (Some(SIGKILL), _) => Ok(Self::ByParent),
            (None, true) => Ok(Self::ByItself),
            _ => bail!("it ended with {status}"),
        }
    }
}

/// Where a runner's seed keeps what it needs; that of a failed one stays.
pub(crate) fn folder(runner: &str, seed: u64) -> PathBuf {
    std::env::temp_dir().join(format!("anser-{runner}-{}-{seed}", std::process::id()))
}

/// Runs a seed in its folder, which goes if all was well.
pub(crate) async fn in_folder<T>(
    folder: &Path,
    seed: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    std::fs::create_dir_all(folder)?;
    let outcome = seed.await?;
    if let Err(error) = std::fs::remove_dir_all(folder) {
        eprintln!("{} stays: {error}", folder.display());
    }
    Ok(outcome)
}

/// A seed's server. Key and secret are the seed's own: a client of another seed, or of another run, that comes to it
/// over a port which was its own server's before is refused.
pub(crate) fn server_of(folder: &Path) -> Config {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    Config {
        app_key: name.clone().into_owned(),
        app_secret: format!("{name}-secret"),
        page_size: PAGE_SIZE,
        ..Config::default()
    }
}
