"""WARC files for tests, written by hand so that they can be wrong."""

import gzip

TITLE = "وزيرة البيئة تفتتح محمية جديدة للطيور في الجنوب"
PARAGRAPHS = (
    "افتتحت وزيرة البيئة صباح الأحد محمية طبيعية تضم مئات الأنواع من الطيور المهاجرة قرب الساحل الجنوبي.",
    "وقالت الوزيرة إن المحمية ستستقبل الزوار بعد شهرين من اليوم، وإن الدخول إليها سيكون مجانا في البداية.",
    "وأضافت أن فريقا من الباحثين في الجامعة الوطنية سيتابع أعداد الطيور وينشر تقريرا عنها كل ستة أشهر.",
)
ENGLISH = (
    "The minister opened a new nature reserve on Sunday morning, home to hundreds of kinds of birds.",
    "She said that visitors would be welcome in two months, and that entry would be free for a year.",
    "Researchers of the national university will count the birds, and report on them every six months.",
)


def html(title=TITLE, paragraphs=PARAGRAPHS, head=""):
    """A page with one article."""
    body = "".join(f"<p>{line}</p>" for line in paragraphs)
    return (
        f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}"
        "</article></body></html>"
    )


def record(block, kind="response", uri="https://news.example/1", length=None, headers=(), ends=b"\r\n\r\n"):
    """A record; ``length`` is what it says of its block."""
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {uri}",
        "WARC-Date: 2025-03-05T10:00:00Z",
        "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + ends


def response(body, kind="text/html; charset=utf-8", status="200 OK", headers=(), **more):
    """A record of a response."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers]
    return record("\r\n".join(lines).encode() + b"\r\n\r\n" + body, **more)


def packed(records, suffix):
    """Records as a file of that suffix has them, each in a member of its own."""
    if suffix.endswith(".gz"):
        return b"".join(gzip.compress(each, mtime=0) for each in records)
    if suffix.endswith(".zst"):
        import zstandard

        return b"".join(zstandard.ZstdCompressor(write_checksum=True).compress(each) for each in records)
    return b"".join(records)
