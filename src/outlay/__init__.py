"""Outlay finds anomalous payments and explains each one.

>>> import outlay
>>> result = outlay.run(outlay.synth(users=20, days=30))
>>> result.alerts.columns[:3]
['place', 'transaction_id', 'user_id']
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outlay.pipeline.api import Model as Model
    from outlay.pipeline.api import Result as Result
    from outlay.pipeline.api import dashboard as dashboard
    from outlay.pipeline.api import run as run
    from outlay.pipeline.api import synth as synth
    from outlay.pipeline.api import train as train

__version__ = "0.1.0"
__all__ = ["Model", "Result", "__version__", "dashboard", "run", "synth", "train"]


def __getattr__(name: str) -> Any:
    """Import the library's parts when they are first asked for: ``import outlay`` stays light."""
    if name in __all__:
        from outlay.pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module 'outlay' has no attribute {name!r}")
