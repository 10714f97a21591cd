//! Search through the real client and server: what was sent and received is found, offline too and after a
//! restart, on both sides alike.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::ClientOptions;
use anser::model::content::{Content, FileMessage};
use anser::model::{ConversationKey, ConversationType};
use anser::store::search::{HitRange, SearchCount, SearchQuery};
use anser_testkit::{Person, World, new_folder};

fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), count: 20, ..SearchQuery::default() }
}

async fn found(person: &Person, query: SearchQuery) -> Vec<String> {
    let page = person.client.search().messages(query).await.unwrap();
    page.hits.into_iter().map(|hit| hit.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_find_what_was_said_and_after_a_restart() {
    let world = World::new().await;
    world.group("g1", &["alice", "bob"]).await;
    let data = new_folder("search");
    let options = world.options().data_dir(data.to_str().unwrap());
    let alice = world.person("alice", options.clone()).await;
    alice.connect().await;
    let bob = world.join("bob").await;
    let (to_bob, group) = (ConversationKey::private("bob"), ConversationKey::group("g1"));
    alice.say(&to_bob, "明天去北京吗？").await;
    alice.say(&group, "北京 50% off 🎉").await;
    let file = FileMessage { name: Some("北京 plan.pdf".into()), size: Some(1), ..FileMessage::default() };
    let sent = alice.messages().send_content(to_bob.clone(), &Content::from(file), Default::default()).await;
    alice.messages().wait_sent(sent.unwrap().id).await.unwrap();
    bob.say(&group, "I prefer 上海").await;
    bob.heard.wait_messages(3);
    alice.heard.wait_messages(1);

    for person in [&alice, &bob] {
        assert_eq!(
            found(person, query("北京")).await,
            ["北京 plan.pdf", "北京 50% off 🎉", "明天去北京吗？"],
            "{}",
            person.user
        );
        assert_eq!(found(person, query("50%")).await, ["北京 50% off 🎉"]);
        assert_eq!(found(person, query("PREF")).await, ["I prefer 上海"]);
        let by_bob = SearchQuery { sender_ids: vec!["bob".into()], ..query("") };
        assert_eq!(found(person, by_bob).await, ["I prefer 上海"]);
        let files = SearchQuery { object_names: vec!["RC:FileMsg".into()], ..query("北") };
        assert_eq!(found(person, files).await, ["北京 plan.pdf"]);
        let groups = SearchQuery { types: vec![ConversationType::Group], ..query("北京") };
        let count = person.client.search().count(groups).await.unwrap();
        assert_eq!(count, SearchCount { count: 1, exact: true });
    }
    let hits = alice.client.search().conversations("北京".into(), vec![], 10).await.unwrap();
    let counts: Vec<_> = hits.iter().map(|hits| (&hits.conversation, hits.count, hits.exact)).collect();
    assert_eq!(counts, [(&to_bob, 2, true), (&group, 1, true)]);
    assert_eq!(hits[1].latest.ranges, [HitRange { start: 0, length: 2 }]);

    // A message that has not gone yet is found as well, and so is everything after a restart, offline.
    let token = alice.token.clone();
    drop(alice);
    let away = ClientOptions { navigation: "http://127.0.0.1:1".into(), ..options };
    let alice = Person::new("alice", token, away);
    alice.messages().send_text(to_bob, "北京, offline".into()).await.unwrap();
    let first = alice.client.search().messages(SearchQuery { count: 2, ..query("北京") }).await.unwrap();
    assert_eq!(first.hits[0].text, "北京, offline");
    assert_eq!(first.hits[1].text, "北京 plan.pdf");
    let rest = SearchQuery { before: first.next, ..query("北京") };
    assert_eq!(found(&alice, rest).await, ["北京 50% off 🎉", "明天去北京吗？"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_say_nothing_or_too_much_get_33003() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let search = alice.client.search();
    for text in [String::new(), "  ".into(), "字".repeat(22_000), "x".repeat(65_536)] {
        assert_eq!(search.messages(query(&text)).await.unwrap_err().code().0, 33003);
        assert_eq!(search.count(query(&text)).await.unwrap_err().code().0, 33003);
        assert_eq!(search.conversations(text, vec![], 10).await.unwrap_err().code().0, 33003);
    }
    for count in [0, 1_000_000] {
        assert_eq!(search.messages(SearchQuery { count, ..query("x") }).await.unwrap_err().code().0, 33003);
        assert_eq!(search.conversations("x".into(), vec![], count).await.unwrap_err().code().0, 33003);
    }
    let early = SearchQuery { from_time: -1, ..query("x") };
    assert_eq!(search.messages(early).await.unwrap_err().code().0, 33003);
    drop(alice);
    assert_eq!(search.messages(query("x")).await.unwrap_err().code().0, 34400);
}
