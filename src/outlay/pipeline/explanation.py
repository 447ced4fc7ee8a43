"""The full report of one decision, for people and for machines."""

from collections.abc import Mapping
from typing import Any

import msgspec
import polars as pl

from outlay.errors import InputError
from outlay.features.words import normal
from outlay.pipeline.live.glance import Glance
from outlay.pipeline.model import Model
from outlay.pipeline.reasons import explain
from outlay.schema.catalog import BY_NAME
from outlay.schema.money import money


class Explanation(msgspec.Struct, frozen=True):
    """One decision: what was decided, why, what would have been normal, and on what figures."""

    transaction_id: str
    user_id: str
    amount: str
    timestamp: str
    risk: float
    severity: str
    outcome: str
    is_anomaly: bool
    is_alert: bool
    assessed: bool
    reasons: list[dict[str, Any]]
    normal: str | None
    credits: list[dict[str, Any]]
    features: dict[str, float | None]
    rule_report: str
    model_digest: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]

    def as_text(self) -> str:
        """Return the report as people read it."""
        return "\n".join(_lines(self))


def explain_row(model: Model, row: pl.DataFrame) -> Explanation:
    """Return all that is known of one decided transaction.

    Parameters
    ----------
    model
        The model that decided it.
    row
        Its row of the scored table, with the features.
    """
    if missing := [name for name in BY_NAME if name not in row.columns]:
        raise InputError(
            f"The scored table has no {missing[0]}, and an explanation tells all features.\n\n"
            "Hint: run or score again without --no-features (output.features)."
        )
    values = row.row(0, named=True)
    rules: Any = model.detectors["rules"]
    credited = model.detectors["isolation_forest"].explain(row)[0]
    said = explain(model, row)[0]
    local = row["timestamp"].dt.convert_time_zone(model.config.input.timezone)[0]
    return Explanation(
        transaction_id=values["transaction_id"],
        user_id=values["user_id"],
        amount=money(values["amount"], model.currency),
        timestamp=f"{local:%Y-%m-%d %H:%M:%S %Z}",
        risk=values["risk"],
        severity=values["severity"],
        outcome=values["outcome"],
        is_anomaly=values["is_anomaly"],
        is_alert=values["is_alert"],
        assessed=values["assessed"],
        reasons=[
            {"code": r.code, "text": r.text, "weight": round(r.weight, 4), "detector": r.detector}
            for r in said
        ],
        normal=_normal(model, values),
        credits=[
            {"feature": r.code, "share": round(r.weight, 4), "value": values[r.code]}
            for r in credited
        ],
        features={name: _known(values[name]) for name in BY_NAME},
        rule_report=rules.report(row, model.currency),
        model_digest=model.digest,
    )


def _normal(model: Model, values: Mapping[str, Any]) -> str | None:
    """Return what would have been normal for the user: how much, and at which hours.

    The amount is what the past said at the time; the hours are the user's as the model knows them,
    and are left out where nine payments in ten do not fall into a part of the day.
    """
    amount = normal(values, model.currency)
    state = model.pasts.users.of(values["user_id"])
    hours = Glance.of(state).usual_hours() if amount and state.size else None
    if hours is None:
        return amount
    return f"{amount}, mostly between {hours[0]:02d}:00 and {hours[1]:02d}:00"


def _measured(value: float, unit: str) -> str:
    """Return a feature's value with its unit; of a flag, whether it is set."""
    return ("no", "yes")[int(value)] if unit == "0 or 1" else f"{value:.3g} {unit}"


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else value  # noqa: PLR0124  NaN is not itself


def _lines(e: Explanation) -> list[str]:
    flags = [word for word, on in (("alert", e.is_alert), ("anomaly", e.is_anomaly)) if on]
    lines = [
        f"Transaction {e.transaction_id} of user {e.user_id}",
        f"{e.amount} on {e.timestamp}",
        f"Risk {e.risk:.2f} of 100 · severity {e.severity} · outcome {e.outcome}"
        + (f" · {', '.join(flags)}" if flags else " · nothing unusual"),
        "",
    ]
    if e.reasons:
        lines += ["Why", *(f"  {i}. {r['text']}" for i, r in enumerate(e.reasons, 1)), ""]
    if e.normal:
        lines += [e.normal[0].upper() + e.normal[1:], ""]
    lines += ["What the isolation forest looked at"]
    for credit in e.credits:
        feature = BY_NAME[credit["feature"]]
        value = (
            "missing"
            if _known(credit["value"]) is None
            else _measured(credit["value"], feature.unit)
        )
        lines.append(f"  {credit['share']:6.1%}  {feature.name} = {value} ({feature.meaning})")
    return [*lines, "", "The rules", *(f"  {line}" for line in e.rule_report.splitlines()),
            "", f"Model {e.model_digest[:16]}"]  # fmt: skip
