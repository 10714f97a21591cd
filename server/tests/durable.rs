//! Acknowledge after commit, seen from outside: a trace of the server's system calls shows that a sync ends
//! before each PUBACK leaves, and that messages in flight together share syncs.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anser::wire::body::UpstreamMessage;
use anser::wire::{Body, DownFrame, Qos, UpFrame, UpPublish};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_tungstenite::tungstenite::Message;

const ONE_BY_ONE: u16 = 20;
const TOGETHER: u16 = 64;

/// What the trace says happened, in order of completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Sync,
    PubAck,
}

/// Reads `strace -f -xx`: a sync counts where it ends, a PUBACK where its write begins.
fn read_trace(trace: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    for line in trace.lines() {
        let ended = !line.contains("<unfinished");
        let synced = line.contains("fdatasync(") || line.contains("fsync(") || line.contains("sync resumed");
        if synced && ended {
            seen.push(Seen::Sync);
        } else if !line.contains("resumed") && line.contains("\"\\x82") && is_puback(line) {
            seen.push(Seen::PubAck);
        }
    }
    seen
}

/// A WebSocket frame of binary data whose payload starts with the header byte of PUBACK.
fn is_puback(line: &str) -> bool {
    let frame = line.split("\"\\x82").nth(1);
    frame.is_some_and(|rest| rest.split("\\x").nth(2).is_some_and(|byte| byte.starts_with("40")))
}

fn trace_file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("anser-{name}-{}.txt", std::process::id()))
}

fn has_strace() -> bool {
    let found = Command::new("strace").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        assert!(std::env::var("CI").is_err(), "strace is missing: apt-get install strace");
        println!("skipped: apt-get install strace");
    }
    found
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn publish(socket: &mut Socket, message_id: u16) {
    let body = UpstreamMessage {
        flags: Some(3),
        object_name: Some("RC:TxtMsg".into()),
        content: Some("{\"content\":\"durable\"}".into()),
        ..UpstreamMessage::default()
    };
    let frame = UpFrame::Publish(UpPublish {
        qos: Qos::AtLeastOnce,
        dup: false,
        retain: false,
        topic: "ppMsgP".into(),
        target: "bob".into(),
        message_id,
        body: body.to_bytes(),
    });
    socket.send(Message::Binary(frame.encode().unwrap())).await.unwrap();
}

async fn next_puback(socket: &mut Socket) {
    loop {
        if let Message::Binary(bytes) = socket.next().await.unwrap().unwrap()
            && let DownFrame::PubAck(ack) = DownFrame::decode(bytes).unwrap()
        {
            assert_eq!(ack.status, 0);
            return;
        }
    }
}

/// Runs messages through a traced server; returns the trace.
async fn run(data: &Path, trace: &Path) -> String {
    let mut child = tokio::process::Command::new("strace")
        .args(["-f", "-xx", "-s", "16", "-e", "trace=fsync,fdatasync,sendto,write,writev,sendmsg", "-o"])
        .arg(trace)
        .arg(env!("CARGO_BIN_EXE_anser-server"))
        .args(["dev", "--json", "--port", "0", "--users", "alice", "--data"])
        .arg(data)
        .env("ANSER_LOG", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let info: serde_json::Value = serde_json::from_str(&line).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let url = format!(
        "ws://{}/websocket?appId={}&token={}&sdkVer=2.5.3&apiVer=1&pid=p&client=anser/test",
        text(&info["server"]),
        text(&info["app_key"]),
        text(&info["tokens"]["alice"])
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    for message_id in 1..=ONE_BY_ONE {
        publish(&mut socket, message_id).await;
        next_puback(&mut socket).await;
    }
    for message_id in 0..TOGETHER {
        publish(&mut socket, 100 + message_id).await;
    }
    for _ in 0..TOGETHER {
        next_puback(&mut socket).await;
    }
    socket.close(None).await.unwrap();
    // strace ends with the server; killed itself it would leave the server running.
    let id = child.id().unwrap();
    let server = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    assert!(Command::new("kill").args(server.split_whitespace()).status().unwrap().success());
    child.wait().await.unwrap();
    std::fs::read_to_string(trace).unwrap()
}

#[tokio::test]
async fn a_sync_ends_before_each_puback_and_is_shared() {
    if !has_strace() {
        return;
    }
    let (data, trace) = (trace_file("durable-data"), trace_file("durable-trace"));
    let seen = read_trace(&run(&data, &trace).await);
    let mut syncs_before = Vec::new();
    let mut syncs = 0;
    for event in &seen {
        match event {
            Seen::Sync => syncs += 1,
            Seen::PubAck => syncs_before.push(std::mem::take(&mut syncs)),
        }
    }
    let (one_by_one, together) = syncs_before.split_at(usize::from(ONE_BY_ONE));
    assert!(one_by_one.iter().all(|syncs| *syncs >= 1), "syncs before each PUBACK: {one_by_one:?}");
    assert!(together[0] >= 1, "the first of those in flight together left before a sync");
    let shared: usize = together.iter().sum();
    println!(
        "{ONE_BY_ONE} one by one: {} syncs; {TOGETHER} together: {shared} syncs",
        one_by_one.iter().sum::<usize>()
    );
    assert!(shared < usize::from(TOGETHER), "{TOGETHER} messages in flight took {shared} syncs");
    std::fs::remove_dir_all(data).unwrap();
    std::fs::remove_file(trace).unwrap();
}
