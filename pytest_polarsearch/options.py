"""The option table: every setting is declared here once. It loads with pytest in every run, so it stays light."""

from __future__ import annotations

from typing import Any, NamedTuple

FLAG, TEXT, NUMBER, COUNT, CHOICE, FILE, FOLDER, OUTPUT, ADDRESS = (
    "flag", "text", "number", "count", "choice", "file", "folder", "output", "address",
)  # fmt: skip

Json = Any


class Option(NamedTuple):
    """One row of the table. `least` and `most` bound numbers; `scheme` is what an address without one means."""

    name: str
    kind: str
    help: str
    metavar: str | None = None
    default: Json = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    scheme: str = "https"

    @property
    def dest(self) -> str:
        """The name in ini files, and in lower case the environment variable's."""
        return f"polarsearch_{self.name}".replace("-", "_") if self.name else "polarsearch"

    @property
    def flag(self) -> str:
        """The name on the command line."""
        return "--" + self.dest.replace("_", "-")

    @property
    def variable(self) -> str:
        """The name in the environment."""
        return self.dest.upper()


OPTIONS: tuple[Option, ...] = (
    Option("", FLAG, "Run the conformance suite (alone, unless paths of tests are given too)", default=False),
    Option("host", ADDRESS, "The real cluster; https unless a scheme is given [default: the built-in emulator]", "HOST:PORT"),
    Option("endpoint", ADDRESS, "The real model service, as the cluster must reach it; http unless a scheme is given "
           "[default: the built-in DashScope mock]", "HOST[:PORT]", scheme="http"),
    Option("advertise", ADDRESS, "Address under which a real cluster reaches the built-in mock on this machine; without "
           "a port each process of the run takes a free one [default: 127.0.0.1 if the cluster is on loopback]", "HOST[:PORT]", scheme="http"),
    Option("profile", TEXT, "What the model service offers and under which names: a shipped profile, or a file (TOML)",
           "NAME|FILE", default="dashscope"),
    Option("ca", FILE, "Certificates (PEM) to trust when talking to the cluster", "FILE"),
    Option("insecure", FLAG, "Do not verify the cluster's certificate (said aloud in the report)", default=False),
    Option("engine", CHOICE, "ML Commons that the built-in emulator imitates", default="3.3", choices=("2.19", "3.3", "3.4")),
    Option("nodes", COUNT, "Nodes of the built-in emulator", "N", default=1, least=1, most=2),
    Option("allow-settings", FLAG, "Permission to change, and restore, settings of a real cluster", default=False),
    Option("level", CHOICE, "Least level whose broken requirements fail the run", default="must", choices=("must", "should")),
    Option("requirements", CHOICE, "Frozen set of requirements that is scored; later ones are shown only", default="2026.1", choices=("2026.1",)),
    Option("deviations", FILE, "Ledger (TOML) of what this target is known to do otherwise; what it says must be true", "FILE"),
    Option("budget", COUNT, "Most calls to the model service; what does not fit is not judged, and said. Through a real cluster "
           "whatever may reach the service counts, also what the cluster itself refuses", "N", least=0, most=100_000),
    Option("rate", NUMBER, "Most calls to the model service in a second, over all workers", "CALLS", least=0.01, most=10_000),
    Option("seed", COUNT, "Where random examples begin; the same number draws the same ones", "N", default=1, least=0, most=999_999),
    Option("examples", COUNT, "Random examples for each check that draws some", "N", default=6, least=1, most=1000),
    Option("timeout", NUMBER, "Deadline in seconds of one request, and of a state to be reached", "SECONDS", default=30.0, least=0.1, most=3600),
    Option("keep", CHOICE, "When to leave the resources of the run on the cluster", default="never", choices=("never", "on-failure", "always")),
    Option("sweep", FLAG, "Before the run, remove what earlier runs of this machine left on the cluster", default=False),
    Option("journal", FOLDER, "Folder of the journals that make an interrupted run removable "
           "[default: the user's state folder]", "DIR"),
    Option("report", FOLDER, "Folder for the event stream (run.ndjson) and the reports made of it", "DIR"),
    Option("record", OUTPUT, "Keep all exchanges of the run, without secrets, for `pytest-polarsearch judge FILE`", "FILE"),
    Option("replay", TEXT, "Judge one requirement again, alone, with the target, settings and inputs of the recording that "
           "--polarsearch-record names (read, not written)", "ID"),
    Option("selftest", FLAG, "Prove that each check can fail, a test for each fault, instead of judging a target", default=False),
    Option("lang", CHOICE, "Language of what people read", default="en", choices=("en", "zh")),
)  # fmt: skip

BY_DEST = {option.dest: option for option in OPTIONS}
