"""What a summary says that its article does not."""

from infer.faithful.check import Evidence, Verdict, check
from infer.faithful.choice import Chosen, Refused, choose
from infer.faithful.findings import Unsupported
from infer.faithful.source import TITLE, Source

__all__ = ["TITLE", "Chosen", "Evidence", "Refused", "Source", "Unsupported", "Verdict", "check", "choose"]
