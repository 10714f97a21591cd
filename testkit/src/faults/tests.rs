//! Each fault through a server that says back what it hears.

use std::io::ErrorKind;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::DEADLINE;

const WEBSOCKET: &str = "GET /websocket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
const POST: &str = "POST /websocket HTTP/1.1\r\n\r\n";
const NAVIGATION: &str = "GET /navi.js HTTP/1.1\r\n\r\n";
/// Is heard and not said back.
const HUSH: &str = "hush";
const LONG: Duration = Duration::from_secs(3600);
/// Long enough to be one.
const REQUESTED: usize = 64;

struct Echo {
    proxy: FaultProxy,
    heard: watch::Receiver<Vec<u8>>,
}

async fn echo() -> Echo {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
    let (tell, heard) = watch::channel(Vec::new());
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = line.read(&mut bytes).await {
                    tell.send_modify(|heard: &mut Vec<u8>| heard.extend_from_slice(&bytes[..read]));
                    if bytes[..read].ends_with(HUSH.as_bytes()) {
                        continue;
                    }
                    if line.write_all(&bytes[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Echo { proxy, heard }
}

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("in time")
}

/// A line whose head has come back: uncounted up, counted down.
async fn open(proxy: &FaultProxy, head: &str) -> TcpStream {
    let mut line = soon(TcpStream::connect(proxy.address)).await.unwrap();
    say(&mut line, head).await;
    line
}

/// Says it and reads it back.
async fn say(line: &mut TcpStream, words: &str) {
    line.write_all(words.as_bytes()).await.unwrap();
    let mut back = vec![0; words.len()];
    soon(line.read_exact(&mut back)).await.unwrap();
    assert_eq!(back, words.as_bytes());
}

fn only(fault: Fault, carrier: Carrier) -> Vec<Strike> {
    vec![Strike { fault, carrier }]
}

#[tokio::test]
async fn a_half_open_line_is_silent_and_new_ones_pass() {
    let mut echo = echo().await;
    let mut line = open(&echo.proxy, WEBSOCKET).await;
    echo.proxy.plan([(4, Fault::HalfOpen)]);
    line.write_all(b"12345678").await.unwrap();
    soon(echo.proxy.calm()).await;
    line.write_all(b"lost").await.unwrap();
    say(&mut open(&echo.proxy, WEBSOCKET).await, "another").await;
    assert_eq!(line.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let heard = soon(echo.heard.wait_for(|heard| heard.ends_with(b"another"))).await.unwrap();
    let heard = String::from_utf8(heard.clone()).unwrap();
    assert_eq!(heard, format!("{WEBSOCKET}1234{WEBSOCKET}another"));
    assert_eq!(echo.proxy.strikes(), only(Fault::HalfOpen, Carrier::Websocket));
}

#[tokio::test]
async fn without_a_server_new_lines_end_until_there_is_one_again() {
    let echo = echo().await;
    let server = echo.proxy.shared.lock().server;
    echo.proxy.point_at(None);
    let mut line = soon(TcpStream::connect(echo.proxy.address)).await.unwrap();
    line.write_all(WEBSOCKET.as_bytes()).await.unwrap();
    assert!(matches!(soon(line.read(&mut [0; 8])).await, Ok(0) | Err(_)));
    assert_eq!(*echo.heard.borrow(), b"");
    echo.proxy.point_at(server);
    say(&mut open(&echo.proxy, WEBSOCKET).await, "back").await;
}

#[tokio::test]
async fn trickling_bytes_all_arrive_slowly() {
    let echo = echo().await;
    let mut line = open(&echo.proxy, POST).await;
    let begin = Instant::now();
    echo.proxy.plan([(1, Fault::Dribble(40))]);
    say(&mut line, &"x".repeat(100)).await;
    assert!(begin.elapsed() >= Duration::from_millis(40));
    assert!(echo.proxy.is_calm());
    assert_eq!(echo.proxy.strikes(), only(Fault::Dribble(40), Carrier::Polling));
}

#[tokio::test]
async fn a_reset_reaches_the_client() {
    let echo = echo().await;
    let mut line = open(&echo.proxy, WEBSOCKET).await;
    echo.proxy.plan([(3, Fault::Reset)]);
    line.write_all(b"abcdef").await.unwrap();
    let error = soon(line.read(&mut [0; 8])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(echo.proxy.strikes(), only(Fault::Reset, Carrier::Websocket));
}

#[tokio::test]
async fn an_answer_is_lost_after_the_request_has_passed() {
    let mut echo = echo().await;
    let mut holding = open(&echo.proxy, "GET /pullmsg.js HTTP/1.1\r\n\r\n").await;
    let mut sending = open(&echo.proxy, POST).await;
    echo.proxy.plan([(1, Fault::DropAnswers)]);
    say(&mut holding, "1").await;
    let request = format!("{POST}body");
    sending.write_all(request.as_bytes()).await.unwrap();
    for line in [&mut sending, &mut holding] {
        assert!(matches!(soon(line.read(&mut [0; 8])).await, Ok(0) | Err(_)));
    }
    soon(echo.heard.wait_for(|heard| heard.ends_with(request.as_bytes()))).await.unwrap();
    assert_eq!(echo.proxy.strikes(), only(Fault::DropAnswers, Carrier::Polling));
    say(&mut open(&echo.proxy, POST).await, "again").await;
}

#[tokio::test]
async fn a_line_that_ends_before_its_answer_is_lost_leaves_the_fault_to_another() {
    let mut echo = echo().await;
    let mut line = open(&echo.proxy, WEBSOCKET).await;
    echo.proxy.plan([(2, Fault::DropAnswers)]);
    say(&mut line, "1").await;
    let long = "y".repeat(REQUESTED);
    line.write_all(format!("{long}{HUSH}").as_bytes()).await.unwrap();
    soon(echo.heard.wait_for(|heard| heard.ends_with(HUSH.as_bytes()))).await.unwrap();
    drop(line);
    let mut line = open(&echo.proxy, WEBSOCKET).await;
    soon(async { while line.write_all(long.as_bytes()).await.is_ok() {} }).await;
    assert_eq!(echo.proxy.strikes(), only(Fault::DropAnswers, Carrier::Websocket));
    assert!(echo.proxy.is_calm());
}

#[tokio::test]
async fn in_a_blackout_nobody_connects_and_what_was_said_arrives_later() {
    let echo = echo().await;
    let mut line = open(&echo.proxy, WEBSOCKET).await;
    let mut navigation = open(&echo.proxy, NAVIGATION).await;
    echo.proxy.plan([(1, Fault::Blackout(LONG))]);
    line.write_all(b"123").await.unwrap();
    while let Ok(taken) = soon(TcpStream::connect(echo.proxy.address)).await {
        // The listener is about to go.
        drop(taken);
    }
    navigation.write_all(b"late").await.unwrap();
    assert!(!echo.proxy.is_calm());
    assert_eq!(line.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    echo.proxy.stop();
    let mut back = [0; 4];
    soon(line.read_exact(&mut back[..3])).await.unwrap();
    assert_eq!(&back[..3], b"123");
    soon(navigation.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"late");
    let again = async {
        loop {
            if let Ok(line) = TcpStream::connect(echo.proxy.address).await {
                return line;
            }
        }
    };
    say(&mut soon(again).await, WEBSOCKET).await;
    assert_eq!(echo.proxy.strikes(), only(Fault::Blackout(LONG), Carrier::Websocket));
}

#[tokio::test]
async fn navigation_is_never_a_moment_and_upgrades_can_be_refused() {
    let echo = echo().await;
    echo.proxy.plan([(1, Fault::Reset)]);
    say(&mut open(&echo.proxy, NAVIGATION).await, "servers").await;
    assert!(echo.proxy.strikes().is_empty());
    assert_eq!(echo.proxy.newest(), None);
    echo.proxy.stop();
    echo.proxy.refuse_upgrades(true);
    let mut line = soon(TcpStream::connect(echo.proxy.address)).await.unwrap();
    line.write_all(WEBSOCKET.as_bytes()).await.unwrap();
    let mut page = String::new();
    soon(line.read_to_string(&mut page)).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
    echo.proxy.stop();
    say(&mut open(&echo.proxy, WEBSOCKET).await, "welcome").await;
    assert_eq!(echo.proxy.newest(), Some(Carrier::Websocket));
}
