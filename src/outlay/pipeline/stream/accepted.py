"""An input that was read and accepted, and lies on the disk."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outlay.pipeline.intake import intake
from outlay.pipeline.outcome import Account, ranked_reasons
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.notes import merged
from outlay.pipeline.stream.repeats import Repeats, find_repeats
from outlay.pipeline.stream.take_in import Entry, accepted_parts, take_in
from outlay.schema.intake import Intake, Whole
from outlay.sources import Parts


@dataclass(frozen=True, slots=True)
class Input:
    """An input that lies accepted on the disk."""

    entry: Entry
    repeats: Repeats | None
    notes: tuple[str, ...]

    def account(self) -> Account:
        """Count its rows."""
        entry, again = self.entry, self.repeats
        reasons = Counter(entry.reasons)
        if again is not None:
            reasons.update(again.rejected["reason"].to_list())
        return Account(
            read=entry.n_read,
            scored=entry.taken.total,
            rejected=entry.n_rejected + (len(again.rejected) if again else 0),
            duplicates=len(again.duplicates) if again else 0,
            reasons=ranked_reasons(dict(reasons)),
            mapping=entry.mapping,
            notes=self.notes,
        )


def accepted_input(
    parts: Parts, config: Config, layout: Layout, folder: Path, say: Progress
) -> Input:
    """Read the input, accept its rows, and lay them down by user."""
    settings = intake(config.input)
    entry, whole, settings = take_in(
        parts, settings, layout, folder, lambda done: say.rows(done, parts.rows)
    )
    again = _repeats(parts, entry, whole, settings, layout)
    if again is not None:
        entry.taken.remove(again.rows)
    return Input(entry, again, tuple(merged([*parts.told(), *entry.notes])))


def _repeats(
    parts: Parts, entry: Entry, whole: Whole, settings: Intake, layout: Layout
) -> Repeats | None:
    marks = entry.ids.repeated() if entry.ids else np.zeros(0, np.uint64)
    if not marks.size:
        return None
    settled = Whole(whole.answers())
    again = accepted_parts(parts, settings, layout.chunk_rows, settled)
    return find_repeats(marks, again, entry.taken.folder)
