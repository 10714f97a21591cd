//! Files that go up and come down, and all that goes wrong with them: neither what is in them nor their names, paths
//! and addresses reach a log or an error's words.

use anser::client::{DownloadOptions, SendOptions};
use anser_testkit::{Files, HttpUploader, Mishap};

use super::*;

const INSIDE: &str = "inside-of-a-file-4715";
/// In the file's own name, and in the paths of whatever is downloaded.
const NAME: &str = "diary-of-nobody-4716";
/// What the addresses of files end with.
const QUERY: &str = "?sign=signature-4717";
const SIGNATURE: &str = "signature-4717";
const ELSEWHERE: &str = "signature-of-elsewhere-4718";
const LOGIN: &str = "file-server-password-4719";

/// Sends a file, and resolves with its message once its fate is known.
async fn send(person: &Person, path: &str) -> anser::client::Result<anser::model::Message> {
    let content = format!(r#"{{"name":"{NAME}","size":21}}"#);
    let (to_bob, options) = (ConversationKey::private("bob"), SendOptions::default());
    let local =
        person.client.media().send(to_bob, "RC:FileMsg".into(), content, path.into(), options).await?;
    person.messages().wait_sent(local.id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_file_reaches_a_log_or_a_token_the_disk() {
    listen();
    let (world, server, folder) =
        (World::new().await, Files::start().await.unwrap(), new_folder("transfers"));
    let name = format!("{NAME}.txt");
    let path = folder.join(&name);
    std::fs::write(&path, INSIDE).unwrap();
    let at_server = |name: &str| format!("{name}{QUERY}");
    let authority = Authority::new();
    let front = TlsFront::start(server.address, authority.issue("127.0.0.1", Validity::Good)).await;
    let in_folder = |user: &'static str| {
        let data = folder.join(user).to_str().unwrap().to_owned();
        world.person(user, ClientOptions { ca_pem: Some(authority.pem()), ..world.options().data_dir(data) })
    };
    let (alice, bob) = (in_folder("alice").await, in_folder("bob").await);
    let tokens = [alice.token.clone(), bob.token.clone()];
    alice.connect().await;
    bob.connect().await;

    // Up, after a failure that may pass, and for good; down again, after a cut.
    alice.client.media().set_uploader(HttpUploader::ending(server.address, QUERY));
    server.plan(&at_server(&name), [Mishap::Status(503), Mishap::CutAfter(5)]);
    let sent = send(&alice, path.to_str().unwrap()).await.unwrap();
    assert!(sent.content.contains(SIGNATURE), "{}", sent.content);
    let got = bob.heard.wait_messages(1).messages[0].id;
    server.plan(&at_server(&name), [Mishap::CutAfter(5)]);
    let here =
        bob.client.media().download(got, DownloadOptions::default()).await.unwrap().local_path.unwrap();
    assert_eq!(std::fs::read_to_string(here).unwrap(), INSIDE);
    server.plan(&at_server(&name), [Mishap::Status(403)]);
    assert_eq!(send(&alice, path.to_str().unwrap()).await.unwrap_err().code().0, 34415);

    // Whatever ends a download.
    let clear = server.url(&at_server(&name));
    let secure = format!("https://127.0.0.1:{}/{}", front.address.port(), at_server(&name));
    let with_login = clear.replace("://", &format!("://alice:{LOGIN}@"));
    let elsewhere = server.url(&format!("{NAME}?sign={ELSEWHERE}"));
    let wrong = "0".repeat(64);
    let to = |place: &str| folder.join(place).to_str().unwrap().to_owned();
    let mut words = Vec::new();
    let good = to(&format!("{NAME}.copy"));
    for (url, mishap, path, sha256, code) in [
        (&clear, None, &good, None, None),
        (&clear, Some(Mishap::Status(403)), &good, None, Some(34415)),
        (&clear, Some(Mishap::Status(404)), &good, None, Some(34414)),
        (&clear, Some(Mishap::Redirect(elsewhere.clone())), &good, None, Some(34414)),
        (&clear, None, &good, Some(wrong), Some(34417)),
        (&clear, None, &to(&format!("nowhere/{NAME}")), None, Some(34412)),
        (&secure, None, &good, None, None),
        (&secure, Some(Mishap::Redirect(elsewhere.clone())), &good, None, Some(34415)),
        (&with_login, Some(Mishap::Status(403)), &good, None, Some(34415)),
    ] {
        server.plan(&at_server(&name), mishap.clone());
        let error = bob.client.media().download_url(url.clone(), path.clone(), sha256).await.err();
        words.push(format!("{error:?} {}", error.as_ref().map(ToString::to_string).unwrap_or_default()));
        assert_eq!(error.map(|error| error.code().0), code, "{url} {mishap:?} {path}");
    }
    alice.client.close();
    bob.client.close();

    let secrets = [INSIDE, NAME, SIGNATURE, ELSEWHERE, LOGIN].map(str::to_owned);
    let known = [
        "a download was cut off",
        "answers 403 for a file",
        "redirects from TLS to the clear",
        "a downloaded file cannot be written",
    ];
    assert_lines(&known, &[&secrets[..], &tokens].concat());
    assert_absent("an error", &words.join("\n"), &secrets);
    assert_disk(&folder, INSIDE, &tokens);
    std::fs::remove_dir_all(&folder).unwrap();
}
