"""A client's life: connecting, refusals, offline work, restarts, listeners, its end."""

import asyncio
import tempfile
import threading
import unittest

from support import Person, Recorder, anser, code_of, private, server

CONNECTED = anser.ConnectionStatus.CONNECTED


class Life(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.alice, self.bob = server.pair()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def person(self, user, **options):
        person = Person(user, **options)
        self.addCleanup(person.client.shutdown)
        return person

    async def test_connection(self):
        alice = self.person(self.alice)
        client = alice.client
        alice.heard.wait("the first status", lambda: len(alice.heard.statuses) == 1)
        self.assertNotEqual(client.status(), CONNECTED)
        self.assertIsNone(client.current_user_id())
        self.assertEqual(await code_of(client.reconnect()), 33001)
        await alice.connect()
        alice.heard.wait("connected", lambda: (CONNECTED, 0) in alice.heard.statuses)
        self.assertEqual(client.status(), CONNECTED)
        self.assertEqual(client.channel(), anser.ConnectionChannel.WEBSOCKET)
        self.assertEqual(client.current_user_id(), self.alice)
        self.assertLess(abs(client.server_time_delta()), 600_000, "one machine, one clock")
        navigation = client.navigation_info()
        self.assertEqual((navigation.user_id, navigation.gif_kilobytes), (self.alice, 2048))
        self.assertIn('"gifSize":2048', navigation.json)
        await client.sync_now()
        await client.disconnect()
        self.assertNotEqual(client.status(), CONNECTED)
        self.assertEqual(await code_of(client.sync_now()), 30001)
        self.assertEqual(await client.reconnect(), self.alice)
        await client.logout()
        self.assertIsNone(client.current_user_id())
        self.assertEqual(await code_of(alice.messages.send_text(private("x"), "x")), 33001)

    async def test_the_line_by_what_the_host_knows(self):
        alice = self.person(self.alice)
        client = alice.client
        self.assertEqual(await code_of(client.reconnect_after([1])), 33001)
        subscription = client.add_token_listener(alice.heard)
        connecting = asyncio.ensure_future(client.connect("no such token"))
        await asyncio.to_thread(alice.heard.wait, "the question", lambda: alice.heard.token_needed)
        client.renew_token(server.token(self.alice))
        self.assertEqual(await connecting, self.alice)
        self.assertEqual(alice.heard.token_needed, [31004])
        subscription.cancel_and_wait()
        client.set_foreground(False)
        client.network_changed(anser.NetworkKind.CELLULAR)
        client.set_foreground(True)
        await client.disconnect()
        self.assertEqual(await client.reconnect_after([1, 50]), self.alice)
        self.assertEqual(await code_of(client.reconnect_after([2**60])), 33003)
        self.assertEqual(await code_of(client.reconnect_probing("ftp://nowhere", [1])), 33003)
        await client.disconnect()
        self.assertEqual(await code_of(client.reconnect_probing("http://127.0.0.1:1/", [1])), 30002)
        self.assertEqual(await client.reconnect_probing(server.info["navi"] + "/ping", [1]), self.alice)
        wrong = server.options(heartbeat_seconds=4)
        self.assertEqual(await code_of(lambda: anser.Client(wrong)), 33003)

    async def test_refusals(self):
        alice = self.person(self.alice)
        self.assertEqual(await code_of(alice.client.connect("no such token")), 31004)
        self.assertEqual(await code_of(alice.client.connect("")), 31004)
        info = server.info
        wrong_key = anser.ClientOptions(app_key="", navigation=info["navi"])
        self.assertEqual(await code_of(lambda: anser.Client(wrong_key)), 34105)
        wrong_url = anser.ClientOptions(app_key=info["app_key"], navigation="ftp://example.org")
        self.assertEqual(await code_of(lambda: anser.Client(wrong_url)), 34286)
        wrong_ca = server.options(ca_pem="not a certificate")
        self.assertEqual(await code_of(lambda: anser.Client(wrong_ca)), 33003)
        with self.assertRaises(anser.AnserError.Failed) as caught:
            anser.Client(wrong_key)
        self.assertFalse(caught.exception.retryable)
        self.assertTrue(caught.exception.words)
        self.assertEqual(caught.exception.kind, anser.ErrorKind.INVALID_ARGUMENT)

    async def test_descriptions(self):
        client = self.person(self.alice, data_dir=self.folder, platform=anser.Platform.MOBILE).client
        device = anser.DeviceInfo(id="serial", model="bench", system="none")
        client.set_device_info(device)
        self.assertEqual(client.device_info(), device)
        app = client.app_info()
        self.assertEqual((app.app_key, app.navigation), (server.info["app_key"], server.info["navi"]))
        self.assertEqual(app.platform, anser.Platform.MOBILE)
        self.assertTrue(app.installation_id)
        self.assertEqual(client.sdk_info().protocol_version.count("."), 2)
        self.assertEqual(client.navigation_info().json, "{}")
        storage = client.storage_info()
        self.assertTrue(storage.path.startswith(self.folder))
        self.assertGreater(storage.bytes, 0)

    async def test_outbox_across_a_restart(self):
        alice = self.person(self.alice, data_dir=self.folder, user_id=self.alice)
        to = private(self.bob)
        kept = await alice.messages.send_text(to, "kept")
        dropped = await alice.messages.send_text(to, "dropped")
        await alice.messages.cancel(dropped.id)
        alice.heard.wait("its end", lambda: alice.heard.sent)
        self.assertEqual(alice.heard.sent[0].sent_status, anser.SentStatus.FAILED)
        self.assertEqual(await code_of(alice.messages.wait_sent(dropped.id)), 33200)
        self.assertEqual(await code_of(alice.messages.resend(kept.id)), 33003)
        alice.client.shutdown()

        alice = self.person(self.alice, data_dir=self.folder)
        self.assertEqual(alice.client.current_user_id(), self.alice, "who was open last")
        self.assertEqual([m.id for m in await alice.messages.history(to, 0, 10)], [kept.id, dropped.id])
        await alice.connect()
        await alice.messages.wait_sent(kept.id)
        again = await alice.messages.resend(dropped.id)
        self.assertEqual(again.id, dropped.id)
        await alice.messages.wait_sent(dropped.id)
        self.assertEqual(await code_of(alice.messages.cancel(kept.id)), 33003)
        bob = await self.person(self.bob).connect()
        texts = [message.content for message in bob.heard.wait_received(2)]
        self.assertIn("kept", texts[0])
        self.assertIn("dropped", texts[1])

    async def test_one_client_per_folder(self):
        self.person(self.alice, data_dir=self.folder, user_id=self.alice)
        second = server.options(data_dir=self.folder, user_id=self.alice)
        self.assertEqual(await code_of(lambda: anser.Client(second)), 34307)

    async def test_cancelled_listeners_hear_nothing(self):
        alice = await self.person(self.alice).connect()
        bob = await self.person(self.bob).connect()
        waited, cancelled, kept = Recorder(), Recorder(), Recorder()
        one = bob.client.add_message_listener(waited)
        two = bob.client.add_message_listener(cancelled)
        three = bob.client.add_message_listener(kept)
        one.cancel_and_wait()
        two.cancel()
        await alice.messages.send_text(private(self.bob), "who hears it?")
        kept.wait_received(1)
        # Listeners are called in the order they were added: the cancelled ones would have come first.
        self.assertEqual((waited.received, cancelled.received), ([], []))
        three.cancel()

    async def test_a_listener_may_call_back(self):
        alice = await self.person(self.alice).connect()
        bob = await self.person(self.bob).connect()
        done = threading.Event()

        class Closing(Recorder):
            def on_messages(self, messages):
                bob.client.shutdown()
                done.set()

        subscription = bob.client.add_message_listener(Closing())
        await alice.messages.send_text(private(self.bob), "the end")
        self.assertTrue(done.wait(120))
        self.assertEqual(await code_of(bob.client.sync_now()), 34400)
        subscription.cancel_and_wait()

    async def test_nobody_answers(self):
        # Port 1 of this machine: nothing listens there.
        options = anser.ClientOptions(app_key=server.info["app_key"], navigation="http://127.0.0.1:1")
        client = anser.Client(options)
        self.addCleanup(client.shutdown)
        lines = Recorder()
        subscription = client.add_log_listener(anser.LogLevel.INFO, lines)
        token = server.token(self.alice)
        with self.assertRaises(anser.AnserError.Failed) as caught:
            await client.connect(token)
        self.assertTrue(caught.exception.retryable)
        lines.wait("the reason in the log", lambda: any("cannot be reached" in line[2] for line in lines.log))
        subscription.cancel_and_wait()
        self.assertFalse([line for line in lines.log if token in line[2]], "no token in the log")

    async def test_nothing_after_the_end(self):
        alice = self.person(self.alice)
        await alice.connect()
        pending = await alice.messages.send_text(private(self.bob), "last words")
        await alice.messages.wait_sent(pending.id)
        alice.client.shutdown()
        alice.client.shutdown()
        told = len(alice.heard.statuses), len(alice.heard.sent)
        client, to = alice.client, private(self.bob)
        for call in (
            client.connect("x"), client.reconnect(), client.disconnect(), client.logout(), client.sync_now(),
            alice.messages.send_text(to, "x"), alice.messages.get(1), alice.messages.history(to, 0, 1),
            alice.messages.wait_sent(1), alice.messages.cancel(1), alice.messages.resend(1),
            alice.conversations.list([], None, 1), alice.conversations.total_unread_count(),
            alice.messages.delete([1]), alice.history.gaps(to), alice.receipts.readers(1),
            alice.settings.quiet_hours(), alice.media.cache_size(),
            alice.search.count(anser.SearchQuery(text="x")), alice.storage.verify(None),
        ):
            self.assertEqual(await code_of(call), 34400, call)
        self.assertNotEqual(client.status(), CONNECTED)
        self.assertEqual(told, (len(alice.heard.statuses), len(alice.heard.sent)))
