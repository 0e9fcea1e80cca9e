"""WARC files that are damaged or meant to harm: a Reject at the place, and the next record is read."""

import gzip
import io
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infer.inputs import ReadOptions, read
from infer.schema import Article, Reject
from tests.infer.reading import one_reject, put, split
from tests.infer.warcs import PARAGRAPHS, TITLE, html, packed, record, response

SUFFIXES = ["c.warc", "c.warc.gz", "c.warc.zst"]
GOOD = response(html(), uri="https://news.example/good")


def spoiled(data, at):
    """The same with one byte changed."""
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


DAMAGED = {
    "too short a length": (response(html(), length=50), "Content-Length is wrong"),
    "too long a length": (response(html(), length=1500), "Content-Length is wrong|too early"),
    "a length behind the end": (response(html(), length=10**15), "Content-Length is wrong|too early"),
    "a length that is none": (response(html(), length="many"), "Content-Length is many"),
    "a negative length": (response(html(), length=-5), "Content-Length is -5"),
    "no length": (GOOD.replace(b"Content-Length", b"Content-Strength"), "Content-Length is missing"),
    "a version of its own": (GOOD.replace(b"WARC/1.1", b"WARC/9.9"), "headers cannot be read"),
    "no version": (GOOD.replace(b"WARC/1.1", b"WURC/1.1"), "no record begins here"),
    "headers without end": (b"WARC/1.1\r\n" + b"X: y\r\n" * 100_000, "longer than 256 kB"),
    "one header without end": (b"WARC/1.1\r\nX: " + b"y" * 999_999 + b"\n", "longer than 256 kB"),
    "HTTP headers without end": (
        record(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000),
        "longer than 256 kB",
    ),
    "no HTTP": (record(b""), "HTTP response is empty"),
}


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_record_costs_itself(tmp_path, name, damage):
    data, reason = DAMAGED[damage]
    path = put(tmp_path / name, packed([GOOD, data, GOOD.replace(b"/good", b"/next")], name))
    found, [reject] = split(path)
    assert [a.url[-4:] for a in found] == ["good", "next"]
    assert reject.place == f"record at {len(packed([GOOD], name))}"
    assert any(part in reject.reason for part in reason.split("|")), reject


@pytest.mark.parametrize("name", SUFFIXES[1:])
@pytest.mark.parametrize("where", ["magic", "middle", "checksum"])
def test_damage_to_a_packed_record_costs_itself(tmp_path, name, where):
    one = packed([GOOD], name)
    at = {"magic": 0, "middle": len(one) // 2, "checksum": len(one) - 6 if "gz" in name else len(one) - 1}[
        where
    ]
    found, rejects = split(put(tmp_path / name, one + spoiled(one, at) + one))
    assert [a.page for a in found] == [f"{name}:0", f"{name}:{2 * len(one)}"]
    [reject] = rejects
    assert reject.place == f"record at {len(one)}"
    assert f"reading went on at {2 * len(one)}" in reject.reason


@pytest.mark.parametrize("name", SUFFIXES)
def test_a_warc_that_was_cut_keeps_what_came_before(tmp_path, name):
    data = packed([GOOD, GOOD], name)
    half = len(data) // 2
    for cut in (half + 1, half + 9, half + half // 2, len(data) - 6):
        found, [reject] = split(put(tmp_path / name, data[:cut]))
        assert len(found) == 1, cut
        assert reject.place == f"record at {half}"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("c.warc", b"", "empty file"),
        ("c.warc.gz", gzip.compress(b""), "empty file"),
        ("c.warc", b"\x89PNG\r\n\x1a\n", "PNG image"),
        ("c.warc", packed([GOOD], ".gz"), "gzip data: give it the suffix .gz"),
        ("c.warc", b"some lines\n" * 99, "holds no WARC record"),
        ("c.warc.gz", gzip.compress(b"some lines\n" * 99), "holds no WARC record"),
        ("c.warc.gz", GOOD, "is no gzip data"),
        ("c.warc.zst", packed([GOOD], ".gz"), "is no zstd data"),
    ],
)
def test_a_file_that_is_no_warc(tmp_path, name, data, reason):
    assert reason in one_reject(put(tmp_path / name, data)).reason


def test_a_page_over_the_limit_is_not_held(tmp_path):
    head = record(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", length=500_000_000, ends=b"")
    begun = head.index(b"HTTP/1.1 200")
    with (tmp_path / "c.warc").open("wb") as file:  # a hole, which takes no room on the disk
        file.write(head)
        file.seek(begun + 500_000_000)
        file.write(b"\r\n\r\n" + GOOD)
    tracemalloc.start()
    [article], [reject] = split(tmp_path / "c.warc")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert article.url == "https://news.example/good"
    assert "page is 500.0 MB; the limit is 20.0 MB; raise it with --max-page-mb" in reject.reason
    assert peak < 5_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_payload_that_is_a_bomb_stops_at_the_limit_of_a_page(tmp_path, encoding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.ZstdCompressor().compress}
    bomb = pack[encoding](b" " * 150_000_000)
    sent = response(bomb, headers=[f"Content-Encoding: {encoding}"])
    path = put(tmp_path / "c.warc", sent + GOOD)
    tracemalloc.start()
    [article], [reject] = split(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert article.url == "https://news.example/good"
    assert "over the limit of 20.0 MB" in reject.reason
    assert peak < 90_000_000


def test_a_record_that_is_a_bomb_costs_itself(tmp_path):
    bomb = gzip.compress(record(b" " * 36_000_000))
    good = gzip.compress(GOOD)
    found, [reject] = split(put(tmp_path / "c.warc.gz", good + bomb + good))
    assert len(found) == 2
    assert "as a gzip bomb does" in reject.reason
    # All of a file's bombs together have a limit too.
    options = ReadOptions(max_unpacked_bytes=60_000_000)
    found, rejects = split(put(tmp_path / "c.warc.gz", good + bomb * 9 + good), options)
    assert len(found) == 1
    assert "60.0 MB (max_unpacked_bytes)" in rejects[-1].reason


def test_layers_over_layers_and_what_nobody_sends(tmp_path):
    sent = {
        "gzip, gzip, gzip, gzip": "packed 4 times over",
        "rot13": "content encoding 'rot13' is not read",
        "\x1b[31m": "content encoding '?[31m' is not read",
    }
    records = [response(html(), headers=[f"Content-Encoding: {value}"]) for value in sent]
    _, rejects = split(put(tmp_path / "c.warc", packed(records, "")))
    for reject, reason in zip(rejects, sent.values(), strict=True):
        assert reason in reject.reason


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (gzip.compress(html().encode())[:-9], ["Content-Encoding: gzip"], "gzip data ends too early"),
        (spoiled(gzip.compress(html().encode()), 40), ["Content-Encoding: gzip"], "gzip data is damaged"),
        (b"20\r\n" + b"x" * 32 + b"\r\nzz\r\n", ["Transfer-Encoding: chunked"], "chunks are damaged"),
        (b"20\r\n" + b"x" * 32, ["Transfer-Encoding: chunked"], "was cut"),
        (b"%PDF-1.7" + bytes(range(256)), [], "PDF"),
    ],
)
def test_a_page_that_is_cut_is_no_article(tmp_path, body, headers, reason):
    path = put(tmp_path / "c.warc", response(body, headers=headers) + GOOD)
    [article], [reject] = split(path)
    assert article.url == "https://news.example/good"
    assert reason in reject.reason


def test_addresses_are_never_names_of_files(tmp_path):
    uris = [
        "../../../etc/passwd",
        "file:///etc/passwd",
        "https://news.example/../../x",
        "https://news.example/a\x00b",
        "https://news.example/" + "x" * 9000,
    ]
    records = [
        record(b"isPartOf: ../../x", kind="warcinfo", headers=["WARC-Filename: /etc/../../passwd"]),
        *(response(html(), uri=uri) for uri in uris),
    ]
    found, _ = split(put(tmp_path / "c.warc", packed(records, "")))
    assert {a.page.split(":")[0] for a in found} == {"c.warc"}
    assert all(a.page.split(":")[1].isdigit() for a in found)
    assert [a.url for a in found] == ["https://news.example/../../x", None, None]
    assert [path.name for path in tmp_path.iterdir()] == ["c.warc"]


def test_memory_does_not_grow_with_the_file(tmp_path):
    others = [response(b"x" * 50_000, kind="image/png")] * 20
    peaks = []
    for times in (2, 20):
        path = put(tmp_path / "c.warc.gz", packed([GOOD, *others], ".gz") * times)
        tracemalloc.start()
        assert sum(isinstance(result, Article) for result in read(path)) == times
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000


def test_a_page_that_breaks_the_parser_costs_itself(tmp_path, monkeypatch):
    from infer.inputs import warc

    real = warc.from_html

    def breaks(text, **more):
        if "كسر" in text:
            raise RecursionError("too deep")
        return real(text, **more)

    monkeypatch.setattr(warc, "from_html", breaks)
    path = put(tmp_path / "c.warc", response(html("كسر المحلل", PARAGRAPHS)) + GOOD)
    [article], [reject] = split(path)
    assert article.title == TITLE
    assert "RecursionError" in reject.reason


def test_nothing_is_printed_about_odd_records(tmp_path, capfd):
    put(tmp_path / "c.warc", response(html(), uri="https://news.example/a b") + record(b"x", length=3) + GOOD)
    split(tmp_path / "c.warc")
    assert capfd.readouterr() == ("", "")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(SUFFIXES))
def test_no_bytes_end_a_run_and_no_page_is_named_twice(tmp_path, data, name):
    whole = bytearray(packed([GOOD, record(b"x"), response(b"", status="404 x"), GOOD], name))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    results = list(read(put(tmp_path / name, bytes(whole))))
    assert results
    assert all(isinstance(result, Article | Reject) for result in results)
    pages = [result.id for result in results if isinstance(result, Article)]
    assert len(pages) == len(set(pages))


def test_a_stream_of_one_byte_at_a_time(tmp_path):
    """How pieces fall has no say in what is read."""
    from infer.inputs.warc import read_warc

    class Slow(io.BytesIO):
        def read1(self, size=-1):
            return super().read1(1)

    for name in SUFFIXES[1:]:
        whole = packed([GOOD, GOOD], name)
        put(tmp_path / name, whole)
        slowly = list(read_warc(Slow(whole), name, name.rpartition(".")[2], ReadOptions()))
        assert slowly == list(read(tmp_path / name))
