"""For all tests: properties are judged by what holds, not by how long a busy machine takes over one example."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
