//! Ten thousand polling clients whose requests wait: what each takes of the server's memory, and that the server's
//! store is asked for nothing while they do. The clients are a process of their own, one socket and no more each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anser::wire::polling::{Signal, request};
use tokio::sync::Semaphore;

use crate::host::{Data, Host};
use crate::http::Wire;
use crate::process::{Process, answer, open_files};
use crate::{Figure, runtime};

pub(crate) const ROLE: &str = "holders";
const WANTED: usize = 10_000;
/// Files that a process needs for itself.
const OTHER_FILES: usize = 300;
/// Logins at a time: each is a durable write.
const LOGINS: usize = 256;
/// Longer than a request waits, so that each is renewed once and more.
const IDLE: Duration = Duration::from_secs(30);
/// Longest time until all of them wait.
const LIMIT: Duration = Duration::from_secs(180);

/// What became of the clients.
#[derive(Default)]
struct Counts {
    /// Logged in and waiting since.
    holding: AtomicUsize,
    /// Requests that ended with nothing to say and were made again.
    renewed: AtomicUsize,
    /// Gone, whatever the reason.
    lost: AtomicUsize,
}

pub(crate) fn figures() -> Vec<Figure> {
    let mut host = Host::start(Data::Disk);
    let address = host.address.clone();
    let mut holders = Process::start(ROLE, &[&address, &host.app_key]);
    let files: usize = holders.line().parse().unwrap();
    let count = WANTED.min(files.saturating_sub(OTHER_FILES));
    let tokens = host.tokens("holder", count);
    let before = host.process.resident();

    let start = Instant::now();
    holders.ask(&format!("hold {}", tokens.join(" ")));
    let mut counts = || -> [usize; 3] {
        let line = holders.ask("counts");
        let counts: Vec<_> = line.split(' ').map(|count| count.parse().unwrap()).collect();
        [counts[0], counts[1], counts[2]]
    };
    while counts()[0] + counts()[2] < count && start.elapsed() < LIMIT {
        std::thread::sleep(Duration::from_millis(100));
    }
    let took = start.elapsed();
    let [_, renewed_before, _] = counts();
    let (jobs_before, processor_before) = (host.metrics().1, host.process.processor());
    std::thread::sleep(IDLE);
    let [holding, renewed, lost] = counts();
    let (sessions, jobs) = host.metrics();
    let processor = (host.process.processor() - processor_before).as_secs_f64() / IDLE.as_secs_f64();
    let each = (host.process.resident() - before) / sessions.max(1) as f64;

    let seconds = IDLE.as_secs();
    let all = Figure::new("polls held at once", sessions as f64, "").note(format!(
        "{holding} logged in within {:.1} s, {lost} lost; {WANTED} wanted, {files} files allowed",
        took.as_secs_f64()
    ));
    let gone = Figure::new("held polls lost or not come about", (WANTED - sessions.min(WANTED)) as f64, "")
        .at_most(0.0);
    let memory = Figure::new("the server's memory for each", each, "kB")
        .note(format!("RSS after {seconds} s of idleness, minus before the logins"));
    let asked = Figure::new(
        format!("what its store is asked in {seconds} s of idleness"),
        (jobs - jobs_before) as f64,
        "jobs",
    )
    .at_most(0.0)
    .note(format!(
        "{} holds ended and renewed, {:.1} % of one core",
        renewed - renewed_before,
        processor * 100.0
    ));
    vec![all, gone, memory, asked]
}

/// The process's body.
pub(crate) fn run(arguments: &[String]) {
    let runtime = runtime();
    let address: SocketAddr = arguments[0].parse().unwrap();
    let app_key: Arc<str> = arguments[1].as_str().into();
    let counts = Arc::new(Counts::default());
    let turns = Arc::new(Semaphore::new(LOGINS));
    println!("{}", open_files());
    answer(|command, tokens| {
        if command == "hold" {
            for token in &tokens {
                let path = format!("/websocket?appId={app_key}&token={token}&apiVer=1&client=anser/0");
                let (counts, turns) = (counts.clone(), turns.clone());
                runtime.spawn(async move {
                    let ended = hold(address, &path, &counts, &turns).await;
                    counts.lost.fetch_add(1, Ordering::SeqCst);
                    eprintln!("a held poll has ended: {ended:?}");
                });
            }
        }
        let count = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        format!("{} {} {}", count(&counts.holding), count(&counts.renewed), count(&counts.lost))
    });
}

/// Logs in and holds until that ends; what the last answer was.
async fn hold(
    address: SocketAddr,
    path: &str,
    counts: &Counts,
    turns: &Semaphore,
) -> std::io::Result<Option<Vec<u8>>> {
    let turn = turns.acquire().await.unwrap();
    let mut wire = Wire::open(address).await?;
    let login = wire.get(path).await?.unwrap_or_default();
    drop(turn);
    let signals = Signal::parse_answer(&String::from_utf8_lossy(&login)).ok();
    let Some(session) = signals.and_then(|signals| signals.into_iter().next()?.session_id) else {
        return Ok(Some(login));
    };
    counts.holding.fetch_add(1, Ordering::SeqCst);
    let mut number = 0;
    loop {
        number += 1;
        let answer = wire.get(&request::hold(&session, number, "bench").path).await?;
        if answer.as_deref() != Some(b"[]") {
            return Ok(answer);
        }
        counts.renewed.fetch_add(1, Ordering::SeqCst);
    }
}
