"""What one line of a scraped page is: text, or one kind or another of furniture.

Sites spell the same label in many ways, so a line is compared by a folded key (no vowel marks, one
alef, one yeh, ه for ة, lower case); what is kept is always the line itself. Every pattern is anchored
and sees at most the first 160 characters of a line, so a page is read in time linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from infer.dates import find_date, parse_date


class Kind(Enum):
    """What a line is; furniture that says nothing has no kind and is never passed on."""

    TEXT = "text"
    BULLET = "bullet"
    MARKER = "marker"
    DATE = "date"
    UPDATED = "updated"
    SOURCE = "source"
    TAGS = "tags"


class Line(NamedTuple):
    """One line: its kind and its text; for a label (``المصدر: …``) the text is the value after it."""

    kind: Kind
    text: str


_SEEN = 160
_MARKS = dict.fromkeys([*range(0x64B, 0x660), 0x670, 0x640])
_LETTERS = str.maketrans("أإآٱىیکةۃ", "ااااييكهه") | _MARKS
# Controls, bidi and other format characters, lone surrogates, private use (icon fonts).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\U000110bd"
    "\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
_EDGES = re.compile(r"^[\W_]+")
_LABEL_END = re.compile(r"^[\s:|–—\-.…»>]+")
_YEAR = re.compile(r".{0,50}?(?<!\d)(?:19|20)\d\d(?!\d)(?:[-/.]\d\d?[-/.]\d\d?|\s*GMT)?")
_BULLET = re.compile(r"^[•●▪◾◼■◦‣∙·►▶➤✔*\-–—](?:\s+|(?=[^\W\d_]))")
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Return the key by which short texts are compared: folded letters, lower case."""
    return text.translate(_LETTERS).lower()


def _phrases(text: str) -> str:
    """Return a pattern for phrases parted by ``|``, the longest first."""
    found = sorted({" ".join(fold(phrase).split()) for phrase in text.split("|")}, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(phrase) for phrase in found) + ")"


# Those that can be nothing else, with or without a colon after them.
_STRONG = _phrases(
    "اقرأ أيضا|اقرأ ايضا|إقرأ أيضا|اقرأوا أيضا|اقرؤوا أيضا|اقرئي أيضا|إقرا كذلك|اقرأ كذلك|اقرأ المزيد"
    "|إقرأ المزيد|اقرأ للكاتب|شاهد أيضا|شاهدوا أيضا|شاهد المزيد|طالع أيضا|طالعوا أيضا|طالع المزيد"
    "|تابع أيضا|انظر أيضا|استمع أيضا|قد يعجبك أيضا|قد يعجبكم أيضا|ربما يعجبك أيضا|قد يهمك أيضا"
    "|قد يهمكم أيضا|قد تهمك أيضا|وقد يهمك أيضا|مقالات ذات صلة|مقالات مشابهة|مقالات متعلقة|مقالات مرتبطة"
    "|مواضيع ذات صلة|مواضيع مشابهة|مواضيع متعلقة|مواضيع مرتبطة|موضوعات ذات صلة|موضوعات متعلقة"
    "|موضوعات مشابهة|أخبار ذات صلة|أخبار مشابهة|أخبار متعلقة|أخبار مرتبطة|مواد ذات صلة|تقارير ذات صلة"
    "|قصص ذات صلة|روابط ذات صلة|محتوى ذو صلة|محتويات ذات صلة|read also|also read|read more|see also"
    "|related articles|related news|related topics"
)
# Those that also begin sentences: a marker only alone, or before a colon, bar, dash or two dots.
_WEAK = _phrases(
    "اقرأ|إقرأ|شاهد|طالع|للمزيد|المزيد|للمزيد اقرأ|لقراءة المزيد|قد يعجبك|قد يهمك|وقد يهمك|ذات صلة"
    "|اقرأ التالي|المزيد من الأخبار|المزيد من المقالات|المزيد حول هذا الموضوع|المزيد عن هذه القصة"
    "|آخر الأخبار|أحدث الأخبار|أهم الأخبار|مقالات أخرى|الأكثر قراءة|الأكثر مشاهدة|اخترنا لك|اخترنا لكم"
    "|نرشح لك|مختارات|المقال السابق|المقال التالي|الخبر السابق|الخبر التالي|related|more"
)
_MARKER = re.compile(rf"{_STRONG}(?:$|(?=[^\w]))|{_WEAK}(?:$|(?=\W*$)|(?=\s*(?:[:|–—-]|\.\.|…)))")
_UPDATED = re.compile(_phrases("آخر تحديث|تاريخ التحديث|تم التحديث|حدث في|last updated|updated") + r"\b")
_DATE = re.compile(
    _phrases(
        "تاريخ النشر|تاريخ الإضافة|تاريخ الخبر|تاريخ المقال|التاريخ|تاريخ|نشر في|نشرت في|نشر بتاريخ"
        "|نشر يوم|تم النشر في|نشر|نشرت|تم نشره في|تم النشر|أضيف في|كتب في|حرر في|بتاريخ|publication date"
        "|published on|published|posted on|date"
    )
    + r"\b"
)
_PLACE = re.compile(r"[^\W\d]+(?: [^\W\d]+){0,2}\s*(?:[،,:|]|\s[-–—])\s*")  # "دير البلح، 3 تموز 2025"
_DATE_WORDS = frozenset(
    fold(
        "السبت الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة الساعة في يوم صباحا مساء ظهرا ص م"
        " am pm gmt utc بتوقيت غرينتش جرينتش غرينيتش مكة بغداد القدس المحلي هـ saturday sunday monday"
        " tuesday wednesday thursday friday on at updated آخر تحديث"
    ).split()
)
_SOURCE = re.compile(_phrases("المصدر|المصادر|مصدر الخبر|مصدر المقال|source") + r"\s*(?:$|[:|–—-])")
_QUOTED = fold("نقلا عن")
_TAGS = re.compile(
    _phrases(
        "كلمات دلالية|الكلمات الدلالية|كلمات مفتاحية|الكلمات المفتاحية|كلمات البحث|وسوم|الوسوم|الأوسمة"
        "|أوسمة|علامات|العلامات|تاغات|هاشتاغ|هاشتاج|tags|keywords"
    )
    + r"\s*(?:$|[:|–—-])"
)
# Furniture by how it begins, with the number of words up to which it is believed.
_OPENINGS = re.compile(
    _phrases(
        "تابعنا على|تابعونا على|تابعونا عبر|تابعنا عبر|تابعوا قناتنا|تابع قناتنا|لمتابعة آخر"
        "|لمتابعة أحدث|انضم إلى قناتنا|انضموا إلى قناتنا|اشترك في نشرتنا|اشترك في قناتنا|اشترك في النشرة"
        "|اشترك في خدمة|اشتركوا في قناتنا|اشترك الآن|للاشتراك في|سجل بريدك|أدخل بريدك|ادخل بريدك"
        "|حمل تطبيق|حملوا تطبيق|شارك الخبر|شارك المقال|شارك هذا|مشاركة الخبر|مشاركة المقال|انسخ الرابط"
        "|نسخ الرابط|رابط مختصر|أرسل إلى صديق|نستخدم ملفات تعريف|يستخدم هذا الموقع|يستخدم موقعنا"
        "|هذا الموقع يستخدم|نحن نستخدم ملفات|باستخدامك لهذا الموقع|بمواصلة استخدام|بمتابعة تصفح"
        "|سياسة الخصوصية|شروط الاستخدام|جميع الحقوق محفوظة|كل الحقوق محفوظة|حقوق النشر محفوظة"
        "|النشرة البريدية|النشرة الإخبارية|نشرتنا البريدية|القائمة البريدية|اضغط هنا|أضف تعليق"
        "|اترك تعليق|اكتب تعليق|لا توجد تعليقات|عدد المشاهدات|عدد القراءات|مدة القراءة|وقت القراءة"
        "|زمن القراءة|قراءة في دقيقة|حجم الخط|مصدر الصورة|صدر الصورة|التعليق على الصورة|تعليق على الصورة"
        "|حقوق الصورة|image caption|image copyright|getty images|photo credit|الرئيسية|تخطي إلى"
        "|انتقل إلى المحتوى|skip to|follow us|copyright|all rights reserved|share this|we use cookies"
    )
    + r"(?:\W|$)"
)
# Where a page's line ends were lost, or a link runs on in a paragraph, the label is met inside a line.
_MIDWAY = re.compile(
    r"(?<=[.!؟?…»”\")\]])\s*(?=[(\[]?[إأا]قر[أا]\s+(?:[أا]يض[اًاً]{1,3}|المزيد|كذلك)(?!\w))"
    r"|\s+(?=[إأا]قر[أا]\s+[أا]يض[اًاً]{1,3}\s*:)"
    r"|(?<=[.!؟?…»”\")\]])\s*(?=المصدر\s*:)"
    r"|\s+(?=(?:كلمات دلالية|الكلمات الدلالية|الكلمات المفتاحية|تاريخ النشر)\s*:)"
    r"|\s+(?=(?:مقالات مشابهة|مقالات ذات صلة|مواضيع ذات صلة)\s*[:•])"
    r"|\s+(?=•\s)"
)
_SPOKEN_LIST = re.compile(r"\blist of \d+ items\b|\bend of list\b")
_CREDIT = re.compile(_phrases("تصوير|عدسة|الصورة|صورة|صور|بعدسة|photo|credit") + r"\s*[:/]")
_BYLINE = re.compile(
    _phrases("بقلم|كتب|كتبت|إعداد|تحرير|ترجمة|محرر الخبر|المحرر|الكاتب") + r"\s*[:/|]|بقلم\s"
)
_COUNTER = re.compile(
    r"(?:منذ|قبل) (?:\d+ )?(?:ثوان|ثانيه|دقيقه|دقائق|دقيقتين|ساعه|ساعات|ساعتين|يوم|ايام|يومين|اسبوع|شهر)"
    r"|انتهي\W*(?:\d+ ?\w?)?|\d+ (?:مشاهده|تعليق|تعليقات|قراءه|دقيقه|دقائق|minutes?|views?|comments?)"
)
_ALONE = frozenset(
    fold(
        "إعلان|اعلانات|advertisement|عاجل|طباعة|بحث|القائمة|تسجيل الدخول|اتصل بنا|من نحن|تعليقات"
        "|التعليقات|التالي|السابق|إغلاق|موافق|قبول|ملخص|menu|home|استمع|الأرشيف|انشر|حفظ|المفضلة|فيديو"
        "|صور|بث مباشر|البث المباشر"
    ).split("|")
)
_SHARING = frozenset(
    fold(
        "شارك شاركنا مشاركة واتساب واتس اب آب فيسبوك فيس بوك تويتر تيليجرام تلغرام تليغرام تيليغرام"
        " تلجرام إنستغرام انستغرام انستقرام يوتيوب لينكد لينكدإن إن ماسنجر بينتريست ريديت سناب شات تيك"
        " توك طباعة طباعه انسخ نسخ الرابط رابط بريد البريد الإلكتروني ايميل عبر على x facebook twitter"
        " whatsapp telegram instagram youtube linkedin messenger email print copy link share pinterest"
        " reddit rss tiktok"
    ).split()
)


def clean(line: str) -> str:
    """Return a line without control, bidi and format characters, its whitespace collapsed."""
    return " ".join(_INVISIBLE.sub("", line).split())


def is_headline(text: str) -> bool:
    """Say whether a line looks like a headline or a subhead: short, with no sentence's end."""
    if text.endswith(("،", ":", "؛", ",")) or (text.endswith(".") and not text.endswith("..")):
        return False
    return len(text) <= 200 and len(text.split()) <= 20


def read_lines(text: str) -> Iterator[Line]:
    """Yield the lines of a page that say something, in order, each with its kind."""
    for raw in _without_spoken_lists(text).splitlines():
        line = clean(raw)
        start = 0
        for cut in _MIDWAY.finditer(line):
            yield from _classify(line[start : cut.start()].strip())
            start = cut.start()
        yield from _classify(line[start:].strip())


def _without_spoken_lists(text: str) -> str:
    """Take out link lists written for screen readers: ``list of 2 items … end of list``."""
    kept, at, opened = [], 0, -1
    for mark in _SPOKEN_LIST.finditer(text):
        if mark[0][0] == "l":
            opened = mark.start()
        elif opened >= at and mark.end() - opened <= 3000:
            kept.append(text[at:opened])
            at = mark.end()
    return "\n".join([*kept, text[at:]])


def _classify(line: str) -> Iterator[Line]:
    key = _EDGES.sub("", fold(line[:_SEEN]))
    words = len(_WORD.findall(key))
    if not any(char.isalpha() for char in key):
        # A date may be written in digits alone; other signs and numbers say nothing.
        if words and find_date(line[:_SEEN]):
            yield Line(Kind.DATE, line)
    elif marker := _MARKER.match(key):
        yield from _marked(line, key[marker.end() :])
    elif label := _UPDATED.match(key) or _DATE.match(key):
        yield from _dated(line, key[label.end() :], Kind.UPDATED if _UPDATED.match(key) else Kind.DATE)
    elif labelled := _labelled(line, key, words):
        yield labelled
    elif not _is_furniture(line, key, words):
        yield Line(Kind.BULLET if _BULLET.match(line) else Kind.TEXT, line)


def _labelled(line: str, key: str, words: int) -> Line | None:
    """Return the line as tags, a source or a bare date; None where it is none of them."""
    if _TAGS.match(key):
        return Line(Kind.TAGS, _value(line))
    if line[0] == "#" and all(word[0] == "#" for word in line.split()):
        return Line(Kind.TAGS, line)
    if words <= 12 and _SOURCE.match(key):
        return Line(Kind.SOURCE, _value(line))
    if words <= 7 and key.startswith(_QUOTED):
        return Line(Kind.SOURCE, _tail(line, key[len(_QUOTED) :]).strip())
    return Line(Kind.DATE, line) if words <= 12 and _only_date(line) else None


def _marked(line: str, rest: str) -> Iterator[Line]:
    """Yield the marker with the headline on its line, or with the long text that follows it there."""
    tail = _LABEL_END.sub("", _tail(line, rest))
    tail = tail if any(char.isalpha() for char in tail) else ""
    if len(tail) <= 250 and len(tail.split()) <= 30:
        yield Line(Kind.MARKER, tail)
        return
    yield Line(Kind.MARKER, "")
    yield Line(Kind.TEXT, tail)


def _dated(line: str, rest: str, kind: Kind) -> Iterator[Line]:
    """Yield a date label, the text that follows it on a page squeezed into one line, or plain text."""
    tail = _tail(line, rest)
    value = _LABEL_END.sub("", tail)
    year = _YEAR.match(value)
    end = year.end() if year else len(value)
    if not value or (value != tail.strip() and find_date(value[:end][:_SEEN])):
        after = value[end:].strip()
        yield Line(kind, value[:_SEEN])
        if len(after.split()) > 8:
            yield from _classify(after)
    elif value == tail.strip():  # no colon: "نشر في 9 شباط 2024", or a sentence that begins so
        yield Line(kind, value) if _only_date(value) else Line(Kind.TEXT, line)
    elif len(value.split()) > 6:  # fewer are "منذ ساعتين" and the like
        yield Line(Kind.TEXT, line)


def _only_date(text: str) -> bool:
    """Say whether a line is a date, a weekday and a time, and no words besides."""
    if len(text) > _SEEN or not any(char.isdigit() for char in text):
        return False
    place = _PLACE.match(text)
    text = text[place.end() :] if place else text
    date = parse_date(text)
    others = (word for word in text.split() if fold(word).strip("،,:|-–()[]/.") not in _DATE_WORDS)
    return date is not None and all(
        not any(char.isalpha() for char in word) or parse_date(text.replace(word, " ", 1)) != date
        for word in others
    )


def _tail(line: str, rest: str) -> str:
    """Return the part of a line whose key is ``rest``, which ends the key of its first characters."""
    left, cut = len(rest), min(len(line), _SEEN)
    while left > 0 and cut > 0:
        cut -= 1
        left -= ord(line[cut]) not in _MARKS
    return line[cut:].lstrip("".join(map(chr, _MARKS)))


def _value(line: str) -> str:
    """Return what follows a label and its colon, bar or dash; empty where nothing does."""
    return re.split(r"[:|–—-]", line, maxsplit=1)[1].strip() if re.search(r"[:|–—-]", line) else ""


def _is_furniture(line: str, key: str, words: int) -> bool:
    if words > 30:
        return False
    bare = key.strip(" .:…!|-–—()[]»«")
    names = _WORD.findall(key)
    return (
        bare in _ALONE
        or bool(_OPENINGS.match(key))
        or bool(_CREDIT.match(key))
        or (words <= 8 and bool(_BYLINE.match(key)))
        or bool(_COUNTER.fullmatch(bare))
        or all(name in _SHARING for name in names)
        or (words <= 12 and key.startswith(("http://", "https://", "www.")) and " " not in line)
    )
