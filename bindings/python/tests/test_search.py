"""Finding messages and conversations by their words."""

from support import Case, anser, private

Query = anser.SearchQuery


class Search(Case):
    async def test_found(self):
        alice, bob = await self.both()
        geese, here = await self.group(alice.user, bob.user), private(alice.user)
        await alice.say(private(bob.user), "明天去北京吗？")
        await alice.say(geese, "🎉 北京 50% off")
        bob.heard.wait_received(2)
        page = await bob.search.messages(Query(text="北京", count=1))
        [hit] = page.hits
        self.assertEqual(hit.text, "🎉 北京 50% off")
        units = hit.text.encode("utf-16-le")
        places = [units[2 * r.start:2 * (r.start + r.length)].decode("utf-16-le") for r in hit.ranges]
        self.assertEqual(places, ["北京"])
        rest = await bob.search.messages(Query(text="北京", before=page.next))
        self.assertEqual([hit.text for hit in rest.hits], ["明天去北京吗？"])
        self.assertIsNone(rest.next)
        count = await bob.search.count(Query(text="北京"))
        self.assertEqual((count.count, count.exact), (2, True))
        self.assertEqual((await bob.search.count(Query(text="北京", conversation=geese))).count, 1)
        self.assertEqual((await bob.search.count(Query(text="off", sender_ids=[bob.user]))).count, 0)
        found = await bob.search.conversations("北京", [], 10)
        self.assertEqual([(hits.conversation, hits.count) for hits in found], [(geese, 1), (here, 1)])
        found = await bob.search.conversations("50%", [anser.ConversationType.PRIVATE], 10)
        self.assertEqual(found, [])

    async def test_search_words(self):
        alice = self.person(self.users[0], user_id=self.users[0])
        message = await alice.messages.send_text(private("x"), "visible")
        await alice.messages.set_search_words(message.id, "invisible")
        hits = (await alice.search.messages(Query(text="invisible"))).hits
        self.assertEqual([hit.message.id for hit in hits], [message.id])
        await alice.messages.set_search_words(message.id, None)
        self.assertEqual((await alice.search.messages(Query(text="invisible"))).hits, [])
        kind = anser.MessageKind(object_name="app:note", persisted=True, counted=True, search_fields=["title"])
        alice.messages.register_kinds([kind])
        await alice.messages.send(private("x"), "app:note", '{"title":"goose"}', anser.SendOptions())
        self.assertEqual((await alice.search.count(Query(text="goose"))).count, 1)

    async def test_refused(self):
        alice = self.person(self.users[0], user_id=self.users[0])
        await self.refused(33003, alice.search.messages(Query(text="  ")))
        await self.refused(33003, alice.search.count(Query(text="")))
        await self.refused(33003, alice.search.conversations("x", [], 0))
