"""Exchange rates from a file: what one unit of each currency is worth."""

import csv
import io
import math
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from outlay.errors import ConfigError, NotFoundError

_MAX_BYTES: Final = 1 << 20
_HINT: Final = (
    "\n\nHint: a rates file has the line 'currency,rate', then one line a currency, "
    "for example 'EUR,1' and 'USD,0.92' (one USD is 0.92 EUR); or the same as TOML: USD = 0.92."
)


def load_rates(path: str | Path) -> dict[str, float]:
    """Return what one unit of each currency is worth, from a CSV or a TOML file."""
    file = Path(path)
    text = _text(file)
    pairs = _toml(text, file) if file.suffix.lower() == ".toml" else _csv(text, file)
    rates: dict[str, float] = {}
    for where, code, rate in pairs:
        currency = code.strip().upper()
        if currency in rates:
            raise ConfigError(f"{where}: {currency} has a rate already.{_HINT}")
        rates[currency] = _rate(where, currency, rate)
    if not rates:
        raise ConfigError(f"{file} has no rates.{_HINT}")
    return rates


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{file} is too large for a rates file (over 1 MiB).{_HINT}")
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no rates file {file}.{_HINT}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the rates file {file} cannot be read: {error}.{_HINT}") from error


def _rate(where: str, currency: str, rate: Any) -> float:
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2,4}", currency):
        raise ConfigError(f"{where}: {currency[:20]!r} is not a currency code.{_HINT}")
    try:
        number = math.nan if isinstance(rate, bool) else float(rate)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ConfigError(
            f"{where}: the rate {str(rate)[:20]!r} of {currency} is not a number above 0.{_HINT}"
        )
    return number


def _toml(text: str, file: Path) -> Iterable[tuple[str, str, Any]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not TOML: {error}.{_HINT}") from error
    rates = tables.get("rates", tables)
    if not isinstance(rates, dict):
        raise ConfigError(f"{file}: 'rates' is not a table of rates.{_HINT}")
    return [(str(file), code, rate) for code, rate in rates.items()]


def _csv(text: str, file: Path) -> Iterable[tuple[str, str, Any]]:
    separator = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    header = [name.strip().lower() for name in next(rows, [])]
    if header[:2] != ["currency", "rate"]:
        raise ConfigError(f"{file} does not begin with the line 'currency,rate'.{_HINT}")
    return [_pair(row, f"{file}, line {rows.line_num}") for row in rows if any(row)]


def _pair(row: list[str], where: str) -> tuple[str, str, Any]:
    if len(row) < 2:  # noqa: PLR2004
        raise ConfigError(f"{where}: {','.join(row)[:40]!r} has no rate.{_HINT}")
    return where, row[0], row[1]
