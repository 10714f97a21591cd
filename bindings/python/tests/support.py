"""What every test needs: a real server, clients of it, recorders of what they are told, and the counter.

Environment: ANSER_SERVER names the server's program, ANSER_LIB_DIR the folder with the library;
`cargo xtask test` sets both.
"""

import atexit
import hashlib
import inspect
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LIB_DIR = Path(os.environ.get("ANSER_LIB_DIR", ROOT / "target" / "debug"))
SERVER = os.environ.get("ANSER_SERVER", str(ROOT / "target" / "debug" / "anser-server"))


def _load():
    # The generated module looks for the library in its own folder.
    generated = HERE.parent / "generated"
    for library in ("libanser.so", "libanser.dylib", "anser.dll"):
        if (LIB_DIR / library).exists():
            link = generated / library
            link.unlink(missing_ok=True)
            link.symlink_to(LIB_DIR / library)
    sys.path.insert(0, str(generated))


_load()
import anser  # noqa: E402

#: Longest wait for an event, seconds. Generous: nothing is proven by it but that the event never came.
DEADLINE = 120


class Counter:
    """Counts the calls of every public method of the generated classes."""

    CLASSES = (
        anser.Client, anser.Messages, anser.History, anser.Conversations, anser.Receipts, anser.Settings,
        anser.Media, anser.Upload, anser.Search, anser.Storage, anser.Subscription,
    )

    def __init__(self):
        self.calls = {}
        for cls in self.CLASSES:
            for name in [name for name in vars(cls) if not name.startswith("_")] + ["__init__"]:
                # Only the client is made by the host itself.
                if name != "__init__" or cls is anser.Client:
                    self._wrap(cls, name)

    def _wrap(self, cls, name):
        key = f"{cls.__name__}.{name}"
        method = vars(cls)[name]
        self.calls[key] = 0

        def counted(*args, **kwargs):
            self.calls[key] += 1
            return method(*args, **kwargs)

        setattr(cls, name, counted)

    def missing(self):
        return [key for key, count in self.calls.items() if count == 0]


counter = Counter()


class Recorder(
    anser.MessageListener, anser.ConnectionListener, anser.ConversationListener, anser.ReceiptListener,
    anser.TypingListener, anser.TokenListener, anser.MediaListener, anser.DatabaseListener, anser.LogListener,
):
    """Keeps what a client was told, in order."""

    def __init__(self):
        self.received, self.sent, self.changes = [], [], []
        self.statuses, self.synced, self.changed, self.token_needed = [], [], [], []
        self.receipts, self.typing, self.progress, self.damage, self.log = [], [], [], [], []
        self._news = threading.Condition()

    def _add(self, kept, items):
        with self._news:
            kept.extend(items)
            self._news.notify_all()

    def on_messages(self, messages):
        self._add(self.received, messages)

    def on_sent(self, message):
        self._add(self.sent, [message])

    def on_changed(self, changes):
        self._add(self.changes, changes)

    def on_overflow(self):
        raise AssertionError("the queue overflowed")

    def on_status(self, status, code):
        self._add(self.statuses, [(status, code)])

    def on_token_needed(self, code):
        self._add(self.token_needed, [code])

    def on_synced(self):
        self._add(self.synced, [True])

    def on_conversations(self, conversations):
        self._add(self.changed, conversations)

    def on_receipts(self, receipts):
        self._add(self.receipts, receipts)

    def on_typing(self, conversation, users):
        self._add(self.typing, [(conversation, [(user.user_id, user.object_name) for user in users])])

    def on_database(self, report):
        self._add(self.damage, [report])

    def on_log(self, level, target, text):
        self._add(self.log, [(level, target, text)])

    # The name is the same for media, back-fills and the care of the store; only the first is recorded here.
    def on_progress(self, progress):
        self._add(self.progress, [progress])

    def wait(self, what, happened):
        """Waits until it has happened, and returns what `happened` returned."""
        with self._news:
            found = self._news.wait_for(happened, DEADLINE)
            if not found:
                raise AssertionError(f"never happened: {what}; heard {vars(self)}")
            return found

    def wait_received(self, count):
        self.wait(f"{count} messages", lambda: len(self.received) >= count)
        return list(self.received)

    def wait_change(self, kind):
        """The first change of this kind."""
        return self.wait(f"a change {kind}", lambda: next((c for c in self.changes if c.kind == kind), None))

    def wait_receipt(self, kind):
        """The first receipt of this kind."""
        return self.wait(f"a receipt {kind}", lambda: next((r for r in self.receipts if r.kind == kind), None))


class Server:
    """`anser-server dev` as a process of its own."""

    def __init__(self, pairs=80):
        self.free = iter(range(pairs))
        users = [f"{name}{number}" for number in range(pairs) for name in ("alice", "bob")]
        command = [SERVER, "dev", "--json", "--port", "0", "--users", ",".join(users)]
        environment = dict(os.environ, ANSER_LOG="warn")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        atexit.register(self.stop)
        self.info = json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def pair(self):
        """Two users whom no other test knows."""
        number = next(self.free)
        return f"alice{number}", f"bob{number}"

    def options(self, **more):
        return anser.ClientOptions(app_key=self.info["app_key"], navigation=self.info["navi"], **more)

    def token(self, user):
        return self.info["tokens"][user]

    def api(self, path, **form):
        """A call of the server API, signed as an app's own server signs it."""
        nonce, timestamp = "17", str(int(time.time() * 1000))
        secret = self.info["app_secret"]
        request = urllib.request.Request(
            self.info["api"] + path,
            urllib.parse.urlencode(form, doseq=True).encode(),
            {
                "App-Key": self.info["app_key"],
                "Nonce": nonce,
                "Timestamp": timestamp,
                "Signature": hashlib.sha1((secret + nonce + timestamp).encode()).hexdigest(),
            },
        )
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            body = json.load(answer)
        assert body["code"] == 200, body
        return body


server = Server()


class Person:
    """A connected client and what it was told."""

    def __init__(self, user, **options):
        self.user = user
        self.heard = Recorder()
        self.client = anser.Client(server.options(**options))
        self.subscriptions = [
            self.client.add_message_listener(self.heard),
            self.client.add_connection_listener(self.heard),
            self.client.add_conversation_listener(self.heard),
            self.client.add_receipt_listener(self.heard),
            self.client.add_typing_listener(self.heard),
            self.client.add_media_listener(self.heard),
            self.client.add_database_listener(self.heard),
        ]
        self.messages = self.client.messages()
        self.history = self.client.history()
        self.conversations = self.client.conversations()
        self.receipts = self.client.receipts()
        self.settings = self.client.settings()
        self.media = self.client.media()
        self.search = self.client.search()
        self.storage = self.client.storage()

    async def connect(self):
        assert await self.client.connect(server.token(self.user)) == self.user
        return self

    async def row(self, key, what, so):
        """The row of a conversation once it is so: read again with every word of a change."""
        while True:
            told = len(self.heard.changed)
            row = await self.conversations.get(key)
            if row is not None and so(row):
                return row
            self.heard.wait(what, lambda: len(self.heard.changed) > told)

    async def say(self, conversation, text):
        """Sends text and waits until it is sent."""
        return await self.messages.wait_sent((await self.messages.send_text(conversation, text)).id)


class Case(unittest.IsolatedAsyncioTestCase):
    """A test with two users whom no other test knows, and with people who are gone when it ends."""

    def setUp(self):
        self.users = server.pair()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def person(self, user, **options):
        person = Person(user, **options)
        self.addCleanup(person.client.shutdown)
        return person

    async def join(self, user, **options):
        return await self.person(user, **options).connect()

    async def both(self):
        """Both users, connected."""
        return await self.join(self.users[0]), await self.join(self.users[1])

    async def group(self, *members):
        """A group of these users."""
        name = f"group-of-{members[0]}"
        server.api("/group/create.json", userId=members, groupId=name, groupName="Geese")
        return group(name)

    async def refused(self, code, call):
        self.assertEqual(await code_of(call), code)


def private(user):
    return anser.ConversationKey(conversation_type=anser.ConversationType.PRIVATE, target_id=user)


def group(name):
    return anser.ConversationKey(conversation_type=anser.ConversationType.GROUP, target_id=name)


async def code_of(call):
    """The code that a call fails with; 0 if it does not fail. Takes an awaitable or a function."""
    try:
        if inspect.isawaitable(call):
            await call
        else:
            call()
    except anser.AnserError.Failed as error:
        return error.code
    return 0


def text_of(message):
    """The text of a text message."""
    return json.loads(message.content)["content"]
