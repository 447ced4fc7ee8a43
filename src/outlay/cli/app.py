"""The commands under one name, and what happens when one of them fails."""

import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from outlay import __version__
from outlay.cli import config, keys, rules, store, terminal
from outlay.cli.dashboard import dashboard
from outlay.cli.evaluate import evaluate
from outlay.cli.explain import explain
from outlay.cli.features import features
from outlay.cli.replay import replay
from outlay.cli.run import run
from outlay.cli.score import score
from outlay.cli.serve import serve
from outlay.cli.synth import synth
from outlay.cli.train import train
from outlay.errors import OutlayError

DEBUG = "OUTLAY_DEBUG"
FAILED, INTERRUPTED = 1, 130
_KEPT = f"dirty_decay_ms:2000,oversize_threshold:0,narenas:{os.cpu_count()}"
"""How long Polars' allocator keeps what was freed: by itself so briefly that a job in parts takes
the memory of every part from the system anew, and what is large not at all; kept for longer, what
one stage of a job leaves is not there for the next. And that a core has one pool instead of four:
what one thread frees another takes, and less memory is touched for the first time."""
_IN_SMALL_PAGES = ("NUMPY_MADVISE_HUGEPAGE", "0")
"""Most large arrays are filled once. On a virtual machine a huge page, which is found and cleared as
a whole, can take several times as long as the same memory page by page."""
_TEXTS_BETWEEN_LOOKS = 200_000
"""New objects between two looks for cycles: a job makes millions of reasons and next to no cycle."""

app = typer.Typer(
    name="outlay",
    help="Find anomalous payments and explain each one.\n\n"
    "Begin with: outlay run payments.csv (outlay synth payments.csv makes some).",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (run, train, score, explain, dashboard, evaluate, features, synth, serve, replay):
    app.command()(command)
app.add_typer(rules.app, name="rules")
app.add_typer(config.app, name="config")
app.add_typer(keys.app, name="keys")
app.add_typer(store.app, name="store")


def _print_version(asked: bool) -> None:
    if asked:
        print(f"outlay {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", help="Print the version and end.", is_eager=True, callback=_print_version
    ),
]
Debug = Annotated[
    bool, typer.Option("--debug", help=f"Show where an error came from; also {DEBUG}=1.")
]


@app.callback()
def _options(version: Version = False, debug: Debug = False) -> None:  # noqa: ARG001 - see above
    if debug:
        os.environ[DEBUG] = "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    terminal.prepare()
    # seen by Polars and NumPy, which are not imported yet
    os.environ.setdefault("_RJEM_MALLOC_CONF", _KEPT)
    os.environ.setdefault(*_IN_SMALL_PAGES)
    gc.set_threshold(_TEXTS_BETWEEN_LOOKS)
    code = _code(arguments)
    gc.freeze()  # the interpreter would look for cycles among all that is left: half a second
    sys.exit(code)


def _code(arguments: Sequence[str] | None) -> int:
    try:
        return _ran(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, a person reads it
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            _let_go()
            return FAILED
        if os.environ.get(DEBUG):
            traceback.print_exc()
        terminal.fail(_words(error))
        return FAILED


def _ran(arguments: Sequence[str] | None) -> int:
    """Run and flush, so that a reader who left is noticed here and not at the very end."""
    try:
        app(arguments, prog_name="outlay")
    except SystemExit as end:
        sys.stdout.flush()
        return end.code if isinstance(end.code, int) else 0
    return 0


def _let_go() -> None:
    """Let what is still buffered go nowhere: the interpreter flushes once more at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _words(error: Exception) -> str:
    if isinstance(error, OutlayError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory.\n\nHint: give fewer files at a time."
    return (
        f"outlay did not expect this: {type(error).__name__}: {str(error)[:500]}\n\n"
        f"Hint: please report it with what {DEBUG}=1 prints, and the command that you gave."
    )
