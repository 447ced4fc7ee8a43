"""Every setting: its type and range, what it means, and the value it has when nobody chooses.

The file, the environment and the flags follow this structure; `outlay.pipeline.config` reads them.
"""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from outlay.decision import Budget, Policy
from outlay.decision.risk import OTHER_WITNESSES as WITNESSES
from outlay.errors import ConfigError

History = Literal["past", "full"]

SHARE: Final[dict[str, Any]] = {"share": True}
"""Marks a share, which may be written in per cent: ``"0.5%"``."""
PATH: Final[dict[str, Any]] = {"path": True}
"""Marks a path, which a file gives relative to itself."""

Text = Annotated[str, Meta(min_length=1)]

DETECTORS: Final = ("rules", "isolation_forest", "fuzzy")
"""What the scored table's own columns come from: no decision is without them."""
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One group of settings; unknown names are refused."""


class InputSettings(Settings, frozen=True):
    """How to understand the input."""

    columns: Annotated[
        dict[str, str],
        Meta(description="which of the input's columns is which, where usual names do not tell"),
    ] = {}
    timezone: Annotated[
        str, Meta(min_length=1, description="the IANA zone of times without an offset")
    ] = "UTC"
    currency: Annotated[
        Text | None,
        Meta(
            description="of amounts that do not say theirs; all are brought to it", examples=["EUR"]
        ),
    ] = None
    rates: Annotated[
        Text | None,
        Meta(
            description="a file with the worth of each currency", examples=["rates.csv"], extra=PATH
        ),
    ] = None
    negative: Annotated[
        Literal["reject", "refund"], Meta(description="what to do with negative amounts")
    ] = "reject"
    time_format: Annotated[
        Text | None,
        Meta(
            description="how times are written, where it is not to be found out",
            examples=["%d/%m/%Y %H:%M"],
        ),
    ] = None


class TrainOptions(Settings, frozen=True):
    """What is learned from."""

    max_rows: Annotated[
        Count,
        Meta(description="of more transactions than these, so many of some users are learned from"),
    ] = 1_000_000


class ForestOptions(Settings, frozen=True):
    """The isolation forest."""

    n_trees: Annotated[int, Meta(ge=1, le=10_000, description="how many trees it has")] = 100
    max_samples: Annotated[
        int, Meta(ge=2, le=4_096, description="rows that each tree is grown from")
    ] = 512
    contamination: Annotated[
        float,
        Meta(
            gt=0,
            le=0.5,
            description="share of the training transactions above the learned threshold",
            extra=SHARE,
        ),
    ] = 0.01
    train_rows: Annotated[Count, Meta(description="at most so many rows are learned from")] = (
        200_000
    )
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="which throw of the dice")] = 0


class FuzzyOptions(Settings, frozen=True):
    """The fuzzy risk."""

    rules: Annotated[
        Text | None,
        Meta(
            description="a rule base of one's own, as a TOML file",
            examples=["fuzzy.toml"],
            extra=PATH,
        ),
    ] = None


class RuleOptions(Settings, frozen=True):
    """The rules."""

    pack: Annotated[
        str,
        Meta(
            min_length=1,
            description="a pack that comes with Outlay (outlay rules list), or a file of one's own",
            extra=PATH,
        ),
    ] = "classic"
    parameters: Annotated[
        dict[str, float],
        Meta(description="other values for the numbers that the pack has under [parameters]"),
    ] = {}


class AlertOptions(Settings, frozen=True):
    """The alert budget: a share of the transactions, or a number a day."""

    rate: Annotated[
        float,
        Meta(
            gt=0,
            le=0.5,
            description='share of the transactions that become alerts; "0.5%" will do',
            extra=SHARE,
        ),
    ] = 0.005
    per_day: Annotated[
        Annotated[float, Meta(gt=0, le=1e9)] | None,
        Meta(description="alerts a day; where it is set the rate does not count", examples=[50]),
    ] = None

    def budget(self) -> Budget:
        """Return the budget."""
        return Budget(rate=self.rate, per_day=self.per_day)


class DashboardOptions(Settings, frozen=True):
    """The dashboards that a run draws."""

    users: Annotated[
        int, Meta(ge=0, le=10_000, description="how many users, those with the worst alerts")
    ] = 10
    days: Annotated[int, Meta(ge=1, le=731, description="up to each user's last transaction")] = 30


class OutputOptions(Settings, frozen=True):
    """What a run writes."""

    csv: Annotated[bool, Meta(description="write the scored transactions as CSV too")] = False
    order: Annotated[
        Literal["input", "any"],
        Meta(description="the scored rows' order: the input's, or whatever costs least"),
    ] = "input"
    features: Annotated[
        bool, Meta(description="write the features beside the verdicts, which explain needs")
    ] = True
    report: Annotated[
        bool, Meta(description="write the report and the dashboards, which people read")
    ] = True


class MachineOptions(Settings, frozen=True):
    """How much of the machine is used."""

    memory: Annotated[
        Annotated[str, Meta(pattern=r"^ *\d+(\.\d+)? *([kKmMgGtT][iI]?[bB]?|[bB])? *$")] | None,
        Meta(
            description="what a large file may take; by default half of it all, 4GB at most",
            examples=["4GB"],
        ),
    ] = None

    def bytes(self) -> int | None:
        """Return the memory in bytes; nothing where nobody says."""
        if self.memory is None:
            return None
        number, unit = re.fullmatch(r" *([\d.]+) *([a-zA-Z]?)[iI]?[bB]? *", self.memory).groups()  # type: ignore[union-attr]
        return int(float(number) * 1024 ** "bkmgt".index(unit.lower() or "b"))


class Config(Settings, frozen=True):
    """All settings of Outlay. The file, the environment and the flags follow this structure."""

    history: Annotated[
        History,
        Meta(description="judge by earlier transactions alone, or by the whole file (in review)"),
    ] = "past"
    detectors: Annotated[
        tuple[Text, ...],
        Meta(description="what judges: these three, and detectors that other packages bring"),
    ] = DETECTORS
    input: InputSettings = InputSettings()
    train: TrainOptions = TrainOptions()
    rules: RuleOptions = RuleOptions()
    forest: ForestOptions = ForestOptions()
    fuzzy: FuzzyOptions = FuzzyOptions()
    alerts: AlertOptions = AlertOptions()
    policy: Policy = Policy()
    dashboards: DashboardOptions = DashboardOptions()
    output: OutputOptions = OutputOptions()
    machine: MachineOptions = MachineOptions()

    def __post_init__(self) -> None:
        """Refuse a set of detectors that makes no decision."""
        missing = [name for name in DETECTORS if name not in self.detectors]
        taken = [name for name in self.detectors if name in WITNESSES]
        if missing or taken or len(set(self.detectors)) < len(self.detectors):
            wrong = f"leave out {missing[0]!r}" if missing else "name one twice"
            wrong = f"have one called {taken[0]!r}, a name with another meaning" if taken else wrong
            raise ConfigError(
                f"The detectors {', '.join(self.detectors)} {wrong}.\n\n"
                f"Hint: every decision needs {', '.join(DETECTORS)}; others come after them."
            )
