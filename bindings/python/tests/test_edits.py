"""What becomes of messages after they are made: taken back, put in, changed, deleted, given pairs, destroyed."""

import json

from support import Case, anser, code_of, private, text_of

Kind = anser.MessageChangeKind


def text(words):
    return json.dumps({"content": words})


class Edits(Case):
    async def test_recall(self):
        alice, bob = await self.both()
        phone = await self.join(self.users[0], platform=anser.Platform.MOBILE)
        sent = await alice.say(private(bob.user), "a secret")
        got = bob.heard.wait_received(1)[0]
        phone.heard.wait_received(1)
        self.assertEqual(await bob.conversations.unread_count(private(alice.user)), 1)
        left = await alice.messages.recall(sent.id, anser.RecallOptions(extra="why"))
        self.assertEqual((left.object_name, left.uid, left.sent_time), ("RC:RcCmd", sent.uid, sent.sent_time))
        for person in (bob, phone, alice):
            change = person.heard.wait_change(Kind.RECALLED)
            self.assertEqual(change.message.uid, sent.uid)
            self.assertNotIn("secret", change.message.content)
        self.assertIn("why", (await bob.messages.get_by_uid(sent.uid)).content)
        self.assertEqual(await bob.conversations.unread_count(private(alice.user)), 0)
        self.assertEqual((await alice.messages.recall(sent.id, anser.RecallOptions())).uid, sent.uid, "again")
        other = await alice.say(private(bob.user), "not bob's")
        bob.heard.wait_received(2)
        foreign = await bob.messages.get_by_uid(other.uid)
        await self.refused(25101, bob.messages.recall(foreign.id, anser.RecallOptions()))
        await self.refused(61001, alice.messages.recall(987654321, anser.RecallOptions()))
        self.assertEqual((await bob.messages.get(got.id)).object_name, "RC:RcCmd")

    async def test_put_in_and_changed(self):
        alice = await self.join(self.users[0])
        key, messages = private("somebody"), alice.messages

        def new(words, time, **more):
            return anser.InsertedMessage(
                conversation=key, sender_user_id="somebody", object_name="RC:TxtMsg", content=text(words),
                sent_time=time, counted=True, uid=f"local-{alice.user}-{time}", **more)

        inserted = await messages.insert_many([new("two", 2_000), new("one", 1_000)])
        self.assertEqual([text_of(m) for m in await messages.history(key, 0, 10)], ["one", "two"])
        self.assertEqual(await alice.conversations.unread_count(key), 2)
        await self.refused(33003, messages.insert_many([new("three", 3_000), new("one", 1_000)]))
        self.assertEqual(len(await messages.history(key, 0, 10)), 2, "all or none")
        third = await messages.insert(new("three", 3_000, extra="mine"))
        self.assertEqual((third.extra, third.direction), ("mine", anser.MessageDirection.RECEIVE))

        number = inserted[0].id
        self.assertEqual(text_of(await messages.set_content(number, text("zwei"))), "zwei")
        self.assertEqual((await messages.set_extra(number, "note")).extra, "note")
        self.assertEqual((await messages.set_received_status(number, 0b101)).received_status, 5)
        status = anser.SentStatus.READ
        self.assertEqual((await messages.set_sent_status(number, status)).sent_status, status)
        self.assertEqual((await messages.set_search_words(number, "deux")).id, number)
        self.assertEqual((await messages.set_search_words(number, None)).id, number)
        alice.heard.wait("each change", lambda: len(alice.heard.changes) == 6)
        self.assertEqual({change.kind for change in alice.heard.changes}, {Kind.UPDATED})
        stored = await messages.get_by_uid(f"local-{alice.user}-2000")
        self.assertEqual(alice.heard.changes[-1].message, stored)
        await self.refused(34205, messages.set_content(number, "no json"))
        await self.refused(33003, messages.set_received_status(number, 16))
        await self.refused(33003, messages.set_sent_status(number, anser.SentStatus.SENDING))
        await self.refused(61001, messages.set_extra(987654321, "x"))
        await self.refused(30016, messages.set_search_words(number, "x" * 200_000))
        await self.refused(61001, messages.get_by_uid("nobody"))

    async def test_deleted(self):
        alice, bob = await self.both()
        to_bob, here = private(bob.user), private(alice.user)
        for words in ("one", "two", "three"):
            await alice.say(to_bob, words)
        got = bob.heard.wait_received(3)
        self.assertEqual(await bob.messages.delete([got[2].id, 987654321]), 1)
        change = bob.heard.wait_change(Kind.DELETED)
        self.assertEqual((change.conversation, change.message_ids), (here, [got[2].id]))
        row = await bob.conversations.get(here)
        self.assertEqual((row.unread_count, text_of(row.latest_message)), (2, "two"))
        remote = await bob.history.remote(here, anser.RemoteQuery(count=20))
        self.assertEqual([text_of(m) for m in remote.messages], ["one", "two"], "it does not come back")

        self.assertEqual(await bob.messages.delete_everywhere([got[0].id]), 1)
        await bob.client.sync_now()
        tablet = await self.join(bob.user, platform=anser.Platform.MOBILE)
        remote = await tablet.history.remote(here, anser.RemoteQuery(count=20))
        self.assertEqual([text_of(m) for m in remote.messages], ["two", "three"])
        self.assertEqual(len(await alice.messages.history(to_bob, 0, 10)), 3, "the other side keeps its own")
        await self.refused(61001, bob.messages.delete([]))

    async def test_pairs(self):
        alice, bob = await self.both()
        options = anser.SendOptions(expansion={"likes": "1"})
        local = await alice.messages.send(private(bob.user), "RC:TxtMsg", text("vote"), options)
        await alice.messages.wait_sent(local.id)
        got = bob.heard.wait_received(1)[0]
        self.assertEqual((got.expandable, got.expansion), (True, {"likes": "1"}))
        both = {"likes": "2", "from": "bob"}
        self.assertEqual((await bob.messages.set_expansion(got.id, both)).expansion, both)
        change = alice.heard.wait_change(Kind.EXPANSION_SET)
        self.assertEqual((change.message.expansion, sorted(change.keys)), (both, ["from", "likes"]))
        left = await alice.messages.remove_expansion(local.id, ["from"])
        self.assertEqual(left.expansion, {"likes": "2"})
        self.assertEqual(bob.heard.wait_change(Kind.EXPANSION_REMOVED).keys, ["from"])
        self.assertEqual((await bob.messages.get(got.id)).expansion, {"likes": "2"})
        plain = await alice.say(private(bob.user), "plain")
        await self.refused(33003, alice.messages.set_expansion(plain.id, {"a": "b"}))
        await self.refused(33003, alice.messages.set_expansion(local.id, {"k" * 33: "v"}))

    async def test_destroyed_after_reading(self):
        alice, bob = await self.both()
        options = anser.SendOptions(destruct_seconds=1)
        await alice.messages.send(private(bob.user), "RC:TxtMsg", text("burn"), options)
        got = bob.heard.wait_received(1)[0]
        self.assertGreater((await bob.messages.begin_destruct(got.id)).destruct_at, got.received_time)
        self.assertEqual((await bob.messages.stop_destruct(got.id)).destruct_at, 0)
        await bob.messages.begin_destruct(got.id)
        self.assertEqual(bob.heard.wait_change(Kind.DELETED).message_ids, [got.id])
        await self.refused(61001, bob.messages.get(got.id))
        plain = await bob.say(private(alice.user), "plain")
        await self.refused(33003, bob.messages.begin_destruct(plain.id))

    async def test_own_kinds_and_options(self):
        alice, bob = await self.both()
        messages, to = alice.messages, private(bob.user)
        kind = anser.MessageKind(object_name="app:move", persisted=True, counted=False, fields=["from", "to"])
        messages.register_kinds([kind])
        await self.refused(34205, messages.send(to, "app:move", '{"from":"e2"}', anser.SendOptions()))
        await messages.send(to, "app:move", '{"from":"e2","to":"e4"}', anser.SendOptions())
        built_in = anser.MessageKind(object_name="RC:TxtMsg", persisted=True, counted=True)
        await self.refused(34271, lambda: messages.register_kinds([built_in]))
        options = anser.SendOptions(
            sender=anser.SenderInfo(id=alice.user, name="Alice"), silent=True, push_data="d",
            push=anser.PushOptions(title="t", hide_title=True))
        await messages.send(to, "RC:TxtMsg", text("hush"), options)
        move, hush = bob.heard.wait_received(2)
        self.assertEqual((move.counted, move.content), (False, '{"from":"e2","to":"e4"}'))
        self.assertEqual((hush.silent, json.loads(hush.content)["user"]["name"]), (True, "Alice"))
        self.assertEqual(await bob.conversations.unread_count(private(alice.user)), 1)

        passing = await messages.send(to, "app:ping", "{}", anser.SendOptions(status_only=True))
        self.assertEqual(passing.id, 0, "kept nowhere")
        self.assertEqual(bob.heard.wait_received(3)[2].object_name, "app:ping")
        self.assertEqual(len(await bob.messages.history(private(alice.user), 0, 10)), 2)
        directed = anser.SendOptions(to_user_ids=[bob.user])
        self.assertEqual(await code_of(messages.send(to, "RC:TxtMsg", text("x"), directed)), 33003)
