"""Archives: millions of articles labelled once into a folder of Parquet parts by day, resumable."""

from infer.archive.folder import REJECTS
from infer.archive.place import is_url
from infer.archive.run import ArchiveRun, open_archive

__all__ = ["REJECTS", "ArchiveRun", "is_url", "open_archive"]
