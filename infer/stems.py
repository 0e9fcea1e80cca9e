"""A word without what Arabic writes together with it, so that its commonest forms are one."""

from __future__ import annotations

import re

from infer.text import normalize

_PLAIN = re.compile("[\u0621-\u063a\u0641-\u064a]+")  # in its normal form whatever it is
_FOLDED = str.maketrans("أإآٱىةؤئ", "اااايهوي")
_PREFIX = re.compile("^(?:و(?=...))?(?:(?:ال|بال|كال|فال|لل)(?=..))?")
_SUFFIX = re.compile("(?<=..)(?:ها|ان|ات|ون|ين|يه|ه|ي)$")


def light_stem(word: str) -> str:
    """A word, normalized or not, without article and prepositions before and the commonest endings behind.

    After Larkey et al. (2002, "Improving stemming for Arabic information retrieval"). Stored weights are of
    stems as they are made here (``infer.cascade.FEATURES``, ``infer.stories.events``).
    """
    letters = word
    if not _PLAIN.fullmatch(word):
        letters = "".join(filter(str.isalpha, normalize(word).lower()))
    return _SUFFIX.sub("", _PREFIX.sub("", letters.translate(_FOLDED)))
