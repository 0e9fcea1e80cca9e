"""The pictures in docs/digest.md: ``python -m tests.infer.digest.screenshots docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from infer.digest import page
from infer.digest.config import load_digest_config
from tests.infer.digest.browser import chromium
from tests.infer.digest.days import digest


def main(folder: Path) -> None:
    text = page.html(digest(), load_digest_config())
    with chromium() as browser:
        for width, scheme in ((1200, "light"), (360, "dark")):
            shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            shown.set_content(text)
            shown.screenshot(path=folder / f"digest-{width}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
