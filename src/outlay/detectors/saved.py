"""What a detector refuses when it is read back from a model's folder."""

from outlay.detectors.base import Settings
from outlay.errors import ModelError


def refuse_other(version: int, settings: Settings, who: str) -> None:
    """Refuse what another version of the detector wrote."""
    if settings.get("version") != version:
        raise ModelError(
            f"The {who}'s version is {settings.get('version')!r}, "
            f"this release reads {version}.\n\nHint: train the model again."
        )


def damaged(who: str, damage: str) -> ModelError:
    """Say that the parts of a model cannot be used."""
    return ModelError(
        f"The {who}'s parts are damaged: {damage}.\n\n"
        "Hint: restore the model's folder or train it again."
    )
