"""pytest's side of a run: the run of a process, cases as tests, verdicts as outcomes, models as fixtures."""
