"""The pictures in docs/digest.md: ``python -m tests.infer.digest.screenshots docs``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from infer import cli
from tests.infer.digest.browser import chromium

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "sample-day.jsonl"


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as out, chromium() as browser:
        cli.app(["digest", "--input", str(SAMPLE), "--form", "html", "-o", out], standalone_mode=False)
        text = (Path(out) / "index.html").read_text(encoding="utf-8")
        for width, height, scheme in ((1200, 1400, "light"), (360, 1400, "dark")):
            shown = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            shown.set_content(text)
            shown.screenshot(path=folder / f"digest-{width}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
