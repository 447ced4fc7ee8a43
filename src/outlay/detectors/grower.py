"""Trees grown by a process of its own, while this one goes on.

Importing scikit-learn takes longer than growing the trees, and holds the interpreter's lock: in a
thread it would only take turns with the rest. So the process is begun before there is anything to
train on, and before this one has imported what is heavy itself.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from outlay.detectors._growing import Order, Trees

_ready: Final[list[subprocess.Popen[bytes]]] = []
"""Processes that wait for an order, each for one."""


@contextmanager
def at_hand() -> Iterator[None]:
    """Have a process ready for the next forest; it is gone after the block.

    It imports nothing from the folder in which it happens to be (``-P``). Within another such block
    there is one already.
    """
    if _ready:
        yield
        return
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "outlay.detectors._growing"],
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
    ) as process:
        _ready.append(process)
        try:
            yield
        finally:
            with suppress(ValueError):
                _ready.remove(process)
            process.kill()


def grown(order: "Order") -> "Trees":
    """Return the trees that are asked for, grown by who is at hand; where nobody is, here.

    So they are where the process fails: what is wrong then shows here.
    """
    from outlay.detectors._growing import Trees, grow, packed, unpacked

    with suppress(IndexError, OSError):
        process = _ready.pop()
        answer, _ = process.communicate(packed(order))
        if not process.returncode:
            return unpacked(Trees, answer)
    return grow(order)
