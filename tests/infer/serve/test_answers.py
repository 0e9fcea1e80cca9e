"""What the service answers to what it is asked."""

import json
import logging

import pytest

from infer.logs import log_to
from infer.serve.schemas import Answers, ProblemAnswer
from tests.infer.serve.stub import BODY, Stub, client, config

KEY = "k" * 32
ARTICLE = {"id": "a1", "title": "غزة", "body": BODY}
PAGE = "عنوان الخبر الأول عن غزة\nنشر في: 5 مارس 2025\n" + "\n".join([BODY * 8] * 3)


@pytest.fixture(scope="module")
def service():
    with client() as made:
        yield made


def test_one_article_is_answered_as_one_of_many_would_be(service):
    one = service.post("/v1/analyze", json=ARTICLE)
    many = service.post("/v1/analyze", json={"articles": [ARTICLE]})
    assert one.status_code == many.status_code == 200
    assert one.json() == many.json() == Answers(**one.json()).model_dump(exclude_none=True)
    [result] = one.json()["results"]
    assert (result["id"], result["input"], result["topics"]) == ("a1", 0, ["gaza"])
    assert result["evidence"] == [BODY] and "article" not in result


def test_each_address_says_what_it_is_asked(service):
    [label] = service.post("/v1/label", json=ARTICLE).json()["results"]
    [summary] = service.post("/v1/summarize", json=ARTICLE).json()["results"]
    assert label["topics"] == ["gaza"] and "summary" not in label
    assert summary["summary"] == BODY and "topics" not in summary


def test_many_are_answered_in_order_each_for_itself(service):
    given = [{"id": str(n), "body": BODY if n % 3 else "  "} for n in range(20)]
    results = service.post("/v1/label", json={"articles": given}).json()["results"]
    assert [result["id"] for result in results] == [str(n) for n in range(20)]
    assert [n for n, result in enumerate(results) if "reject" in result] == list(range(0, 20, 3))
    assert results[0]["reject"]["reason"] == "the text is empty"


def test_pages_are_split_and_an_empty_one_has_its_reason(service):
    given = [{"page": PAGE, "id": "p"}, {"html": "<html><body></body></html>", "id": "h"}]
    results = service.post("/v1/analyze", json={"articles": given, "text": True}).json()["results"]
    assert [result["input"] for result in results] == [0, 1]
    assert results[0]["published"] == "2025-03-05" and BODY in results[0]["article"]["body"]
    assert "no article was found" in results[1]["reject"]["reason"]


def test_poison_takes_no_other_with_it(service):
    given = [
        {"id": "a", "body": BODY},
        {"id": "b", "title": "poison", "body": BODY},
        {"id": "c", "body": BODY},
    ]
    results = service.post("/v1/label", json={"articles": given}).json()["results"]
    assert ["reject" in result for result in results] == [False, True, False]
    assert "سم" not in json.dumps(results, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b"\xff\xfe\xfa", 400, None),
        (b'{"body": "\xd8"}', 400, None),
        (b"[" * 100_000, 400, None),
        (b'{"articles": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", (400, 422), None),
        (b"[]", 422, None),
        (b"null", 422, None),
        (b"", 422, None),
        (b"NaN", 422, None),
        (b'{"articles": []}', 422, "articles"),
        (b'{"articles": 7}', 422, "articles"),
        (b'{"articles": [{}]}', 422, "articles.0"),
        (b'{"body": 7}', 422, "body"),
        (b'{"body": "x", "html": "y"}', 422, None),
        (b'{"html": "x", "title": "y"}', 422, None),
        (b'{"body": "x", "bodi": "y"}', 422, "bodi"),
        (b'{"body": "x", "published": "yesterday"}', 422, "published"),
        (b'{"articles": [{"body": "x"}], "explain": true}', 422, "explain"),
    ],
)
def test_what_is_not_what_is_asked_for_is_refused_with_what_would_help(service, body, status, field):
    answer = service.post("/v1/label", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (status if isinstance(status, tuple) else (status,))
    error = ProblemAnswer(**answer.json()).error
    assert error.request_id == answer.headers["x-request-id"] and len(error.message) > 20
    assert field is None or error.field == field


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json; charset=utf-8"}, 200),
        ({"content-type": "Application/JSON"}, 200),
    ],
)
def test_a_body_is_plain_json(service, headers, status):
    answer = service.post("/v1/label", content=json.dumps(ARTICLE), headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/label", 405), ("GET", "/v1/none", 404), ("GET", "/docs", 404), ("POST", "/", 405)],
)
def test_other_addresses_say_so_in_the_same_shape(service, method, path, status):
    answer = service.request(method, path, headers={"content-type": "application/json"})
    assert answer.status_code == status and ProblemAnswer(**answer.json()).error.code


def test_limits_name_what_is_over_them():
    with client(settings=config(articles=3, characters=100, body_bytes=5000)) as service:
        many = service.post("/v1/label", json={"articles": [ARTICLE] * 4})
        assert many.status_code == 413, many.text
        assert "3 are taken at once" in many.json()["error"]["message"]
        long = service.post("/v1/label", json={"articles": [ARTICLE, {"body": "ب" * 101}]})
        assert long.status_code == 413 and long.json()["error"]["field"] == "articles.1.body"
        large = service.post("/v1/label", json={"body": "x" * 6000})
        assert large.status_code == 413 and "5,000 bytes" in large.json()["error"]["message"]

        def pieces():
            for _ in range(100):
                yield b" " * 1000

        chunked = service.post("/v1/label", content=pieces(), headers={"content-type": "application/json"})
        assert chunked.status_code == 413 and service.post("/v1/label", json=ARTICLE).status_code == 200


def test_what_takes_too_long_is_refused_in_time():
    with client(Stub(seconds=1.0), settings=config(seconds=0.3)) as service:
        answer = service.post("/v1/label", json=ARTICLE)
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "too_late"


def test_keys_are_asked_for_where_there_are_some():
    with client(keys=[KEY, "other" * 5]) as service:
        refused = service.post("/v1/label", json=ARTICLE)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        for headers in ({"authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}, {"x-api-key": "other" * 5}):
            assert service.post("/v1/label", json=ARTICLE, headers=headers).status_code == 200
        for key in ("", "k" * 31, KEY + "k", KEY.upper(), "*", "مفتاح".encode()):
            assert service.post("/v1/label", json=ARTICLE, headers={"x-api-key": key}).status_code == 401
        assert service.get("/metrics").status_code == 401
        assert service.get("/healthz").status_code == service.get("/").status_code == 200


def test_logs_have_no_word_of_any_article_and_no_key(capsys):
    log_to(level="debug")
    with client(keys=[KEY]) as service:
        headers = {"x-api-key": KEY}
        secret = {"id": "سرّ-1", "title": "poison سرّ", "body": "سرّ " + BODY, "url": "https://secret.example/"}
        service.post("/v1/label", json=secret, headers=headers)
        service.post("/v1/label", json={"سرّ": "سرّ"}, headers=headers)
        service.get("/سرّ?secret=1", headers=headers)
        service.post("/v1/label", content="{سرّ", headers=headers | {"content-type": "application/json"})
    logged = capsys.readouterr().err
    assert logged.count('"request"') >= 4 and "article_failed" in logged
    assert "سر" not in logged and "secret" not in logged and KEY not in logged and "سم" not in logged
    logging.getLogger("mujaz").handlers.clear()


def test_until_the_models_are_loaded_it_lives_but_is_not_ready():
    def broken():
        raise ValueError("model.onnx: SHA-256 differs")

    from fastapi.testclient import TestClient

    from infer.serve.app import create_app

    with TestClient(create_app(load=broken)) as service:
        assert service.get("/healthz").status_code == 200
        ready = service.get("/readyz")
        assert ready.status_code == 503
        answer = service.post("/v1/label", json=ARTICLE)
        assert answer.status_code == 503 and answer.headers["retry-after"]


def test_what_was_not_started_is_not_offered():
    with client(Stub(summarizer=None, explain=False)) as service:
        answer = service.post("/v1/summarize", json=ARTICLE)
        assert answer.status_code == 404 and "without summaries" in answer.json()["error"]["message"]
        assert service.post("/v1/analyze", json=ARTICLE).status_code == 200


def test_figures_count_what_was_asked(service):
    before = figures(service)
    service.post("/v1/label", json={"articles": [ARTICLE, {"body": " "}]})
    service.post("/v1/label", json={"articles": []})
    after = figures(service)
    for name, more in {
        'mujaz_requests_total{method="POST",route="/v1/label",status="200"}': 1,
        'mujaz_requests_total{method="POST",route="/v1/label",status="422"}': 1,
        'mujaz_articles_total{outcome="record"}': 1,
        'mujaz_articles_total{outcome="rejected"}': 1,
        'mujaz_topics_total{topic="gaza"}': 1,
    }.items():
        assert after[name] - before.get(name, 0) == more, name
    assert after["mujaz_waiting_tokens"] == 0


def figures(service):
    lines = service.get("/metrics").text.splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    }


def test_every_answer_is_guarded(service):
    for path in ("/", "/app.js", "/healthz", "/nothing"):
        headers = service.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["x-request-id"]
    given = service.get("/healthz", headers={"x-request-id": "trace-12345"})
    assert given.headers["x-request-id"] == "trace-12345"
    odd = service.get("/healthz", headers={"x-request-id": "a b<script>"})
    assert "script" not in odd.headers["x-request-id"]


def test_no_file_beside_the_page_is_served(service):
    for path in (
        "/../app.py",
        "/..%2fapp.py",
        "/%2e%2e/app.py",
        "/.%00",
        "/app.js%00",
        "//etc/passwd",
        "/..",
    ):
        answer = service.get(path)
        assert answer.status_code in (200, 404) and "import" not in answer.text, path
