"""Property tests draw the same examples on every machine, so that a failure can be repeated."""

from hypothesis import settings

settings.register_profile("course", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("course")
