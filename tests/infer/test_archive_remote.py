"""Archives at URLs, on a file system in memory that is a bucket, or has what other ones lack."""

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from infer import job
from infer.archive import folder as folders
from infer.archive import is_url, open_archive, place
from infer.archive import plan as plans
from infer.archive.place import place_of
from infer.errors import UsageError
from infer.inputs import ReadOptions, read
from infer.pipeline import load
from infer.questions import open_labels
from tests.infer.test_archive import WINDOW, listing, records, row, run, write


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(plans, "WINDOW", WINDOW)


@pytest.fixture(scope="module")
def pipeline(tiny_model):
    return load(tiny_model, method="lead")


@pytest.fixture
def articles(tmp_path):
    return write(tmp_path / "articles.jsonl", [*(row(i) for i in range(50)), {"id": "bad", "body": ""}])


@pytest.fixture
def bucket(tmp_path):
    """A URL at which nothing is yet."""
    yield f"memory://{tmp_path.name}"
    fsspec.filesystem("memory").store.clear()


def fetched(url, folder):
    files, root = fsspec.core.url_to_fs(url)
    for path in files.find(root):
        copy = folder / path.removeprefix(f"{root}/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(files.cat_file(path))
    return folder


def begin(url, pipeline, articles):
    """A run that ends after its first window."""
    with open_archive(url, pipeline) as archive:
        next(archive.results([str(articles)]))


def _moves_nothing_over_files(self, old, new, **_):
    if self.exists(new):
        raise FileExistsError(17, "File exists", new)
    self.pipe_file(new, self.cat_file(old))
    self.rm_file(old)


@pytest.mark.parametrize("kind", ["bucket", "server"])
@pytest.mark.parametrize("name", ["labels", "a[1]*/labels"])
def test_an_archive_at_a_url_is_what_it_is_in_a_folder(
    kind, name, bucket, articles, pipeline, tmp_path, monkeypatch
):
    if kind == "server":  # where files grow while they are written
        monkeypatch.setattr(place, "_WHOLE", set())
        monkeypatch.setattr(MemoryFileSystem, "mv", _moves_nothing_over_files)
    url = f"{bucket}/{name}"
    begin(url, pipeline, articles)
    assert len(run(url, pipeline, articles)) == 51 - WINDOW
    assert [r.id for r in run(url, pipeline, articles)] == ["bad"]
    run(tmp_path / "here", pipeline, articles)
    there = fetched(url, tmp_path / "there")
    assert records(there) == records(tmp_path / "here")
    assert listing(there) == [each for each in listing(tmp_path / "here") if each != "_lock"]


def test_a_file_url_is_the_folder(articles, pipeline, tmp_path):
    url = f"file://{tmp_path}/there"
    begin(url, pipeline, articles)
    run(url, pipeline, articles)
    run(tmp_path / "here", pipeline, articles)
    assert records(tmp_path / "there") == records(tmp_path / "here")
    assert listing(tmp_path / "there") == listing(tmp_path / "here")


def test_what_was_cut_off_while_it_was_written_is_removed(bucket, articles, pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(place, "_WHOLE", set())
    before = MemoryFileSystem.mv

    def cut(self, old, new, **_):
        if "date=" in new:
            raise KeyboardInterrupt
        before(self, old, new)

    monkeypatch.setattr(MemoryFileSystem, "mv", cut)
    with pytest.raises(KeyboardInterrupt):
        run(f"{bucket}/labels", pipeline, articles)
    monkeypatch.setattr(MemoryFileSystem, "mv", before)
    left = [name for name in fsspec.filesystem("memory").find(f"/{tmp_path.name}") if ".mujaz-" in name]
    assert left
    run(f"{bucket}/labels", pipeline, articles)
    run(tmp_path / "here", pipeline, articles)
    there = fetched(f"{bucket}/labels", tmp_path / "there")
    assert listing(there) == [each for each in listing(tmp_path / "here") if each != "_lock"]


def test_a_store_that_refuses_is_told_before_anything_is_labelled(bucket, articles, pipeline, monkeypatch):
    class DeniedError(Exception):
        """As stores have them: nothing that Mujaz knows."""

    def refuse(self, path, value, **_):
        raise DeniedError("no right to put objects")

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", refuse)
    with pytest.raises(UsageError, match=r"cannot write to 'memory://.*no right to put objects"):
        run(f"{bucket}/labels", pipeline, articles)


def test_a_store_that_fails_later_leaves_what_was_written(bucket, articles, pipeline, monkeypatch):
    before = MemoryFileSystem.pipe_file

    def fail(self, path, value, **_):
        if folders.LEDGER in path:
            raise RuntimeError("slow down")
        before(self, path, value)

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", fail)
    with pytest.raises(OSError, match="slow down"):
        run(f"{bucket}/labels", pipeline, articles)
    monkeypatch.setattr(MemoryFileSystem, "pipe_file", before)
    assert [r.id for r in run(f"{bucket}/labels", pipeline, articles)] == ["bad"]


def test_a_place_of_other_things_is_left_alone(bucket, articles, pipeline):
    files = fsspec.filesystem("memory")
    files.pipe_file(f"{bucket}/note.txt", b"x")
    with pytest.raises(UsageError, match="holds other things"):
        run(bucket, pipeline, articles)
    assert len(files.find(bucket)) == 1


def test_what_is_no_place_is_told(articles, pipeline, tmp_path):
    with pytest.raises(UsageError, match="nosuch"):
        place_of("nosuch://bucket/labels")
    with pytest.raises(UsageError, match="not written to URLs"):
        job.run([str(articles)], "s3://bucket/labels.jsonl", ReadOptions(), lambda: pipeline)
    with pytest.raises(UsageError, match=r"'s3://bucket/pages'; inputs are files of this machine"):
        list(read("s3://bucket/pages"))
    assert [is_url(each) for each in ("s3://b/x", "x", tmp_path, "C:/x")] == [True, False, False, False]


def test_questions_take_urls(bucket, articles, pipeline):
    with pytest.raises(UsageError, match="holds no labels"), open_labels(f"{bucket}/labels"):
        pass
    run(f"{bucket}/labels", pipeline, articles)
    with open_labels(f"{bucket}/labels") as labels:
        assert labels.rows("SELECT count(*), count(DISTINCT id) FROM labels") == [(50, 50)]
        with pytest.raises(UsageError, match=r"reads 'memory://.*labels' and nothing else"):
            labels.ask("SELECT * FROM read_csv('/etc/passwd')")
