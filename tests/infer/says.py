"""A model that says what it is told to, for tests of what stands behind it."""

from infer.writer import Draft


class Says:
    """Writes the same drafts of every article.

    Attributes:
        ranking: Weights that come with it, or None.
        asked: Articles that it was given.
    """

    def __init__(self, *drafts, ranking=None):
        self.drafts = [each if isinstance(each, Draft) else Draft(each) for each in drafts]
        self.ranking = ranking
        self.asked = []

    def write(self, articles, length, *, beams=None):
        self.asked += articles
        return [self.drafts for _ in articles]
