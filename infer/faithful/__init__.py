"""What a summary says that its article does not."""

from infer.faithful.check import Evidence, Verdict, check
from infer.faithful.choice import Chosen, Refused, choose
from infer.faithful.findings import Unsupported
from infer.faithful.source import Source

__all__ = ["Chosen", "Evidence", "Refused", "Source", "Unsupported", "Verdict", "check", "choose"]
