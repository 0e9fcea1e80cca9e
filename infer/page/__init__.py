"""A scraped page, as text or as HTML, into the articles it holds."""

from infer.page.split import from_html, split_page

__all__ = ["from_html", "split_page"]
