"""The plan of a run in words: what judging will cost the model service, said before anything is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..judging.honesty import SUBJECT
from ..requirements.prices import load_prices, total
from ..requirements.registry import load
from ..run import Run
from ..words import WORDS


def plan_lines(run: Run, chosen: Collection[str], verbose: int) -> Iterator[str]:
    """One line, or with -v one more for each requirement that costs something; the honesty probe is always paid for."""
    settings, known = run.settings, load()
    words = WORDS[settings["lang"]]
    probed = () if settings["replay"] else (SUBJECT,)
    asked = [one for one in known.values() if one.id in chosen or one.subject in probed]
    judged = [one.id for one in asked if not run.court.against(one)]
    price = total(judged, settings["examples"])
    limits = [
        words[f"plan-{name}"].format(value=settings[name]) for name in ("budget", "rate") if settings[name] is not None
    ]
    yield "; ".join([words["plan"].format(calls=price.calls, tokens=price.tokens, all=len(judged)), *limits])
    if verbose > 0:
        for one in judged:
            each = load_prices(settings["examples"]).get(one)
            if each:
                yield words["plan-of-one"].format(id=one, calls=each.calls, tokens=each.tokens)
