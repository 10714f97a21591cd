//! Files go up: before their message, with pauses, cuts, restarts and refusals.

use super::*;

/// An uploader that throws.
struct Broken;

impl Uploader for Broken {
    fn start(&self, _upload: Arc<Upload>) {
        panic!("a host's mistake");
    }

    fn stop(&self, _upload_id: i64) {}
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
    files.wait_request("a.bin");
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
    files.wait_request("b.bin");
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
    files.wait_request("a.bin");
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
async fn an_uploader_that_throws_fails_the_message() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    alice.client.media().set_uploader(Arc::new(Broken));
    let message = send(&alice, &file(&new_folder("broken"), "a.bin", b"abc")).await;
    let failure = alice.messages().wait_sent(message.id).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::INTERNAL);
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
