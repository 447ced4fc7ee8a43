"""Measure in turns: every round runs every contender once, so that a noisy minute hits all alike."""

import gc
import os
import resource
import time
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Timing:
    """What one contender took, round by round.

    Parameters
    ----------
    rows
        Rows that one call works on.
    wall, cpu
        Seconds of each round; ``cpu`` counts all threads, and child processes that ended.
    """

    rows: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, call, short=0.0):
        """Run the contender for one more round.

        What takes less than ``short`` seconds is called three times, and the middle one counts:
        what ran before it may still give its memory back.
        """
        took = [_took(call)]
        if took[0][0] < short:
            took += [_took(call), _took(call)]
        wall, cpu = sorted(took)[len(took) // 2]
        self.wall.append(wall)
        self.cpu.append(cpu)

    @property
    def seconds(self):
        """Return the median wall time."""
        return median(self.wall)

    @property
    def core(self):
        """Return the median CPU time: what one core would need by itself."""
        return median(self.cpu)

    def scaled(self, rows):
        """Return the median wall time for so many rows, if time grows with the rows."""
        return self.seconds * rows / self.rows

    def span(self):
        """Return the fastest and the slowest round."""
        return f"{number(min(self.wall))}–{number(max(self.wall))}"


def _took(call):
    """Return the seconds of a call, by the clock and of all cores; nobody waits for another's bytes."""
    gc.collect()
    os.sync()
    wall, cpu = time.perf_counter(), busy()
    call()
    return time.perf_counter() - wall, busy() - cpu


def in_turns(contenders, rounds, *, warm=0, short=0.0):
    """Run each contender once a round; return the timings by name.

    Parameters
    ----------
    contenders
        Name to (rows, call).
    rounds
        How many are counted.
    warm
        Rounds before those, which are not counted.
    short
        Seconds; see `Timing.run`.
    """
    timings = {name: Timing(rows) for name, (rows, _) in contenders.items()}
    for nth in range(warm + rounds):
        for name, (rows, call) in contenders.items():
            (timings[name] if nth >= warm else Timing(rows)).run(call, short)
    return timings


def busy():
    """Return the seconds that cores have worked for this process and its children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def number(value):
    """Return a number with three figures that count, and no exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    for limit, digits in ((10, 1), (1, 2), (0.1, 3), (0.01, 4)):
        if abs(value) >= limit:
            return f"{value:.{digits}f}"
    return f"{value:.3g}"


def rate(rows, seconds):
    """Return rows a second in words."""
    a_second = rows / seconds
    return f"{number(a_second / 1e6)} M" if a_second >= 1e5 else number(round(a_second, -1))
