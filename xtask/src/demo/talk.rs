//! The conversation itself: alice sends the first half and leaves, bob starts late and gets it, alice comes
//! back and sends the rest live, bob answers. Checks that each line arrived once, in order, byte for byte.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::text::Text;
use crate::process::{Process, Server};
use crate::tools::say;

/// Longest that one process may take; on its own it fails long before.
const PATIENCE: Duration = Duration::from_secs(600);

/// What bob answers: once he has caught up, and once he has everything.
const REPLIES: [&str; 3] = ["I am late, but I have read it all.", "都收到了，谢谢！ 🪿", "Bye!"];

/// Returns how many messages arrived.
pub(super) fn run(chat: &Path, server: &Server, folder: &Path, text: &Text) -> anyhow::Result<usize> {
    let lines = text.lines();
    let half = lines.len() / 2;
    let (early, live) = text.split_after(half);
    let peer = |name: &'static str, to: &str, expect: usize| {
        let mut command = Command::new(chat);
        command.args(["--navi", server.get("/navi")?, "--app-key", server.get("/app_key")?]);
        command.args(["--token", server.get(&format!("/tokens/{name}"))?, "--to", to]);
        command.args(["--expect", &expect.to_string(), "--timeout", &PATIENCE.as_secs().to_string()]);
        Peer::start(name, command.arg("--data").arg(folder.join(name)))
    };

    say(format!("-- alice sends {half} of {} lines; bob is not there --", lines.len()));
    let mut alice = peer("alice", "bob", 0)?;
    alice.write(early)?;
    alice.finish(&[])?;

    say("-- bob starts --");
    let expected = lines.iter().map(|line| [b"alice\t", *line, b"\n"].concat()).collect::<Vec<_>>();
    let mut bob = peer("bob", "alice", lines.len())?;
    bob.read(half)?;
    say("-- alice sends the rest; bob answers --");
    let [caught_up, rest @ ..] = REPLIES;
    bob.write(format!("{caught_up}\n").as_bytes())?;
    let mut alice = peer("alice", "bob", REPLIES.len())?;
    alice.write(live)?;
    alice.end_input();
    bob.read(lines.len())?;
    bob.write(rest.map(|line| format!("{line}\n")).concat().as_bytes())?;
    bob.finish(&expected)?;
    alice.finish(&REPLIES.map(|line| format!("bob\t{line}\n").into_bytes()))?;
    Ok(lines.len() + REPLIES.len())
}

/// One run of the program.
struct Peer {
    name: &'static str,
    process: Process,
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    seen: Vec<Vec<u8>>,
    writing: Vec<std::thread::JoinHandle<std::io::Result<ChildStdin>>>,
}

impl Peer {
    fn start(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let input = process.0.stdin.take();
        let output = read_lines(process.0.stdout.take().context("its output is not piped")?);
        Ok(Self { name, process, input, output, seen: Vec::new(), writing: Vec::new() })
    }

    /// Gives it input, on a thread: it may read more slowly than this writes, while this has to read too.
    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.settle()?;
        let mut input = self.input.take().context("its input has ended")?;
        let bytes = bytes.to_vec();
        self.writing.push(std::thread::spawn(move || input.write_all(&bytes).map(|()| input)));
        Ok(())
    }

    /// Waits for what is being written.
    fn settle(&mut self) -> anyhow::Result<()> {
        for writer in self.writing.drain(..) {
            let written = writer.join().map_err(|_| anyhow::anyhow!("the writing thread panicked"))?;
            self.input = Some(written.with_context(|| format!("{} does not read its input", self.name))?);
        }
        Ok(())
    }

    /// Lets its input end, once what is being written is through.
    fn end_input(&mut self) {
        for writer in std::mem::take(&mut self.writing) {
            // Whether it was read is seen by its exit.
            std::thread::spawn(move || drop(writer.join()));
        }
        self.input = None;
    }

    /// Shows what it prints until that is `count` lines.
    fn read(&mut self, count: usize) -> anyhow::Result<()> {
        while self.seen.len() < count {
            match self.output.recv_timeout(PATIENCE) {
                Ok(line) => self.show(line),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.process.wait()?;
                    bail!("{} ended after {} of {count} lines: {status}", self.name, self.seen.len());
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("{} printed only {} of {count} lines", self.name, self.seen.len())
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, line: Vec<u8>) {
        let shown = line.strip_suffix(b"\n").unwrap_or(&line);
        say([self.name.as_bytes(), b" sees  ", shown].concat());
        self.seen.push(line);
    }

    /// Ends its input, waits for its end, and compares all that it printed.
    fn finish(mut self, expected: &[Vec<u8>]) -> anyhow::Result<()> {
        self.end_input();
        while let Ok(line) = self.output.recv_timeout(PATIENCE) {
            self.show(line);
        }
        let status = self.process.wait()?;
        if !status.success() {
            bail!("{} failed: {status}", self.name);
        }
        let differs = self.seen.iter().zip(expected).position(|(seen, expected)| seen != expected);
        let differs =
            differs.or((self.seen.len() != expected.len()).then(|| self.seen.len().min(expected.len())));
        if let Some(at) = differs {
            bail!(
                "{} saw {} lines instead of {}; the first that differs is number {}",
                self.name,
                self.seen.len(),
                expected.len(),
                at + 1
            );
        }
        Ok(())
    }
}

/// Lines with their ends, until there are no more.
fn read_lines(output: ChildStdout) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            match output.read_until(b'\n', &mut line) {
                Ok(count) if count > 0 && sender.send(line).is_ok() => {}
                _ => return,
            }
        }
    });
    receiver
}
