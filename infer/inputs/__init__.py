"""Files, folders and standard input into articles: the one way in."""

from infer.inputs.options import Columns, ReadOptions
from infer.inputs.reader import files, read, read_file
from infer.inputs.walk import Found, stamp

__all__ = ["Columns", "Found", "ReadOptions", "files", "read", "read_file", "stamp"]
