"""Questions to a labelled archive: SQL, figures and pictures, what people should look at."""

from infer.questions.labels import Labels, open_labels

__all__ = ["Labels", "open_labels"]
