"""Files, folders and standard input into articles: the one way in."""

from infer.inputs.options import Columns, ReadOptions
from infer.inputs.reader import read

__all__ = ["Columns", "ReadOptions", "read"]
