"""A running service and clients that mean it no good: slow, endless, crowding, or talking nonsense."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.infer.serve.stub import BODY

SCRIPT = """
import sys, uvicorn
from infer.batching import BatchLimits
from infer.logs import log_to
from infer.serve.app import create_app
from infer.serve.config import Limits, ServeConfig
from infer.serve.run import options
from tests.infer.serve.stub import Stub
log_to()
limits = Limits(body_seconds=1.0, waiting_tokens=200, seconds=10)
batch = BatchLimits(articles=4, wait_ms=1)
config = ServeConfig(port=int(sys.argv[1]), limits=limits, batch=batch, grace_seconds=5)
uvicorn.run(create_app(config, load=lambda: Stub(seconds=0.1)), **options(config))
"""
# Four articles a batch of a tenth of a second.
CAPACITY = 40
SMUGGLED = b"0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"
HEAD = b"POST /v1/label HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


class Running:
    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-c", SCRIPT, str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
        self.lines = []
        threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.port}"
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise RuntimeError("".join(self.lines))

    def raw(self, *parts, pause=0.0, seconds=8.0):
        """What is answered to bytes that are sent with pauses; empty where the connection is closed."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
                while data := connection.recv(65536):
                    got += data
                    if b"\r\n\r\n" in got and b"connection: close" not in got.lower():
                        break
            except (ConnectionError, TimeoutError):
                pass
            return got

    def ask(self, client=httpx, **article):
        return client.post(f"{self.url}/v1/label", json={"body": BODY} | article, timeout=30)


@pytest.fixture(scope="module")
def service():
    running = Running()
    yield running
    running.process.kill()
    running.process.wait()


def test_a_body_that_never_ends_in_time_is_given_up(service):
    start = time.monotonic()
    got = service.raw(HEAD + b"Content-Length: 100\r\n\r\n", b"{", pause=0.2)
    assert b" 408 " in got and time.monotonic() - start < 4
    chunked = service.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 7, pause=0.1)
    assert b" 408 " in chunked
    assert service.ask().status_code == 200


def test_a_body_that_says_it_is_huge_is_refused_unread(service):
    got = service.raw(HEAD + b"Content-Length: 99999999999999\r\n\r\n")
    assert b" 413 " in got


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"POST /v1/label HTTP/9.9\r\n\r\n",
        b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n{}{}{}{}",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"b" * 700_000 + b"\r\n\r\n",
        b"GET /\x00\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_nonsense_is_refused_and_the_service_lives(service, request_):
    got = service.raw(request_, seconds=2.5)
    assert b" 200 " not in got.split(b"\r\n")[0] and b"mujaz_requests" not in got
    assert service.ask().status_code == 200


def test_many_slow_clients_keep_nobody_from_an_answer(service):
    held = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(60)]
    for connection in held:
        connection.sendall(HEAD + b"Content-Length: 100\r\n")
    start = time.monotonic()
    assert service.ask().status_code == 200 and time.monotonic() - start < 3
    for connection in held:
        connection.close()


def memory(pid):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def test_at_twice_what_it_can_do_each_is_answered_or_told_to_wait(service):
    before = memory(service.process.pid)
    seconds, rate = 5, 2 * CAPACITY
    answers = []

    def ask(number, client):
        time.sleep(number / rate)
        start = time.monotonic()
        answer = service.ask(client, id=str(number))
        answers.append((answer.status_code, time.monotonic() - start, answer))

    limits = httpx.Limits(max_connections=200)
    with httpx.Client(limits=limits) as client, ThreadPoolExecutor(rate * seconds) as pool:
        list(pool.map(lambda number: ask(number, client), range(rate * seconds)))
    statuses = [status for status, _, _ in answers]
    assert len(answers) == rate * seconds and set(statuses) == {200, 429}
    assert statuses.count(200) > 0.5 * CAPACITY * seconds
    refused = next(answer for status, _, answer in answers if status == 429)
    assert int(refused.headers["retry-after"]) >= 1 and "try again" in refused.json()["error"]["message"]
    assert memory(service.process.pid) - before < 60
    assert service.ask().status_code == 200


def test_told_to_stop_it_answers_what_was_asked_and_takes_no_more():
    running = Running()
    answers = []

    def ask():
        try:
            answers.append(running.ask().status_code)
        except httpx.ConnectError:  # it came too late
            answers.append(None)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    running.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert running.process.wait(10) in (0, -signal.SIGTERM)
    assert len(answers) == 8 and 200 in answers and set(answers) <= {200, None}
    events = [json.loads(line)["event"] for line in running.lines if line.startswith("{")]
    assert events.count("request") >= answers.count(200)


def serve(*arguments, **environment):
    command = [sys.executable, "-c", "from infer.cli import main; main()", "serve", *arguments]
    there = {name: value for name, value in os.environ.items() if not name.startswith("MUJAZ_")}
    return subprocess.run(
        command, env=there | environment, capture_output=True, encoding="utf-8", timeout=30, check=False
    )


def test_other_machines_are_not_let_in_without_a_key():
    ran = serve("--host", "0.0.0.0")
    assert ran.returncode == 2 and "MUJAZ_API_KEYS" in ran.stderr and "--open-to-all" in ran.stderr
    ran = serve("--host", "0.0.0.0", MUJAZ_API_KEYS="short,secret")
    assert ran.returncode == 2 and "key 1" in ran.stderr and "short," not in ran.stderr
    ran = serve(MUJAZ_SERVE_LIMITS__BODY="7")
    assert ran.returncode == 2 and "MUJAZ_SERVE_LIMITS__BODY" in ran.stderr and "body_bytes" in ran.stderr


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = serve("--port", port)
    assert ran.returncode == 1 and port in ran.stderr and "Traceback" not in ran.stderr
