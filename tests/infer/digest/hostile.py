"""A day whose every text tries to be more than text, put straight into the model."""

from __future__ import annotations

from dataclasses import replace

from infer.digest.day import Difference, Digest, Figure, Report, Section, Sentence, Story
from tests.infer.digest.days import DAY, digest

SCRIPT = "<script>window.ran = 1; alert(1)</script>"
TEXTS = (
    SCRIPT,
    '"><img src=x onerror="window.ran = 1"><svg onload="window.ran = 1">',
    "' onmouseover='window.ran = 1' x='",
    "\u202eعنوان مقلوب\u202e \u2066لا يُغلق\u2067 \u200fنص\u061c",
    "سطر\r\nأول\x00\x07\x1b[31m\x7f ]]> <!-- --> </style></title></svg> نص",
    "{{ 7 * 7 }} {% raw %} {value} {n} {sources}",
    "نصف \ud83d بديل",
    "ط" * 10_000,
    "W" * 10_000,
    "(" * 500 + "خبر" + "-" * 500,
)
ADDRESSES = (
    "javascript:window.ran=1",
    "JaVaScRiPt:window.ran=1",
    "java\nscript:window.ran=1",
    " javascript:window.ran=1",
    "data:text/html,<script>window.ran=1</script>",
    "vbscript:x",
    "//outside.example/x",
    'https://outside.example/"onmouseover="window.ran=1',
    "https://outside.example/" + "a" * 1_900,
    "file:///etc/hostname",
)


def story(number: int) -> Story:
    """A story with one of the texts everywhere, and one of the addresses."""
    text = TEXTS[number % len(TEXTS)]
    reports = tuple(
        Report(text, text, f"{text} {place}", text, ADDRESSES[(number + place) % len(ADDRESSES)], DAY, text)
        for place in range(2)
    )
    return Story(
        key=f"00000000{number:04x}",
        headline=text,
        summary=(Sentence(text, 0, (text,)), Sentence(text, 1, (text, text))),
        method="lead",
        reports=reports,
        outlets=2,
        topics=(text, "gaza"),
        confidence=0.9,
        differences=(Difference(text, (Figure(text, (0,)), Figure("9" * 400, (1,)))),),
    )


def hostile(lang: str = "ar") -> Digest:
    """Every text and address in a section, some in review, and most as the name of a topic."""
    plain = digest(lang)
    stories = tuple(map(story, range(len(TEXTS))))
    sections = (
        Section("gaza", plain.sections[1].name, stories),
        *(Section(f"topic{number}", text, ()) for number, text in enumerate(TEXTS[:8])),
    )
    review = tuple(map(story, range(len(TEXTS), len(TEXTS) + 3)))
    return replace(plain, sections=sections, review=review)
