"""Debian's Chromium, for tests that look at pages and for the pictures in the documentation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator:
    """A browser. Where there is none the test is skipped, or fails if ``MUJAZ_NEEDS_BROWSER`` is set."""
    path = shutil.which("chromium")
    if path is None:
        lacking = pytest.fail if os.environ.get("MUJAZ_NEEDS_BROWSER") else pytest.skip
        lacking("there is no chromium: apt-get install chromium fonts-noto-core")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
