"""Files packed with zstd, beside gzip, and what is told where they are not what they should be."""

import gzip
import json
import sys
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from infer.errors import UsageError
from infer.inputs import ReadOptions, estimate, read
from tests.infer.reading import articles, one_reject, put, split
from tests.infer.warcs import TITLE, html

BODY = "أعلن المتحف الوطني عن معرض للخزف القديم يفتح أبوابه للزوار مطلع الشهر المقبل ويستمر ستة أسابيع."
ROW = {"id": "good", "title": "معرض للخزف", "body": BODY}
LINE = json.dumps(ROW, ensure_ascii=False) + "\n"


def zst(data, **options):
    options = {"level": 3, "write_checksum": True, **options}
    return zstandard.ZstdCompressor(**options).compress(data if isinstance(data, bytes) else data.encode())


@pytest.mark.parametrize("name", ["t.jsonl", "t.csv", "t.tsv", "t.txt", "t.html", "t.parquet"])
def test_every_kind_may_be_packed_with_zstd(tmp_path, name):
    pq.write_table(pa.table({"id": ["good"], "body": [BODY]}), tmp_path / "x")
    plain = {
        "t.jsonl": LINE.encode(),
        "t.csv": f"id,body\ngood,{BODY}\n".encode(),
        "t.tsv": f"id\tbody\ngood\t{BODY}\n".encode(),
        "t.txt": f"{ROW['title']}\n\n{BODY}\n".encode(),
        "t.html": html("معرض للخزف القديم في المتحف", [BODY] * 3).encode(),
        "t.parquet": (tmp_path / "x").read_bytes(),
    }[name]
    put(tmp_path / f"{name}.zst", zst(plain))
    (tmp_path / "x").unlink()
    for given in (tmp_path, tmp_path / f"{name}.zst"):
        [article] = articles(given)
        assert "الخزف" in article.title + article.body or article.body == BODY
        assert article.page == f"{name}.zst"


def test_frames_behind_each_other_and_frames_to_skip(tmp_path):
    skipped = b"\x5d\x2a\x4d\x18\x04\x00\x00\x00abcd"
    path = put(tmp_path / "t.jsonl.zst", skipped + zst(LINE) + zst(b"") + skipped + zst(LINE))
    assert [a.id for a in articles(path)] == ["good", "good"]


def test_a_bomb_of_zstd_is_stopped_in_flat_memory(tmp_path):
    # One byte over and over is 4 bytes for every 128 kB: the first piece of the file holds all of it.
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    megabyte = b" " * 1_000_000
    bomb = b"".join([packer.compress(LINE.encode()), *(packer.compress(megabyte) for _ in range(300))])
    path = put(tmp_path / "t.jsonl.zst", bomb + packer.flush())
    tracemalloc.start()
    found, rejects = split(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [a.id for a in found] == ["good"]
    assert "as a zstd bomb does" in rejects[-1].reason
    assert peak < 80_000_000
    _, rejects = split(path, ReadOptions(max_unpacked_bytes=5_000_000))
    assert "5.0 MB (max_unpacked_bytes)" in rejects[-1].reason


def test_a_window_that_would_take_the_memory_is_refused(tmp_path):
    asks = zstandard.ZstdCompressionParameters(window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=asks).compressobj()
    path = put(tmp_path / "t.jsonl.zst", packer.compress(LINE.encode()) + packer.flush())
    assert "window over the limit" in one_reject(path).reason
    assert len(articles(path, ReadOptions(max_window_bytes=1 << 30))) == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("t.jsonl.zst", LINE.encode(), "named .zst, but is no zstd data"),
        ("t.jsonl.zst", gzip.compress(LINE.encode()), "named .zst, but is no zstd data"),
        ("t.jsonl.gz", zst(LINE), "named .gz, but is no gzip data"),
        ("t.jsonl", zst(LINE), "suffix .zst"),
        ("t.txt", zst(LINE), "suffix .zst"),
        ("t.txt.zst", zst(BODY)[:-3], "ends too early"),
        ("t.parquet.zst", zst(b"PAR1" + b"\0" * 40)[:-3], "ends too early"),
        ("t.jsonl.zst", b"\x28", "ends too early"),
        ("t.jsonl.zst", b"", "empty file"),
        ("t.jsonl.zst", zst(""), "empty file"),
        ("t.txt", b"WARC/1.0\r\nWARC-Type: response\r\n", "suffix .warc"),
    ],
)
def test_a_file_that_is_not_packed_as_it_says(tmp_path, name, data, reason):
    put(tmp_path / name, data)
    put(tmp_path / "z.jsonl", LINE)
    [article], [reject] = split(tmp_path)
    assert article.id == "good"
    assert (reject.page, reason in reject.reason) == (name, True), reject


def test_damage_keeps_what_came_before(tmp_path):
    good, bad = zst(LINE), bytearray(zst(LINE * 3))
    bad[-1] ^= 0xFF  # of the checksum
    [article, *_], [reject] = split(put(tmp_path / "a.jsonl.zst", good + bytes(bad)))
    assert (article.id, "checksum" in reject.reason) == ("good", True)
    for behind, reason in ((b"garbage", "damaged"), (good[:-4], "ends too early")):
        found, [reject] = split(put(tmp_path / "b.jsonl.zst", good + behind))
        assert (found[0].id, reason in reject.reason) == ("good", True), reject


def test_a_dictionary_that_is_not_there_is_told(tmp_path):
    samples = [f"خبر رقم {n} من {n * 7919 % 1000} خبرا في أرشيف المدينة".encode() * 3 for n in range(500)]
    words = zstandard.train_dictionary(2048, samples)
    packed = zstandard.ZstdCompressor(dict_data=words).compress(LINE.encode())
    assert "dictionary" in one_reject(put(tmp_path / "t.jsonl.zst", packed)).reason


@pytest.mark.parametrize(("name", "library"), [("t.jsonl.zst", "zstandard"), ("t.warc", "warcio")])
def test_what_a_missing_library_is_called(tmp_path, monkeypatch, name, library):
    put(tmp_path / name, zst(LINE))
    put(tmp_path / "z.jsonl", LINE)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, f"{library}.recordloader", None)
    with pytest.raises(UsageError, match=r"pip install 'mujaz\[archive\]'"):
        read(tmp_path / name)
    # In a folder it costs the file, not the run.
    [article], [reject] = split(tmp_path)
    assert article.id == "good"
    assert (reject.page, "pip install 'mujaz[archive]'" in reject.reason) == (name, True)


def test_estimates_of_packed_tables(tmp_path):
    put(tmp_path / "a.jsonl.zst", zst(LINE * 5))
    put(tmp_path / "b.jsonl.gz", gzip.compress(LINE.encode() * 4))
    put(tmp_path / "c.jsonl", LINE * 3)
    put(tmp_path / "d.jsonl.zst", b"damaged")
    put(tmp_path / "e.txt.zst", zst(TITLE))
    assert estimate.articles([tmp_path]) == 5 + 4 + 3 + 1
    put(tmp_path / "f.warc", b"WARC/1.0")
    assert estimate.articles([tmp_path]) is None
