"""What a terminal can show: colours or none, its width, signs that its encoding has.

Texts come from payment files, so anything printed loses control characters: they could move the
cursor or rename the window.
"""

import codecs
import json
import os
import re
import shutil
import signal
import sys
import textwrap
from typing import Any, Final, TextIO

from outlay.sinks.text import shorten

WIDEST: Final = 100
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLAIN: Final = {
    **dict(zip("×–—−·²’‘“”\u00a0", "x---|2''\"\" ", strict=True)),
    "…": "...",
    "±": "+-",
    "≥": ">=",
    "≤": "<=",
    "→": "->",
}
_STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "green": "32", "cyan": "36"}
_SEVERITIES: Final = {"critical": ("bold", "red"), "high": ("red",), "medium": ("yellow",)}


def prepare() -> None:
    """Let every sign be printed somehow, whatever the streams' encodings."""
    codecs.register_error("outlay", _in_plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="outlay")


def heed_interrupts() -> None:
    """Let Ctrl-C end a read that waits for input.

    Polars, once imported, catches the signal in a way that restarts such reads.
    """
    if hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """Return plain signs for those that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    plain = "".join(_PLAIN.get(sign, f"\\u{ord(sign):04x}") for sign in signs)
    return plain, error.end


def width() -> int:
    """Return how wide a line may be."""
    return min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)


def is_colourful(stream: TextIO) -> bool:
    """Return whether colours are shown and wanted; see no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, *styles: str, stream: TextIO | None = None) -> str:
    """Return the text in a style, where the stream shows styles."""
    if not styles or not is_colourful(stream or sys.stdout):
        return text
    return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{text}\x1b[0m"


def severity(word: str) -> str:
    """Return a severity in its colour."""
    return styled(word, *_SEVERITIES.get(word, ()))


def clean(text: str) -> str:
    """Return a text of ours with words of the user in it, without control characters."""
    return _CONTROL.sub(" ", text)


def cell(value: Any, most: int = 40) -> str:
    """Return a value from a file as one short line."""
    return shorten(value, most)


def wrapped(text: str, indent: str = "", first: str | None = None) -> list[str]:
    """Return a text in lines that fit."""
    return textwrap.wrap(
        clean(text),
        max(width(), 40),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def show_json(value: Any) -> None:
    """Print data for machines."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=_builtins))


def _builtins(value: Any) -> Any:
    """Return a record of ours as JSON knows it."""
    from msgspec import to_builtins

    return to_builtins(value)


def say(text: str = "") -> None:
    """Print words, which are not data, to stderr, behind the data that were printed before them."""
    sys.stdout.flush()
    print(text, file=sys.stderr)


def note(text: str) -> None:
    """Print what a reader should know to stderr."""
    for line in wrapped(text, indent="      ", first="note: "):
        say(line)


def fail(message: str) -> None:
    """Print an error to stderr: what is wrong, and what to do."""
    wrong, hint, way_out = message.partition("\n\nHint: ")
    say(f"{styled('error:', 'bold', 'red', stream=sys.stderr)} {clean(wrong)}")
    if hint:
        say(f"\n{styled('Hint:', 'bold', stream=sys.stderr)} {clean(way_out)}")


def table(names: list[str], rows: list[list[str]], right: set[str]) -> list[str]:
    """Return rows of texts in aligned columns; those of ``right`` to the right."""
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = []
    for row in [names, *rows]:
        cells = (
            text.rjust(most) if name in right else text.ljust(most)
            for name, text, most in zip(names, row, widths, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return lines
