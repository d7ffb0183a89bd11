"""Packs recorded scenarios into the one file the parity tests read: `python -m parity.pack FOLDER… OUT`.

Each folder holds one engine's scenarios, one JSON file each. A scenario is stored once, with the steps in which an
engine differs beside it; texts and bodies that come up again and again are stored once for all.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

SHORTEST_SHARED = 120


def load(folder: Path) -> dict[str, Any]:
    """The scenarios of a folder by id, without what only the recorder needed."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        text = file.read_text(encoding="utf-8")
        document = json.loads(text, parse_float=lambda literal: {"$number": literal})
        found[document["id"]] = {
            "id": document["id"],
            "title": document["title"],
            "fresh": bool(document["preconditions"].get("fresh")),
            "loose_bodies": bool(document["volatile"].get("json_bodies")),
            "steps": document["steps"],
        }
    return found


def merge(engines: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a scenario: the steps of the first engine that has it, and by engine the steps that differ."""
    entries = []
    for name in sorted({name for one in engines.values() for name in one}):
        versions = {engine: one[name] for engine, one in engines.items() if name in one}
        base = next(iter(versions.values()))
        entry = {**base, "engines": {}}
        for engine, version in versions.items():
            steps = version["steps"]
            same_length = len(steps) == len(base["steps"])
            changed = {
                str(n): step
                for n, step in enumerate(steps)
                if not same_length or json.dumps(step) != json.dumps(base["steps"][n])
            }
            entry["engines"][engine] = {"length": len(steps), "steps": changed}
        entries.append(entry)
    return entries


def count(value: Any, seen: Counter[str]) -> None:
    """Counts every part that is long enough to be shared."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) < SHORTEST_SHARED:
        return
    seen[text] += 1
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        count(inner, seen)


def share(value: Any, shared: dict[str, int]) -> Any:
    """The value with a reference in place of each shared part."""
    text = json.dumps(value, ensure_ascii=False)
    if text in shared:
        return {"$shared": shared[text]}
    if isinstance(value, dict):
        return {name: share(inner, shared) for name, inner in value.items()}
    return [share(inner, shared) for inner in value] if isinstance(value, list) else value


def main(arguments: list[str]) -> None:
    """Packs the folders named first into the file named last."""
    *folders, out = map(Path, arguments)
    entries = merge({folder.name: load(folder) for folder in folders})
    seen: Counter[str] = Counter()
    for entry in entries:
        count(entry["steps"], seen)
        count([one["steps"] for one in entry["engines"].values()], seen)
    texts = [text for text, number in seen.items() if number > 1]
    shared = {text: place for place, text in enumerate(texts)}
    lines = [json.dumps({"shared": [json.loads(text) for text in texts]}, ensure_ascii=False)]
    lines += [json.dumps(share(entry, shared), ensure_ascii=False) for entry in entries]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
