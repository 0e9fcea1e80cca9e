"""Mujaz: topics and summaries of Arabic news, from ONNX models on a plain CPU.

>>> from infer import load
>>> load().analyze([{"title": "…", "body": "…"}])  # doctest: +SKIP
"""

from infer.pipeline import Pipeline, load
from infer.schema import Article, Record, Reject

__all__ = ["Article", "Pipeline", "Record", "Reject", "load"]
