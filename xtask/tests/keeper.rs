//! The keeper of `cargo xtask faults`: what it keeps ends with the runner, however the runner ended.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Generous: machines are shared and slow at times.
const DEADLINE: Duration = Duration::from_secs(60);

/// A keeper of this shell script, once the script has said a line.
fn keep(script: &str) -> (Child, BufReader<ChildStderr>) {
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_faults"))
        .args(["keep", "sh", "-c", script])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = BufReader::new(keeper.stderr.take().unwrap());
    let mut line = String::new();
    words.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    (keeper, words)
}

/// Waits until nobody has the pipe any more, neither the keeper nor what it keeps, and gives what was still said.
fn rest(mut words: BufReader<ChildStderr>) -> String {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut rest = String::new();
        words.read_to_string(&mut rest).unwrap();
        tell.send(rest)
    });
    told.recv_timeout(DEADLINE).unwrap()
}

#[test]
fn what_is_kept_ends_with_the_pipe_of_the_runner() {
    let (mut keeper, words) = keep("echo begun >&2; exec sleep 3600");
    drop(keeper.stdin.take());
    assert_eq!(rest(words), "");
    assert!(keeper.wait().unwrap().success());
}

#[test]
fn an_end_of_its_own_is_an_error() {
    let (mut keeper, words) = keep("echo begun >&2; exit 3");
    assert!(rest(words).contains("it ended by itself: exit status: 3"));
    assert!(!keeper.wait().unwrap().success());
}
