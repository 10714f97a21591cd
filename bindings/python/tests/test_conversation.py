"""Two people talk: text both ways, offline messages, groups, history, lists and unread counts."""

import unittest

from support import Person, anser, code_of, group, private, server

LINES = ["hello", "你好，世界", "😀👩‍👩‍👧‍👦🏳️‍🌈", "tab\tand \"quotes\" \\ \u2028", "", "  spaces  "]


class Conversation(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        alice, bob = server.pair()
        self.alice, self.bob = Person(alice), Person(bob)

    async def asyncTearDown(self):
        self.alice.client.shutdown()
        self.bob.client.shutdown()

    async def test_text_both_ways(self):
        await self.alice.connect()
        await self.bob.connect()
        for sender, receiver in ((self.alice, self.bob), (self.bob, self.alice)):
            to = private(receiver.user)
            for line in LINES:
                message = await sender.messages.send_text(to, line)
                self.assertEqual(message.sent_status, anser.SentStatus.SENDING)
                sent = await sender.messages.wait_sent(message.id)
                # The peer may have it already.
                self.assertIn(sent.sent_status, (anser.SentStatus.SENT, anser.SentStatus.RECEIVED))
                self.assertEqual((await sender.messages.get(message.id)).uid, sent.uid)
            received = receiver.heard.wait_received(len(LINES))
            contents = [message.content for message in received]
            own = [message.content for message in await sender.messages.history(to, 0, 100)]
            self.assertEqual(contents, own[-len(LINES):], "byte for byte, in order")
            self.assertEqual({message.sender_user_id for message in received}, {sender.user})
            self.assertEqual({message.object_name for message in received}, {"RC:TxtMsg"})
            sender.heard.wait("the acknowledgements", lambda: len(sender.heard.sent) >= len(LINES))
            uids = [message.uid for message in sender.heard.sent]
            self.assertEqual(uids, [message.uid for message in received])

    async def test_any_content_untouched(self):
        await self.alice.connect()
        await self.bob.connect()
        contents = [
            ("RC:ImgMsg", '{"content":"aGk=","imageUri":"https://example.org/a.png"}'),
            ("app:move", '{"z": 1,  "a":[1, 2.50, "\\u00e9"],"b":{"$":null}}'),
        ]
        options = anser.SendOptions(push_text="a picture", counted=True)
        for name, json in contents:
            await self.alice.messages.send(private(self.bob.user), name, json, options)
        received = self.bob.heard.wait_received(len(contents))
        self.assertEqual([(message.object_name, message.content) for message in received], contents)

    async def test_offline_messages(self):
        await self.alice.connect()
        texts = [f"while you were away {number}" for number in range(250)]
        for text in texts:
            last = await self.alice.messages.send_text(private(self.bob.user), text)
        await self.alice.messages.wait_sent(last.id)
        await self.bob.connect()
        await self.bob.client.sync_now()
        received = self.bob.heard.wait_received(len(texts))
        for message, text in zip(received, texts, strict=True):
            self.assertIn(f'"{text}"', message.content)
            self.assertTrue(message.offline)

    async def test_group(self):
        name = f"group-of-{self.alice.user}"
        members = [self.alice.user, self.bob.user]
        server.api("/group/create.json", userId=members, groupId=name, groupName="Geese")
        await self.alice.connect()
        await self.bob.connect()
        await self.alice.messages.send_text(group(name), "to all")
        message = self.bob.heard.wait_received(1)[0]
        self.assertEqual(message.conversation, group(name))
        self.assertEqual(message.sender_user_id, self.alice.user)
        await self.bob.messages.send_text(group(name), "heard")
        self.assertIn("heard", self.alice.heard.wait_received(1)[0].content)

    async def test_history_in_pages(self):
        await self.alice.connect()
        to = private(self.bob.user)
        for number in range(25):
            last = await self.alice.messages.send_text(to, f"number {number}")
        await self.alice.messages.wait_sent(last.id)
        before, pages = 0, []
        while page := await self.alice.messages.history(to, before, 10):
            pages.insert(0, page)
            before = page[0].sent_time
        self.assertEqual([len(page) for page in pages], [5, 10, 10])
        numbers = [message.content for page in pages for message in page]
        for number, content in enumerate(numbers):
            self.assertIn(f'"number {number}"', content)

    async def test_list_and_unread(self):
        name = f"group-of-{self.alice.user}"
        server.api("/group/create.json", userId=[self.alice.user, self.bob.user], groupId=name, groupName="g")
        await self.alice.connect()
        await self.bob.connect()
        for to in (private(self.bob.user), private(self.bob.user), group(name)):
            await self.alice.messages.wait_sent((await self.alice.messages.send_text(to, "count me")).id)
        self.bob.heard.wait_received(3)
        here, chat = private(self.alice.user), self.bob.conversations
        rows = await chat.list([], None, 10)
        self.assertEqual([row.key for row in rows], [group(name), here], "newest first")
        self.assertEqual([row.unread_count for row in rows], [1, 2])
        self.assertEqual([row.key for row in await chat.list([], rows[0].key, 10)], [here])
        self.assertEqual([row.key for row in await chat.list([anser.ConversationType.GROUP], None, 10)],
                         [group(name)])
        self.assertEqual((await chat.get(here)).latest_message.sender_user_id, self.alice.user)
        self.assertIsNone(await chat.get(private("nobody")))
        self.assertEqual(await chat.unread_count(here), 2)
        self.assertEqual(await chat.unread_count_by_types([anser.ConversationType.GROUP], True), 1)
        self.assertEqual(await chat.total_unread_count(), 3)
        await chat.clear_unread(here)
        await self.bob.row(here, "nothing unread", lambda row: row.unread_count == 0)
        self.assertEqual(await chat.total_unread_count(), 1)
        await chat.clear_all_unread()
        self.assertEqual(await chat.total_unread_count(), 0)

    async def test_bad_arguments(self):
        await self.alice.connect()
        messages, to = self.alice.messages, private(self.bob.user)
        system = anser.ConversationKey(conversation_type=anser.ConversationType.SYSTEM, target_id="x")
        options = anser.SendOptions()
        self.assertEqual(await code_of(messages.send_text(system, "x")), 34209)
        self.assertEqual(await code_of(messages.send_text(private("  "), "x")), 34210)
        self.assertEqual(await code_of(messages.send(to, "", "{}", options)), 34271)
        self.assertEqual(await code_of(messages.send(to, "RC:TxtMsg", "not JSON", options)), 34205)
        self.assertEqual(await code_of(messages.send(to, "app:x", "1", options)), 34205)
        big = '{"content":"' + "x" * 200_000 + '"}'
        self.assertEqual(await code_of(messages.send(to, "RC:TxtMsg", big, options)), 30016)
        self.assertEqual(await code_of(messages.history(to, 0, 0)), 33003)
        self.assertEqual(await code_of(messages.get(987654321)), 61001)
        self.assertEqual(await code_of(messages.wait_sent(987654321)), 61001)
        self.assertEqual(await code_of(self.alice.conversations.list([], None, 1001)), 33003)
