"""A day whose every text wants to be more than text, put straight into the model."""

from dataclasses import replace

from infer.digest.day import Difference, Figure, Sentence
from tests.infer.digest.days import STEEL, digest

TEXTS = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[نص](javascript:alert(1)) ![صورة](http://evil.example/p.png) <http://evil.example> www.evil.example",
    "# عنوان\r\n\r\n- بند\n> اقتباس\n| أ | ب |\n```\nرمز\n```",
    "]]></title><entry><![CDATA[x &amp; &lt; &#0; \x00\x07\x1b[31m \ud800 \ufffe",
    "نص\u202eمقلوب\u2066 a@evil.example `code` **bold** _em_ ~~del~~ $x$ :smile: {{ 7 * 7 }} {n}",
    "12. رقم\r\nBcc: victim@evil.example",
    "س" * 10_000 + "x" * 10_000,
    "= عنوان",
    "- بند \\",
)
URLS = (
    "javascript:alert(1)",
    "data:text/html,x",
    "https://ok.example/a(b)c?x=1&copy=2&lt;3",
    "http://ok.example/%0d",
)


def hostile():
    stories = []
    for number, text in enumerate(TEXTS):
        reports = tuple(
            replace(STEEL.reports[place], title=text, source=text, url=url, hour="<b>9:00")
            for place, url in enumerate(URLS[:3])
        )
        stories.append(
            replace(
                STEEL,
                key=f"5a1e000001{number:02}",
                headline=text,
                summary=(Sentence(text, 0, (text,)), Sentence(text, 2)),
                reports=reports,
                topics=("trade_tariffs", text),
                differences=(Difference(text, (Figure(text, (0,)), Figure("{sources}", (1,)))),),
            )
        )
    made = digest()
    sections = (*made.sections[:2], replace(made.sections[2], name=TEXTS[1], stories=tuple(stories)))
    return replace(made, sections=sections, review=tuple(stories[:3]))
