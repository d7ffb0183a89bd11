"""The subcommands of `pytest-polarsearch`, a module each; `add` gives a parser its arguments and what it runs."""
