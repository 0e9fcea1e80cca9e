"""The digest of a day: records in; a page, a mail, a feed, Markdown and JSON out."""

FORMS = {
    "html": "index.html",
    "md": "digest.md",
    "atom": "feed.xml",
    "eml": "digest.eml",
    "json": "digest.json",
}
"""Forms of a digest and their files."""
