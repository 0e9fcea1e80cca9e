"""WARC files: which records count, what they become, and that the others are counted."""

import gzip
import importlib.util
import sys
import zlib

import pytest
import zstandard

from infer.inputs import read
from tests.infer.reading import articles, one_reject, put, split
from tests.infer.warcs import ENGLISH, PARAGRAPHS, TITLE, html, packed, record, response

SUFFIXES = ["c.warc", "c.warc.gz", "c.warc.zst"]
FARSI = (
    "وزیر محیط زیست گفت که پارک تازه‌ای در جنوب کشور گشایش یافت و پرندگان مهاجر در آنجا زندگی می‌کنند.",
) * 3


@pytest.mark.parametrize("name", SUFFIXES)
def test_pages_in_arabic_among_the_records_of_a_crawl(tmp_path, name):
    records = [
        record(b"software: crawler", kind="warcinfo"),
        record(b"GET / HTTP/1.1\r\n\r\n", kind="request"),
        response(html(), uri="https://news.example/1"),
        record(b"fetched in: 3 ms", kind="metadata"),
        response(html("A nature reserve opens", ENGLISH)),
        response(html("گشایش پارک تازه در جنوب کشور", FARSI)),
        response(b"\x89PNG\r\n", kind="image/png"),
        response(b"\x89PNG\r\n", kind="image/png"),
        response("", kind="text/html", status="301 Moved"),
        record(b"", kind="revisit"),
        record(b"20250305100000\nnews.example. 60 IN A 192.0.2.1\n", uri="dns:news.example"),
        response(f"<html><body><nav>{'القائمة ' * 9}</nav></body></html>"),
        response(html(), kind="application/xhtml+xml", uri="https://news.example/2"),
    ]
    found, rejects = split(put(tmp_path / name, packed(records, name)))
    assert [a.url for a in found] == ["https://news.example/1", "https://news.example/2"]
    assert all((a.title, a.part) == (TITLE, 1) and "المهاجرة" in a.body for a in found)
    [passed] = rejects
    assert (passed.page, passed.place) == (name, "")
    assert passed.reason.startswith("8 records passed over: ")
    counted = {"3 not HTML", "2 not Arabic", "1 not 200", "1 no response", "1 without an article"}
    assert set(passed.reason.split(": ")[1].split(", ")) == counted


@pytest.mark.parametrize("name", SUFFIXES)
def test_a_page_is_called_by_where_its_record_begins(tmp_path, name):
    records = [response(html(), uri=f"https://news.example/{n}") for n in range(3)]
    path = put(tmp_path / name, packed(records, name))
    offsets = [len(packed(records[:n], name)) for n in range(3)]
    found = articles(tmp_path)
    assert [a.page for a in found] == [f"{name}:{offset}" for offset in offsets]
    assert [a.id for a in found] == [f"{a.page}#1" for a in found]
    for article, offset in zip(found, offsets, strict=True):  # what stands there is the record
        put(tmp_path / f"one-{name}", path.read_bytes()[offset:])
        assert next(read(tmp_path / f"one-{name}")).url == article.url


def test_records_that_share_a_member_or_span_several(tmp_path):
    whole = b"".join(response(html(), uri=f"https://news.example/{n}") for n in range(3))
    put(tmp_path / "a.warc.gz", gzip.compress(whole))
    put(
        tmp_path / "b.warc.gz", b"".join(gzip.compress(whole[n : n + 300]) for n in range(0, len(whole), 300))
    )
    put(tmp_path / "c.warc.zst", zstandard.ZstdCompressor().compress(whole))
    found = articles(tmp_path)
    assert [a.url[-1] for a in found] == ["0", "1", "2"] * 3
    assert len({a.id for a in found}) == 9
    assert [a.page for a in found[:2]] == ["a.warc.gz:0", f"a.warc.gz:0+{len(whole) // 3}"]


def test_a_page_with_an_address_of_its_own_keeps_it(tmp_path):
    head = '<link rel="canonical" href="https://news.example/own">'
    [article] = articles(put(tmp_path / "c.warc", response(html(head=head), uri="https://mirror.example/x")))
    assert article.url == "https://news.example/own"


@pytest.mark.parametrize("uri", ["<https://news.example/1>", "https://news.example/1"])
def test_an_address_in_brackets_as_wget_writes_it(tmp_path, uri):
    [article] = articles(put(tmp_path / "c.warc", response(html(), uri=uri)))
    assert article.url == "https://news.example/1"


def test_the_charset_of_the_header_counts_where_the_page_names_none(tmp_path):
    page = html().replace("،", ",").encode("cp720")  # of DOS, which nothing but a name tells
    reject = one_reject(put(tmp_path / "c.warc", response(page, kind="text/html; charset=unheard-of")))
    assert "cannot tell the encoding" in reject.reason
    [article] = articles(put(tmp_path / "c.warc", response(page, kind='text/html; Charset="cp720"')))
    assert article.title == TITLE
    named = page.replace(b"<head>", b'<head><meta charset="cp720">')
    [article] = articles(put(tmp_path / "c.warc", response(named, kind="text/html; charset=cp1251")))
    assert article.title == TITLE


@pytest.mark.parametrize("encoding", ["koi8-r", "windows-1255"])
@pytest.mark.parametrize("where", ["header", "page"])
def test_other_code_pages_do_not_pass_for_arabic(tmp_path, encoding, where):
    russian = "Министр открыла новый заповедник на юге страны, где живут сотни видов перелетных птиц."
    hebrew = "שרת הסביבה פתחה ביום ראשון שמורת טבע חדשה בדרום הארץ, שבה חיים מאות מיני ציפורים."
    text = russian if encoding == "koi8-r" else hebrew
    menu = "<ul>" + '<li><a href="/section/news">-</a></li>' * 290 + "</ul>"  # mostly ASCII, as pages are
    head = f'<meta charset="{encoding}">' if where == "page" else ""
    kind = "text/html" if where == "page" else f"text/html; charset={encoding}"
    page = html(text[:40], [text] * 4, head).replace("<article>", menu + "<article>").encode(encoding)
    reject = one_reject(put(tmp_path / "c.warc", response(page, kind=kind)))
    assert reject.reason == "1 record passed over: 1 not Arabic"


def chunked(data, size=700):
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


SENT = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "deflate ": raw_deflate,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
    "gzip, deflate": lambda data: zlib.compress(gzip.compress(data)),
    "gzip  ": bytes,  # unpacked by the crawler, the header kept
    " gzip": lambda data: gzip.compress(data[:500]) + gzip.compress(data[500:]) + b"\0" * 9,
}


@pytest.mark.parametrize("encoding", SENT)
@pytest.mark.parametrize("in_chunks", [False, True])
def test_what_a_page_was_sent_in_is_taken_off(tmp_path, encoding, in_chunks):
    body = SENT[encoding](html().encode())
    headers = [f"Content-Encoding: {encoding}"]
    if in_chunks:
        body, headers = chunked(body), [*headers, "Transfer-Encoding: chunked"]
    [article] = articles(put(tmp_path / "c.warc.gz", gzip.compress(response(body, headers=headers))))
    assert article.body.split("\n") == list(PARAGRAPHS)


def test_a_body_whose_chunks_the_crawler_joined(tmp_path):
    sent = response(html(), headers=["Transfer-Encoding: chunked"])
    [article] = articles(put(tmp_path / "c.warc", sent))
    assert article.title == TITLE


@pytest.mark.skipif(importlib.util.find_spec("brotli") is None, reason="needs brotli")
def test_brotli_is_unpacked_up_to_the_limit(tmp_path):
    import brotli

    headers = ["Content-Encoding: br"]
    page = brotli.compress(html().encode())
    bomb = brotli.compress(b"a" * 100_000_000, quality=1)
    records = [response(body, headers=headers) for body in (page, bomb, page[:-9], b"\xff" * 99)]
    [article], rejects = split(put(tmp_path / "c.warc", packed(records, "")))
    assert article.title == TITLE
    for reject, reason in zip(
        rejects, ["over the limit of 20.0 MB", "too early", "br data is damaged"], strict=True
    ):
        assert reason in reject.reason


def test_brotli_that_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "brotli", None)
    reject = one_reject(put(tmp_path / "c.warc", response(b"\x0b\x02", headers=["Content-Encoding: br"])))
    assert "pip install 'mujaz[archive]'" in reject.reason
    assert reject.place == "record at 0"
    assert reject.id == "<urn:uuid:00000000-0000-4000-8000-000000000001>"


def test_several_stories_on_one_page_have_one_place(tmp_path):
    other = "بلدية المدينة تفتتح حديقة عامة جديدة قرب النهر"
    lines = (
        *PARAGRAPHS,
        "المصدر: وكالات",
        "إقرأ أيضاً:",
        other,
        f"{other} بعد أعمال استمرت عامين، وقال رئيس البلدية إن الحديقة تتسع لآلاف الزوار يوميا في الصيف.",
        "وأضاف أن البلدية غرست مئات الأشجار في الحديقة، وأنها ستفتح أبوابها من الصباح حتى منتصف الليل.",
    )
    found = articles(put(tmp_path / "c.warc", response(html(paragraphs=lines))))
    assert [a.id for a in found] == ["c.warc:0#1", "c.warc:0#2"]
    assert {a.url for a in found} == {"https://news.example/1"}


def test_an_archive_without_a_page_says_so(tmp_path):
    path = put(tmp_path / "c.warc", record(b"software: crawler", kind="warcinfo"))
    assert one_reject(path).reason == "no record of this WARC is a response, and pages are responses"
