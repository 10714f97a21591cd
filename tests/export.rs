//! Export and import: what comes back is what went out, whatever happens on the way.

#![allow(clippy::string_slice)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::PathBuf;
use std::sync::Arc;

use anser::client::{Client, ClientOptions, StorageProgress};
use anser::model::{ConversationKey, SentStatus};
use anser::store::care::{ExportState, ImportState};
use anser::store::{self, Durability, Folder, Store};
use anser_testkit::new_folder;
use rusqlite::Connection;

/// Nobody listens there: all of this works offline.
fn options(name: &str, user: &str) -> (PathBuf, ClientOptions) {
    let folder = new_folder(name);
    let options = ClientOptions::new("app", "http://127.0.0.1:1");
    (folder.clone(), options.data_dir(folder.to_str().unwrap()).user_id(user))
}

fn client(name: &str, user: &str) -> Arc<Client> {
    Client::new(options(name, user).1).unwrap()
}

const TEXTS: [&str; 6] = ["鸿雁传书", "line\nbreak", "\"quoted\" \\ back", "🦢 emoji", "%_", "plain"];

async fn filled(name: &str, count: usize) -> (Arc<Client>, String) {
    let alice = client(name, "alice");
    for number in 0..count {
        let to = ConversationKey::private(format!("peer{}", number % 3));
        let text = format!("{} {number}", TEXTS[number % TEXTS.len()]);
        alice.messages().send_text(to, text).await.unwrap();
    }
    let file = new_folder("export").join("alice.jsonl");
    (alice, file.to_str().unwrap().to_owned())
}

async fn contents(client: &Client) -> Vec<(String, String, i64)> {
    let mut all = Vec::new();
    for number in 0..3 {
        let key = ConversationKey::private(format!("peer{number}"));
        let page = client.messages().history(key, 0, 1000).await.unwrap();
        all.extend(page.into_iter().map(|m| (m.conversation.target_id, m.content, m.sent_time)));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_what_went_out() {
    let (alice, file) = filled("out", 60).await;
    let written = alice.storage().export(file.clone(), None, None).await.unwrap();
    assert_eq!((written.conversations, written.messages), (3, 60));
    assert_eq!(written.bytes, std::fs::metadata(&file).unwrap().len());
    assert!(!PathBuf::from(format!("{file}.part")).exists());

    let other = client("in", "alice");
    let read = other.storage().import(file.clone(), None).await.unwrap();
    assert_eq!((read.conversations, read.messages, read.known, read.resumed), (3, 60, 0, false));
    assert_eq!(contents(&other).await, contents(&alice).await);
    let key = ConversationKey::private("peer0");
    let message = other.messages().history(key.clone(), 0, 1).await.unwrap().remove(0);
    assert_eq!(
        (message.sent_status, message.error_code),
        (SentStatus::Failed, 33200),
        "its outbox row stayed"
    );
    let list =
        |client: Arc<Client>| async move { client.conversations().list(vec![], None, 10).await.unwrap() };
    let order =
        |list: Vec<anser::model::Conversation>| list.into_iter().map(|row| row.key).collect::<Vec<_>>();
    assert_eq!(order(list(other.clone()).await), order(list(alice.clone()).await));

    let again = other.storage().import(file.clone(), None).await.unwrap();
    assert_eq!((again.messages, again.known), (0, 60), "nothing is doubled");
    assert_eq!(alice.storage().import(file.clone(), None).await.unwrap().known, 60, "nor at its source");

    let one = alice.storage().export(file.clone(), Some(key.clone()), None).await.unwrap();
    assert_eq!((one.conversations, one.messages), (1, 20));
    let nobody = ConversationKey::private("nobody");
    assert_eq!(alice.storage().export(file, Some(nobody), None).await.unwrap_err().code().0, 34009);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_whole_export_are_refused_by_line() {
    let (alice, file) = filled("broken", 20).await;
    alice.storage().export(file.clone(), None, None).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let import = |text: String| {
        let file = file.clone();
        async move {
            std::fs::write(&file, text).unwrap();
            let other = client("broken-in", "alice");
            let error = other.storage().import(file, None).await.unwrap_err();
            (error.code().0, error.to_string(), contents(&other).await.len())
        }
    };
    let (code, words, kept) = import(lines[..lines.len() - 1].join("\n") + "\n").await;
    assert!(code == 34313 && words.contains("line 25") && kept == 20, "{words}, {kept} kept");
    let good = lines[10];
    for bad in ["{\"message\": {}}", "no JSON", "[]", "{\"message\":{\"type\":99,\"target\":\"x\"}}"] {
        lines[10] = bad;
        let (code, words, kept) = import(lines.join("\n") + "\n").await;
        assert!(code == 34313 && words.contains("line 11") && kept == 6, "{bad}: {words}, {kept} kept");
    }
    let wrong = good.replace("\"sent_time\":1", "\"sent_time\":\"x\",\"was\":1");
    lines[10] = &wrong;
    let (code, words, kept) = import(lines.join("\n") + "\n").await;
    assert!(code == 34313 && words.contains("line 11") && kept == 6, "{words}, {kept} kept");
    for (field, value) in [("error_code", "1099511627776"), ("received_status", "-1099511627776")] {
        let wrong = good.replace(&format!("\"{field}\":0"), &format!("\"{field}\":{value}"));
        assert_ne!(wrong, good);
        let edited = [&lines[..10], &[wrong.as_str()], &lines[11..]].concat();
        let (code, words, kept) = import(edited.join("\n") + "\n").await;
        assert!(code == 34313 && words.contains("line 11") && kept == 6, "{words}, {kept} kept");
    }
    lines[10] = good;
    let wrong = lines[1].replace("\"mute\":0", "\"mute\":9");
    assert_ne!(wrong, lines[1]);
    let (code, words, _) = import([lines[0], &wrong, ""].join("\n")).await;
    assert!(code == 34313 && words.contains("line 2"), "{words}");
    let cut = lines.join("\n");
    let (code, words, _) = import(cut[..cut.len() - 3].to_owned()).await;
    assert!(code == 34313 && words.contains("cut off"), "{words}");
    for (header, code) in [
        (lines[0].replace("\"alice\"", "\"bob\""), 34314),
        (lines[0].replace("\"anser_export\":1", "\"anser_export\":2"), 34313),
        ("{}".into(), 34313),
        (String::new(), 34313),
    ] {
        let rest = lines[1..].join("\n");
        assert_eq!(import(format!("{header}\n{rest}\n")).await.0, code, "{header}");
    }
    assert_eq!(import(String::new()).await.0, 34313);
    let storage = alice.storage();
    assert_eq!(storage.import("/nowhere/file".into(), None).await.unwrap_err().code().0, 34315);
    assert_eq!(storage.export("/nowhere/file".into(), None, None).await.unwrap_err().code().0, 34315);
}

struct Never;

impl StorageProgress for Never {
    fn on_progress(&self, _: u64, _: u64) -> bool {
        false
    }
}

/// A store without a client, whose steps the test takes itself.
fn run<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&Connection) -> Result<T, store::StoreError> + Send + 'static,
) -> T {
    let (answer, answered) = std::sync::mpsc::channel();
    store.run(Durability::Relaxed, work, move |result| answer.send(result).unwrap());
    answered.recv().unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_ended_goes_on_where_it_was() {
    let (alice, file) = filled("resume", 1300).await;
    alice.storage().export(file.clone(), None, None).await.unwrap();

    // Two of its three steps, and then nothing more, as a kill leaves it.
    let (folder, options) = options("resume-in", "alice");
    let location = Folder::new(&folder, "app").unwrap().user("alice").unwrap();
    let store = Store::on_thread(store::open(&location).unwrap(), location).unwrap();
    let mut state = ImportState::new(file.as_ref(), "alice").unwrap();
    state = run(&store, |connection| state.step(connection));
    state = run(&store, |connection| state.step(connection));
    let stored = state.report.messages;
    assert!(!state.is_done() && stored > 900 && stored < 1300, "{stored}");
    drop(state);
    store.close();
    drop(store);

    let other = Client::new(options).unwrap();
    assert_eq!(contents(&other).await.len() as u64, stored);
    let rest = other.storage().import(file.clone(), None).await.unwrap();
    assert!(rest.resumed);
    assert_eq!((rest.messages, rest.known), (1300 - stored, 0), "nothing is read twice");
    assert_eq!(contents(&other).await, contents(&alice).await);
    let fresh = other.storage().import(file.clone(), None).await.unwrap();
    assert!(!fresh.resumed && fresh.known == 1300, "a whole import leaves no position");

    // An export that is dropped half-way leaves nothing.
    let half = ExportState::new(format!("{file}.2").as_ref(), None).unwrap();
    let part = PathBuf::from(format!("{file}.2.part"));
    assert!(part.exists());
    drop(half);
    assert!(!part.exists());
    let error = other.storage().import(file, Some(Arc::new(Never))).await.unwrap_err();
    assert_eq!(error.code().0, 33200);
}
