"""Imports that take long, spared: libraries that another one looks for and can do without."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let nobody find these modules as long as the block lasts; those imported already are left."""
    modules = cast("dict[str, Any]", sys.modules)
    mine = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(mine))
    try:
        yield
    finally:
        for name in mine:
            del modules[name]
