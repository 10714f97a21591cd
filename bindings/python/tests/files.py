"""A file server and an uploader to it, as a host would bring them."""

import http.server
import threading
import urllib.request
from pathlib import Path

from support import DEADLINE, anser

STEP = 16 * 1024


class Files:
    """Keeps what is PUT, gives it back in whole or in part, and stalls where a test wants it to."""

    def __init__(self):
        self.kept, self.requests, self.stalls = {}, [], {}
        self.released = threading.Event()
        files = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_PUT(self):
                files.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
                self._head(201, 0)

            def do_GET(self):
                files.requests.append((self.path, self.headers["Range"]))
                body = files.kept.get(self.path)
                if body is None:
                    return self._head(404, 0)
                start = int(self.headers["Range"][len("bytes="):-1]) if self.headers["Range"] else 0
                more = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
                self._head(206 if start else 200, len(body) - start, **more)
                body, stall = body[start:], files.stalls.pop(self.path, None)
                try:
                    if stall is not None:
                        self.wfile.write(body[:stall])
                        assert files.released.wait(DEADLINE)
                        body = body[stall:]
                    self.wfile.write(body)
                except ConnectionError:
                    # Who asked does not listen any more: that is what the tests are about.
                    self.close_connection = True

            def _head(self, status, length, **more):
                self.send_response(status)
                for key, value in {"Content-Length": length, "ETag": '"1"', "Accept-Ranges": "bytes", **more}.items():
                    self.send_header(key, str(value))
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server.server_port}/{name}"

    def put(self, name, content, stall=None):
        """A file; the next download of it stops after `stall` bytes until `close`."""
        self.kept["/" + name] = content
        if stall is not None:
            self.stalls["/" + name] = stall
        return self.url(name)

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class HttpUploader(anser.Uploader):
    """Uploads in steps on a thread of its own. `holds` says after how many bytes the next attempts wait until
    they are stopped, `failures` how they end."""

    def __init__(self, files, holds=(), failures=()):
        self.files, self.holds, self.failures = files, list(holds), list(failures)
        self.started, self.stopped = [], []
        self._stops = {}

    def start(self, upload):
        self.started.append(upload)
        self._stops[upload.id()] = threading.Event()
        threading.Thread(target=self._run, args=(upload,), daemon=True).start()

    def stop(self, upload_id):
        self.stopped.append(upload_id)
        self._stops[upload_id].set()

    def _run(self, upload):
        if self.failures:
            return upload.fail(*self.failures.pop(0))
        content = Path(upload.path()).read_bytes()
        hold = self.holds.pop(0) if self.holds else None
        for end in range(0, len(content), STEP):
            if hold is not None and end >= hold:
                assert self._stops[upload.id()].wait(DEADLINE)
            if upload.is_stopped():
                return None
            upload.report(end)
        name = Path(upload.path()).name
        request = urllib.request.Request(self.files.url(name), content, method="PUT")
        with urllib.request.urlopen(request, timeout=DEADLINE):
            return upload.finish(self.files.url(name))
