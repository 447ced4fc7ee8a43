"""Columns as tables hold them to columns as the features take them, compiled."""

import numpy as np

from outlay.features._kernels import DAY, HOUR, Ints, Smalls
from outlay.jit import kernel


@kernel
def local_hours(times: Ints, starts: Ints, offsets: Ints, hours: Smalls, weekdays: Smalls) -> None:
    """Set the local hour and weekday of each time; offsets[k] holds from starts[k] on."""
    k = 0
    for i in range(times.size):
        time = times[i]
        if time < starts[k] or (k + 1 < starts.size and time >= starts[k + 1]):
            k = np.searchsorted(starts, time, side="right") - 1
        local = time + offsets[k]
        hours[i] = local // HOUR % 24
        weekdays[i] = (local // DAY + 3) % 7  # the first day of 1970 was a Thursday
