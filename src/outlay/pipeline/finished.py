"""What a job on files says when it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from outlay.pipeline.job import Job
from outlay.pipeline.model import Model
from outlay.pipeline.outcome import Account, Outcome
from outlay.pipeline.publish import Published


@dataclass(frozen=True, slots=True)
class Finished:
    """A job that left its results in a folder."""

    account: Account
    model: Model
    promised: float
    published: Published
    out: Path
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        account: Account,
        came_out: Job | Outcome,
        published: Published,
        out: Path,
        notes: Sequence[str] = (),
    ) -> Self:
        """Say what came out, and what there is to note beside the input's own notes."""
        told = (*account.notes, *notes)
        return cls(account, came_out.model, came_out.promised, published, out, told)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was written, and what it was made of."""

    model: Model
    account: Account
    folder: Path
