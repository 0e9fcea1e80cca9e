"""The digest as a mail: both parts come back, nothing in it acts, and it stays under what clients cut off."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from lxml import html

from infer.digest.config import Publishing, load_digest_config
from infer.digest.letter import wrapped
from infer.digest.mail import MOST_BYTES, message
from infer.errors import UsageError
from tests.infer.digest.days import STEEL, digest, empty
from tests.infer.digest.hostile_markup import hostile

CONFIG = load_digest_config()
PUBLISHED = CONFIG.model_copy(update={"publishing": Publishing(address="https://news.example/digest/")})


def back(made, config=CONFIG, **addresses):
    """The mail as a reader has it, with its two parts."""
    mail = message_from_bytes(message(made, config, **addresses).as_bytes(), policy=policy.default)
    assert not mail.defects
    parts = {part.get_content_type(): part for part in mail.iter_parts()}
    assert list(parts) == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts.values()} == {"utf-8"}
    return mail, *(part.get_content() for part in parts.values())


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_both_parts_hold_every_story_and_source(lang):
    mail, text, page = back(digest(lang))
    assert "2025" in mail["Subject"] and "\n" not in mail["Subject"]
    shown = html.fromstring(page).text_content()
    for story in digest(lang).stories:
        assert story.headline in " ".join(text.split()).replace("\u2068", "").replace("\u2069", "")
        assert story.headline in shown
        for url in filter(None, (report.url for report in story.reports)):
            assert f"\n{url}\n" in text.replace("\r\n", "\n")
            assert url in html.fromstring(page).xpath("//a/@href")
    assert CONFIG.words(lang).review in shown


@pytest.mark.parametrize("made", [digest(), digest("en"), empty(), hostile()])
def test_it_is_made_for_mail_clients(made):
    _, text, page = back(made)
    tree = html.fromstring(page)
    assert all(element.get("dir") in ("rtl", "ltr") for element in tree.xpath("//table | //td"))
    assert not tree.xpath("//script | //img | //link | //iframe | //form | //*[@src]")
    assert not [name for name in tree.xpath("//@*") if getattr(name, "attrname", "").startswith("on")]
    assert all(url.startswith(("https://outlet", "https://ok.example/")) for url in tree.xpath("//@href"))
    assert "var(" not in page and "url(" not in page and "grid" not in page.split("<body")[0]
    assert "max-width: 640px" in tree.xpath("//table")[1].get("style")
    assert tree.xpath("//meta[@name='color-scheme']") and "prefers-color-scheme: dark" in page
    assert not [char for char in text if ord(char) < 32 and char not in "\r\n"]


def test_an_empty_day_says_so():
    for lang in ("ar", "en"):
        assert all(CONFIG.words(lang).nothing in part for part in back(empty(lang))[1:])


def test_the_same_digest_gives_the_same_mail():
    one, other = (message(digest(), CONFIG).as_bytes() for _ in range(2))
    assert one == other
    assert max(map(len, one.split(b"\r\n"))) <= 78
    assert message(digest(), CONFIG)["Message-ID"] != message(empty(), CONFIG)["Message-ID"]


def test_a_mail_that_would_be_cut_off_has_fewer_stories_and_says_so():
    stories = tuple(replace(STEEL, key=f"{number:012x}") for number in range(200))
    made = digest()
    made = replace(made, sections=(*made.sections[:2], replace(made.sections[2], stories=stories)))
    _, text, page = back(made, PUBLISHED)
    assert len(page.encode()) <= MOST_BYTES
    shown = page.count("<h3")
    assert 10 < shown < 200
    kept = page.count("Norvik Steel</span> تعترض</h3>")
    assert all(str(200 - kept) in part and "https://news.example/digest/" in part for part in (text, page))
    assert all("204 أخبار" in part for part in (text, page))  # of all stories
    assert all(CONFIG.words("ar").left_out in part for part in (text, page))


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nBcc: c@d.example", "a b@c.example", "a@b, c@d.example", "x@", "<a@b"]
)
def test_what_is_no_address_is_refused_by_name(address):
    with pytest.raises(UsageError, match="no mail address"):
        message(digest(), CONFIG, sender="a@b.example", recipients=(address,))


def test_addresses_and_headers_cannot_be_added_to():
    mail, *_ = back(hostile(), sender="موجز <a@b.example>", recipients=("c@d.example", "N <e@f.example>"))
    assert (mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec) == (
        "موجز",
        "a@b.example",
    )
    assert [each.addr_spec for each in mail["To"].addresses] == ["c@d.example", "e@f.example"]
    assert "Bcc" not in mail
    with pytest.raises(UsageError, match="no mail address"):
        message(digest(), CONFIG, sender="x\nBcc: a@b.example <a@b.example>")


def test_lines_of_text_isolate_latin_and_begin_from_the_right():
    lines = wrapped("Norvik Steel (NVK) شركة " + "كلمة " * 40 + "Norvik Steel")
    assert lines[0].startswith("\u2068Norvik Steel (NVK)\u2069 شركة")
    assert all(len(line) <= 76 for line in lines)
    assert wrapped("Norvik Steel") == ["\u200f\u2068Norvik Steel\u2069"]


def test_who_is_named_twice_gets_one_mail():
    mail = message(digest(), CONFIG, sender="a@b.example", recipients=("c@d.example",) * 2)
    assert mail["To"] == "c@d.example"
