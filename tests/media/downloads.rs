//! Files come down: with pauses, cuts, restarts, hashes and a bounded cache.

use super::*;

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
    files.wait_request("up.bin");
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
