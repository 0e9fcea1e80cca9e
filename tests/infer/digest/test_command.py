"""``mujaz digest``: from records or raw articles to the files of a digest."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta

import pytest

from infer import cli, extras
from infer.digest import FORMS, job, sending
from infer.settings import shipped_config
from tests.infer.archive import record, write_archive
from tests.infer.digest.records import row, write

ROWS = [
    row(1, "هدنة جديدة في غزة"),
    row(2, "رسوم على الصلب", ["trade_tariffs"]),
    row(3, "خبر أقدم عن غزة", day="2025-03-01"),
    row(4, "بطولة كرة القدم", [], day="2025-03-07"),
    row(5, "خبر بلا يوم", day=None),
]


@pytest.fixture
def place(tmp_path):
    return write(tmp_path / "labels.jsonl", ROWS)


@pytest.fixture
def digest(monkeypatch, capsys, tmp_path):
    """The command without the model's vectors; gives its exit code and what it printed."""

    def run(*arguments, out=tmp_path / "out"):
        words = ["mujaz", "digest", "--no-vectors", "-o", out, *arguments]
        monkeypatch.setattr(sys, "argv", [str(word) for word in words])
        with pytest.raises(SystemExit) as done:
            cli.main()
        printed = capsys.readouterr()
        return done.value.code or 0, printed.out, printed.err

    return run


def read(folder):
    return json.loads((folder / "digest.json").read_text(encoding="utf-8"))


def configured(path, old, new):
    """The configuration that comes with Mujaz, changed."""
    text = shipped_config("digest.yaml").read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def headlines(folder):
    return [story["headline"] for section in read(folder)["sections"] for story in section["stories"]]


def test_a_day_makes_all_its_files(digest, place, tmp_path):
    code, printed, told = digest(place, "--date", "2025-03-05")
    assert code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(FORMS.values())
    assert headlines(tmp_path / "out") == ["هدنة جديدة في غزة", "رسوم على الصلب"]
    assert "2025-03-05: 2 stories of 2 articles by 2 outlets" in told
    assert "1 record without a day" in told
    assert "غزة" in printed and "هدنة جديدة في غزة" in printed


def test_an_archive_is_read_as_a_file_is(digest, tmp_path):
    folder = write_archive(tmp_path / "labels", [record(1, "هدنة في غزة", ["gaza"])])
    assert digest(folder)[0] == 0
    assert headlines(tmp_path / "out") == ["هدنة في غزة"]


def test_the_latest_day_is_the_default_and_said(digest, place, tmp_path):
    for words in ([], ["--date", "last"]):
        code, _, told = digest(place, *words)
        assert code == 0
        assert "2025-03-07 (the latest day of the records): 0 stories of 1 article by 1 outlet" in told
        assert "nothing on these topics; the nearest news is of 2025-03-05" in told
    assert read(tmp_path / "out")["articles"] == 1


def test_an_empty_day_names_the_nearest_ones(digest, place, tmp_path):
    code, _, told = digest(place, "--date", "2025-03-03")
    assert code == 0
    assert "2025-03-03: 0 stories of 0 articles by 0 outlets" in told
    assert "the nearest news is of 2025-03-01 and 2025-03-05" in told
    assert (tmp_path / "out/index.html").exists()


def test_several_days(digest, place, tmp_path):
    assert digest(place, "--from", "2025-03-01", "--to", "2025-03-05")[0] == 0
    assert (read(tmp_path / "out")["first"], len(headlines(tmp_path / "out"))) == ("2025-03-01", 3)
    assert digest(place, "--from", "2025-03-04")[0] == 0
    assert (read(tmp_path / "out")["last"], len(headlines(tmp_path / "out"))) == ("2025-03-07", 2)


def test_today_and_yesterday(digest, tmp_path):
    days = {"today": date.today(), "yesterday": date.today() - timedelta(1)}
    rows = [row(n, f"خبر عن غزة {name}", day=day.isoformat()) for n, (name, day) in enumerate(days.items())]
    place = write(tmp_path / "labels.jsonl", rows)
    for name in days:
        assert digest(place, "--date", name)[0] == 0
        assert headlines(tmp_path / "out") == [f"خبر عن غزة {name}"]


def test_only_the_forms_that_are_asked_for(digest, place, tmp_path):
    assert digest(place, "--date", "2025-03-05", "--form", "json, MD", "--lang", "en")[0] == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["digest.json", "digest.md"]
    assert read(tmp_path / "out")["sections"][1]["name"] == "Gaza"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["PLACE", "--date", "5/3/2025"], "'5/3/2025' is no day; give one as 2025-03-05"),
        (["PLACE", "--date", "2025-02-30"], "is no day"),
        (
            ["PLACE", "--from", "2025-03-05", "--to", "2025-03-01"],
            "--from 2025-03-05 is after --to 2025-03-01",
        ),
        (["PLACE", "--from", "2025-04-01"], "no records since 2025-04-01: the latest day is 2025-03-07"),
        (["PLACE", "--to", "2025-03-01"], "--to needs --from"),
        (["PLACE", "--from", "last"], "leave --from out"),
        (["PLACE", "--date", "last", "--from", "2025-03-01"], "give the one or the others"),
        (["PLACE", "--form", "pdf"], "--form 'pdf': give one or more of html"),
        (["PLACE", "--form", ","], "--form ','"),
        (["PLACE", "--smtp"], "--mail-to"),
        (["PLACE", "--input", "PLACE"], "either of RECORDS"),
        ([], "either of RECORDS"),
        (["absent.jsonl"], "no such file or folder"),
        (["CONFIG"], "labels are a folder, or a file in"),
        (["PLACE", "--config", "absent.yaml"], "no such configuration file"),
        (["PLACE", "--config", "CONFIG"], "unknown key 'langs'"),
        (["PLACE", "--config", "TWICE"], "order: Value error, gaza stands there more than once"),
        (["PLACE", "--config", "QUERY"], "publishing.address: Value error, name a folder's address"),
        (["NEWS"], "is not what `mujaz label` wrote"),
        (["PLACE", "-o", "CONFIG"], "is a file; name a folder"),
    ],
)
def test_what_cannot_be_meant_is_said(digest, place, tmp_path, words, message):
    (tmp_path / "bad.yaml").write_text("langs: ar\n")
    write(tmp_path / "news.jsonl", [{"title": "عنوان", "body": "نص"}])
    named = {"PLACE": place, "CONFIG": tmp_path / "bad.yaml", "NEWS": tmp_path / "news.jsonl"}
    named["TWICE"] = configured(tmp_path / "twice.yaml", "order: [", "order: [gaza, ")
    named["QUERY"] = configured(tmp_path / "query.yaml", "address: null", "address: https://a.example/?day=1")
    code, _, told = digest(*(named.get(word, word) for word in words))
    assert (code, message in told) == (2, True), told
    assert not (tmp_path / "out").exists()


def test_topics_of_an_own_configuration_that_no_record_has_are_said(digest, place, tmp_path):
    code, _, told = digest(place, "--config", configured(tmp_path / "own.yaml", "order: [", "order: [oil, "))
    assert code == 0
    assert "own.yaml: topics that the records do not have: oil" in told


def test_a_published_folder_needs_no_slash(digest, place, tmp_path):
    for address in ("https://a.example/news", "https://a.example/news/"):
        own = configured(tmp_path / "own.yaml", "address: null", f"address: {address}")
        assert digest(place, "--date", "2025-03-05", "--config", own)[0] == 0
        feed = (tmp_path / "out/feed.xml").read_text(encoding="utf-8")
        assert 'href="https://a.example/news/feed.xml"' in feed


@pytest.mark.parametrize("day", ["0001-01-01", "0001-02-01", "9999-12-31"])
def test_the_calendars_ends_are_days_too(digest, place, day):
    code, _, told = digest(place, "--date", day)
    assert code == 0
    assert f"{day}: 0 stories of 0 articles" in told


def test_a_terminal_without_arabic_stops_nothing(place, tmp_path):
    command = [sys.executable, "-c", "from infer.cli import main; main()", "digest", "--no-vectors", place]
    words = [*command, "--date", "2025-03-05", "-o", tmp_path / "out"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(words, env=ascii_only, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"2025-03-05: 2 stories" in done.stderr


def test_a_file_is_whole_or_stays_as_it_was(digest, place, tmp_path, monkeypatch):
    assert digest(place, "--date", "2025-03-05")[0] == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

    def broken(digest):
        raise RuntimeError("no JSON today")

    monkeypatch.setattr(job, "as_json", broken)
    with pytest.raises(RuntimeError):
        cli.app(["digest", "--no-vectors", str(place), "-o", str(tmp_path / "out")], standalone_mode=False)
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before


def test_mail_is_sent_when_asked_for(digest, place, monkeypatch):
    sent = []
    settings = type("Settings", (), {"sender": "digest@news.example"})()
    monkeypatch.setattr(sending, "settings_from_environment", lambda: settings)
    monkeypatch.setattr(sending, "send", lambda message, given: sent.append((message, given)))
    code, _, told = digest(place, "--smtp", "--mail-to", "a@b.example", "--mail-to", "c@d.example")
    assert code == 0
    [(message, given)] = sent
    assert message["To"] == "a@b.example, c@d.example"
    assert given is settings
    assert "sent to a@b.example, c@d.example" in told


def test_hostile_records_make_whole_files(digest, tmp_path):
    rows = [
        row(1, "<script>alert(1)</script>", source="]]>\r\nBcc: x@evil.example", url="javascript:alert(1)"),
        row(2, "\u202eعنوان\u2069\u061c\x1b[2J", url="data:text/html,x", summary="\x00" * 50 + "خبر. \ud800"),
        row(3, "طويل " * 2000, source=None, url="https://a.example/\r\nX: 1", summary=None),
        row(4, "=cmd()", ["gaza\n\u202e"], scores={"gaza\n\u202e": 0.9}, published_at="\r\n"),
    ]
    code, printed, _ = digest(write(tmp_path / "labels.jsonl", rows))
    assert code == 0
    assert not set(printed) & set("\u202e\u2069\x1b\x00")
    stories = [story for section in read(tmp_path / "out")["sections"] for story in section["stories"]]
    assert len(stories) == 4
    assert {report["url"] for story in stories for report in story["reports"]} == {
        None,
        "https://a.example/4",
    }


def test_what_is_not_installed_is_said_before_anything_is_labelled(digest, monkeypatch, tmp_path):
    # `pip install mujaz` alone; a labelling would fail for the missing model instead.
    found = extras.find_spec
    missing = ("duckdb", "css_inline")
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in missing else found(name))
    news = write(tmp_path / "news.jsonl", ARTICLES)
    code, _, told = digest("--input", news, "--model", tmp_path / "no-model")
    assert code == 2
    assert "digests need duckdb, css_inline: pip install 'mujaz[digest]'" in told
    assert not (tmp_path / "out").exists()


ARTICLES = [
    {
        "id": "a1",
        "title": "هدنة في غزة",
        "body": "أعلن الوسطاء هدنة في غزة تبدأ اليوم.",
        "date": "2025-03-05",
    },
    {"id": "a2", "title": "رسوم", "body": "أعلنت الوزارة رسوما على الصلب المستورد.", "date": "2025-03-05"},
]


def test_raw_articles_are_labelled_first(digest, tiny_model, tmp_path):
    news = write(tmp_path / "news.jsonl", ARTICLES)
    code, _, told = digest("--input", news, "--model", tiny_model)
    assert code == 0
    assert "2 articles in" in told and "2025-03-05 (the latest day of the records)" in told
    assert read(tmp_path / "out")["articles"] == 2
    assert not (tmp_path / "out/rejects.jsonl").exists()


def test_what_is_rejected_is_kept_with_the_digest(digest, tiny_model, tmp_path):
    english = {
        "id": "a3",
        "title": "News",
        "body": "A text in English, which is not labelled.",
        "date": "2025-03-05",
    }
    news = write(tmp_path / "news.jsonl", [*ARTICLES, english])
    code, _, told = digest("--input", news, "--model", tiny_model)
    assert code == 3
    assert f"1 rejected, see {tmp_path / 'out/rejects.jsonl'}" in told
    assert json.loads((tmp_path / "out/rejects.jsonl").read_text(encoding="utf-8"))["id"] == "a3"
    code, _, told = digest("--input", write(tmp_path / "bad.jsonl", [english]), "--model", tiny_model)
    assert code == 2
    assert "no article in it could be labelled; why, see" in told


def test_vectors_are_those_of_the_model(monkeypatch, tiny_model, place, tmp_path):
    from infer.digest import choosing

    shapes = []

    def group(reports, vectors=None):
        shapes.append((len(reports), None if vectors is None else len(vectors)))
        return [[place] for place in range(len(reports))]

    monkeypatch.setattr(choosing, "group", group)
    words = ["digest", str(place), "-o", str(tmp_path / "out"), "--date", "2025-03-05"]
    cli.app([*words, "--model", str(tiny_model)], standalone_mode=False)
    cli.app([*words, "--no-vectors"], standalone_mode=False)
    assert shapes == [(2, 2), (2, None)]
