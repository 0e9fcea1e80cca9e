"""Acts of saying in a sentence: who speaks, and what is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infer.faithful.forms import Token, bases, is_ordinary, listed, stems
from infer.faithful.gazetteer import is_given_name

# Past and imperfect stem of each verb of saying.
_VERBS = """
قال:قول ذكر:ذكر اوضح:وضح اضاف:ضيف صرح:صرح اشار:شير لفت:لفت اكد:وكد شدد:شدد اعلن:علن كشف:كشف راي:ري
اعتبر:عتبر افاد:فيد تابع:تابع حذر:حذر دعا:دعو طالب:طالب زعم:زعم ادعي:دعي وصف:صف انتقد:نتقد رحب:رحب
ندد:ندد ادان:دين هدد:هدد تعهد:تعهد نفي:نفي رفض:رفض اقر:قر اعترف:عترف نقل:نقل اتهم:تهم نوه:نوه
اوصي:وصي برر:برر استنكر:ستنكر
"""
# Verbs with which an article lets somebody speak, too common otherwise to tell a speaker in a summary.
_WIDER_VERBS = """
كتب:كتب نشر:نشر تحدث:تحدث حث:حث ناشد:ناشد اشاد:شيد اردف:ردف استطرد:ستطرد جدد:جدد اعرب:عرب تساءل:تساءل
خلص:خلص قدر:قدر قرر:قرر اصدر:صدر علق:علق اجاب:جيب ابدي:بدي شرح:شرح ختم:ختتم روي:روي حمل:حمل
توقع:توقع
"""


def _forms(verbs: str) -> frozenset[str]:
    """Past and imperfect forms of the third person."""
    return frozenset(
        form
        for verb in verbs.split()
        for past, imperfect in [verb.split(":")]
        for form in (
            *(past, past + "ت", past + "وا", past + "ا", past + "تا"),
            *(prefix + imperfect for prefix in ("ي", "ت", "سي", "ست")),
            *("ي" + imperfect + "ون", "ي" + imperfect + "ان", "ت" + imperfect + "ان"),
        )
    )


_SAYING = _forms(_VERBS) | listed("يتوقع تتوقع يتوقعون تري يري دعت ادعت نفت رات تحذر يحذر اوصت")
_SAYING_IN_ARTICLES = _SAYING | _forms(_WIDER_VERBS)
_ACCORDING = listed(
    """
    بحسب حسب وفق وفقا نقلا لسان حسبما طبقا ونقلا وبحسب ووفق ووفقا
    """
)
_OPENERS = listed(
    """
    ان انه انها انهم بان بانه بانها انهما اننا اني بانهم لن لم
    """
)
SMALL = listed(
    """
    من في علي الي عن مع بعد قبل باسم ان هذا هذه ذلك الذي التي كما قد لقد و او ثم عبر خلال امس اليوم
    مساء صباح عقب احد يوم بيان تصريح تصريحات مقابله لقاء حديث تعبيره تعبيرها تعبيرهم قوله قولها
    موتمر كلمه تغريده له لها به بها هو هي
    ايضا ما لكن اما فيما بينما وسط حول نحو كل بعض احدي
    """
)
# Speakers that any other may be called.
_GENERIC = listed(
    """
    مسوول مسوولون مسوولين مسوولان مصدر مصادر متحدث ناطق بيان تقرير تقارير سلطات سلطه حكومه شهود
    خبراء محللون محلل مراقبون اعلام وسايل وكاله صحيفه قناه رييس وزير وزاره مدير شخص طرف جانب مكتب
    صحيفه موقع شبكه زعيم قيادي قاده حاكم نايب نواب عضو اعضاء محام محامي خبير كاتب باحث معارض رسمي
    كبير جديد سابق سابقون حالي عام اعلي عليا بلاد دوله نادي شركه فريق جهه منظمه حركه حزب هييه مجلس
    جيش شرطه محكمه لجنه موسسه قاض قاضي ناشط ناشطون تحقيق دراسه
    """
)
_TURNS = frozenset({"فيما", "بينما"})
_RELATIVE = frozenset({"الذي", "التي", "الذين"})
_BEFORE, _AFTER = 9, 12  # words around a verb in which its speaker is named
_MOST_SAID = 60  # words of a statement: a page without full stops would take for ever
_PLAIN = listed(
    """
    قال قالت يقول تقول ذكر ذكرت يذكر تذكر اعلن اعلنت يعلن تعلن اكد اكدت يوكد توكد اوضح يوضح
    """
)


@dataclass(frozen=True)
class Statement:
    """One act of saying.

    Attributes:
        speaker: The words that name who speaks; empty where nobody is named.
        said: What is said.
        verb: The verb, empty for "according to".
    """

    speaker: tuple[Token, ...]
    said: tuple[Token, ...]
    verb: str


def is_saying(word: str, *, loosely: bool = False) -> bool:
    """Whether a folded word is a verb of saying; ``loosely``, one that is sometimes."""
    known = _SAYING_IN_ARTICLES if loosely else _SAYING
    return word in known or (len(word) > 3 and word[0] in "وف" and word[1:] in known)


def says_plainly(word: str) -> bool:
    """Whether a folded word is a verb of saying that tells no more than that something is said."""
    return not stems(word).isdisjoint(_PLAIN)


def statements(tokens: Sequence[Token], *, loosely: bool = False) -> Iterator[Statement]:
    """Statements of a sentence; ``loosely``, everybody named around the verb may be the speaker."""
    # "speaker: statement" of headlines.
    colon = next((i for i, token in enumerate(tokens) if ":" in token.gap), 0)
    if 0 < colon <= 8 and (loosely or _may_speak(tokens[:colon])):
        yield Statement(tuple(tokens[:colon]), tuple(tokens[colon:]), "")
    for i, token in enumerate(tokens):
        if token.text in _ACCORDING:
            after = _until(tokens, i + 1, 7)
            if after and after[0].text in {"ما", "ان"}:
                continue
            yield Statement(after, tuple(tokens[:i]) or tuple(tokens[i + 1 + len(after) :]), "")
        elif is_saying(token.text, loosely=loosely):
            if loosely:
                after = _until(tokens, i + 1, _AFTER)
                speaker = after if token.text.startswith("و") else (*_back(tokens, i), *after)
            else:
                speaker = _sure_speaker(tokens, i)
            yield Statement(speaker, _said(tokens, i, loosely=loosely), token.text)


def _may_speak(tokens: Sequence[Token]) -> bool:
    """Whether what stands before a colon is somebody, not a headline's topic."""
    if any(_is_verb(token.text) for token in tokens):
        return False
    named = any(is_given_name(token.text) for token in tokens)
    return len(tokens) == 1 or named or names_somebody(tokens[:1])


def _said(tokens: Sequence[Token], verb: int, *, loosely: bool) -> tuple[Token, ...]:
    """What is said: up to the next verb of saying that begins a clause or is joined on."""
    end = min(len(tokens), verb + 1 + _MOST_SAID)
    for i in range(verb + 1, end):
        joined = tokens[i].opens_clause or tokens[i].text[0:1] == "و" or tokens[i - 1].text in _TURNS
        if joined and is_saying(tokens[i].text, loosely=loosely):
            return tuple(tokens[verb + 1 : i])
    return tuple(tokens[verb + 1 : end])


def _sure_speaker(tokens: Sequence[Token], at: int) -> tuple[Token, ...]:
    """Who speaks in a summary's sentence, where its order leaves no doubt; else nobody.

    The present tense of headlines follows its subject, the past tense and verbs with a conjunction
    precede it.
    """
    if at and tokens[at - 1].text in _ACCORDING | {"ما", "لم", "لن", "لا", "كانت", "كان", "تكن", "يكن"}:
        return ()
    if tokens[at].text[0] in "يت":
        before = _back(tokens, at)
        if not before and tokens[at].opens_clause:  # "فلان، وزير الخارجية، يقول"
            before = tuple(tokens[max(0, at - _BEFORE) : at])
        inner = any(token.text in _OPENERS | _RELATIVE or _is_verb(token.text) for token in before)
        whole = bool(before) and (before[0] is tokens[0] or before[0].opens_clause)
        opened = any(token.text in _OPENERS for token in tokens[: at - len(before)])
        if inner or not whole or (opened and not before[0].text.startswith("و")):
            return ()
        return before
    if any(token.text in _OPENERS for token in tokens[:at]):
        return ()
    after = _until(tokens, at + 1, _AFTER)
    closed = at + 1 + len(after) < len(tokens) and tokens[at + 1 + len(after)].text in _OPENERS
    if (
        not after
        or not closed
        or after[0].text.startswith(("بال", "لل", "بت", "لت"))
        or after[0].text in SMALL
    ):
        return ()  # what follows the verb is what is said, or of whom
    return after


def _is_verb(word: str) -> bool:
    """Whether a word reads as a present-tense verb."""
    if is_saying(word) or (word.startswith("ي") and len(word) > 3):
        return True
    return word.startswith("ت") and len(word) > 3 and not word.endswith("ه")


def _until(tokens: Sequence[Token], at: int, most: int) -> tuple[Token, ...]:
    """Tokens up to where the statement opens; a comma inside may part a name from its office."""
    found: list[Token] = []
    for token in tokens[at : at + most]:
        if token.text in _OPENERS or set(token.gap) & set(':.؛"«“') or is_saying(token.text):
            break
        found.append(token)
    return tuple(found)


def _back(tokens: Sequence[Token], at: int) -> tuple[Token, ...]:
    """Tokens of the same clause before a verb."""
    start = at
    while start > 0 and at - start < _BEFORE and not tokens[start].opens_clause:
        start -= 1
    return tuple(tokens[start:at])


def names_somebody(tokens: Sequence[Token]) -> bool:
    """Whether some word among these is a name, an office or a body that speaks."""
    return any(
        not token.number
        and len(token.text) > 2
        and (
            not is_ordinary(token.text)
            or is_given_name(token.text)
            or not stems(token.text).isdisjoint(_GENERIC)
        )
        for token in tokens
    )


def specific(speaker: Sequence[Token]) -> list[Token]:
    """Words that tell this speaker from any other: no offices, no particles."""
    return [
        token
        for token in speaker
        if not token.number
        and len(token.text) > 2
        and bases(token.text).isdisjoint(SMALL | _GENERIC)
        and stems(token.text).isdisjoint(_GENERIC)
        and not is_saying(token.text)
    ]
