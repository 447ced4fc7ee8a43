"""Every setting, with the value it has when nobody chooses."""

from typing import Literal

import msgspec

from outlay.decision import Budget, Policy

History = Literal["past", "full"]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One group of settings; unknown names are refused."""


class InputSettings(Settings):
    """How to understand the input; see `outlay.schema.intake.Intake`."""

    columns: dict[str, str] = {}
    timezone: str = "UTC"
    currency: str | None = None
    rates: str | None = None
    """Path of a file with the worth of each currency."""
    negative: Literal["reject", "refund"] = "reject"
    time_format: str | None = None


class ForestOptions(Settings):
    """The isolation forest."""

    n_trees: int = 100
    max_samples: int = 256
    contamination: float = 0.01
    """Share of the training transactions above the learned threshold."""
    train_rows: int = 200_000
    seed: int = 0


class FuzzyOptions(Settings):
    """The fuzzy risk."""

    rules: str | None = None
    """Path of a rule base of one's own."""


class RuleOptions(Settings):
    """The rules."""

    pack: str = "classic"
    """Name of a pack that comes with Outlay, or path of one's own."""


class AlertOptions(Settings):
    """The alert budget: a share of the transactions, or a number a day."""

    rate: float = 0.005
    per_day: float | None = None

    def budget(self) -> Budget:
        """Return the budget."""
        return Budget(rate=self.rate, per_day=self.per_day)


class DashboardOptions(Settings):
    """The dashboards that a run draws."""

    users: int = 20
    days: int = 30


class OutputOptions(Settings):
    """What a run writes."""

    csv: bool = False
    """Write the scored transactions as CSV too."""


class Config(Settings):
    """All settings of Outlay. The file, the environment and the flags follow this structure."""

    history: History = "past"
    input: InputSettings = InputSettings()
    rules: RuleOptions = RuleOptions()
    forest: ForestOptions = ForestOptions()
    fuzzy: FuzzyOptions = FuzzyOptions()
    alerts: AlertOptions = AlertOptions()
    policy: Policy = Policy()
    dashboards: DashboardOptions = DashboardOptions()
    output: OutputOptions = OutputOptions()
