"""Pictures drawn by a process of their own, while this one goes on.

Matplotlib holds the interpreter's lock, while it is imported as while it draws: in a thread it
would only take turns with the rest. So the process is begun early, and imports nothing else that
is heavy: it is sent the numbers, not the table.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import zip_longest
from types import TracebackType
from typing import Final, Self

import msgspec

from outlay.errors import OutlayError
from outlay.sinks.dashboard.numbers import Summary

_MOST_HANDS: Final = 2
"""Processes that draw: ten pictures take one of them a second and a half."""
_OBJECTS_BETWEEN_LOOKS: Final = 200_000
"""New objects between two looks for cycles: some pictures' worth, where every look takes long."""


class Artist:
    """Draws the dashboards' pictures elsewhere; leave the ``with`` block and it is gone.

    There are two of them where there are two cores or more, and each draws every other picture.
    """

    def __init__(self) -> None:
        self._hands = [_begun() for _ in range(min(_MOST_HANDS, os.cpu_count() or 1))]
        self._aside = ThreadPoolExecutor(len(self._hands) + 1)

    def __enter__(self) -> Self:
        """Begin: Matplotlib is being imported."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, whatever they are doing."""
        self.leave()

    def leave(self) -> None:
        """End the processes; a second time does nothing."""
        for hand in self._hands:
            hand.kill()
        self._aside.shutdown()
        for hand in self._hands:
            with hand:  # closes the pipes and waits
                pass

    def draw(self, summaries: Sequence[Summary]) -> Future[list[bytes]]:
        """Begin to draw a picture of each; there is one such order an artist."""
        whole, many = [_by_the_clock(each) for each in summaries], len(self._hands)
        parts = [
            self._aside.submit(_drawn, hand, whole[first::many])
            for first, hand in enumerate(self._hands)
        ]
        return self._aside.submit(_gathered, parts)


def _begun() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - this very file, by this very Python
        [sys.executable, "-P", "-m", __name__], stdin=pipe, stdout=pipe, stderr=pipe
    )


def _drawn(hand: subprocess.Popen[bytes], summaries: list[Summary]) -> list[bytes]:
    done, said = hand.communicate(msgspec.msgpack.encode(summaries))
    if hand.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise OutlayError(
            f"the dashboards' pictures could not be drawn: {last}\n\n"
            "Hint: users = 0 under [dashboards] in outlay.toml leaves them out."
        )
    return msgspec.msgpack.decode(done, type=list[bytes])


def _gathered(parts: Sequence[Future[list[bytes]]]) -> list[bytes]:
    """Wait for every hand, and return the pictures in the order in which they were asked for."""
    drawn = [part.result() for part in parts]
    return [each for row in zip_longest(*drawn) for each in row if each is not None]


def _by_the_clock(summary: Summary) -> Summary:
    """Return times as the wall clock shows them, as pictures do; zones are lost on the way."""
    return replace(
        summary,
        earlier=(),  # a picture only says how many
        start=summary.start.replace(tzinfo=None),
        end=summary.end.replace(tzinfo=None),
        transactions=tuple(
            replace(each, timestamp=each.timestamp.replace(tzinfo=None))
            for each in summary.transactions
        ),
    )


def main() -> None:
    """Draw what standard input asks for."""
    from outlay.sinks.dashboard.charts import png, prepare

    gc.disable()
    prepare()  # while the one who asks is still busy
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    gc.enable()
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[Summary])
    sys.stdout.buffer.write(msgspec.msgpack.encode([png(each) for each in order]))


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 - the one who asked says it, in one line
        sys.exit(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
