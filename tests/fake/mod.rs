//! A server that lets everybody in by long polling and then answers what is no answer, with a given text in every
//! place where a text can stand.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anser_testkit::{HttpHead, http_answer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// What is still to be answered, the number of the client's last pull, which pages answer, and whether the client has
/// come back after the last answer.
type Answers = Arc<Mutex<(VecDeque<String>, Option<String>, bool)>>;

/// A running one. Dropping it ends it.
pub(crate) struct Fake {
    address: SocketAddr,
    answers: Answers,
    listener: tokio::task::JoinHandle<()>,
}

impl Fake {
    pub(crate) async fn start(text: &str) -> Self {
        let signal = |data: &str| {
            let data = serde_json::Value::from(data);
            format!(
                r#"[{{"headerCode":50,"messageId":1,"date":1,"topic":"s_msg","targetId":"alice","data":{data}}}]"#
            )
        };
        let page = |data: &str| {
            let data = serde_json::Value::from(data);
            format!(r#"[{{"headerCode":98,"messageId":ID,"date":1,"status":0,"data":{data}}}]"#)
        };
        let answers: Vec<String> = vec![
            format!(r#"{{"{text}":"#),
            format!(r#"["{text}"]"#),
            format!(r#"[{{"headerCode":"{text}"}}]"#),
            format!(r#"[{{"headerCode":50,"messageId":"{text}"}}]"#),
            signal(text),
            signal(&format!(r#"{{"dataTime":"{text}"}}"#)),
            signal(&format!(r#"{{"content":["{text}"]}}"#)),
            signal(&format!(r#"{{"type":"{text}","content":"{text}"}}"#)),
            page(text),
            page(&format!(r#"{{"syncTime":"{text}","list":[]}}"#)),
            page(&format!(r#"{{"syncTime":1,"list":"{text}"}}"#)),
            page(&format!(r#"{{"syncTime":1,"finished":"{text}","list":[]}}"#)),
        ];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Answers = Arc::new(Mutex::new((answers.into(), None, false)));
        let left = answers.clone();
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(meet(stream, address, left.clone()));
            }
        });
        Self { address, answers, listener }
    }

    pub(crate) fn navi_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether everything was answered, and the client has come back since.
    pub(crate) fn is_done(&self) -> bool {
        self.answers.lock().unwrap().2
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// The next answer to a request that waits; a page waits for a pull.
fn next(answers: &Answers) -> String {
    let (left, pull, done) = &mut *answers.lock().unwrap();
    match left.front() {
        None => {
            *done = true;
            "lost params".to_owned()
        }
        Some(answer) if answer.contains("\"messageId\":ID") => match pull.take() {
            Some(id) => left.pop_front().unwrap().replace(":ID,", &format!(":{id},")),
            None => "[]".to_owned(),
        },
        Some(_) => left.pop_front().unwrap(),
    }
}

/// Requests of one connection. The client may leave at any time: that is no failure here.
async fn meet(mut stream: TcpStream, address: SocketAddr, answers: Answers) -> Option<()> {
    loop {
        let head = HttpHead::read(&mut stream).await.ok()?;
        head.read_body(&mut stream).await.ok()?;
        let request = format!("{} {}", head.method(), head.path()).to_ascii_lowercase();
        let body = if request.starts_with("get /cometnavi") {
            format!(r#"{{"code":200,"userId":"alice","server":"{address}","backupServer":""}}"#)
        } else if request.starts_with("get /websocket") {
            r#"{"status":0,"userId":"alice","headerCode":32,"messageId":0,"sessionid":"s","timestamp":1700000000000}"#
                .to_owned()
        } else if request.starts_with("get /pullmsg") {
            next(&answers)
        } else {
            if let Some((_, id)) =
                request.split_once("messageid=").filter(|_| request.contains("topic=pullmsg"))
            {
                answers.lock().unwrap().1 = id.split('&').next().map(str::to_owned);
            }
            "[]".to_owned()
        };
        stream.write_all(http_answer(200, &body).as_bytes()).await.ok()?;
    }
}
