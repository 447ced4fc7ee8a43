"""What every test shares."""

from hypothesis import settings

settings.register_profile("outlay", deadline=None, print_blob=True)  # the first call compiles
settings.load_profile("outlay")
