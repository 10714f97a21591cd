//! The binary itself: what `dev` prints, what survives a restart, how it ends, and how `serve` treats its
//! configuration.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_anser-server");

/// A running server that does not outlive its test.
struct Dev {
    child: Child,
    out: BufReader<ChildStdout>,
    line: Value,
}

impl Dev {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(["dev", "--json", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        Self { child, out, line: serde_json::from_str(&line).unwrap() }
    }

    fn text(&self, key: &str) -> &str {
        self.line[key].as_str().unwrap()
    }

    fn navi(&self, user: &str, token: &str) -> Value {
        let mut stream = TcpStream::connect(self.text("server")).unwrap();
        let path = format!("/navi.js?appId={}&token={token}", self.text("app_key"));
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{user}: {answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Sends a signal and returns what else was printed, once the process ended well.
    fn end(mut self, signal: &str) -> String {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{signal} ends it gracefully");
        rest
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("anser-server-cli-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tokens(line: &Value) -> Vec<(String, String)> {
    let tokens = line["tokens"].as_object().unwrap();
    tokens.iter().map(|(user, token)| (user.clone(), token.as_str().unwrap().to_owned())).collect()
}

#[test]
fn dev_prints_one_json_line_with_tokens_that_work() {
    let dev = Dev::start(&["--users", "dora,emil"]);
    assert_eq!(dev.text("navi"), format!("http://{}", dev.text("server")));
    assert_eq!(dev.text("api"), dev.text("navi"));
    assert!(dev.text("server").starts_with("127.0.0.1:"));
    let tokens = tokens(&dev.line);
    assert_eq!(tokens.iter().map(|(user, _)| user.as_str()).collect::<Vec<_>>(), ["dora", "emil"]);
    for (user, token) in &tokens {
        assert_eq!(dev.navi(user, token)["userId"], user.as_str());
    }
    assert_eq!(dev.end("-TERM"), "", "nothing else on standard output");
}

#[test]
fn dev_has_three_users_by_default_and_ends_on_interrupt() {
    let dev = Dev::start(&[]);
    let users: Vec<String> = tokens(&dev.line).into_iter().map(|(user, _)| user).collect();
    assert_eq!(users, ["alice", "bob", "carol"]);
    dev.end("-INT");
}

#[test]
fn with_data_key_secret_and_tokens_survive_even_a_hard_kill() {
    let folder = Folder::new("data");
    let data = folder.0.to_str().unwrap();
    let mut first = Dev::start(&["--data", data]);
    let before = first.line.clone();
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let second = Dev::start(&["--data", data, "--multi-device", "on"]);
    for key in ["app_key", "app_secret", "tokens"] {
        assert_eq!(second.line[key], before[key], "{key}");
    }
    for (user, token) in tokens(&before) {
        second.navi(&user, &token);
    }
    let other = Dev::start(&[]);
    assert_ne!(other.line["app_secret"], before["app_secret"]);
}

fn serve(config: &Path) -> Output {
    Command::new(BINARY).args(["serve", "--config"]).arg(config).output().unwrap()
}

#[test]
fn serve_says_what_is_wrong_with_its_configuration() {
    let folder = Folder::new("config");
    let file = folder.0.join("server.toml");
    for (text, expected) in [
        ("app_key = \"k\"", "app_secret"),
        ("app_key = \"k\"\napp_secret = \"s\"\ncolour = 1", "colour"),
        ("app_key = \"k\"\napp_secret = \"s\"\noffline_days = 70", "offline_days"),
        ("not toml at all", "not valid"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = serve(&file);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(errors.contains(expected), "{errors}");
        assert!(output.stdout.is_empty());
    }
    let output = serve(&folder.0.join("missing.toml"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("missing.toml"));
}

#[test]
fn serve_runs_with_a_good_configuration() {
    let folder = Folder::new("serve");
    let file = folder.0.join("server.toml");
    let text = format!(
        "bind = \"127.0.0.1:0\"\napp_key = \"k\"\napp_secret = \"s\"\ndata = {:?}",
        folder.0.join("data").to_str().unwrap()
    );
    std::fs::write(&file, text).unwrap();
    let mut child = Command::new(BINARY)
        .args(["serve", "--config"])
        .arg(&file)
        .env("ANSER_LOG", "info")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it listens before it ends");
    }
    assert!(folder.0.join("data/anser-server.db").exists());
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    std::io::copy(&mut log, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
}
