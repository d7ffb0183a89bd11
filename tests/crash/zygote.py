"""A process that has loaded all that a run needs and forks one run at a time: `python -m tests.crash.zygote`.

Each line on its standard input is an order (JSON); it answers with the run's process id, and when that has ended with
its wait status.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from contextlib import ExitStack

import polarsearch_mock.dashscope.mock  # loaded once, before the first fork
import polarsearch_mock.serving  # noqa: F401

from pytest_polarsearch.blueprints import CHAT, EMBEDDING
from pytest_polarsearch.opening import open_run
from pytest_polarsearch.provision.cluster_settings import AUTO_DEPLOY
from pytest_polarsearch.run import Part, Run
from pytest_polarsearch.settings import Settings, resolve


def settings_for(order: dict) -> Settings:
    """Those of a run that may change settings of the cluster."""
    given = {"host": order["host"], "journal": order["journal"], "allow-settings": "true", "timeout": "10"}
    return resolve(lambda option: given.get(option.name), lambda _option: None, {})


def work(run: Run) -> None:
    """What a run does: a shared model, a check's own connector, a question, settings changed by checks."""
    shared = run.shared_model("chat")
    scratch = run.scratch()
    scratch.connector(EMBEDDING.connector(run.service))
    with run.guest.trusting("^http://nobody.invalid"):
        pass
    with run.guest.changed({AUTO_DEPLOY: False}):
        run.ml.predict(shared.model_id, CHAT.sample)
    run.release(scratch, failed=False)


def single(order: dict) -> None:
    """One process; it ends as pytest does: it closes twice, and Ctrl-C does not keep it from the second time."""
    stack = ExitStack()
    try:
        work(stack.enter_context(open_run(settings_for(order), Part(order["run"]), bool)))
    except KeyboardInterrupt:
        pass
    finally:
        for _ in range(2):
            try:
                stack.close()
            except KeyboardInterrupt:
                continue


def crashing_worker(order: dict, ready: int) -> None:
    """A worker that ends without a word after so many answers."""
    os.read(ready, 1)
    answers = iter(range(1, order["leave_at"]))

    def hear(_exchange: object) -> None:
        if next(answers, None) is None:
            os._exit(3)

    with open_run(settings_for(order), Part(order["run"], "gw0", prepares=False), bool) as run:
        run.ml.client.listen(hear)
        work(run)


def controller(order: dict) -> None:
    """The process that prepares the cluster for a worker, and looks after it has gone."""
    waits, tells = os.pipe()
    worker = os.fork()
    if worker == 0:
        crashing_worker(order, waits)
        os._exit(0)
    with open_run(settings_for(order), Part(order["run"]), bool):
        os.write(tells, b"x")
        os.waitpid(worker, 0)


def main() -> None:
    """Forks a run for every order."""
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            {"single": single, "controller": controller}[order["role"]](order)
            os._exit(0)
        tell({"pid": pid})
        tell({"status": os.waitpid(pid, 0)[1]})


def tell(what: dict) -> None:
    """One line to the parent."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
