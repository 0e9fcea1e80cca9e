from itertools import pairwise

import numpy as np
import pytest

from infer.search import Settings, search

END = 2


def model(table):
    """A step that knows the log-probabilities of the token after each token, whatever came before."""

    def step(tokens, order, banned, kept):
        scores = np.log(np.array([[table[t] for t in row] for row in tokens[..., -1]], np.float32))
        np.put_along_axis(scores, banned, -1e30, -1)
        best = np.argsort(-scores, -1, kind="stable")
        return np.take_along_axis(scores, best, -1), best

    return step


#        pad    -     end   a     b     c
TABLE = {
    0: [1e-9, 1e-9, 0.05, 0.50, 0.40, 0.05],
    3: [1e-9, 1e-9, 0.30, 0.30, 0.20, 0.20],
    4: [1e-9, 1e-9, 0.90, 0.02, 0.04, 0.04],
    5: [1e-9, 1e-9, 0.10, 0.30, 0.30, 0.30],
}


def write(**settings):
    return [found.tokens for found in search(model(TABLE), [0], Settings(end=END, never=0, **settings))[0]]


def test_greedy_takes_the_best_next_token():
    assert write(max_new_tokens=5) == [[3]]


def test_beams_find_what_greedy_misses():
    found = write(max_new_tokens=5, num_beams=2, length_penalty=0.0)
    assert found[0] == [4] and len(found) == 2


def test_minimum_maximum_and_repeats_hold():
    assert len(write(max_new_tokens=9, min_new_tokens=4)[0]) >= 4
    assert len(write(max_new_tokens=3, min_new_tokens=3)[0]) == 3
    long = write(max_new_tokens=12, min_new_tokens=9, no_repeat_ngram_size=2)[0]
    pairs = list(pairwise(long))
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("beams", [1, 3])
def test_articles_do_not_disturb_each_other(beams):
    settings = Settings(num_beams=beams, max_new_tokens=6, min_new_tokens=1, end=END, never=0)
    together = search(model(TABLE), [0, 4, 5], settings)
    assert together == [search(model(TABLE), [start], settings)[0] for start in (0, 4, 5)]
