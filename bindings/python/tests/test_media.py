"""Messages with files: both ways, paused, cancelled, failed; the cache."""

import asyncio
import hashlib
import json
import random
from pathlib import Path

from files import Files, HttpUploader
from support import Case, Person, anser, private

State = anser.TransferState
FILE = '{"name":"a.bin","size":3}'


class Media(Case):
    def setUp(self):
        super().setUp()
        self.files = Files()
        self.addCleanup(self.files.close)

    def file(self, name, size=300_000):
        path = Path(self.folder, name)
        path.write_bytes(random.Random(size).randbytes(size))
        return str(path)

    async def sender(self, **how):
        """Connected, with an uploader."""
        alice = await self.join(self.users[0])
        uploader = HttpUploader(self.files, **how)
        alice.media.set_uploader(uploader)
        return alice, uploader

    async def send(self, person, path):
        return await person.media.send(private(self.users[1]), "RC:FileMsg", FILE, path, anser.SendOptions())

    async def receiver(self, *names, **how):
        """A user with a data directory, and own messages that name these files."""
        folder = str(Path(self.folder, "data"))
        alice = await self.join(self.users[0], data_dir=folder)
        messages = []
        for name in names:
            content = json.dumps({"name": name, "size": 3, "fileUrl": self.files.url(name)})
            to = private(self.users[1])
            messages.append(await alice.messages.send(to, "RC:FileMsg", content, anser.SendOptions()))
        return alice, messages

    def wait_state(self, person: Person, state):
        heard = person.heard
        return heard.wait(f"{state}", lambda: next((p for p in heard.progress if p.state == state), None))

    def wait_moved(self, person, count):
        heard = person.heard
        heard.wait(f"{count} bytes", lambda: any(p.transferred >= count for p in heard.progress))

    async def test_both_ways(self):
        alice, uploader = await self.sender()
        bob = await self.join(self.users[1], data_dir=str(Path(self.folder, "data")))
        path = self.file("a.bin")
        local = await self.send(alice, path)
        self.assertEqual((local.sent_status, local.local_path), (anser.SentStatus.SENDING, path))
        sent = await alice.messages.wait_sent(local.id)
        self.assertEqual(json.loads(sent.content), {**json.loads(FILE), "fileUrl": self.files.url("a.bin")})
        upload = uploader.started[0]
        facts = upload.message_id(), upload.path(), upload.object_name(), upload.size(), upload.offset()
        self.assertEqual(facts, (local.id, path, "RC:FileMsg", 300_000, 0))
        self.assertTrue(upload.is_stopped(), "it has ended")
        done = self.wait_state(alice, State.DONE)
        self.assertEqual((done.message_id, done.transferred, done.total), (local.id, 300_000, 300_000))
        self.assertEqual(done.direction, anser.TransferDirection.UPLOAD)
        self.assertGreater(len(alice.heard.progress), 3, "told on the way")

        got = bob.heard.wait_received(1)[0]
        ways = await asyncio.gather(*(bob.media.download(got.id, anser.DownloadOptions()) for _ in range(2)))
        here = ways[0].local_path
        self.assertEqual(ways[1].local_path, here)
        self.assertEqual(Path(here).read_bytes(), Path(path).read_bytes())
        await bob.media.download(got.id, anser.DownloadOptions())
        self.assertEqual(len(self.files.requests), 1, "one request for all three")
        self.assertEqual(await bob.media.cache_size(), 300_000)
        elsewhere = str(Path(self.folder, "elsewhere"))
        options = anser.DownloadOptions(path=elsewhere, sha256=hashlib.sha256(Path(path).read_bytes()).hexdigest())
        self.assertEqual((await bob.media.download(got.id, options)).local_path, elsewhere)

    async def test_refused_at_once(self):
        alice = await self.join(self.users[0])
        full = self.file("full", 1)
        await self.refused(41002, self.send(alice, full))
        alice.media.set_uploader(HttpUploader(self.files))
        await self.refused(34410, self.send(alice, "/nowhere/at/all"))
        await self.refused(34411, self.send(alice, self.file("empty", 0)))
        options = anser.SendOptions(url_key="plan")
        custom = await alice.media.send(private(self.users[1]), "app:plan", "{}", full, options)
        sent = await alice.messages.wait_sent(custom.id)
        self.assertEqual(json.loads(sent.content), {"plan": self.files.url("full")})
        await self.refused(33003, alice.media.pause(custom.id))
        await self.refused(33003, alice.media.cancel(custom.id))
        await self.refused(33003, alice.media.resume(987654321))

    async def test_upload_paused_and_cancelled(self):
        alice, uploader = await self.sender(holds=[100_000, 50_000])
        paused = await self.send(alice, self.file("a.bin"))
        self.wait_moved(alice, 90_000)
        await alice.media.pause(paused.id)
        self.wait_state(alice, State.PAUSED)
        alice.heard.wait("the stop", lambda: uploader.stopped == [uploader.started[0].id()])

        cancelled = await self.send(alice, self.file("b.bin"))
        alice.heard.wait("b goes", lambda: any(p.message_id == cancelled.id for p in alice.heard.progress))
        await alice.media.cancel(cancelled.id)
        self.assertEqual(self.wait_state(alice, State.CANCELLED).message_id, cancelled.id)
        await self.refused(33200, alice.messages.wait_sent(cancelled.id))
        for message, name in ((paused, "a.bin"), (cancelled, "b.bin")):
            await alice.media.resume(message.id)
            await alice.messages.wait_sent(message.id)
            self.assertEqual(self.files.kept["/" + name], Path(self.folder, name).read_bytes())
        again = next(upload for upload in uploader.started[1:] if upload.message_id() == paused.id)
        self.assertGreater(again.offset(), 90_000, "the uploader may go on from there")

    async def test_upload_failed(self):
        alice, uploader = await self.sender(failures=[(34416, True), (34415, False)])
        message = await self.send(alice, self.file("a.bin"))
        await self.refused(34415, alice.messages.wait_sent(message.id))
        self.assertEqual(len(uploader.started), 2, "what may pass is tried again, what may not is not")
        self.assertEqual(self.wait_state(alice, State.FAILED).error_code, 34415)

        class Throwing(anser.Uploader):
            def start(self, upload):
                raise RuntimeError("a host's own mistake")

            def stop(self, upload_id):
                pass

        alice.media.set_uploader(Throwing())
        message = await self.send(alice, self.file("b.bin"))
        self.assertNotEqual(await self.code(alice.messages.wait_sent(message.id)), 0)

    async def code(self, call):
        try:
            await call
        except anser.AnserError.Failed as error:
            return error.code
        return 0

    async def test_download_paused(self):
        self.files.put("a.bin", random.Random(1).randbytes(900_000), stall=300_000)
        alice, [message] = await self.receiver("a.bin")
        arrival = asyncio.create_task(alice.media.download(message.id, anser.DownloadOptions()))
        await asyncio.to_thread(self.wait_moved, alice, 300_000)
        await alice.media.pause(message.id)
        self.wait_state(alice, State.PAUSED)
        self.assertFalse(arrival.done())
        await alice.media.resume(message.id)
        here = (await arrival).local_path
        self.assertEqual(Path(here).read_bytes(), self.files.kept["/a.bin"])
        self.assertEqual(self.files.requests, [("/a.bin", None), ("/a.bin", "bytes=300000-")])

        self.files.put("b.bin", b"x" * 100_000, stall=10_000)
        target = str(Path(self.folder, "b"))
        arrival = asyncio.create_task(alice.media.download_url(self.files.url("b.bin"), target, None))
        on_its_way = lambda: any(p.path == target and p.transferred >= 10_000 for p in alice.heard.progress)
        await asyncio.to_thread(alice.heard.wait, "b on its way", on_its_way)
        await alice.media.pause_download(target)
        await alice.media.resume_download(target)
        await arrival
        self.assertEqual(Path(target).read_bytes(), self.files.kept["/b.bin"])
        for call in (alice.media.pause_download, alice.media.resume_download, alice.media.cancel_download):
            await self.refused(33003, call(target))

    async def test_download_cancelled_and_refused(self):
        alice, [missing, slow] = await self.receiver("missing", "slow")
        await self.refused(34414, alice.media.download(missing.id, anser.DownloadOptions()))
        self.files.put("slow", b"x" * 100_000, stall=10_000)
        arrival = asyncio.create_task(alice.media.download(slow.id, anser.DownloadOptions()))
        await asyncio.to_thread(self.wait_moved, alice, 10_000)
        await alice.media.cancel(slow.id)
        await self.refused(33200, arrival)

        target = str(Path(self.folder, "target"))
        self.files.put("slow", b"x" * 100_000, stall=10_000)
        arrival = asyncio.create_task(alice.media.download_url(self.files.url("slow"), target, None))
        on_its_way = lambda: any(p.path == target and p.transferred >= 10_000 for p in alice.heard.progress)
        await asyncio.to_thread(alice.heard.wait, "target on its way", on_its_way)
        await alice.media.cancel_download(target)
        await self.refused(33200, arrival)
        self.assertEqual(list(Path(self.folder).glob("target*")), [], "nothing is left of it")
        self.files.put("abc", b"abc")
        other = hashlib.sha256(b"abd").hexdigest()
        await self.refused(34417, alice.media.download_url(self.files.url("abc"), target, other))
        await self.refused(34413, alice.media.download_url("file:///etc/passwd", target, None))

    async def test_cache(self):
        for name in ("1", "2", "3"):
            self.files.put(name, name.encode() * 1_000)
        alice, messages = await self.receiver("1", "2", "3")
        for message in messages:
            await alice.media.download(message.id, anser.DownloadOptions())
        self.assertEqual(await alice.media.cache_size(), 3_000)
        await alice.media.set_cache_limit(2_500)
        self.assertEqual(await alice.media.cache_size(), 2_000)
        kept = [(await alice.messages.get(message.id)).local_path for message in messages]
        self.assertEqual(kept.count(None), 1, "one had to go")
        self.assertEqual(await alice.media.clear_cache(), 2_000)
        self.assertEqual(await alice.media.cache_size(), 0)
        self.assertFalse(any(path and Path(path).exists() for path in kept))
