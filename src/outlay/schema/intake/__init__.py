"""From a table as somebody wrote it to the transactions frame: mapped, checked, in one currency.

Imports Polars, so only the sources and the pipeline import it, and late.
"""

from outlay.schema.intake.accept import accept
from outlay.schema.intake.rates import load_rates
from outlay.schema.intake.raw import Part, Raw
from outlay.schema.intake.settings import Accepted, Intake
from outlay.schema.intake.whole import Whole

__all__ = ["Accepted", "Intake", "Part", "Raw", "Whole", "accept", "load_rates"]
