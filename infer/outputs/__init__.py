"""Records into JSONL, CSV or Parquet: the one way out."""

from infer.outputs.file import REJECTS_SUFFIX, Output, open_output
from infer.outputs.forms import record_dict, reject_dict

__all__ = ["REJECTS_SUFFIX", "Output", "open_output", "record_dict", "reject_dict"]
