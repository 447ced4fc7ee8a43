"""The scored table: the input's columns, the features, the decision."""

from collections.abc import Sequence

from outlay.pipeline.settings import OutputOptions
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION, OPTIONAL, REQUIRED

OURS = {*NAMES, *DECISION}


def scored_columns(
    input_columns: Sequence[str], columns: Sequence[str], output: OutputOptions
) -> list[str]:
    """Return the columns of a scored table, in their order.

    The input's own columns come first, by their own names; then those that were mapped or made
    (``user_id`` where the input called it otherwise), the features if they are wanted, the
    decision. A column of the input that bears the name of one of ours, as in a table that was
    scored before, gives way.
    Last comes what detectors from elsewhere add.
    """
    added = columns[columns.index(DECISION[-1]) + 1 :]
    given = [name for name in input_columns if name not in OURS and name not in added]
    made = [name for name in (*REQUIRED, *OPTIONAL) if name in columns and name not in given]
    features = NAMES if output.features else ()
    return [*given, *made, *features, *DECISION, *added]
