"""``outlay serve``."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli import options, terminal
from outlay.errors import OutlayError

if TYPE_CHECKING:
    from outlay.pipeline.config import Loaded
    from outlay.service.settings import Settings

Model = Annotated[
    Path | None,
    typer.Option(
        "--model", "-m", metavar="DIR", help="The model [the one that the store was served with]."
    ),
]
Store = Annotated[
    str,
    typer.Option(
        "--store", "-s", metavar="STORE", help="A SQLite file, or postgresql://HOST/NAME."
    ),
]
Host = Annotated[str, typer.Option(help="Where to listen; other than this machine takes keys.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")]
Gather = Annotated[
    float,
    typer.Option(
        "--gather-ms", min=0, max=1_000, help="The longest that a batch waits for others."
    ),
]
Batch = Annotated[int, typer.Option("--max-batch", min=1, max=10_000, help="Payments in a commit.")]
Queue = Annotated[
    int, typer.Option("--queue", min=1, max=1_000_000, help="Payments that may wait; then 429.")
]
Deadline = Annotated[float, typer.Option(min=0.01, max=600, help="Seconds a decision may take.")]
Rate = Annotated[float, typer.Option(min=0.001, help="Payments a second from one key.")]
Drain = Annotated[
    float,
    typer.Option("--drain", min=0, help="Seconds between /readyz saying no and the end."),
]
Level = Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")]
Payloads = Annotated[bool, typer.Option("--log-payloads", help="Log what payments hold.")]
Hosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host", metavar="NAME", help="Another name to be called by, without keys."
    ),
]


_PACKAGES = ("fastapi", "httptools", "prometheus_client", "uvicorn")


def serve(  # noqa: PLR0913, PLR0917 - one parameter an option
    model: Model = None,
    store: Store = "outlay.db",
    host: Host = "127.0.0.1",
    port: Port = 8000,
    gather_ms: Gather = 2.0,
    max_batch: Batch = 256,
    queue: Queue = 4_096,
    deadline: Deadline = 5.0,
    rate: Rate = 20_000.0,
    drain: Drain = 0.0,
    log_level: Level = "info",
    log_payloads: Payloads = False,
    allow_host: Hosts = None,
    currency: options.Currency = None,
    rates: options.Rates = None,
    negative: options.Negative = None,
    config: options.Settings = None,
) -> None:
    """Decide payments over HTTP, as they happen.

    Every decision is in the store before it is answered. Logs go to standard output, one JSON
    object a line; SIGTERM and Ctrl-C let it finish what it accepted.
    """
    _require_extra()
    from outlay.service.gate import is_loopback
    from outlay.service.settings import Settings

    if log_level not in {"debug", "info", "warning", "error"}:
        raise typer.BadParameter(f"{log_level!r} is no level", param_hint="--log-level")
    settings = Settings(
        gather_ms=gather_ms,
        max_batch=max_batch,
        queue_limit=queue,
        deadline_seconds=deadline,
        rate=rate,
        burst=max(1, round(2 * rate)),
        drain_seconds=drain,
        log_payloads=log_payloads,
        hosts=tuple(name.lower() for name in allow_host or ()),
        keyless=is_loopback(host),
    )
    given = options.loaded(config, None, currency=currency, rates=rates, negative=negative)
    _run(model, store, (host, port), settings, log_level, given)


def _require_extra() -> None:
    """Say how to install what serving takes, if it is not there."""
    try:
        for name in _PACKAGES:
            import_module(name)
    except ImportError as error:
        raise OutlayError(
            f"Serving takes packages that are not installed: {error.name}.\n\n"
            "Hint: pip install 'outlay[service]'"
        ) from None


def _run(  # noqa: PLR0913, PLR0917 - what, where, how
    folder: Path | None,
    where: str,
    address: tuple[str, int],
    settings: "Settings",
    level: str,
    given: "Loaded",
) -> None:
    from outlay.pipeline.artifact import load
    from outlay.service import logs
    from outlay.service.app import create_app
    from outlay.service.server import check_open, listen
    from outlay.service.server import serve as answer
    from outlay.store import open_store

    model = None if folder is None else load(folder)
    with open_store(where, serving=True) as store:
        with store.reading() as reading:
            known = reading.keys()
        check_open(address[0], sum(key.revoked_at is None for key in known))
        with listen(*address) as at:
            engine = _engine(model, store, given)
            engine.warm()
            logs.begin(level)
            host, port = at.getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

            def ready() -> None:
                names = f"model {engine.digest[:16]}, store {_plain(where)}"
                terminal.say(f"ready on {url} ({names}); {url}/docs tells the rest")

            answer(create_app(engine, store, settings), at, settings, ready)


def _engine(model: Any, store: Any, given: "Loaded") -> Any:
    from outlay.pipeline.intake import intake
    from outlay.pipeline.live.base import begin, begin_again

    said = [f"input.{name}" in given.origins for name in ("currency", "rates", "negative")]
    ours = intake(given.config.input) if any(said) else None
    if model is None:
        return begin_again(store, intake=ours)
    return begin(model, store, intake=ours)


def _plain(where: str) -> str:
    """Return a store's address without its password."""
    import re

    return re.sub(r"(//[^/@]*):[^/@]*@", r"\1:…@", where)
