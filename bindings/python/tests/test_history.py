"""Pages of a conversation, here and at the server; clearing."""

import threading

from support import DEADLINE, Case, anser, group, private, server, text_of


class Progress(anser.BackfillListener):
    def __init__(self):
        self.steps = []
        self.told = threading.Event()

    def on_progress(self, fetched, since):
        self.steps.append((fetched, since))
        self.told.set()


def texts(messages):
    return [text_of(message) for message in messages]


class History(Case):
    async def told(self, count):
        """Both, after alice has told bob so many numbers."""
        alice, bob = await self.both()
        for number in range(count):
            last = await alice.messages.send_text(private(bob.user), str(number))
        await alice.messages.wait_sent(last.id)
        bob.heard.wait_received(count)
        return alice, bob, private(alice.user)

    async def test_pages(self):
        alice, bob, here = await self.told(12)
        await bob.say(here, "mine")
        query = anser.HistoryQuery
        newest = await bob.history.page(here, query(count=3))
        self.assertEqual(texts(newest), ["10", "11", "mine"])
        older = await bob.history.page(here, query(count=3, message_id=newest[0].id))
        self.assertEqual(texts(older), ["7", "8", "9"])
        newer = await bob.history.page(here, query(count=2, time=older[0].sent_time, newer=True))
        self.assertEqual(texts(newer), ["8", "9"])
        mine = await bob.history.page(here, query(count=10, senders=[bob.user]))
        self.assertEqual(texts(mine), ["mine"])
        pictures = await bob.history.page(here, query(count=10, object_names=["RC:ImgMsg"]))
        self.assertEqual(pictures, [])

        around = await bob.history.around(here, older[1].sent_time, 2)
        self.assertEqual(texts(around.messages), ["6", "7", "8", "9"])
        await self.refused(33003, bob.history.page(here, query(count=0)))
        await self.refused(33003, bob.history.page(here, query(count=1, time=-1)))
        await self.refused(33003, bob.history.around(here, 0, 2))
        await self.refused(34210, bob.history.load(private(" "), 0, 2))

    async def test_whole_pages_and_gaps(self):
        _, bob, here = await self.told(25)
        # What is older than the inbox reaches is unknown until the server is asked.
        gaps = await bob.history.gaps(here)
        self.assertEqual([gap.from_time for gap in gaps], [0])
        page = await bob.history.load(here, 0, 20)
        self.assertEqual((len(page.messages), page.has_more), (20, True))
        rest = await bob.history.load(here, page.messages[0].sent_time, 20)
        self.assertEqual((texts(rest.messages), rest.has_more), ([str(n) for n in range(5)], False))
        self.assertEqual((rest.gap_from, rest.gap_to), (0, 0))
        self.assertEqual(await bob.history.gaps(here), [])

        other = await self.join(bob.user, platform=anser.Platform.MOBILE)
        other.heard.wait_received(25)
        await other.client.disconnect()
        offline = await other.history.load(here, 0, 100)
        self.assertEqual((len(offline.messages), offline.has_more), (25, True))
        self.assertGreater(offline.gap_to, 0, "offline the page names the hole")
        await self.refused(30001, other.history.backfill(here, 0, None))
        await other.client.reconnect()
        progress = Progress()
        self.assertEqual(await other.history.backfill(here, 0, progress), 0, "the inbox had everything")
        self.assertTrue(progress.told.wait(DEADLINE))
        self.assertEqual(progress.steps, [(0, 0)])
        self.assertEqual(await other.history.gaps(here), [])
        self.assertEqual(await other.history.backfill(here, 0, progress), 0)
        self.assertEqual(progress.steps, [(0, 0)], "nothing was missing any more")

    async def test_the_servers_history(self):
        alice, bob = await self.both()
        name = f"late-{alice.user}"
        server.api("/group/create.json", userId=[alice.user], groupId=name, groupName="g")
        for number in range(5):
            await alice.say(group(name), str(number))
        server.api("/group/join.json", userId=[bob.user], groupId=name, groupName="g")
        self.assertEqual(await bob.messages.history(group(name), 0, 10), [])
        page = await bob.history.remote(group(name), anser.RemoteQuery(count=3))
        self.assertEqual((texts(page.messages), page.has_more), (["2", "3", "4"], True))
        kept = await bob.messages.history(group(name), 0, 10)
        self.assertEqual(kept, page.messages, "what was fetched stays")
        first = anser.RemoteQuery(count=1, time=page.messages[0].sent_time, newer=True)
        newer = await bob.history.remote(group(name), first)
        self.assertEqual((texts(newer.messages), newer.has_more), (["3"], True))
        await self.refused(33003, bob.history.remote(group(name), anser.RemoteQuery(count=21)))

    async def test_unread_and_mentions(self):
        alice, bob = await self.both()
        geese = await self.group(alice.user, bob.user)
        mention = anser.MentionOptions(kind=anser.MentionedType.PART, user_ids=[bob.user], text="look")
        await alice.say(geese, "plain")
        await alice.messages.send(geese, "RC:TxtMsg", '{"content":"you"}', anser.SendOptions(mention=mention))
        everybody = anser.MentionOptions(kind=anser.MentionedType.ALL)
        await alice.messages.send(geese, "RC:TxtMsg", '{"content":"all"}', anser.SendOptions(mention=everybody))
        bob.heard.wait_received(3)
        self.assertEqual(text_of(await bob.history.first_unread(geese)), "plain")
        mentions = await bob.history.unread_mentions(geese, 10)
        self.assertEqual(texts(mentions), ["you", "all"])
        self.assertTrue(all(message.mentioned for message in mentions))
        self.assertEqual((await bob.conversations.get(geese)).mention_count, 2)
        await bob.conversations.clear_unread(geese)
        self.assertIsNone(await bob.history.first_unread(geese))
        self.assertEqual(await bob.history.unread_mentions(geese, 10), [])
        await self.refused(33003, bob.history.unread_mentions(geese, 0))

    async def test_cleared(self):
        alice, bob, here = await self.told(4)
        got = bob.heard.wait_received(4)
        await bob.history.clear(here, got[1].sent_time)
        change = bob.heard.wait_change(anser.MessageChangeKind.CLEARED)
        self.assertEqual((change.conversation, change.time), (here, got[1].sent_time))
        self.assertEqual(texts(await bob.messages.history(here, 0, 10)), ["2", "3"])
        remote = await bob.history.remote(here, anser.RemoteQuery(count=20))
        self.assertEqual(texts(remote.messages), ["2", "3"], "the server does not bring it back")

        await bob.history.clear_remote(here, got[2].sent_time, False)
        self.assertEqual(texts(await bob.messages.history(here, 0, 10)), ["2", "3"], "here nothing changes")
        await bob.history.clear_remote(here, got[2].sent_time, True)
        self.assertEqual(texts(await bob.messages.history(here, 0, 10)), ["3"])
        tablet = await self.join(bob.user, platform=anser.Platform.MOBILE)
        remote = await tablet.history.remote(here, anser.RemoteQuery(count=20))
        self.assertEqual(texts(remote.messages), ["3"])
        self.assertEqual(len(await alice.messages.history(private(bob.user), 0, 10)), 4)
        await self.refused(34011, bob.history.clear_remote(here, 0, False))
        await self.refused(33003, bob.history.clear(here, -1))
        await bob.history.clear(here, 0)
        self.assertEqual(await bob.messages.history(here, 0, 10), [])
