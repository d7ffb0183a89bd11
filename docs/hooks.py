"""What mkdocs does besides: Chinese lines join without a gap, each language has the sitemap that the theme asks for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

#: The end of a line between two Chinese characters, or signs; a browser would show it as a space.
GAP = re.compile(r"(?<=[,;:)\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff])")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Join the lines of a Chinese paragraph."""
    return GAP.sub("", markdown)


def on_post_build(config: Any) -> None:
    """Give every language the sitemap."""
    site = Path(config["site_dir"])
    for folder in (site / "zh",):
        if folder.is_dir() and (site / "sitemap.xml").exists():
            shutil.copy(site / "sitemap.xml", folder / "sitemap.xml")
