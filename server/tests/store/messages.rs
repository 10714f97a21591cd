//! Stamps, inboxes, pages, groups, pruning, views, users: what two people and a group need.

use super::*;

pub(crate) async fn stamps_are_above_every_head_concerned(subject: Subject) {
    let now = subject.clock.now_ms();
    assert_eq!(stored(&subject, draft("a", to("b"), "1")).await, now);
    assert_eq!(stored(&subject, draft("c", to("d"), "2")).await, now, "strangers do not wait for each other");
    assert_eq!(stored(&subject, draft("b", to("c"), "3")).await, now + 1, "above both heads");
    assert_eq!(stored(&subject, draft("d", to("c"), "4")).await, now + 2);
    subject.clock.set(now - 500);
    assert_eq!(stored(&subject, draft("a", to("b"), "5")).await, now + 2, "a clock that jumps back");
    assert_eq!(subject.store.head_lead().latest, 502);
    subject.clock.set(now + 1000);
    assert_eq!(stored(&subject, draft("a", to("b"), "6")).await, now + 1000);
    assert_eq!(subject.store.head_lead().latest, 0);
    assert_eq!(subject.store.head_lead().greatest, 502);
}

pub(crate) async fn a_login_raises_the_head(subject: Subject) {
    let now = subject.clock.now_ms();
    let first = subject.store.login("b").await.unwrap();
    assert_eq!((first.time, first.blocked), (now, false));
    assert_eq!(stored(&subject, draft("a", to("b"), "1")).await, now + 1, "after what the login showed");
    let second = subject.store.login("a").await.unwrap();
    assert!(second.serial > first.serial);
    assert_eq!(second.time, now, "the CONNACK shows the clock, not a head that ran ahead");
}

pub(crate) async fn inbox_rows_know_their_predecessor(subject: Subject) {
    let first = stored(&subject, draft("a", to("b"), "1")).await;
    stored(&subject, draft("b", to("c"), "own, not in the inbox")).await;
    stored(&subject, draft("c", to("b"), "2")).await;
    // The sink hears the last one after its answer.
    subject.store.set_meta("after", "it").await.unwrap();
    let heard = subject.sink.0.lock().unwrap();
    assert_eq!(heard[0].inboxes[0].previous, 0, "the first ever");
    assert_eq!(heard.last().unwrap().inboxes[0].previous, first);
}

pub(crate) async fn pulls_merge_both_boxes_and_page(subject: Subject) {
    for n in 0..6 {
        let (from, target) = if n % 2 == 0 { ("a", "b") } else { ("b", "a") };
        stored(&subject, draft(from, to(target), &n.to_string())).await;
    }
    stored(&subject, draft("a", to("a"), "note")).await;
    let window = window(&subject);
    let request =
        |inbox_after, limit| PullRequest { user: "a".into(), inbox_after, outbox_after: 0, limit, window };
    let page = subject.store.pull(request(0, 100)).await.unwrap();
    let seen: Vec<_> = page.rows.iter().map(|row| (words(&row.message), row.own)).collect();
    let expected =
        [("0", true), ("1", false), ("2", true), ("3", false), ("4", true), ("5", false), ("note", false)];
    assert_eq!(seen, expected.map(|(words, own)| (words.to_owned(), own)));
    let last = page.rows.last().unwrap().message.stamp;
    assert_eq!((page.finished, page.inbox_last, page.head), (true, last, last));
    let page = subject.store.pull(request(0, 6)).await.unwrap();
    assert_eq!((page.rows.len(), page.finished, page.inbox_last), (6, false, last));
    assert_eq!(pulled(&subject, "a", last, last, 10).await, [""; 0]);
    assert_eq!(pulled(&subject, "nobody", 0, 0, 10).await, [""; 0]);
}

pub(crate) async fn client_ids_are_unique_per_sender(subject: Subject) {
    let numbered = |sender: &str| Draft { client_id: Some(1), ..draft(sender, to("b"), "x") };
    let Appended::Stored { uid, stamp } = subject.store.append(numbered("a")).await.unwrap() else {
        panic!("stored")
    };
    assert_eq!(subject.store.append(numbered("a")).await.unwrap(), Appended::Duplicate { uid, stamp });
    assert!(matches!(subject.store.append(numbered("c")).await.unwrap(), Appended::Stored { .. }));
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await.len(), 2);
}

pub(crate) async fn only_members_send_to_a_group(subject: Subject) {
    let store = &subject.store;
    assert!(!store.join_group("g", vec!["a".into()]).await.unwrap());
    assert_eq!(store.append(draft("a", group("g"), "x")).await.unwrap(), Appended::NotInGroup);
    store.create_group("g", "G", vec!["b".into(), "a".into()]).await.unwrap();
    assert!(store.join_group("g", vec!["c".into(), "a".into()]).await.unwrap());
    let members = store.group_members("g").await.unwrap();
    assert_eq!(members.iter().map(|m| &**m).collect::<Vec<_>>(), ["a", "b", "c"]);
    stored(&subject, draft("a", group("g"), "all")).await;
    let directed =
        Draft { only: vec!["c".into(), "z".into()], kept: false, ..draft("a", group("g"), "some") };
    stored(&subject, directed).await;
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["all"]);
    assert_eq!(pulled(&subject, "c", 0, 0, 10).await, ["all", "some"]);
    assert_eq!(pulled(&subject, "z", 0, 0, 10).await, [""; 0]);
    assert!(store.quit_group("g", vec!["a".into()]).await.unwrap());
    assert_eq!(store.append(draft("a", group("g"), "x")).await.unwrap(), Appended::NotInGroup);
    let request = HistoryRequest {
        user: "a".into(),
        target: group("g"),
        time: 0,
        limit: 10,
        ascending: false,
        kept_after: 0,
    };
    assert!(store.history(request.clone()).await.unwrap().is_none());
    let page = store.history(HistoryRequest { user: "b".into(), ..request }).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(words).collect::<Vec<_>>(), ["all"]);
}

pub(crate) async fn commits_are_told_in_order_with_their_inboxes(subject: Subject) {
    subject.store.create_group("g", "G", vec!["a".into(), "b".into(), "c".into()]).await.unwrap();
    let appends: Vec<_> = (0..50)
        .map(|n| {
            subject.store.append(draft("a", if n % 2 == 0 { group("g") } else { to("b") }, &n.to_string()))
        })
        .collect();
    for append in appends {
        append.await.unwrap();
    }
    subject.store.append(draft("b", to("b"), "note")).await.unwrap();
    subject.store.set_meta("after", "it").await.unwrap();
    let heard = subject.sink.0.lock().unwrap();
    let order: Vec<String> = heard.iter().map(|c| words(&c.message)).collect();
    let mut expected: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    expected.push("note".into());
    assert_eq!(order, expected);
    assert!(heard.windows(2).all(|pair| pair[0].message.stamp < pair[1].message.stamp));
    let users: Vec<_> = heard[0].inboxes.iter().map(|entry| &*entry.user).collect();
    assert_eq!(users, ["b", "c"], "not the sender's own inbox");
    assert!(heard[0].echoed && !heard[50].echoed);
}

pub(crate) async fn pruning_takes_the_inbox_but_not_history(subject: Subject) {
    let old = stored(&subject, draft("a", to("b"), "kept")).await;
    stored(&subject, Draft { kept: false, ..draft("a", to("b"), "passing") }).await;
    subject.clock.advance(7 * DAY_MS + 1);
    let new = stored(&subject, draft("a", to("b"), "new")).await;
    subject.store.prune(Retention { window: window(&subject), history_days: None }).await.unwrap();
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["new"]);
    let request = HistoryRequest {
        user: "b".into(),
        target: to("a"),
        time: 0,
        limit: 10,
        ascending: true,
        kept_after: 0,
    };
    let page = subject.store.history(request).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(|m| m.stamp).collect::<Vec<_>>(), [new, old]);
    // The chain of predecessors goes on across what was pruned.
    subject.store.append(draft("a", to("b"), "next")).await.unwrap();
    subject.store.set_meta("after", "it").await.unwrap();
    assert_eq!(subject.sink.0.lock().unwrap().last().unwrap().inboxes[0].previous, new);
}

pub(crate) async fn views_hide_clear_and_mark(subject: Subject) {
    let store = &subject.store;
    let first = stored(&subject, draft("a", to("b"), "1")).await;
    stored(&subject, draft("c", to("b"), "2")).await;
    stored(&subject, Draft { kept: false, ..draft("a", to("b"), "not listed") }).await;
    let listed = async |limit| -> Vec<String> {
        store.conversations("b", limit, 0).await.unwrap().iter().map(|row| words(&row.last)).collect()
    };
    assert_eq!(listed(0).await, ["2", "1"]);
    assert_eq!(listed(1).await, ["2"]);
    store.mark_read("b", &to("a"), 50).await.unwrap();
    store.mark_read("b", &to("a"), 40).await.unwrap();
    assert_eq!(store.conversations("b", 0, 0).await.unwrap()[1].read_to, 50, "marks only grow");
    store.hide_conversation("b", &to("a")).await.unwrap();
    assert_eq!(listed(0).await, ["2"]);
    stored(&subject, draft("b", to("a"), "3")).await;
    assert_eq!(listed(0).await, ["3", "2"]);
    store.clear_history("b", &to("a"), first).await.unwrap();
    let request = HistoryRequest {
        user: "b".into(),
        target: to("a"),
        time: 0,
        limit: 10,
        ascending: false,
        kept_after: 0,
    };
    let page = store.history(request.clone()).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(words).collect::<Vec<_>>(), ["3"]);
    let uid = page.messages[0].uid.to_string();
    store.delete_messages("b", vec![uid, "unknown".into()]).await.unwrap();
    assert!(store.history(request).await.unwrap().unwrap().messages.is_empty());
    let theirs = HistoryRequest {
        user: "a".into(),
        target: to("b"),
        time: 0,
        limit: 10,
        ascending: false,
        kept_after: 0,
    };
    assert_eq!(store.history(theirs).await.unwrap().unwrap().messages.len(), 2, "only the own view");
}

pub(crate) async fn users_can_be_blocked_and_values_kept(subject: Subject) {
    let store = &subject.store;
    store.put_user("a", Some("A"), None).await.unwrap();
    store.set_blocked("a", true).await.unwrap();
    assert!(store.login("a").await.unwrap().blocked);
    store.set_blocked("a", false).await.unwrap();
    assert!(!store.login("a").await.unwrap().blocked);
    assert_eq!(store.meta("k").await.unwrap(), None);
    store.set_meta("k", "1").await.unwrap();
    store.set_meta("k", "2").await.unwrap();
    assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("2"));
    assert!(store.transactions() > 0);
    drop(subject.folder);
}
