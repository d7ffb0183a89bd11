"""For the project's own tests. pytest's tester of plugins is loaded by `-p pytester` in pyproject.toml: named here, it
would reach the runs of those who installed a checkout editable and stand in another folder."""

collect_ignore = ["pytest_polarsearch", "mock_server", "benchmarks", "mutation"]
