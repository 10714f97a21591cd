"""The care of the user's data: checks, damage, export and import, suspending, one sync, clearing."""

from pathlib import Path

from support import Case, anser, code_of, private, server, text_of


class Steps(anser.StorageProgress):
    def __init__(self, go_on=True):
        self.steps, self.go_on = [], go_on

    def on_progress(self, done, total):
        self.steps.append((done, total))
        return self.go_on


class Storage(Case):
    def stored(self, name="data"):
        return {"data_dir": str(Path(self.folder, name)), "user_id": self.users[0]}

    async def write(self, person, count):
        for number in range(count):
            await person.messages.send_text(private(self.users[1]), f"number {number}")

    async def test_checked_and_measured(self):
        alice = self.person(self.users[0], **self.stored())
        await self.write(alice, 20)
        progress = Steps()
        report = await alice.storage.verify(progress)
        self.assertEqual((report.messages, report.problems), (20, []))
        self.assertEqual(len(set(progress.steps[-1])), 1, "done is total at the end")
        await self.refused(33200, alice.storage.verify(Steps(go_on=False)))
        sizes = await alice.storage.size_report()
        self.assertEqual({row.table: row.rows for row in sizes.rows}["message"], 20)
        self.assertGreater(sizes.database, 0)
        await self.refused(34311, alice.storage.rekey(bytes(32)))

    async def test_damage_is_salvaged(self):
        alice = self.person(self.users[0], **self.stored())
        await self.write(alice, 50)
        self.assertIsNone(alice.storage.last_report())
        await alice.storage.suspend()
        [file] = Path(self.folder).rglob("anser.db")
        content = bytearray(file.read_bytes())
        content[4096:8192] = bytes(4096)
        file.write_bytes(content)
        await alice.storage.resume()
        # Whoever meets it first may get an error that says "again".
        await code_of(alice.storage.verify(None))
        alice.heard.wait("the report", lambda: alice.heard.damage)
        report = alice.heard.damage[0]
        self.assertEqual(report.kind, anser.DatabaseEvent.SALVAGED)
        self.assertEqual(Path(report.set_aside).read_bytes(), content, "set aside as it was")
        self.assertEqual(alice.storage.last_report(), report)
        self.assertEqual(len(await alice.messages.history(private(self.users[1]), 0, 100)), 50)

    async def test_out_and_in_again(self):
        alice = self.person(self.users[0], **self.stored())
        again = self.person(self.users[0], **self.stored("again"))
        file = str(Path(self.folder, "export.jsonl"))
        await self.write(alice, 30)
        await alice.messages.send_text(private("other"), "apart")
        written = await alice.storage.export(file, None, None)
        self.assertEqual((written.conversations, written.messages), (2, 31))
        self.assertEqual(written.bytes, Path(file).stat().st_size)
        progress = Steps()
        read = await again.storage.import_file(file, progress)
        self.assertEqual((read.messages, read.known, bool(progress.steps)), (31, 0, True))
        read = await again.storage.import_file(file, None)
        self.assertEqual((read.messages, read.known), (0, 31), "nothing is doubled")
        texts = [[text_of(m) for m in await person.messages.history(private(self.users[1]), 0, 100)]
                 for person in (alice, again)]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual((await alice.storage.export(file, private("other"), None)).messages, 1)
        await self.refused(33200, alice.storage.export(file, None, Steps(go_on=False)))
        await self.refused(34009, alice.storage.export(file, private("nobody"), None))

    async def test_suspended_and_woken(self):
        alice, bob = await self.join(self.users[0], **self.stored()), await self.join(self.users[1])
        await alice.storage.suspend()
        await self.refused(34312, alice.conversations.list([], None, 10))
        await bob.say(private(alice.user), "wake up")
        report = await alice.storage.sync_once(60_000, None)
        self.assertEqual((report.new_messages, report.complete), (1, True))
        await self.refused(34312, alice.conversations.list([], None, 10))
        await alice.storage.resume()
        self.assertEqual([text_of(m) for m in await alice.messages.history(private(bob.user), 0, 10)], ["wake up"])
        report = await alice.storage.sync_once(60_000, server.token(alice.user))
        self.assertEqual((report.new_messages, report.complete), (0, True))
        status, told = anser.ConnectionStatus, alice.heard.statuses
        alice.heard.wait("the line of the last sync, and its end", lambda: (
            told.count((status.CONNECTED, 0)) == 3 and told[-1][0] == status.DISCONNECTED))
        await self.refused(33003, alice.storage.sync_once(0, None))

    async def test_cleared(self):
        alice, bob = await self.join(self.users[0], **self.stored()), await self.join(self.users[1])
        await bob.say(private(alice.user), "from bob")
        alice.heard.wait_received(1)
        await alice.client.disconnect()
        waiting = await alice.messages.send_text(private(bob.user), "too late")
        await alice.storage.clear_data()
        alice.heard.wait("its end", lambda: alice.heard.sent)
        self.assertEqual([(m.id, m.error_code) for m in alice.heard.sent], [(waiting.id, 33200)])
        self.assertEqual(await alice.messages.history(private(bob.user), 0, 10), [])
        await alice.client.reconnect()
        await alice.client.sync_now()
        self.assertEqual([text_of(m) for m in await alice.messages.history(private(bob.user), 0, 10)], ["from bob"])
