"""Removes resources by id in the guide's order and reads back that they are gone; what stays is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..client import NoAnswer
from ..exchange import Exchange, NotJson
from ..verbs import ML, MlCommons
from ..words import said
from .naming import run_of
from .waiting import wait_for

#: Refusals of a delete that may pass: a node is behind the others, busy, or told to wait.
PASSING = (400, 409, 429, 500, 502, 503)
MOST_FOUND = 1000


def still_read(kind: str, resource: str, status: int | None) -> str:
    """What to say of one whose delete was answered as done, and which is there to read all the same."""
    path, shown = f"{ML}/{kind}s/{resource}", kind.replace("_", " ")
    return said(
        "left.still-read", kind=shown, resource=resource, status=status, path=path, by_hand=_by_hand(kind, path)
    )


def _by_hand(kind: str, path: str) -> str:
    return said("left.model-by-hand" if kind == "model" else "left.by-hand", path=path)


class Remover:
    """Removes resources by id; 404 is success, what stays is kept as a sentence in `left`.

    `timeout` is the time in seconds that all waiting for passing refusals may take together.
    """

    def __init__(self, ml: MlCommons, timeout: float) -> None:
        self._ml, self._patience = ml, timeout
        self.left: list[str] = []
        #: Kind and id of what is still there to read, though its delete was answered as done.
        self.answered: set[tuple[str, str]] = set()
        #: Kind and id of all that is gone: the group of a model goes with it.
        self.gone: set[tuple[str, str]] = set()

    def remove(self, kind: str, resource: str, name: str = "") -> bool:
        """Remove one `model`, `connector`, `model_group` or `task`, and read back that it is gone.

        `name` is what the run called it: the group that the engine made for a model goes with it by that name.
        """
        try:
            gone = self._model(resource, name) if kind == "model" else self._delete(kind, resource)
        except (NoAnswer, NotJson) as error:
            return self._leave(kind, resource, error.args[0])
        if gone:
            self.gone.add((kind, resource))
        return gone

    def _model(self, model_id: str, name: str) -> bool:
        document = self._ml.model(model_id)
        if document.status == 404:
            return self._groups_named(name)
        for task in self._ids("tasks", "model_id", model_id):
            self.remove("task", task)
        self._undeploy(model_id)
        if not self._delete("model", model_id):
            return False
        group, names = (document.get("model_group_id"), (document.get("name"), name)) if document.ok else (None, ())
        return self._groups_named(name) if group is None else self._own_group(str(group), names)

    def _undeploy(self, model_id: str) -> None:
        """Whatever comes of it: the delete after it says whether it was enough."""
        try:
            self._ml.undeploy(model_id)
        except NoAnswer as error:
            if error.kind == "refused":
                raise

    def _own_group(self, group_id: str, names: Iterable[object]) -> bool:
        """Remove the group that the engine made for this model alone: it has the model's own marked name."""
        group = self._ml.model_group(group_id)
        if not group.ok or group.get("name") not in names:
            return True
        return self.remove("model_group", group_id)

    def _groups_named(self, name: str) -> bool:
        """Remove the group of a model that is gone already: it is found by the model's own marked name."""
        if not run_of(name):
            return True
        found = self._ml.search("model_groups", {"match_phrase": {"name": name}})
        hits = found.get("hits", "hits") if found.ok else ()
        own = [str(hit["_id"]) for hit in hits or () if hit.get("_source", {}).get("name") == name]
        removed = [self.remove("model_group", group_id) for group_id in own]
        return all(removed)

    def _ids(self, kind: str, field: str, value: str) -> list[str]:
        found = self._ml.search(kind, {"term": {field: value}}, size=MOST_FOUND)
        hits = found.get("hits", "hits") if found.ok else ()
        return [str(hit["_id"]) for hit in hits or ()]

    def _delete(self, kind: str, resource: str) -> bool:
        """Delete until it is gone or time is up. Only what reads 404 is gone, whatever the delete said."""
        delete, read = self._verbs(kind)
        refused = self._until_settled(kind, resource, delete)
        if refused is None:
            return True
        after = read(resource)
        if after.status == 404:
            return True
        if refused:
            return self._leave(kind, resource, refused)
        self.answered.add((kind, resource))
        self.left.append(still_read(kind, resource, after.status))
        return False

    def _until_settled(self, kind: str, resource: str, delete: Callable[[str], Exchange]) -> str | None:
        """What the last delete said: nothing where it succeeded, None where a group is still in use by our models."""
        clock = self._ml.client.clock
        try:
            answer, taken = wait_for(
                lambda: self._once_more(lambda: delete(resource)),
                lambda one: one.status not in PASSING or self._in_use(kind, resource, one),
                self._patience,
                clock,
            )
        except NoAnswer as error:
            if error.kind == "refused":
                raise
            return error.args[0]  # type: ignore[no-any-return]
        self._patience = max(0.0, self._patience - taken)
        if self._in_use(kind, resource, answer):
            return None
        return "" if answer.status in (200, 404) else f"HTTP {answer.status}: {answer.short_reason(200)}"

    @staticmethod
    def _once_more(ask: Callable[[], Exchange]) -> Exchange:
        """A request that hung, or lost its connection, may be sent again: what is gone answers 404."""
        try:
            return ask()
        except NoAnswer as error:
            if error.kind not in ("deadline", "dropped"):
                raise
            return ask()

    def _in_use(self, kind: str, resource: str, answer: Exchange) -> bool:
        """A group with other models in it goes with the last of them."""
        return kind == "model_group" and answer.status == 409 and bool(self._ids("models", "model_group_id", resource))

    def _verbs(self, kind: str) -> tuple[Callable[[str], Exchange], Callable[[str], Exchange]]:
        ml = self._ml
        return {
            "model": (ml.delete_model, ml.model),
            "connector": (ml.delete_connector, ml.connector),
            "model_group": (ml.delete_model_group, ml.model_group),
            "task": (ml.delete_task, ml.task),
        }[kind]

    def _leave(self, kind: str, resource: str, why: str) -> bool:
        by_hand, shown = _by_hand(kind, f"{ML}/{kind}s/{resource}"), kind.replace("_", " ")
        self.left.append(said("left.still", kind=shown, resource=resource, why=why, by_hand=by_hand))
        return False
