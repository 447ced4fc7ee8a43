"""Pictures drawn by a process of their own, while this one goes on.

Matplotlib holds the interpreter's lock, while it is imported as while it draws: in a thread it
would only take turns with the rest.
"""

import io
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import msgspec
import polars as pl

from outlay.errors import OutlayError


class _Order(msgspec.Struct):
    """What is to be drawn: the users' scored rows as an Arrow stream, and how."""

    users: list[str]
    rows: bytes
    options: dict[str, Any]


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
        self._process.kill()
        self._aside.shutdown()
        with self._process:  # closes the pipes and waits
            pass

    def draw(self, rows: pl.DataFrame, users: list[str], **options: Any) -> Future[list[bytes]]:
        """Begin to draw each user's picture of ``rows``; ``options`` are those of `summarise`."""
        stream = io.BytesIO()
        rows.write_ipc_stream(stream)
        order = msgspec.msgpack.encode(_Order(users, stream.getvalue(), options))
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


def main() -> None:
    """Draw what standard input asks for."""
    from outlay.sinks.dashboard.charts import png, prepare
    from outlay.sinks.dashboard.summary import summarise

    prepare()  # while the one who asks is still busy
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Order)
    rows = pl.read_ipc_stream(io.BytesIO(order.rows))
    pictures = [png(summarise(rows, user, **order.options)) for user in order.users]
    sys.stdout.buffer.write(msgspec.msgpack.encode(pictures))


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 - the one who asked says it, in one line
        sys.exit(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
