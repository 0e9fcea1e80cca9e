"""The digest as an Atom feed: a reader gets it back whole, and text stays text."""

import feedparser
import pytest
from lxml import etree, html

from infer.digest.config import Publishing, load_digest_config
from infer.digest.feed import NAMESPACE, atom
from infer.digest.plain import harmless
from tests.infer.digest.days import digest, empty
from tests.infer.digest.hostile_markup import hostile

CONFIG = load_digest_config()
PUBLISHED = CONFIG.model_copy(
    update={"publishing": Publishing(address="https://news.example/digest/", utc_offset="+03:00")}
)
ATOM = f"{{{NAMESPACE}}}"


def plain(text):
    return text.replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_reader_gets_every_story_whole(lang):
    made = digest(lang)
    feed = feedparser.parse(atom(made, PUBLISHED))
    assert not feed.bozo
    assert feed.feed.title_detail.language == lang
    assert len(feed.entries) == len(made.stories)
    for entry, story in zip(feed.entries, made.stories, strict=True):
        assert plain(entry.title) == story.headline
        assert plain(entry.summary) == " ".join(sentence.text for sentence in story.summary)
        assert entry.link == f"https://news.example/digest/#{story.key}"
        assert [tag.term for tag in entry.tags] == list(story.topics)
        vias = {link.href for link in entry.links if link.rel == "via"}
        assert vias == {report.url for report in story.reports if report.url}
    assert feed.entries[0].updated == "2025-03-05T17:05:00+03:00"
    assert feed.entries[1].updated == "2025-03-05T23:59:59+03:00"  # no hour: the day's end


@pytest.mark.parametrize("made", [digest(), digest("en"), empty(), hostile()])
@pytest.mark.parametrize("config", [CONFIG, PUBLISHED])
def test_it_has_what_the_standard_asks_for(made, config):
    feed = etree.fromstring(atom(made, config))
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    for element in [feed, *entries]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1 and element.findtext(ATOM + name)
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Mujaz"
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids) == len(made.stories)
    assert all(len(entry.findall(f"{ATOM}link[@rel='alternate']")) <= 1 for entry in entries)


def test_the_same_digest_gives_the_same_bytes():
    assert atom(digest(), CONFIG) == atom(digest(), CONFIG)
    assert feedparser.parse(atom(empty(), CONFIG)).feed.updated == "2025-03-05T23:59:59+00:00"


def test_hostile_text_comes_back_as_text():
    made = harmless(hostile())
    feed = feedparser.parse(atom(hostile(), CONFIG), sanitize_html=False)
    assert not feed.bozo
    headlines = [plain(entry.title_detail.value) for entry in feed.entries]
    assert headlines == [story.headline for story in made.stories]
    for entry in feed.entries:
        content = html.fragment_fromstring(entry.content[0].value)
        assert {element.tag for element in content.iter()} <= {"div", "p", "span", "a", "ul", "ol", "li"}
        assert all(set(element.attrib) <= {"dir", "lang", "href"} for element in content.iter())
        assert all(link.startswith("https://") for link in content.xpath(".//@href"))
