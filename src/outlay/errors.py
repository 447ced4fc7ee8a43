"""Every error this package raises on purpose.

* OutlayError
  + ConfigError        a setting, option or rule pack is unknown, of the wrong type or out of range
    - RuleError        a rule pack does not hold what it should, at a line and a column
  + InputError         the input is not a table of transactions
    - MissingColumnsError
    - CurrencyError    several currencies and no rates, or a currency without a rate
  + ModelError         a model's folder is missing, damaged or of another version
  + OutputError        a result cannot be written
  + StoreError         the store cannot be opened, read or written
    - StoreVersionError      it was made by a newer Outlay
    - StoreDamagedError      it is no store, or not a whole one
    - StoreUnavailableError  it cannot be used just now; the same call may be made again
      . StoreLockedError     another process holds it
      . StoreFullError       there is no room to write
      . StoreConnectionError the database server is away
  + NotFoundError      a user, a transaction or a file that was asked for is not there

Messages say what is wrong, where, what there is instead, and end in ``Hint:`` and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class OutlayError(Exception):
    """Anything this package raises on purpose."""


class ConfigError(OutlayError):
    """A setting is unknown, of the wrong type or out of range."""


class RuleError(ConfigError):
    """A rule pack does not hold what it should."""


class InputError(OutlayError):
    """The input is not a table of transactions."""


class MissingColumnsError(InputError):
    """Columns that a transaction must have are not there."""


class CurrencyError(InputError):
    """Amounts cannot be brought to one currency."""


class ModelError(OutlayError):
    """A model is missing, damaged or of another version."""


class OutputError(OutlayError):
    """A result cannot be written."""


class StoreError(OutlayError):
    """The store cannot be opened, read or written."""


class StoreVersionError(StoreError):
    """The store was made by a newer Outlay."""


class StoreDamagedError(StoreError):
    """The file is no store, or not a whole one."""


class StoreUnavailableError(StoreError):
    """The store cannot be used just now; the same call may be made again."""


class StoreLockedError(StoreUnavailableError):
    """Another process holds the store."""


class StoreFullError(StoreUnavailableError):
    """There is no room to write."""


class StoreConnectionError(StoreUnavailableError):
    """The database server is away."""


class NotFoundError(OutlayError):
    """What was asked for is not there."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the known name nearest to ``name``, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
