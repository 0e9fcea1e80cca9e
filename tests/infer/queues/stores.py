"""The two stores of queues, for tests: a file, and a real redis-server that the tests start."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from infer.queues import Leases, open_queue
from infer.schema import Article

LEASE = 1.0


class RedisServer:
    """A server of its own on a free port, which writes everything it is told to a log."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("redis-server does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def redis_server(folder):
    """A running server; without redis-server tests are skipped, or fail if ``MUJAZ_NEEDS_REDIS`` is set."""
    if shutil.which("redis-server") is None:
        lacking = pytest.fail if os.environ.get("MUJAZ_NEEDS_REDIS") else pytest.skip
        lacking("there is no redis-server: apt-get install redis-server")
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def opened(url, **leases):
    """A queue with short leases."""
    return open_queue(url, Leases(**{"lease_seconds": LEASE, "max_attempts": 3} | leases))


def article(number, words=5):
    return Article(f"a{number}", f"عنوان {number}", "كلمة " * words, published="2025-03-05", tags=("وسم",))
