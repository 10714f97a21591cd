//! What messages do to others, marks, states and settings, windows.

use super::*;

pub(crate) async fn an_effect_and_its_message_are_one(subject: Subject) {
    let expandable =
        Draft { flags: 67, expansion: Some(r#"{"a":{"v":"1"}}"#.into()), ..draft("a", to("b"), "x") };
    let (uid, _) = uid_of(&subject, expandable).await;
    let (plain, _) = uid_of(&subject, draft("a", to("b"), "plain")).await;
    let change = |sender: &str, target, uid: &Arc<str>, keys: usize| {
        let put = (0..keys).map(|n| (n.to_string(), "v".to_owned())).collect();
        let change = Expansion { delete: vec!["a".into()], put, most_keys: 2, clear: false };
        let effect = Effect::Expand { uid: uid.clone(), change };
        Draft {
            kept: false,
            effect,
            client_id: Some(i64::try_from(keys).unwrap()),
            ..draft(sender, target, "change")
        }
    };
    let append = |draft| subject.store.append(draft);
    for refused in [
        change("a", to("b"), &plain, 1),
        change("a", to("b"), &uid, 3),
        change("a", to("c"), &uid, 1),
        change("c", to("b"), &uid, 1),
    ] {
        assert_eq!(append(refused).await.unwrap(), Appended::Refused);
    }
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["x", "plain"], "a refused one leaves no message");
    let (_, stamp) = uid_of(&subject, change("b", to("a"), &uid, 2)).await;
    let now = r#"{"0":{"v":"v"},"1":{"v":"v"}}"#;
    assert_eq!(page(&subject, "a", to("b"), 0).await[1].expansion.as_deref(), Some(now));
    let again = append(change("b", to("a"), &uid, 2)).await.unwrap();
    assert!(matches!(again, Appended::Duplicate { stamp: first, .. } if first == stamp));
}

pub(crate) async fn a_recalled_message_is_offered_no_more(subject: Subject) {
    let (uid, stamp) = uid_of(&subject, draft("a", to("b"), "secret")).await;
    let append = |draft| subject.store.append(draft);
    assert_eq!(append(recall("b", to("a"), &uid, 0)).await.unwrap(), Appended::Refused, "not the sender");
    assert_eq!(append(recall("a", to("c"), &uid, 0)).await.unwrap(), Appended::Refused, "not there");
    assert_eq!(append(recall("a", to("b"), &uid, stamp + 1)).await.unwrap(), Appended::Refused, "too old");
    let (command, at) = uid_of(&subject, recall("a", to("b"), &uid, stamp)).await;
    assert_eq!(
        append(recall("a", to("b"), &uid, 0)).await.unwrap(),
        Appended::Duplicate { uid: command, stamp: at }
    );
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["command"]);
    assert_eq!(pulled(&subject, "a", 0, 0, 10).await, ["command"]);
    let kept = page(&subject, "b", to("a"), 0).await;
    assert_eq!((kept.len(), &kept[0].uid, kept[0].stamp, kept[0].flags), (1, &uid, stamp, 1));
    assert_eq!((words(&kept[0]), &*kept[0].object_name), ("command".into(), "RC:RcCmd"));
    // Its row stays in the chain of predecessors.
    subject.store.append(draft("a", to("b"), "next")).await.unwrap();
    subject.store.set_meta("after", "it").await.unwrap();
    let heard = subject.sink.0.lock().unwrap();
    assert_eq!(heard.iter().map(|c| c.inboxes[0].previous).collect::<Vec<_>>(), [0, stamp, at]);
}

pub(crate) async fn receipts_of_a_group_are_noted_once(subject: Subject) {
    let store = &subject.store;
    store.create_group("g", "G", vec!["a".into(), "b".into()]).await.unwrap();
    let (uid, _) = uid_of(&subject, draft("a", group("g"), "1")).await;
    let uids = vec![uid.to_string(), "unknown".into()];
    assert_eq!(store.authors("g", uids.clone()).await.unwrap(), [(uid.clone(), "a".into())]);
    assert!(store.authors("h", uids).await.unwrap().is_empty());
    let notice = |reader: &str| Draft {
        only: vec!["a".into()],
        kept: false,
        echo: false,
        effect: Effect::GroupRead { uids: vec![uid.clone()] },
        ..draft(reader, group("g"), "notice")
    };
    subject.clock.advance(5);
    assert!(matches!(store.append(notice("b")).await.unwrap(), Appended::Stored { .. }));
    assert_eq!(store.append(notice("b")).await.unwrap(), Appended::Refused, "known");
    assert_eq!(store.append(notice("a")).await.unwrap(), Appended::Refused, "the own message");
    assert_eq!(store.append(notice("z")).await.unwrap(), Appended::NotInGroup);
    let found = store.readers("b", "g", &uid).await.unwrap().unwrap();
    assert_eq!((found.members, found.readers.len()), (2, 1));
    assert_eq!((&*found.readers[0].user, found.readers[0].time), ("b", subject.clock.now_ms()));
    assert_eq!(store.readers("z", "g", &uid).await.unwrap(), None);
    assert_eq!(store.readers("b", "g", "unknown").await.unwrap(), None);
    assert_eq!(pulled(&subject, "a", 0, 0, 10).await, ["1", "notice"]);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["1"], "no echo");
}

pub(crate) async fn deliveries_only_grow(subject: Subject) {
    let store = &subject.store;
    stored(&subject, draft("a", to("b"), "1")).await;
    let delivery = |sender: &str, time| Delivery { user: "b".into(), sender: sender.into(), time };
    let durable = store.transactions();
    assert_eq!(store.mark_delivered(vec![delivery("a", 5), delivery("c", 6)]).await.unwrap().len(), 2);
    assert_eq!(store.transactions(), durable, "it waits for no sync");
    let raised = store.mark_delivered(vec![delivery("a", 5), delivery("c", 7)]).await.unwrap();
    assert_eq!(raised, [delivery("c", 7)]);
    let list = store.conversations("a", 0, 0).await.unwrap();
    assert_eq!((list[0].peer_delivered_to, list[0].peer_read_to, list[0].read_to > 0), (5, 0, true));
    let receipt = Draft { kept: false, read_to: Some(4), flags: 0, ..draft("b", to("a"), "receipt") };
    stored(&subject, receipt).await;
    assert_eq!(store.conversations("a", 0, 0).await.unwrap()[0].peer_read_to, 4);
    assert_eq!(store.conversations("b", 0, 0).await.unwrap()[0].peer_delivered_to, 0);
}

pub(crate) async fn unread_is_what_counts_and_lies_above_the_mark(subject: Subject) {
    let store = &subject.store;
    let unread = async || store.has_unread("b", window(&subject)).await.unwrap();
    assert!(!unread().await);
    stored(&subject, Draft { flags: 1, ..draft("a", to("b"), "does not count") }).await;
    assert!(!unread().await);
    let first = stored(&subject, draft("a", to("b"), "1")).await;
    assert!(unread().await);
    store.mark_read("b", &to("a"), first - 1).await.unwrap();
    assert!(unread().await);
    store.mark_read("b", &to("a"), i64::MAX).await.unwrap();
    assert!(!unread().await);
    stored(&subject, draft("a", to("b"), "2")).await;
    assert!(unread().await, "a mark in the future counted as now");
    store.hide_conversation("b", &to("a")).await.unwrap();
    assert!(!unread().await);
}

pub(crate) async fn states_and_settings_have_growing_versions(subject: Subject) {
    let store = &subject.store;
    let now = subject.clock.now_ms();
    let change = |target: &str, silent: Option<&str>, top: Option<&str>| StateChange {
        kind: 1,
        target: target.into(),
        silent: silent.map(Into::into),
        top: top.map(Into::into),
    };
    assert_eq!(store.states("a", 0).await.unwrap(), Default::default());
    let changes = vec![change("b", Some("1"), None), change("c", None, Some("1"))];
    assert_eq!(store.set_states("a", changes).await.unwrap(), now);
    assert_eq!(store.set_states("a", vec![change("b", None, Some("1"))]).await.unwrap(), now + 1);
    subject.clock.set(5);
    assert_eq!(store.set_states("a", vec![change("d", Some("0"), None)]).await.unwrap(), now + 2);
    let found = store.states("a", now).await.unwrap();
    assert_eq!(found.version, now + 2);
    assert_eq!(found.rows.iter().map(|row| &*row.target).collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!((found.rows[0].silent.as_deref(), found.rows[0].top.as_deref()), (Some("1"), Some("1")));
    assert_eq!(store.state("a", 1, "c").await.unwrap().unwrap().silent, None);
    assert_eq!(store.state("a", 3, "c").await.unwrap(), None);
    assert_eq!(store.set_offline_days("a", "days", 3).await.unwrap(), 5);
    assert_eq!(store.set_offline_days("a", "days", 2).await.unwrap(), 6);
    let settings = store.settings("a", 5).await.unwrap();
    assert_eq!((settings.version, settings.rows.len(), &*settings.rows[0].value), (6, 1, "2"));
    assert!(store.settings("a", 6).await.unwrap().rows.is_empty());
}

pub(crate) async fn windows_differ_by_user_and_history_has_its_own(subject: Subject) {
    let store = &subject.store;
    store.set_offline_days("b", "days", 1).await.unwrap();
    let to_b = stored(&subject, draft("a", to("b"), "1")).await;
    stored(&subject, draft("a", to("c"), "2")).await;
    let prune = async |history_days| {
        store.prune(Retention { window: window(&subject), history_days }).await.unwrap();
    };
    subject.clock.set(to_b + DAY_MS - 1);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["1"]);
    subject.clock.advance(1);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, [""; 0]);
    prune(None).await;
    subject.clock.set(to_b);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, [""; 0], "the rows are gone");
    assert_eq!(pulled(&subject, "c", 0, 0, 10).await, ["2"]);
    // History shorter than the window must not take what still waits.
    subject.clock.advance(3 * DAY_MS);
    prune(Some(2)).await;
    assert_eq!(pulled(&subject, "c", 0, 0, 10).await, ["2"]);
    let kept_after = subject.clock.now_ms() - 2 * DAY_MS;
    assert!(page(&subject, "a", to("b"), kept_after).await.is_empty());
    assert!(store.conversations("a", 0, kept_after).await.unwrap().is_empty());
    assert_eq!(page(&subject, "a", to("b"), 0).await.len(), 1);
    subject.clock.advance(5 * DAY_MS);
    prune(Some(2)).await;
    assert!(page(&subject, "a", to("b"), 0).await.is_empty());
    assert!(store.conversations("a", 0, 0).await.unwrap().is_empty());
    // A row number that is given again is nobody's last message.
    stored(&subject, draft("x", to("y"), "another")).await;
    assert!(store.conversations("a", 0, 0).await.unwrap().is_empty());
}
