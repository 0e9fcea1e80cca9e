"""What the readers may be told, and every limit they hold to."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

MB = 1_000_000

# Suffixes that are read, each also with one of PACKED behind it, and the reader that each one gets.
KINDS = {
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".warc": "warc",
}
PACKED = (".gz", ".zst")
SUFFIXES = ", ".join(KINDS) + f" (each also {' or '.join(PACKED)})"


@dataclass(frozen=True)
class Columns:
    """Names of the columns that a table's articles are taken from.

    ``text`` must be there. The others may be missing, unless the caller named one that differs
    from the default: then a table without it is refused, since the name is likely mistyped.
    """

    id: str = "id"
    title: str = "title"
    text: str = "body"
    date: str = "date"
    url: str = "url"

    def all(self) -> tuple[str, ...]:
        """Return the five names, in the order of the fields."""
        return (self.id, self.title, self.text, self.date, self.url)

    def named(self) -> dict[str, str]:
        """Return command-line option and column name of every column whose default was changed."""
        return {
            f"--{f.name}-column": getattr(self, f.name)
            for f in fields(self)
            if getattr(self, f.name) != f.default
        }


@dataclass(frozen=True)
class ReadOptions:
    r"""How inputs are read.

    Attributes:
        columns: Names of a table's columns.
        split: Cut the rows of tables into articles too, as pages are.
        max_page_bytes: Longest page, and longest text of one row. An article is
            some kB; what is longer than this is a dump, or meant to harm.
        max_line_bytes: Longest line of JSONL. Arabic that is written with ``\uXXXX`` takes three times
            the bytes of its UTF-8, hence three pages and a little.
        max_row_lines: Most lines of one CSV row; more means a quote that is never closed.
        max_unpacked_bytes: Most bytes that one packed file may grow to. Lines are streamed, so this
            bounds time, not memory; a .parquet.gz takes this much of the temporary folder at most.
        max_unpacked_ratio: Most bytes out for one byte in. Gzip can reach 1,032 and zstd 32,768,
            which bombs come near to and text does not. Of a WARC it counts by the record.
        ratio_from_bytes: Unpacked size from which the ratio counts: small files may be repetitive.
        max_window_bytes: Longest window that a zstd frame may ask for, which is memory; the zstd
            command reads up to this by itself.
    """

    columns: Columns = field(default_factory=Columns)
    split: bool = False
    max_page_bytes: int = 20 * MB
    max_line_bytes: int = 64 * MB
    max_row_lines: int = 100_000
    max_unpacked_bytes: int = 64_000 * MB
    max_unpacked_ratio: int = 200
    ratio_from_bytes: int = 32 * MB
    max_window_bytes: int = 1 << 27


def megabytes(size: int) -> str:
    """Put a size as a reader wants it in a message: ``50.0 MB``."""
    return f"{size / MB:.1f} MB"
