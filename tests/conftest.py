"""What every test shares."""

import os

from hypothesis import settings

settings.register_profile(
    "outlay",
    deadline=None,  # the first call compiles
    print_blob=True,
    # a change is judged by the same examples each time; searching on is for the desk
    derandomize="CI" in os.environ,
)
settings.load_profile("outlay")
