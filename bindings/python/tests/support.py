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
import threading
import time
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

    CLASSES = (anser.Client, anser.Messages, anser.Conversations, anser.Subscription)

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


class Recorder(anser.MessageListener, anser.ConnectionListener, anser.ConversationListener, anser.LogListener):
    """Keeps what a client was told, in order."""

    def __init__(self):
        self.received, self.sent, self.statuses, self.changed, self.log = [], [], [], [], []
        self._news = threading.Condition()

    def _add(self, kept, items):
        with self._news:
            kept.extend(items)
            self._news.notify_all()

    def on_messages(self, messages):
        self._add(self.received, messages)

    def on_sent(self, message):
        self._add(self.sent, [message])

    def on_overflow(self):
        raise AssertionError("the queue overflowed")

    def on_status(self, status, code):
        self._add(self.statuses, [(status, code)])

    def on_conversations(self, conversations):
        self._add(self.changed, conversations)

    def on_log(self, level, target, text):
        self._add(self.log, [(level, target, text)])

    def wait(self, what, happened):
        with self._news:
            if not self._news.wait_for(happened, DEADLINE):
                raise AssertionError(f"never happened: {what}; received {self.received}, sent {self.sent}, "
                                     f"statuses {self.statuses}")

    def wait_received(self, count):
        self.wait(f"{count} messages", lambda: len(self.received) >= count)
        return list(self.received)


class Server:
    """`anser-server dev` as a process of its own."""

    def __init__(self, pairs=40):
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
        ]
        self.messages = self.client.messages()
        self.conversations = self.client.conversations()

    async def connect(self):
        assert await self.client.connect(server.token(self.user)) == self.user
        return self


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
