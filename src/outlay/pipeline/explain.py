"""One decision of a result, told in full."""

from pathlib import Path

import polars as pl

from outlay.errors import InputError, ModelError, NotFoundError, nearest
from outlay.pipeline import artifact
from outlay.pipeline.explanation import Explanation, explain_row
from outlay.pipeline.names import SCORED
from outlay.pipeline.results import Metadata


def explain_in(
    folder: Path, transaction_id: str, model: Path | None = None
) -> tuple[Explanation, list[str]]:
    """Return all that is known of one decision of a result, and what a reader should know.

    Parameters
    ----------
    folder
        The result's folder.
    transaction_id
        Which transaction.
    model
        The model's folder, where it is not the one that the result names.
    """
    row = _row(folder, transaction_id)
    known = Metadata.beside(folder)
    place = model or folder / known.model_folder
    if not place.is_dir():
        raise ModelError(
            f"the model of {folder} is not in {place}.\n\nHint: say where it is: --model DIR."
        )
    core = artifact.load(place)
    notes = []
    if known.digest not in (None, core.digest):
        notes.append(
            f"{folder} was decided by the model {str(known.digest)[:16]}, and {place} holds "
            f"{core.digest[:16]}: trained again, or used with other settings"
        )
    return explain_row(core, row), notes


def _row(folder: Path, transaction_id: str) -> pl.DataFrame:
    table = folder / SCORED
    if not table.is_file():
        raise NotFoundError(
            f"{folder} holds no {SCORED}.\n\n"
            "Hint: give the folder that outlay run or outlay score wrote, its --out."
        )
    rows = pl.scan_parquet(table, glob=False)
    try:
        row = rows.filter(pl.col("transaction_id") == transaction_id).head(1).collect()
        if len(row):
            return row
        ids = rows.select("transaction_id").collect().to_series()
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{table} is no result: {str(error).partition(chr(10))[0]}.\n\n"
            "Hint: run or score again."
        ) from error
    near = nearest(transaction_id, ids.head(20_000))
    raise NotFoundError(
        f"no transaction {transaction_id!r} among the {len(ids):,} of {folder}.{near}\n\n"
        f"Hint: ids stand in alerts.csv and {SCORED}, in the column transaction_id."
    )
