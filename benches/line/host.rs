//! The server's process: anser-server as its binary starts it, and two raw echoes. Clients never run in it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anser::client::ClientOptions;
use anser_server::{Config, Server};
use futures_util::future::join_all;

use crate::process::{Process, answer};
use crate::{echo, folder, runtime};

pub(crate) const ROLE: &str = "host";

/// Where data lies, on the server and on its clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    Disk,
    Memory,
}

/// The process, seen from outside.
pub(crate) struct Host {
    pub(crate) process: Process,
    pub(crate) address: String,
    pub(crate) app_key: String,
    pub(crate) http_echo: SocketAddr,
    pub(crate) websocket_echo: SocketAddr,
    folder: Option<PathBuf>,
}

impl Host {
    pub(crate) fn start(data: Data) -> Self {
        let folder = (data == Data::Disk).then(|| folder("server"));
        let path = folder.as_ref().map(|folder| folder.display().to_string());
        let mut process = Process::start(ROLE, &path.iter().map(String::as_str).collect::<Vec<_>>());
        let said = process.line();
        let mut words = said.split(' ');
        let mut word = || words.next().unwrap().to_owned();
        let (address, app_key) = (word(), word());
        let (http_echo, websocket_echo) = (word().parse().unwrap(), word().parse().unwrap());
        Self { process, address, app_key, http_echo, websocket_echo, folder }
    }

    /// Tokens of so many users whose names begin so.
    pub(crate) fn tokens(&mut self, prefix: &str, count: usize) -> Vec<String> {
        let line = self.process.ask(&format!("tokens {prefix} {count}"));
        line.split(' ').map(str::to_owned).collect()
    }

    /// Sessions, and what the store was asked so far.
    pub(crate) fn metrics(&mut self) -> (usize, u64) {
        let line = self.process.ask("metrics");
        let (sessions, jobs) = line.split_once(' ').unwrap();
        (sessions.parse().unwrap(), jobs.parse().unwrap())
    }

    pub(crate) fn options(&self) -> ClientOptions {
        ClientOptions::new(&self.app_key, format!("http://{}", self.address))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // Open files of the process stay whole until it ends.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The process's body.
pub(crate) fn run(arguments: &[String]) {
    let runtime = runtime();
    let data = arguments.first().map(PathBuf::from);
    let server = runtime.block_on(Server::start(Config { data, ..Config::default() })).unwrap();
    let (http, websocket) = runtime.block_on(async { (echo::http().await, echo::websocket().await) });
    println!("{} {} {http} {websocket}", server.address(), server.app_key());
    answer(|command, words| match command {
        "tokens" => {
            let count: usize = words[1].parse().unwrap();
            let names: Vec<_> = (0..count).map(|number| format!("{}{number}", words[0])).collect();
            let tokens = runtime.block_on(join_all(names.iter().map(|name| server.token(name))));
            tokens.into_iter().map(Result::unwrap).collect::<Vec<_>>().join(" ")
        }
        "metrics" => {
            let metrics = server.metrics();
            format!("{} {}", metrics.sessions, metrics.jobs)
        }
        other => panic!("no such command: {other}"),
    });
}
