"""What mkdocs does besides: the theme asks each language for a sitemap, and only the site's root has one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any


def on_post_build(config: Any) -> None:
    """Give every language the sitemap."""
    site = Path(config["site_dir"])
    for folder in (site / "zh",):
        if folder.is_dir() and (site / "sitemap.xml").exists():
            shutil.copy(site / "sitemap.xml", folder / "sitemap.xml")
