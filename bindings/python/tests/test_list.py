"""The conversation list: order, filters, states on all devices, unread counts, drafts, tags."""

from support import Case, anser, private

Filter = anser.ConversationFilter
Mute = anser.MuteLevel


class List(Case):
    async def targets(self, person, filter=None):
        rows = await person.conversations.filter(filter or Filter(), None, 100)
        return [row.key.target_id for row in rows]

    async def written(self, alice, *users):
        for user in users:
            await alice.say(private(user), "hello")

    async def test_order(self):
        alice = await self.join(self.users[0])
        chat = alice.conversations
        await self.written(alice, "a", "b", "c", "d")
        self.assertEqual(await self.targets(alice), ["d", "c", "b", "a"])
        await chat.set_top([private("b")], True)
        self.assertEqual(await self.targets(alice), ["b", "d", "c", "a"])
        after = await chat.filter(Filter(), private("b"), 1)
        self.assertEqual([row.key for row in after], [private("d")], "pages go on across the top ones")
        new = await chat.create(private("new"))
        self.assertEqual((new.key, new.latest_message), (private("new"), None))
        await chat.save_draft(private("a"), "begun")
        self.assertEqual(await chat.draft(private("a")), "begun")
        # Where drafts and new rows stand depends on how well this clock knows the server's.
        rows = await chat.list([], None, 100)
        in_order = sorted(rows, key=lambda row: (row.top, row.sort_time), reverse=True)
        self.assertEqual([row.key for row in rows], [row.key for row in in_order])
        self.assertEqual({row.key.target_id: row.draft for row in rows if row.draft}, {"a": "begun"})
        await chat.save_draft(private("a"), "")
        self.assertEqual(await chat.draft(private("a")), "")
        await chat.remove([private("new")])
        await chat.set_top([private("b")], False)
        self.assertEqual(await self.targets(alice), ["d", "c", "b", "a"])
        rows = await chat.rows([private("a"), private("nobody"), private("d")])
        self.assertEqual([row.key for row in rows], [private("a"), private("d")])
        await self.refused(34210, chat.create(private(" ")))
        await self.refused(30016, chat.save_draft(private("a"), "x" * 200_000))
        await self.refused(33003, chat.filter(Filter(), None, 0))

    async def test_filters(self):
        alice, bob = await self.both()
        chat = alice.conversations
        await self.written(alice, "a", "b")
        await bob.say(private(alice.user), "unread")
        alice.heard.wait_received(1)
        await chat.set_top([private("a")], True)
        await chat.set_mute([private("b")], Mute.ALL)
        await chat.set_hidden(private("a"), True)
        self.assertEqual(await self.targets(alice, Filter(unread=True)), [bob.user])
        self.assertEqual(await self.targets(alice, Filter(muted=True)), ["b"])
        self.assertEqual(await self.targets(alice, Filter(hidden=True, top=True)), ["a"])
        self.assertEqual(await self.targets(alice, Filter(types=[anser.ConversationType.GROUP])), [])
        await chat.set_hidden(private("a"), False)
        self.assertEqual(await self.targets(alice, Filter(top=False)), [bob.user, "b"])

    async def test_states_are_the_accounts(self):
        desk, bob = await self.both()
        phone = await self.join(desk.user, platform=anser.Platform.MOBILE)
        await bob.say(private(desk.user), "hello")
        desk.heard.wait_received(1)
        phone.heard.wait_received(1)
        here, there, key = desk.conversations, phone.conversations, private(bob.user)
        self.assertEqual(await there.total_unread_count(), 1)
        await here.set_top([key], True)
        await phone.row(key, "top", lambda row: row.top)
        await here.set_mute([key], Mute.EXCEPT_MENTIONS)
        await phone.row(key, "mute", lambda row: row.mute == Mute.EXCEPT_MENTIONS)
        self.assertEqual(await there.mute(key), Mute.EXCEPT_MENTIONS)
        self.assertEqual(await there.total_unread_count(), 0, "muted ones are not in the badge")
        types = [anser.ConversationType.PRIVATE]
        self.assertEqual(await there.unread_count_by_types(types, True), 1)
        self.assertEqual(await there.unread_count_by_types(types, False), 0)
        self.assertEqual(await there.unread_count_of([key, private("nobody")]), 1)

    async def test_read_marks(self):
        alice, desk = await self.both()
        phone = await self.join(desk.user, platform=anser.Platform.MOBILE)
        key = private(alice.user)
        for number in range(3):
            await alice.say(private(desk.user), str(number))
        got = desk.heard.wait_received(3)
        phone.heard.wait_received(3)
        await desk.conversations.clear_unread_until(key, got[1].sent_time)
        self.assertEqual(await desk.conversations.unread_count(key), 1)
        await phone.row(key, "the mark", lambda row: row.unread_count == 1)
        await desk.conversations.set_unread_count(key, 2)
        self.assertEqual(await desk.conversations.unread_count(key), 2, "marked as unread again")
        await desk.conversations.set_unread_count(key, 99)
        self.assertEqual(await desk.conversations.unread_count(key), 3, "as many as there are")
        await self.refused(33003, desk.conversations.clear_unread_until(key, 0))

    async def test_removed(self):
        alice, bob = await self.both()
        chat, key = alice.conversations, private(bob.user)
        await bob.say(private(alice.user), "one")
        alice.heard.wait_received(1)
        await chat.remove([key])
        self.assertEqual(await self.targets(alice), [])
        self.assertEqual(await chat.sync_list(100), [], "the server's list does not bring it back")
        self.assertEqual(len(await alice.messages.history(key, 0, 10)), 1, "messages stay")
        await bob.say(private(alice.user), "two")
        alice.heard.wait_received(2)
        self.assertEqual(await self.targets(alice), [bob.user])
        self.assertEqual(await chat.unread_count(key), 1)
        await chat.clear([anser.ConversationType.PRIVATE])
        self.assertEqual(await self.targets(alice), [])
        await self.refused(33003, chat.clear([]))
        await self.refused(33003, chat.sync_list(0))

    async def test_tags(self):
        alice = await self.join(self.users[0])
        chat = alice.conversations
        for user in ("a", "b"):
            await chat.create(private(user))
        await chat.add_tag("work", "Work")
        await chat.add_tag("work", "Arbeit")
        await chat.set_tag("work", [private("a"), private("nobody")], True)
        tag = (await chat.tags())[0]
        self.assertEqual((tag.id, tag.name, tag.conversation_count), ("work", "Arbeit", 1))
        self.assertEqual(await self.targets(alice, Filter(tag="work")), ["a"])
        self.assertEqual((await chat.get(private("a"))).tags, ["work"])
        await chat.set_tag("work", [private("a")], False)
        self.assertEqual(await self.targets(alice, Filter(tag="work")), [])
        await self.refused(33003, chat.set_tag("home", [private("a")], True))
        await self.refused(33003, chat.add_tag(" ", "blank"))
        self.assertTrue(await chat.remove_tag("work"))
        self.assertFalse(await chat.remove_tag("work"))
        self.assertEqual(await chat.tags(), [])
