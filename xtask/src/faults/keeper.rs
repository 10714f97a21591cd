//! Stands between the runner and a process that knows nothing of it, the server that ships: ends it when the runner
//! says so or is gone itself, which it can only learn from its standard input. The runner's hidden command `keep`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use tokio::process::{Child, Command};

use super::lives::{parent_gone, without_kill_points};

/// What it keeps.
#[derive(Args)]
pub(crate) struct Keep {
    program: PathBuf,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// The keeper's own process: lasts as long as what it keeps.
pub(crate) fn keep(keep: &Keep) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let mut command = Command::new(&keep.program);
        command.args(&keep.arguments).stdin(Stdio::null()).kill_on_drop(true);
        let mut kept = command.spawn().with_context(|| format!("cannot start {}", keep.program.display()))?;
        tokio::select! {
            status = kept.wait() => bail!("it ended by itself: {}", status?),
            () = parent_gone() => Ok(kept.kill().await?),
        }
    });
    // The thread that reads may still wait.
    runtime.shutdown_background();
    done
}

/// The runner's side: a process that is kept. Dropping it ends both.
pub(crate) struct Kept(Child);

impl Kept {
    /// Starts `program` with a keeper, which is `runner`. Its words to standard error are piped.
    pub(crate) fn start(runner: &Path, program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(runner);
        command.arg("keep").arg(program).args(arguments).env("ANSER_LOG", "info");
        without_kill_points(&mut command);
        // A keeper that is killed could not end what it keeps.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(false);
        Ok(Self(command.spawn().context("cannot start the keeper")?))
    }

    /// Its words, once.
    pub(crate) fn words(&mut self) -> anyhow::Result<tokio::process::ChildStderr> {
        self.0.stderr.take().context("its words are not piped")
    }

    /// Ends it at once, by SIGKILL. An error if it has ended before.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.0.try_wait()? {
            bail!("it had ended by itself: {status}");
        }
        drop(self.0.stdin.take());
        let status = self.0.wait().await?;
        ensure!(status.success(), "it had ended by itself: {status}");
        Ok(())
    }
}
