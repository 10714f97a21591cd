//! Processes that run beside a command: a development server, programs that talk to it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// A child that does not outlive its owner.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.spawn();
        child.map(Self).with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))
    }

    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.0.wait()?)
    }

    /// Asks it to end and waits for that.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.0.kill()?;
        }
        self.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails for one that has ended, and then nothing is left to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `anser-server dev` and what it printed.
pub(crate) struct Server {
    pub(crate) process: Process,
    info: Value,
}

impl Server {
    pub(crate) fn start(program: &Path, users: &str, data: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["dev", "--json", "--port", "0", "--users", users, "--data"]).arg(data);
        let quiet = std::env::var("ANSER_LOG").unwrap_or_else(|_| "warn".into());
        let mut process = Process::start(command.env("ANSER_LOG", quiet).stdout(Stdio::piped()))?;
        let out = process.0.stdout.take().context("the server's output is not piped")?;
        let mut line = String::new();
        if BufReader::new(out).read_line(&mut line)? == 0 {
            bail!("the server ended: {}", process.wait()?);
        }
        Ok(Self { process, info: serde_json::from_str(&line)? })
    }

    /// A member of what the server printed: `/navi`, `/app_key`, `/tokens/alice`.
    pub(crate) fn get(&self, pointer: &str) -> anyhow::Result<&str> {
        self.info
            .pointer(pointer)
            .and_then(Value::as_str)
            .with_context(|| format!("the server did not say {pointer}"))
    }
}
