"""Write how common stems are in news at large: ``infer/stories/common.txt``.

    python benchmarks/common_words.py ARTICLES.parquet -o infer/stories/common.txt

Of 30,000 articles, titles and the first words of bodies, as ``infer.stories.events`` sees reports. A line is
a level and, in order, the stems that one in 2**level of them has.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from infer.stems import light_stem
from infer.text import normalize, words

ARTICLES, LEAD = 30_000, 35
RAREST = 11  # level of stems that stand in the list; one that does not is taken for rarer still


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    rows = pq.read_table(arguments.articles, columns=["title", "body"]).to_pylist()
    long = [row for row in rows if len(row["body"].split()) > LEAD]
    drawn = np.random.default_rng(0).permutation(len(long))[:ARTICLES]
    spread: Counter[str] = Counter()
    for i in drawn:
        lead = " ".join(long[i]["body"].split()[:LEAD])
        spread.update({light_stem(word) for word in words(normalize(f"{long[i]['title']} {lead}"))})
    levels: dict[int, list[str]] = defaultdict(list)
    for stem, count in sorted(spread.items()):
        level = round(math.log2(len(drawn) / count))
        if len(stem) > 1 and level <= RAREST:
            levels[level].append(stem)
    lines = [f"{level} {' '.join(stems)}\n" for level, stems in sorted(levels.items())]
    arguments.output.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
