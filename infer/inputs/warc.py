"""WARC files, as crawlers write them: the pages in Arabic among their records, in constant memory."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from infer.cells import printable
from infer.encoding import binary_kind
from infer.inputs.compressed import NO_WARCIO, PIECE, BrokenFileError, Meter
from infer.inputs.fields import too_large
from infer.inputs.options import ReadOptions
from infer.inputs.payload import PayloadError, TooLargeError, body_of
from infer.inputs.record_stream import BrokenRecordError, RecordStream, find_record
from infer.page import from_html
from infer.schema import Article, Reject
from infer.text import language_problem

_Record = Any  # warcio carries no types
_Loader = Any
_Http = Any
_HTML = ("text/html", "application/xhtml+xml")
# About the crawl, not what it fetched: passed over without a word.
_ABOUT = ("warcinfo", "request", "metadata")
_ARABIC = re.compile(r"[\u0621-\u064a]|&#(?:1[56]\d\d|x0?6[2-4][0-9a-f]);|\\u06[2-4]", re.IGNORECASE)
# A page with fewer Arabic letters has no article in Arabic: at most its menu of languages. Looking for
# an article takes a hundred times as long as counting them.
_LEAST_LETTERS = 50
_LONGEST_URL = 8000


def read_warc(file: BinaryIO, page: str, packed: str, options: ReadOptions) -> Iterator[Article | Reject]:
    """Read the articles of a WARC's pages, one record after the other.

    Of the records, those count that are responses with status 200, HTML and in Arabic. How many
    others there were, and why, is told once, at the end. A damaged record is a Reject with its place,
    and reading goes on at the next. A page is called ``<page>:<offset>``, by where its record begins
    in the file; where the record begins inside a gzip member or zstd frame, ``+`` and the offset in
    what that unpacks to follow.

    Args:
        file: The WARC; can be sought in.
        page: What it is called.
        packed: ``gz``, ``zst`` or empty.
        options: The limits.
    """
    try:
        from warcio.recordloader import ArcWarcRecordLoader
    except ImportError:
        yield Reject(page, "", NO_WARCIO)
        return
    logging.getLogger("warcio.recordloader").setLevel(logging.ERROR)  # it warns of every space in a URL
    reader = _Reader(page, options, ArcWarcRecordLoader())
    meter = Meter(options)
    start: int | None = 0
    told = False
    while start is not None:
        stream = RecordStream(file, packed=packed, meter=meter, start=start)
        start = None
        try:
            for result in reader.records(stream):
                told = True
                yield result
        except BrokenFileError as error:
            reason = str(error)
            if packed and not meter.spent:
                start = find_record(file, error.member + 1, packed, options)
            if start is not None:
                reason = f"{reason.split(';')[0]}; reading went on at {start}"
                file.seek(start)
                meter.restart()
            told = True
            yield Reject(page, f"record at {error.member if packed else stream.place}", reason)
    if reader.passed:
        counts = ", ".join(f"{count:,} {why}" for why, count in reader.passed.most_common())
        total = reader.passed.total()
        yield Reject(page, "", f"{total:,} record{'s' * (total > 1)} passed over: {counts}")
    elif not told:
        yield Reject(page, "", "no record of this WARC is a response, and pages are responses")


class _Reader:
    """Reads records.

    Attributes:
        passed: How many records were passed over, by the reason.
    """

    def __init__(self, page: str, options: ReadOptions, loader: _Loader) -> None:
        self.passed: Counter[str] = Counter()
        self._page = page
        self._options = options
        self._loader = loader
        self._any = False

    def records(self, stream: RecordStream) -> Iterator[Article | Reject]:
        """Give what the records of a stream hold.

        Raises:
            BrokenFileError: The file is broken here.
        """
        while stream.open():
            place = stream.place
            if stream.starts_record():
                self._any = True
                try:
                    yield from self._record(stream, place)
                except BrokenRecordError as error:
                    stream.seek_record()
                    yield Reject(self._page, f"record at {place}", f"record is damaged: {error}")
                continue
            if place == "0" and (kind := binary_kind(stream.peek(16))):
                yield Reject(self._page, "", f"file is named .warc, but is {kind}")
                self._any = True
                return
            passed = stream.seek_record()
            if self._any or stream.starts_record():
                reason = f"no record begins here: {passed:,} bytes were passed over"
                yield Reject(self._page, f"record at {place}", reason)
        if not self._any:
            self._any = True
            whole = "empty file" if stream.place == "0" else "file is named .warc, but holds no WARC record"
            yield Reject(self._page, "", whole)

    def _record(self, stream: RecordStream, place: str) -> list[Article | Reject]:
        """Read one record whole before anything is made of it."""
        stream.start_headers()
        record = self._parsed(stream)
        id_ = printable(record.rec_headers.get_header("WARC-Record-ID") or "", 100) or None
        fault, response = None, None
        try:
            response = self._response(record, stream)
        except TooLargeError as error:
            fault = str(error)
        except PayloadError as error:
            fault = f"page cannot be had: {error}"
        while record.raw_stream.read(PIECE):
            pass
        if missing := record.length - record.raw_stream.tell():
            raise BrokenRecordError(f"it ends {missing:,} bytes too early")
        if not stream.closes_record():
            raise BrokenRecordError("its Content-Length is wrong, as no blank line follows")
        if fault is not None:
            return [Reject(self._page, f"record at {place}", fault, id_)]
        return [] if response is None else self._articles(*response, place, id_)

    def _parsed(self, stream: RecordStream) -> _Record:
        from warcio.exceptions import ArchiveLoadFailed

        try:
            record = self._loader.parse_record_stream(stream, known_format="warc", no_record_parse=True)
        except (ArchiveLoadFailed, EOFError, ValueError) as error:
            if isinstance(error, BrokenRecordError | BrokenFileError):
                raise
            raise BrokenRecordError(f"its headers cannot be read: {printable(str(error), 100)}") from error
        length = record.rec_headers.get_header("Content-Length") or ""
        if not (length.isascii() and length.isdigit()):
            raise BrokenRecordError(f"its Content-Length is {printable(length, 20) or 'missing'}")
        if not stream.may_hold(record.length):
            raise BrokenRecordError("its Content-Length is wrong, or the file was cut here")
        return record

    def _response(self, record: _Record, stream: RecordStream) -> tuple[bytes, str | None, str | None] | None:
        """Return body, charset and address of a page; None where it is passed over, as is counted.

        Raises:
            PayloadError: There is a page, but it cannot be had.
            BrokenRecordError: The HTTP headers do not end.
        """
        from warcio.statusandheaders import StatusAndHeadersParser

        headers = record.rec_headers
        if record.rec_type != "response":
            if record.rec_type not in _ABOUT:
                self.passed["no response"] += 1
            return None
        address = headers.get_header("WARC-Target-URI") or ""
        if not address.lower().startswith(("http://", "https://")):  # a look-up of a name
            self.passed["not HTML"] += 1
            return None
        stream.start_headers()
        try:
            http = StatusAndHeadersParser(["HTTP/"], verify=False).parse(record.raw_stream)
        except EOFError:
            raise PayloadError("its HTTP response is empty") from None
        if http.get_statuscode() != "200":
            self.passed["not 200"] += 1
            return None
        kind, _, rest = (http.get_header("Content-Type") or "").partition(";")
        if kind.strip().lower() not in _HTML:
            self.passed["not HTML"] += 1
            return None
        return self._body(record, http), _charset(rest), _url(address)

    def _body(self, record: _Record, http: _Http) -> bytes:
        limit = self._options.max_page_bytes
        size = record.length - record.raw_stream.tell()
        if size > limit:
            raise TooLargeError(too_large("page", size, self._options))
        try:
            return body_of(
                record.raw_stream.read(size),
                transfer=http.get_header("Transfer-Encoding") or "",
                encodings=http.get_header("Content-Encoding") or "",
                limit=limit,
            )
        except TooLargeError:
            raise TooLargeError(too_large("page", None, self._options)) from None

    def _articles(
        self, body: bytes, charset: str | None, url: str | None, place: str, id_: str | None
    ) -> list[Article | Reject]:
        from infer.page.html import decode_page

        try:
            text = decode_page(body, charset)
            if sum(1 for _ in islice(_ARABIC.finditer(text), _LEAST_LETTERS)) < _LEAST_LETTERS:
                self.passed["not Arabic"] += 1
                return []
            articles = from_html(text, page=f"{self._page}:{place}", url=url)
        except Exception as error:  # a page that the parsers choke on must not end the run
            what = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            reason = f"page cannot be read: {what}{printable(str(error), 300)}"
            return [Reject(self._page, f"record at {place}", reason, id_)]
        if not articles:
            self.passed["without an article"] += 1
        elif language_problem("\n".join(f"{article.title}\n{article.body}" for article in articles)):
            self.passed["not Arabic"] += 1
            return []
        return list(articles)


def _charset(parameters: str) -> str | None:
    found = re.search(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{3,20})", parameters, re.IGNORECASE)
    return found[1] if found else None


def _url(address: str) -> str | None:
    """Return the address if it can stand as one; others name no page on the web."""
    address = address.strip()
    return address if address.isprintable() and " " not in address and len(address) <= _LONGEST_URL else None
