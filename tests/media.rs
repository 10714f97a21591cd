//! Files go both ways, through a real file server, whatever happens in between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anser::client::{
    Client, DownloadOptions, MediaProgress, SendOptions, TransferDirection, TransferState, Upload, Uploader,
};
use anser::clock::Clock;
use anser::model::{ConversationKey, ErrorCode, Message, SentStatus};
use anser_testkit::{Files, HttpUploader, Mishap, Person, World, new_folder};

/// More than the client writes at once, and than it syncs at once.
const LARGE: usize = 9 << 20;
/// SHA-256 of "abc".
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Bytes that repeat nowhere near, so that a shift shows.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..count).map(next).collect()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn bob() -> ConversationKey {
    ConversationKey::private("bob")
}

async fn send(person: &Person, path: &str) -> Message {
    let content = r#"{"name":"a.bin","size":3}"#;
    let media = person.client.media();
    media.send(bob(), "RC:FileMsg".into(), content.into(), path.into(), SendOptions::default()).await.unwrap()
}

fn in_state(progress: &[MediaProgress], state: TransferState) -> bool {
    progress.last().is_some_and(|last| last.state == state)
}

fn wait_state(person: &Person, state: TransferState) {
    person.heard.wait(&format!("{state:?}"), |heard| in_state(&heard.progress, state));
}

/// Waits until the newest progress says that so many bytes have moved.
fn wait_moved(person: &Person, bytes: u64) {
    person.heard.wait("bytes", |heard| heard.progress.last().is_some_and(|last| last.transferred >= bytes));
}

/// A connected client with its data in a folder, which has a file message of this address.
async fn with_message(world: &World, data: &Path, url: &str) -> (Person, Message) {
    let person = world.person("alice", world.options().data_dir(data.to_str().unwrap())).await;
    person.connect().await;
    let content = format!(r#"{{"name":"a.bin","size":3,"fileUrl":"{url}"}}"#);
    let messages = person.messages();
    let sent = messages.send(bob(), "RC:FileMsg".into(), content, SendOptions::default()).await.unwrap();
    (person, sent)
}

fn download(person: &Person, id: i64) -> tokio::task::JoinHandle<anser::client::Result<Message>> {
    let media = person.client.media();
    tokio::spawn(async move { media.download(id, DownloadOptions::default()).await })
}

fn cached(data: &Path, id: i64) -> PathBuf {
    let app = std::fs::read_dir(data).unwrap().next().unwrap().unwrap().path();
    app.join("alice/media").join(format!("{id}.bin"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_up_before_its_message_and_comes_down_byte_for_byte() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("both-ways");
    let alice = world.join("alice").await;
    let bobs = world.person("bob", world.options().data_dir(data.to_str().unwrap())).await;
    bobs.connect().await;
    alice.client.media().set_uploader(HttpUploader::new(files.address));
    let content = bytes(300_000);
    let path = file(&data, "a.bin", &content);
    let local = send(&alice, &path).await;
    assert_eq!(local.sent_status, SentStatus::Sending);
    let sent = alice.messages().wait_sent(local.id).await.unwrap();
    let expected = format!(r#"{{"name":"a.bin","size":3,"fileUrl":"{}"}}"#, files.url("a.bin"));
    assert_eq!(sent.content, expected);
    assert_eq!(files.get("a.bin").unwrap(), content);
    let heard = alice.heard.wait("done", |heard| in_state(&heard.progress, TransferState::Done));
    let last = heard.progress.last().unwrap();
    assert_eq!((last.transferred, last.total, last.message_id), (300_000, 300_000, local.id));
    assert_eq!(last.direction, TransferDirection::Upload);
    assert!(heard.progress.len() > 5, "progress was told on the way");
    assert_eq!(sent.local_path.as_deref(), Some(path.as_str()));

    let got = bobs.heard.wait_messages(1).messages[0].clone();
    assert_eq!(got.content, expected);
    let media = bobs.client.media();
    let (one, two) = tokio::join!(
        media.download(got.id, DownloadOptions::default()),
        media.download(got.id, DownloadOptions::default())
    );
    let here = one.unwrap().local_path.unwrap();
    assert_eq!(two.unwrap().local_path.as_deref(), Some(here.as_str()));
    assert_eq!(std::fs::read(&here).unwrap(), content);
    assert!(!Path::new(&format!("{here}.part")).exists());
    media.download(got.id, DownloadOptions::default()).await.unwrap();
    let gets = files.requests("a.bin").into_iter().filter(|request| request.method == "GET").count();
    assert_eq!(gets, 1, "one download for all three");
    assert_eq!(media.cache_size().await.unwrap(), 300_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_refused_at_once() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let folder = new_folder("refused");
    let alice = world.join("alice").await;
    let media = alice.client.media();
    let full = file(&folder, "full", b"x");
    let send = |name: &str, content: &str, path: &str| {
        media.send(bob(), name.into(), content.into(), path.into(), SendOptions::default())
    };
    let code = |result: anser::client::Result<Message>| result.unwrap_err().code();
    assert_eq!(code(send("RC:FileMsg", "{}", &full).await), ErrorCode::QNTKN_GET_ERROR);
    media.set_uploader(HttpUploader::new(files.address));
    assert_eq!(code(send("RC:FileMsg", "{}", "/nowhere/at/all").await), ErrorCode::FILE_UNREADABLE);
    let here = folder.to_str().unwrap();
    assert_eq!(code(send("RC:FileMsg", "{}", here).await), ErrorCode::FILE_UNREADABLE);
    let empty = file(&folder, "empty", b"");
    assert_eq!(code(send("RC:FileMsg", "{}", &empty).await), ErrorCode::FILE_EMPTY);
    assert_eq!(code(send("App:X", "[]", &full).await), ErrorCode::CONTENT_INVALID);
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(128 * 1024));
    assert_eq!(code(send("App:X", &large, &full).await), ErrorCode::MSG_SIZE_OUT_OF_LIMIT);
    assert!(alice.messages().history(bob(), 0, 10).await.unwrap().is_empty());

    let options = SendOptions { url_key: Some("plan".into()), ..SendOptions::default() };
    let custom = media.send(bob(), "App:Plan".into(), "{}".into(), full, options).await.unwrap();
    let sent = alice.messages().wait_sent(custom.id).await.unwrap();
    assert_eq!(sent.content, format!(r#"{{"plan":"{}"}}"#, files.url("full")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_pauses_goes_on_is_cut_and_is_cancelled() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let folder = new_folder("upload");
    let alice = world.join("alice").await;
    let uploader = HttpUploader::new(files.address);
    alice.client.media().set_uploader(uploader.clone());
    let media = alice.client.media();
    let content = bytes(LARGE);
    files.plan("a.bin", [Mishap::StallAfter(100_000), Mishap::CutAfter(200_000)]);
    let message = send(&alice, &file(&folder, "a.bin", &content)).await;
    wait_moved(&alice, 100_000);
    media.pause(message.id).await.unwrap();
    wait_state(&alice, TransferState::Paused);
    files.release();
    let after = alice.say(&bob(), "meanwhile").await;
    assert!(media.pause(after.id).await.is_err(), "a text has no upload");
    media.resume(message.id).await.unwrap();
    let sent = alice.messages().wait_sent(message.id).await.unwrap();
    assert_eq!(files.get("a.bin").unwrap(), content);
    assert!(sent.sent_time > after.sent_time, "it came into the outbox later");
    assert!(uploader.diary().started.len() >= 3, "{:?}", uploader.diary());

    files.plan("b.bin", [Mishap::StallAfter(1)]);
    let message = send(&alice, &file(&folder, "b.bin", &content)).await;
    alice
        .heard
        .wait("b goes", |heard| heard.progress.last().is_some_and(|last| last.message_id == message.id));
    media.cancel(message.id).await.unwrap();
    wait_state(&alice, TransferState::Cancelled);
    let failure = alice.messages().wait_sent(message.id).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::REQUEST_CANCELLED);
    assert!(media.cancel(message.id).await.is_err(), "it is over");
    assert_eq!(alice.messages().resend(message.id).await.unwrap_err().code().0, 61001, "no file, no message");
    media.resume(message.id).await.unwrap();
    alice.messages().wait_sent(message.id).await.unwrap();
    assert_eq!(files.get("b.bin").unwrap(), content);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_a_restart_and_a_refusal_fails_its_message() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("upload-restart");
    let options = world.options().data_dir(data.to_str().unwrap());
    let alice = world.person("alice", options.clone()).await;
    alice.connect().await;
    alice.client.media().set_uploader(HttpUploader::new(files.address));
    let content = bytes(LARGE);
    files.plan("a.bin", [Mishap::StallAfter(50_000)]);
    let message = send(&alice, &file(&data, "a.bin", &content)).await;
    wait_moved(&alice, 50_000);
    let token = alice.token.clone();
    drop(alice);
    files.release();

    let alice = Person::new("alice", token, options);
    alice.connect().await;
    let waiting = alice.messages().get(message.id).await.unwrap();
    assert_eq!(waiting.sent_status, SentStatus::Sending);
    alice.client.media().set_uploader(HttpUploader::new(files.address));
    alice.messages().wait_sent(message.id).await.unwrap();
    assert_eq!(files.get("a.bin").unwrap(), content);
    assert_eq!(alice.messages().history(bob(), 0, 10).await.unwrap().len(), 1);

    files.plan("b.bin", [Mishap::Status(403)]);
    let message = send(&alice, &file(&data, "b.bin", b"b")).await;
    let failure = alice.messages().wait_sent(message.id).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::FILE_REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_pauses_is_cut_and_goes_on_where_it_was() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("pause");
    let content = bytes(LARGE);
    files.put("a.bin", content.clone());
    files.plan("a.bin", [Mishap::StallAfter(100_000), Mishap::CutAfter(400_000)]);
    let (alice, message) = with_message(&world, &data, &files.url("a.bin")).await;
    let media = alice.client.media();
    let arrival = download(&alice, message.id);
    wait_moved(&alice, 100_000);
    media.pause(message.id).await.unwrap();
    wait_state(&alice, TransferState::Paused);
    let part = format!("{}.part", cached(&data, message.id).display());
    assert_eq!(std::fs::read(&part).unwrap(), content[..100_000]);
    assert!(!arrival.is_finished());
    media.resume(message.id).await.unwrap();
    let here = arrival.await.unwrap().unwrap().local_path.unwrap();
    assert_eq!(std::fs::read(here).unwrap(), content);
    let requests = files.requests("a.bin");
    let ranges: Vec<_> = requests.iter().map(|request| request.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=100000-"), Some("bytes=500000-")]);
    assert!(requests[1].if_range.is_some());
    assert!(media.pause(message.id).await.is_err(), "nothing goes any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_after_a_restart() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("restart");
    let content = bytes(LARGE);
    files.put("a.bin", content.clone());
    files.plan("a.bin", [Mishap::StallAfter(6 << 20)]);
    let (alice, message) = with_message(&world, &data, &files.url("a.bin")).await;
    let arrival = download(&alice, message.id);
    wait_moved(&alice, 6 << 20);
    let token = alice.token.clone();
    drop(alice);
    assert_eq!(arrival.await.unwrap().unwrap_err().code(), ErrorCode::CLIENT_CLOSED);

    let alice = Person::new("alice", token, world.options().data_dir(data.to_str().unwrap()));
    alice.connect().await;
    let here = download(&alice, message.id).await.unwrap().unwrap().local_path.unwrap();
    assert_eq!(std::fs::read(here).unwrap(), content);
    let range = files.requests("a.bin")[1].range.clone().unwrap();
    let offset: u64 = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
    assert!((4 << 20..=6 << 20).contains(&offset), "{offset}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_without_ranges_and_new_versions_start_again() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("ranges");
    let content = bytes(500_000);
    files.put("a.bin", content.clone());
    files.plan("a.bin", [Mishap::CutAfter(100_000), Mishap::NoRanges]);
    let (alice, message) = with_message(&world, &data, &files.url("a.bin")).await;
    let here = download(&alice, message.id).await.unwrap().unwrap().local_path.unwrap();
    assert_eq!(std::fs::read(here).unwrap(), content);

    let target = data.join("target").to_str().unwrap().to_owned();
    let newer: Vec<u8> = content.iter().map(|byte| byte ^ 0x55).collect();
    files.put("b.bin", content);
    files.plan("b.bin", [Mishap::StallAfter(100_000)]);
    let media = alice.client.media();
    let (url, path) = (files.url("b.bin"), target.clone());
    let going = tokio::spawn(async move { media.download_url(url, path, None).await });
    let on_its_way = |heard: &anser_testkit::Heard| {
        heard.progress.last().is_some_and(|last| last.path == target && last.transferred >= 100_000)
    };
    alice.heard.wait("b on its way", on_its_way);
    let media = alice.client.media();
    let other = media.download_url(files.url("c.bin"), target.clone(), None).await;
    assert_eq!(other.unwrap_err().code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    media.pause_download(target.clone()).await.unwrap();
    files.put("b.bin", newer.clone());
    media.resume_download(target.clone()).await.unwrap();
    going.await.unwrap().unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), newer);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_hash_missing_file_redirects_and_cancel() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let folder = new_folder("refusals");
    let alice = world.join("alice").await;
    let connected = alice.client.media();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let get = |name: &str, sha256: Option<&str>| {
        connected.download_url(files.url(name), path(name), sha256.map(str::to_owned))
    };
    files.put("abc", *b"abc");
    get("abc", Some(ABC)).await.unwrap();
    assert_eq!(std::fs::read(path("abc")).unwrap(), b"abc");
    files.put("abd", *b"abd");
    assert_eq!(get("abd", Some(ABC)).await.unwrap_err().code(), ErrorCode::FILE_HASH_DIFFERS);
    assert!(!folder.join("abd").exists() && !folder.join("abd.part").exists());
    assert_eq!(get("abd", Some("xyz")).await.unwrap_err().code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    assert_eq!(get("none", None).await.unwrap_err().code(), ErrorCode::FILE_NOT_ON_SERVER);
    files.plan("abc", [Mishap::Status(403)]);
    assert_eq!(get("abc", None).await.unwrap_err().code(), ErrorCode::FILE_REFUSED);
    let nowhere = connected.download_url("file:///etc/passwd".into(), path("x"), None).await;
    assert_eq!(nowhere.unwrap_err().code(), ErrorCode::FILE_URL_INVALID);
    let unwritable = connected.download_url(files.url("abc"), path("no/such/folder"), None).await;
    assert_eq!(unwritable.unwrap_err().code(), ErrorCode::FILE_UNWRITABLE);

    files.plan("moved", [Mishap::Redirect("/abc".into())]);
    get("moved", None).await.unwrap();
    assert_eq!(std::fs::read(path("moved")).unwrap(), b"abc");
    files.plan("circle", vec![Mishap::Redirect("circle".into()); 6]);
    assert_eq!(get("circle", None).await.unwrap_err().code(), ErrorCode::FILE_REFUSED);
    assert_eq!(files.requests("circle").len(), 6);

    files.put("long", bytes(500_000));
    files.plan("long", [Mishap::StallAfter(10_000)]);
    let (url, target) = (files.url("long"), path("long"));
    let media = alice.client.media();
    let going = tokio::spawn(async move { media.download_url(url, target, None).await });
    wait_moved(&alice, 10_000);
    connected.cancel_download(path("long")).await.unwrap();
    assert_eq!(going.await.unwrap().unwrap_err().code(), ErrorCode::REQUEST_CANCELLED);
    assert!(!folder.join("long").exists() && !folder.join("long.part").exists());
    assert!(connected.cancel_download(path("long")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_evicts_the_longest_unused_and_nothing_else() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("cache");
    let clock = Clock::manual(1_700_000_000_000);
    let options = world.options().data_dir(data.to_str().unwrap());
    let token = world.server.token("alice").await.unwrap();
    let client = Client::with_clock(options, clock.clone()).unwrap();
    let alice = Person::with("alice", token, client);
    alice.connect().await;
    let media = alice.client.media();
    media.set_uploader(HttpUploader::new(files.address));
    let own = file(&data, "own.bin", &bytes(5_000));
    let sent = send(&alice, &own).await;
    alice.messages().wait_sent(sent.id).await.unwrap();
    media.set_cache_limit(2_500).await.unwrap();

    let mut ids = Vec::new();
    for name in ["1", "2", "3"] {
        files.put(name, bytes(1_000));
        let content = format!(r#"{{"fileUrl":"{}"}}"#, files.url(name));
        let messages = alice.messages();
        let sent = messages.send(bob(), "RC:FileMsg".into(), content, SendOptions::default()).await.unwrap();
        ids.push(sent.id);
    }
    let mut paths = Vec::new();
    for wanted in [0, 1, 0, 2] {
        clock.advance(1_000);
        let got = media.download(ids[wanted], DownloadOptions::default()).await.unwrap();
        paths.push(got.local_path.unwrap());
    }
    assert_eq!(media.cache_size().await.unwrap(), 2_000);
    assert!(Path::new(&paths[0]).exists() && Path::new(&paths[3]).exists());
    assert!(!Path::new(&paths[1]).exists(), "the second was unused for longest");
    assert_eq!(alice.messages().get(ids[1]).await.unwrap().local_path, None);
    assert_eq!(media.clear_cache().await.unwrap(), 2_000);
    assert_eq!(media.cache_size().await.unwrap(), 0);
    assert_eq!(alice.messages().get(ids[0]).await.unwrap().local_path, None);
    assert!(!Path::new(&paths[0]).exists());
    assert!(Path::new(&own).exists(), "sent files are the host's");
    assert_eq!(alice.messages().get(sent.id).await.unwrap().local_path.as_deref(), Some(own.as_str()));
}

/// An uploader that throws, and one that never gets on.
struct Broken;

impl Uploader for Broken {
    fn start(&self, _upload: Arc<Upload>) {
        panic!("a host's mistake");
    }

    fn stop(&self, _upload_id: i64) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploader_that_throws_fails_the_message() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    alice.client.media().set_uploader(Arc::new(Broken));
    let message = send(&alice, &file(&new_folder("broken"), "a.bin", b"abc")).await;
    let failure = alice.messages().wait_sent(message.id).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::INTERNAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_stop_with_a_suspended_store_and_go_on_with_it() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("suspend");
    let content = bytes(500_000);
    files.put("a.bin", content.clone());
    files.plan("a.bin", [Mishap::StallAfter(100_000)]);
    let (alice, message) = with_message(&world, &data, &files.url("a.bin")).await;
    let arrival = download(&alice, message.id);
    wait_moved(&alice, 100_000);
    let storage = alice.client.storage();
    storage.suspend().await.unwrap();
    assert_eq!(arrival.await.unwrap().unwrap_err().code(), ErrorCode::DATABASE_SUSPENDED);
    storage.resume().await.unwrap();
    let here = download(&alice, message.id).await.unwrap().unwrap().local_path.unwrap();
    assert_eq!(std::fs::read(here).unwrap(), content);
    let heard = alice.heard.wait("done", |heard| in_state(&heard.progress, TransferState::Done));
    assert!(heard.progress.iter().all(|told| told.state != TransferState::Failed), "it was no failure");

    alice.client.media().set_uploader(HttpUploader::new(files.address));
    files.plan("up.bin", [Mishap::StallAfter(100_000)]);
    let upload = send(&alice, &file(&data, "up.bin", &content)).await;
    alice.heard.wait("bytes", |heard| {
        heard.progress.last().is_some_and(|last| last.message_id == upload.id && last.transferred >= 100_000)
    });
    storage.suspend().await.unwrap();
    storage.resume().await.unwrap();
    // Nobody connects: the file does not need it.
    alice.heard.wait("the upload", |heard| {
        heard
            .progress
            .last()
            .is_some_and(|last| last.message_id == upload.id && last.state == TransferState::Done)
    });
    assert_eq!(files.get("up.bin").unwrap(), content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_shared_only_by_who_wants_the_same() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let data = new_folder("shared");
    files.put("a.bin", b"abc".to_vec());
    files.plan("a.bin", [Mishap::StallAfter(1)]);
    let (alice, message) = with_message(&world, &data, &files.url("a.bin")).await;
    let (media, id) = (alice.client.media(), message.id);
    let get = |path: Option<&str>, sha256: Option<String>| {
        let (media, path) = (media.clone(), path.map(str::to_owned));
        let options = DownloadOptions { path, sha256, ..DownloadOptions::default() };
        async move { media.download(id, options).await }
    };
    let place = data.join("mine").to_str().unwrap().to_owned();
    let first = tokio::spawn(get(Some(&place), None));
    wait_moved(&alice, 1);
    let other = data.join("other").to_str().unwrap().to_owned();
    for refused in [get(Some(&other), None).await, get(None, Some(ABC.into())).await] {
        assert_eq!(refused.unwrap_err().code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    media.pause(message.id).await.unwrap();
    // Whoever names nothing takes what goes, and lets it go on.
    assert_eq!(get(None, None).await.unwrap().local_path.as_deref(), Some(place.as_str()));
    first.await.unwrap().unwrap();
    let asked = files.requests("a.bin").len();
    assert_eq!(get(None, Some(ABC.into())).await.unwrap().local_path.as_deref(), Some(place.as_str()));
    assert_eq!(files.requests("a.bin").len(), asked, "the file is here and right");
    let wrong = get(None, Some("0".repeat(64))).await.unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::FILE_HASH_DIFFERS, "the file is here, but not that one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_cancelled_or_deleted_takes_its_upload_along() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let folder = new_folder("along");
    let alice = world.join("alice").await;
    let uploader = HttpUploader::new(files.address);
    alice.client.media().set_uploader(uploader.clone());
    for deletes in [false, true] {
        let name = format!("{deletes}.bin");
        files.plan(&name, [Mishap::StallAfter(1)]);
        let message = send(&alice, &file(&folder, &name, b"abc")).await;
        alice.heard.wait("it goes", |heard| {
            heard.progress.last().is_some_and(|last| last.message_id == message.id && last.transferred > 0)
        });
        if deletes {
            assert_eq!(alice.messages().delete(vec![message.id]).await.unwrap(), 1);
        } else {
            alice.messages().cancel(message.id).await.unwrap();
        }
        alice.heard.wait("its end", |heard| {
            heard
                .progress
                .last()
                .is_some_and(|last| last.message_id == message.id && last.state == TransferState::Cancelled)
        });
        // The uploader hears of it before anybody else.
        let diary = uploader.diary();
        let (id, ..) = diary.started.iter().rfind(|(_, of, _)| *of == message.id).unwrap();
        assert!(diary.stopped.contains(id), "{diary:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_client_lets_its_uploader_go() {
    let world = World::new().await;
    let files = Files::start().await.unwrap();
    let alice = world.join("alice").await;
    let (media, uploader) = (alice.client.media(), HttpUploader::new(files.address));
    media.set_uploader(uploader.clone());
    alice.client.close();
    assert_eq!(Arc::strong_count(&uploader), 1);
    media.set_uploader(uploader.clone());
    assert_eq!(Arc::strong_count(&uploader), 1, "nor does it take another");
}
