"""Results to a file, and to a web server of these tests."""

import json
import resource
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infer.deliver import Stopped, WebhookLimits, open_delivery, webhook
from infer.deliver.lines import Lines
from infer.deliver.webhook import Webhook, signature, signing_key
from infer.errors import UsageError
from infer.queues import Failed, Finished, Job
from infer.schema import Article, Reject
from tests.infer.worker.stub import record

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def finished(*numbers):
    jobs = [Job(f"job{n}", Article(f"a{n}", "خبر", "نص"), 1, 1, "lease") for n in numbers]
    return [Finished(job, record(job.article)) for job in jobs]


def go_on(_seconds):
    return True


def jobs_in(path):
    return [json.loads(line)["job"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_file_has_a_line_a_job_once(tmp_path):
    path = tmp_path / "new" / "out.jsonl"
    lines = Lines(path)
    assert [each.result for each in lines.deliver(finished(1, 2), go_on)] == [None, None]
    lines.deliver(finished(2, 3), go_on)
    lines.close()
    again = Lines(path)
    again.deliver(finished(3, 4), go_on)
    assert jobs_in(path) == ["job1", "job2", "job3", "job4"]
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["topics"] == ["gaza"]


def test_rejects_are_lines_too(tmp_path):
    path = tmp_path / "out.jsonl"
    [one] = finished(1)
    Lines(path).deliver([Finished(one.job, Reject("", "", "empty", "a1"))], go_on)
    assert json.loads(path.read_text())["reject"]["reason"] == "empty"


def test_half_a_line_is_cut_off_and_written_anew(tmp_path):
    path = tmp_path / "out.jsonl"
    first = Lines(path)
    first.deliver(finished(1, 2), go_on)
    first.close()
    path.write_bytes(path.read_bytes()[:-20])
    second = Lines(path)
    second.deliver(finished(2), go_on)
    assert jobs_in(path) == ["job1", "job2"]


def test_a_file_of_another_worker_or_of_something_else_is_refused(tmp_path):
    path = tmp_path / "out.jsonl"
    held = Lines(path)
    with pytest.raises(UsageError, match="another worker"):
        Lines(path)
    held.close()
    path.write_text("id,title\n")
    with pytest.raises(UsageError, match="line 1"):
        Lines(path)
    assert path.read_text() == "id,title\n"


def test_a_full_disk_leaves_whole_lines(tmp_path):
    path = tmp_path / "out.jsonl"
    lines = Lines(path)
    lines.deliver(finished(1), go_on)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, hard))
    try:
        with pytest.raises(OSError, match=r"out\.jsonl"):
            lines.deliver(finished(2), go_on)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert jobs_in(path) == ["job1"]
    lines.deliver(finished(2), go_on)
    assert jobs_in(path) == ["job1", "job2"]


@pytest.mark.parametrize("target", ["out.csv", "ftp://host/x", "https://user:geheim@host/", "http://", "out"])
def test_what_takes_no_results_is_refused(target):
    with pytest.raises(UsageError, match="--deliver") as error:
        open_delivery(target)
    assert "geheim" not in str(error.value)


@pytest.fixture
def server(monkeypatch):
    """A server that answers with ``answers`` in turn, then 204; a fraction is so many seconds to hang."""
    monkeypatch.setattr(webhook, "FIRST_PAUSE", 0.01)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.got.append((self.path, dict(self.headers), body))
            answer = self.server.answers.pop(0) if self.server.answers else 204
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 204
            self.send_response(answer)
            if answer == 302:
                self.send_header("location", "/elsewhere")
            if answer == 429:
                self.send_header("retry-after", "1")
            said = b"" if answer == 204 else b"said so"
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.got, found.answers = [], []
    found.address = f"http://127.0.0.1:{found.server_port}/hook?desk=1"
    threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def test_a_server_gets_each_result_signed(server):
    hook = Webhook.from_environment(server.address, environment={"MUJAZ_WEBHOOK_SECRET": SECRET})
    assert [each.result for each in hook.deliver(finished(1, 2), go_on)] == [None, None]
    (path, headers, body), _ = server.got
    headers = {name.lower(): value for name, value in headers.items()}
    assert path == "/hook?desk=1" and json.loads(body)["job"] == headers["webhook-id"] == "job1"
    expected = signature(signing_key(SECRET), "job1", headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == expected


def test_a_signature_is_that_of_standard_webhooks():
    # The example of its specification's reference libraries.
    key = signing_key(SECRET)
    found = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["abc", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused_and_not_said(secret):
    with pytest.raises(UsageError, match="openssl rand") as error:
        signing_key(secret)
    assert secret == "whsec_" or secret not in str(error.value)


@pytest.mark.parametrize("answers", [[500, 503], [429], [408], [0.6]])
def test_what_may_get_better_is_tried_again(server, answers):
    server.answers = list(answers)
    hook = Webhook(server.address, limits=WebhookLimits(timeout_seconds=0.3))
    waits = []
    [outcome] = hook.deliver(finished(1), lambda seconds: waits.append(seconds) or True)
    assert isinstance(outcome, Finished) and len(server.got) == len(answers) + 1
    assert answers != [429] or waits == [1.0]


@pytest.mark.parametrize("answer", [400, 401, 404, 410, 302])
def test_what_will_not_get_better_is_a_dead_letter(server, answer):
    server.answers = [answer]
    first, second = Webhook(server.address).deliver(finished(1, 2), go_on)
    assert isinstance(first, Failed) and first.pause is None and f"{answer} said so" in first.error
    assert isinstance(second, Finished) and len(server.got) == 2


def test_an_error_that_lasts_ends_too(server):
    server.answers = [500] * 99
    [outcome] = Webhook(server.address, limits=WebhookLimits(attempts=4)).deliver(finished(1), go_on)
    assert isinstance(outcome, Failed) and len(server.got) == 4


def test_a_server_that_is_away_is_waited_for_until_the_worker_stops(server):
    address = server.address
    server.shutdown()
    server.server_close()
    waits = []
    with pytest.raises(Stopped):
        Webhook(address).deliver(finished(1), lambda seconds: waits.append(seconds) or len(waits) < 30)
    assert len(waits) == 30
