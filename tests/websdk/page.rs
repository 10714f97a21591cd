//! One browser page with the official web SDK in it, as a child process: calls with answers, and everything
//! that the SDK told, recorded and waited for. Called by the tests of `websdk.rs`. Knows nothing of what
//! ought to happen.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anser_testkit::{DEADLINE, World};
use serde_json::{Value, json};

use crate::install;

/// Numbers of the protocol, as the SDK takes them.
pub(crate) const PRIVATE: i32 = 1;
/// See [`PRIVATE`].
pub(crate) const GROUP: i32 = 3;

/// A page. Dropping it closes the page.
pub(crate) struct Page {
    process: Child,
    input: Option<ChildStdin>,
    told: Arc<Told>,
    readers: Vec<JoinHandle<()>>,
    next_id: u64,
}

#[derive(Default)]
struct Told {
    heard: Mutex<Heard>,
    changed: Condvar,
}

/// Everything that the page said.
#[derive(Default, Debug, Clone)]
pub(crate) struct Heard {
    /// Connection statuses, in order.
    pub(crate) statuses: Vec<i64>,
    /// Messages of the listener, in order.
    pub(crate) messages: Vec<Value>,
    /// Who types, as told each time.
    pub(crate) typing: Vec<Value>,
    /// States of conversations, as told each time.
    pub(crate) states: Vec<Value>,
    /// Answers that nobody has taken.
    answers: Vec<Value>,
    /// Errors that nobody caught inside the page.
    pub(crate) uncaught: Vec<String>,
    /// The page's log.
    log: Vec<String>,
    /// The process ended.
    over: bool,
}

impl Heard {
    /// The texts of the messages.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.messages.iter().map(text).collect()
    }
}

/// The text of a text message of the SDK.
pub(crate) fn text(message: &Value) -> String {
    message["content"]["content"].as_str().unwrap_or_else(|| panic!("no text: {message}")).to_owned()
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Heard)) {
        note(&mut self.lock());
        self.changed.notify_all();
    }

    fn line(&self, line: &str) {
        // What is no JSON has no business here either; it shows up with the uncaught errors.
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| json!({ "event": line }));
        self.note(|heard| match line["event"].as_str() {
            Some("status") => heard.statuses.push(line["status"].as_i64().unwrap_or(-1)),
            Some("message") => heard.messages.push(line["message"].clone()),
            Some("typing") => heard.typing.push(line["typing"].clone()),
            Some("states") => heard.states.push(line["states"].clone()),
            None => heard.answers.push(line),
            Some(_) => heard.uncaught.push(line.to_string()),
        });
    }
}

impl Page {
    /// Opens a page in a browser that keeps nothing yet.
    pub(crate) fn open(sdk: &Path, world: &World) -> Self {
        Self::open_with(sdk, world, json!({}))
    }

    /// Opens a page in a browser that has kept this storage.
    pub(crate) fn open_with(sdk: &Path, world: &World, storage: Value) -> Self {
        Self::open_over(sdk, world, storage, "websocket")
    }

    /// Opens a page that connects by `websocket` or `comet`.
    fn open_over(sdk: &Path, world: &World, storage: Value, connection_type: &str) -> Self {
        let mut process = Command::new("node")
            .arg(install::sources().join("peer.cjs"))
            .arg(sdk)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node starts");
        let told = Arc::new(Told::default());
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let log = BufReader::new(process.stderr.take().expect("piped"));
        let (of_output, of_log) = (told.clone(), told.clone());
        let readers = vec![
            thread::spawn(move || {
                for line in output.lines().map_while(Result::ok) {
                    of_output.line(&line);
                }
                of_output.note(|heard| heard.over = true);
            }),
            thread::spawn(move || {
                for line in log.lines().map_while(Result::ok) {
                    of_log.note(|heard| heard.log.push(line));
                }
            }),
        ];
        let input = process.stdin.take();
        let mut page = Self { process, input, told, readers, next_id: 1 };
        let (navi, app_key) = (world.server.navi_url(), world.server.app_key());
        let args = json!({
            "navi": navi, "appKey": app_key, "storage": storage, "connectionType": connection_type,
        });
        let opened = page.call("open", args);
        assert_eq!(opened["version"], "2.9.2");
        page
    }

    /// Opens a page and logs this user in.
    pub(crate) async fn join(sdk: &Path, world: &World, user: &str) -> Self {
        let mut page = Self::open(sdk, world);
        page.login(world, user).await;
        page
    }

    /// Opens a page that polls and logs this user in.
    pub(crate) async fn join_polling(sdk: &Path, world: &World, user: &str) -> Self {
        let mut page = Self::open_over(sdk, world, json!({}), "comet");
        page.login(world, user).await;
        page
    }

    /// Logs this user in.
    pub(crate) async fn login(&mut self, world: &World, user: &str) {
        let token = world.server.token(user).await.expect("a token is issued");
        assert_eq!(self.call("connect", json!({ "token": token })), user);
    }

    /// Calls the SDK; the answer is its value, or the error that it gave.
    pub(crate) fn ask(&mut self, call: &str, args: Value) -> Result<Value, Value> {
        let id = self.next_id;
        self.next_id += 1;
        let line = json!({ "id": id, "call": call, "args": args });
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("the page listens");
        let heard = self.wait(&format!("the answer to {call}"), |heard| {
            heard.answers.iter().any(|answer| answer["id"] == id)
        });
        self.told.note(|heard| heard.answers.retain(|answer| answer["id"] != id));
        let answer = heard.answers.into_iter().find(|answer| answer["id"] == id).expect("just seen");
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["value"].clone()),
        }
    }

    /// Calls the SDK where it must succeed.
    pub(crate) fn call(&mut self, call: &str, args: Value) -> Value {
        match self.ask(call, args) {
            Ok(value) => value,
            Err(error) => panic!("{call} failed with {error}; {:?}", self.heard()),
        }
    }

    /// Sends text; the message as the SDK shows it after the acknowledgement.
    pub(crate) fn say(&mut self, kind: i32, target: &str, text: &str) -> Value {
        let content = json!({ "content": text });
        let args = json!({ "type": kind, "target": target, "message": "TextMessage", "content": content });
        self.call("send", args)
    }

    /// What was said so far.
    pub(crate) fn heard(&self) -> Heard {
        self.told.lock().clone()
    }

    /// Blocks until `done` holds of what the page said.
    pub(crate) fn wait(&self, what: &str, done: impl Fn(&Heard) -> bool) -> Heard {
        let until = Instant::now() + DEADLINE;
        let mut heard = self.told.lock();
        while !done(&heard) {
            let left = until.checked_duration_since(Instant::now());
            match left {
                Some(left) if !heard.over => {
                    let woken = self.told.changed.wait_timeout(heard, left);
                    heard = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => panic!("the page: waited for {what}; heard {:?}", *heard),
            }
        }
        heard.clone()
    }

    /// Blocks until the listener got `count` messages.
    pub(crate) fn wait_messages(&self, count: usize) -> Heard {
        self.wait(&format!("{count} messages"), |heard| heard.messages.len() >= count)
    }

    /// Blocks until the SDK's listener got this status.
    pub(crate) fn wait_status(&self, status: i64) -> Heard {
        self.wait(&format!("status {status}"), |heard| heard.statuses.contains(&status))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The page ends with its input.
        drop(self.input.take());
        let _ = self.process.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        let uncaught = std::mem::take(&mut self.told.lock().uncaught);
        if !thread::panicking() {
            assert!(uncaught.is_empty(), "errors inside the page: {uncaught:?}");
        }
    }
}
