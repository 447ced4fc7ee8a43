"""What people's routes take and give, declared once: for decoding, encoding and OpenAPI."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from outlay.pipeline.live.decision import Answered
from outlay.store import Alert, Disposition, Status

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST_LABELS: Final = 10_000
Id = Annotated[str, Meta(min_length=1, max_length=256)]


def moment(microseconds: int) -> datetime:
    """Return a time of the store as a person and JSON have it."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """Return a time as the store has it."""
    return (at - _EPOCH) // timedelta(microseconds=1)


class Wrong(Struct, rename={"what": "detail"}):
    """One field, and what is wrong with it."""

    field: str
    what: str
    hint: str | UnsetType = UNSET


class ProblemDetails(Struct, rename={"kind": "type"}):
    """An error (RFC 9457)."""

    kind: Annotated[
        str, Meta(description="Where the docs tell about it.", examples=["/docs#invalid-payment"])
    ]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(description="What is wrong this time.")]
    errors: list[Wrong] | UnsetType = UNSET


class Line(Struct):
    """What became of one payment of a batch: its decision, or its problem."""

    status: Annotated[
        int, Meta(description="What the payment alone would have been answered with.")
    ]
    decision: Answered | UnsetType = UNSET
    problem: ProblemDetails | UnsetType = UNSET
    repeated: (
        Annotated[bool, Meta(description="It was known: this is the first answer again.")]
        | UnsetType
    ) = UNSET


class AlertState(Struct):
    """A payment that a person should look at."""

    id: Annotated[str, Meta(description="The transaction's id.")]
    user_id: str
    timestamp: datetime
    risk: Annotated[float, Meta(ge=0, le=100)]
    severity: str
    status: Status
    disposition: Disposition | None
    note: str
    updated_at: datetime
    updated_by: Annotated[str, Meta(description="Name of the key.")]

    @classmethod
    def of(cls, alert: Alert) -> "AlertState":
        """Return an alert of the store as it is shown."""
        values = {name: getattr(alert, name) for name in alert.__struct_fields__}
        values |= {"timestamp": moment(alert.timestamp), "updated_at": moment(alert.updated_at)}
        return cls(**values)


class AlertPage(Struct):
    """Alerts, newest first."""

    alerts: list[AlertState]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null at the end.")]


class AlertTold(Struct):
    """An alert with the decision that raised it."""

    alert: AlertState
    decision: Annotated[msgspec.Raw | None, Meta(description="Null once its ledger row has left.")]


class AlertUpdate(Struct, forbid_unknown_fields=True):
    """What to change about an alert; what is left out stays."""

    status: Status | UnsetType = UNSET
    disposition: (
        Annotated[Disposition | None, Meta(description="null takes it back.")] | UnsetType
    ) = UNSET
    note: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET


class LabelSent(Struct, forbid_unknown_fields=True):
    """What a transaction turned out to be."""

    transaction_id: Id
    is_fraud: bool
    source: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=64,
                description="Who says so; the key's name where left out.",
            ),
        ]
        | UnsetType
    ) = UNSET
    at: (
        Annotated[
            datetime, Meta(tz=True, description="Since when it is known; now where left out.")
        ]
        | UnsetType
    ) = UNSET


class LabelsKept(Struct):
    """How many labels were kept, and whose transactions are not known here."""

    kept: int
    unknown: list[str]


class ModelShown(Struct):
    """The model that decides."""

    digest: Annotated[str, Meta(description="Equal digests decide alike, to the last bit.")]
    currency: Annotated[str | None, Meta(description="What amounts are counted in.")]
    timezone: Annotated[str, Meta(description="The zone in which hours and days are judged.")]
    detectors: list[str]
    threshold: Annotated[
        float, Meta(description="From which anomaly score on a payment is an anomaly.")
    ]
    alert_budget: str
    training: Annotated[dict[str, Any], Meta(description="Figures of the training.")]


class Health(Struct):
    """Whether the service is well, and if not, why."""

    status: str
    detail: str | UnsetType = UNSET
