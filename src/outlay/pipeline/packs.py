"""A rule pack tried on files before it judges anybody."""

from collections.abc import Sequence

from outlay.detectors.rules import Pack, TrialResult, load_pack, trial
from outlay.features import Population
from outlay.pipeline.intake import accepted_files
from outlay.pipeline.judge import featured
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.settings import Config


def try_pack(
    files: Sequence[str],
    pack: str | Pack,
    config: Config,
    against: str | None = None,
    progress: Progress | None = None,
) -> TrialResult:
    """Return how each rule of a pack does on the transactions of files.

    Parameters
    ----------
    files
        The input.
    pack, against
        The pack to try, and the one in use whose rules the overlap is measured with.
    config
        The settings; those of the input and the history count.
    progress
        Is told of the stages.
    """
    say = progress or Quiet()
    tried = pack if isinstance(pack, Pack) else load_pack(pack)
    baseline = load_pack(against) if against else None
    say.stage(f"Reading {files[0] if len(files) == 1 else f'{len(files)} files'}")
    transactions = accepted_files(files, config.input).transactions
    say.stage(f"Computing the features of {len(transactions):,} transactions")
    population = Population.fit(transactions, config.input.timezone)
    table, _ = featured(transactions, population, config)
    say.stage(f"Trying {tried.name}")
    return trial(tried, table, baseline)
