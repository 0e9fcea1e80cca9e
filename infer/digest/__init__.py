"""The digest of a day: records in; a page, a mail, a feed, Markdown and JSON out."""
