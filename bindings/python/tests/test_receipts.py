"""Receipts, typing, and the end of a first synchronisation."""

from support import Case, anser, private

Kind = anser.ReceiptKind


class Receipts(Case):
    async def test_delivered_and_read(self):
        alice, bob = await self.both()
        to_bob, here = private(bob.user), private(alice.user)
        sent = await alice.say(to_bob, "hello")
        bob.heard.wait_received(1)
        delivered = alice.heard.wait_receipt(Kind.DELIVERED)
        self.assertEqual((delivered.conversation, delivered.user_id), (to_bob, bob.user))
        self.assertGreaterEqual(delivered.time, sent.sent_time)
        self.assertEqual((await alice.messages.get(sent.id)).sent_status, anser.SentStatus.RECEIVED)
        self.assertEqual(await bob.receipts.send_read(here, 0), sent.sent_time)
        self.assertEqual(await bob.conversations.unread_count(here), 0)
        self.assertEqual(alice.heard.wait_receipt(Kind.READ).time, sent.sent_time)
        self.assertEqual((await alice.messages.get(sent.id)).sent_status, anser.SentStatus.READ)
        self.assertEqual((await alice.conversations.get(to_bob)).peer_read_time, sent.sent_time)
        self.assertEqual(await bob.receipts.send_read(private("silent"), 0), 0, "who has written nothing")
        await self.refused(33003, bob.receipts.send_read(here, -1))

    async def test_members_answer(self):
        alice, bob = await self.both()
        geese = await self.group(alice.user, bob.user)
        sent = await alice.say(geese, "who reads?")
        got = bob.heard.wait_received(1)[0]
        self.assertTrue((await alice.receipts.request(sent.id)).receipt_requested)
        asked = bob.heard.wait_receipt(Kind.GROUP_REQUEST)
        self.assertEqual((asked.conversation, asked.message_uids), (geese, [sent.uid]))
        self.assertEqual(await bob.receipts.respond(geese, [got.id]), 1)
        self.assertEqual(await bob.receipts.respond(geese, []), 0, "each is answered once")
        answer = alice.heard.wait_receipt(Kind.GROUP_READ)
        self.assertEqual((answer.user_id, answer.message_uids), (bob.user, [sent.uid]))
        readers = await alice.receipts.readers(sent.id)
        self.assertEqual([reader.user_id for reader in readers], [bob.user])
        self.assertEqual((await alice.messages.get(sent.id)).read_count, 1)
        await self.refused(33003, bob.receipts.request(got.id))
        await self.refused(34209, bob.receipts.respond(private(alice.user), []))

    async def test_the_server_counts(self):
        alice, bob = await self.both()
        geese = await self.group(alice.user, bob.user)
        sent = await alice.say(geese, "counted")
        bob.heard.wait_received(1)
        await bob.receipts.report_read(geese.target_id, [sent.uid])
        self.assertEqual(alice.heard.wait_receipt(Kind.GROUP_READ).user_id, bob.user)
        counted = await alice.receipts.remote_readers(geese.target_id, sent.uid)
        self.assertEqual(counted.member_count, 2)
        self.assertEqual([reader.user_id for reader in counted.readers], [bob.user])
        self.assertGreater(counted.readers[0].time, 0)
        await self.refused(33003, bob.receipts.report_read(geese.target_id, []))

    async def test_typing(self):
        alice, bob = await self.both()
        to_bob, here = private(bob.user), private(alice.user)
        bob.heard.wait("the first synchronisation", lambda: bob.heard.synced)
        for _ in range(2):
            await alice.receipts.send_typing(to_bob, "RC:TxtMsg")
        bob.heard.wait("typing", lambda: bob.heard.typing)
        await alice.say(to_bob, "written")
        bob.heard.wait("its end", lambda: len(bob.heard.typing) >= 2)
        self.assertEqual(bob.heard.typing, [(here, [(alice.user, "RC:TxtMsg")]), (here, [])])
        self.assertEqual(len(await bob.messages.history(here, 0, 10)), 1, "typing is no message")
        alice.receipts.set_typing_interval(0)
        await alice.receipts.send_typing(to_bob, "RC:VcMsg")
        bob.heard.wait("typing again", lambda: (here, [(alice.user, "RC:VcMsg")]) in bob.heard.typing)
        await self.refused(33003, lambda: alice.receipts.set_typing_interval(60_001))
        await alice.client.disconnect()
        await self.refused(30001, alice.receipts.send_typing(to_bob, "RC:TxtMsg"))
