"""Pictures drawn by a process of their own, while this one goes on.

Matplotlib holds the interpreter's lock, while it is imported as while it draws: in a thread it
would only take turns with the rest. So the process is begun early, and imports nothing else that
is heavy: it is sent the numbers, not the table.
"""

import gc
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

import msgspec

from outlay.errors import OutlayError
from outlay.sinks.dashboard.numbers import Summary

_OBJECTS_BETWEEN_LOOKS: Final = 200_000
"""New objects between two looks for cycles: some pictures' worth, where every look takes long."""


class Artist:
    """Draws the dashboards' pictures elsewhere; leave the ``with`` block and it is gone."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603 - this very file, by this very Python
            [sys.executable, "-m", __name__], stdin=pipe, stdout=pipe, stderr=pipe
        )
        self._aside = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        """Begin: Matplotlib is being imported."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, whatever it is doing."""
        self.leave()

    def leave(self) -> None:
        """End the process; a second time does nothing."""
        self._process.kill()
        self._aside.shutdown()
        with self._process:  # closes the pipes and waits
            pass

    def draw(self, summaries: Sequence[Summary]) -> Future[list[bytes]]:
        """Begin to draw a picture of each; there is one such order an artist."""
        order = msgspec.msgpack.encode([_by_the_clock(each) for each in summaries])
        return self._aside.submit(self._drawn, order)

    def _drawn(self, order: bytes) -> list[bytes]:
        done, said = self._process.communicate(order)
        if self._process.returncode:
            last = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise OutlayError(
                f"the dashboards' pictures could not be drawn: {last}\n\n"
                "Hint: users = 0 under [dashboards] in outlay.toml leaves them out."
            )
        return msgspec.msgpack.decode(done, type=list[bytes])


def _by_the_clock(summary: Summary) -> Summary:
    """Return times as the wall clock shows them, as pictures do; zones are lost on the way."""
    return replace(
        summary,
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
