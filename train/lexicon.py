"""The words that news bends, so that what is left can be told for names.

    python -m train.lexicon ARTICLES.parquet

writes ``infer/faithful/ordinary.txt``. A word of the language turns up with the article and without it, with
pronouns, in the plural, conjugated; the name of a person or a place has one form, whatever particle stands
before it. So a word counts as ordinary where at least two of those forms have a share of its uses.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

import infer.faithful
from infer.faithful.forms import fold, stems
from infer.text import normalize, words

FEWEST = 15  # uses of the word as it stands
FEWEST_ALL = 30  # uses of all its forms
SHARE = 0.03  # of them that a form needs to count
_ARABIC = re.compile("[\u0621-\u064a]{2,9}")
# Words of one form that are nobody's name.
FIXED = """
من في علي الي عن مع بعد قبل منذ حتي لدي عند عندما بين حول خلال عبر دون بدون ضد نحو تجاه ازاء لدن مثل غير
سوي الذي التي الذين اللذين اللتين اللواتي هذا هذه ذلك تلك هولاء هناك هنا هو هي هم هن نحن انا انت انتم ان
انه لكن لان لن لم لا ليس ليست ليسوا ما ماذا لماذا كيف متي اين كم هل قد لقد سوف ربما لعل كي لكي حيث بحيث
حيثما اذ اذا لو لولا كل بعض كلا كلتا كذلك كما لذلك لذا هكذا وهكذا ايضا فقط جدا معا ابدا حقا حاليا موخرا
مجددا سابقا لاحقا يوميا شهريا سنويا رسميا عالميا دوليا محليا داخليا خارجيا امنيا سياسيا عسكريا اقتصاديا
تاريخيا عمليا نسبيا تقريبا خصوصا خاصه لاسيما سيما بينما فيما مما عما ممن فمن ثمه ثم اما انما اينما كلما
طالما مثلما حينما بما لما عدم عده اجل جراء غضون اعقاب انحاء ارجاء قباله ازاء اثر بشان بصدد بغيه رغم وفق
وفقا حسب بحسب حسبما بمثابه بمجرد برفقه قرب قرابه زهاء حوالي اكثر اقل اول اخر احد احدي اولي عشيه فجر
منتصف اواخر اوايل مطلع طوال طيله انذاك بسبب نتيجه مقتل اندلاع انهاء القاء ايجاد العثور مواصله تكثيف
توسيع مكافحه امراه نسمه مازال مازالت زال زالت يزال تزال زالوا يزالون فيها فيه لها له لهم بها به بهم معه
معها معهم منه منها منهم عنه عنها عليه عليها فان فانه فانها انهم انها اننا انهما مشيرا مشيره قايلا قايله
موضحا موضحه محذرا محذره متهما ردا معلومات مفاوضات مرات موجات استنادا رفقه عدا لابد تحت كان كانت كانوا
يكن تكن يكون تكون ظل بات باتت صار اصبح اصبحت ادي ادت ابتداء اعتبارا الان انطلاقا بدلا فضلا علاوه
"""


def forms(word: str, count: Counter[str]) -> list[int]:
    """Uses of each form of a folded word: bare, with the article, conjugated, with endings."""
    return [
        sum(count[form.replace("_", word)] for form in group.split())
        for group in (
            "_",
            "ال_ وال_ بال_ لل_",
            "ي_ سي_ وي_",
            "ت_ ست_ وت_",
            "_ت و_ت",
            "_وا ي_ون",
            "_ات ال_ات",
            "_ين _ون ال_ين",
            "_ه _ته",
            "_ها _هم _نا",
            "_ا",
        )
    ]


def ordinary(count: Counter[str]) -> set[str]:
    """Choose the ordinary words among folded words and their counts; one that another covers is left out."""
    kept = set(FIXED.split())
    common = {word for word, uses in count.items() if uses >= FEWEST and _ARABIC.fullmatch(word)}
    common |= {word[1:] for word in common if word[0] in "يت" and len(word) > 3}  # verbs of no bare form
    for word in sorted(common, key=lambda word: (len(word), word)):
        uses = forms(word, count)
        total = sum(uses)
        enough = sum(n >= max(3, SHARE * total) for n in uses) >= 2
        # With the article and without it, as each has readings that the other has not.
        covered = not kept.isdisjoint(stems(word)) and not kept.isdisjoint(stems("ال" + word))
        if total >= FEWEST_ALL and enough and not covered:
            kept.add(word)
    return kept


def main() -> None:
    """Count the words of a table's ``title`` and ``body`` and write the list."""
    count: Counter[str] = Counter()
    for batch in pq.ParquetFile(sys.argv[1]).iter_batches(columns=["title", "body"]):
        for row in batch.to_pylist():
            text = f"{row['title'] or ''}\n{row['body'] or ''}"
            count.update(words(fold(normalize(text))))
    kept = sorted(ordinary(count))
    path = Path(infer.faithful.__file__).with_name("ordinary.txt")
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
