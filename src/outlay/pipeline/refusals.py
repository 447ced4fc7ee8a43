"""What no input can mend is refused before it is read: it may take minutes to read."""

from collections.abc import Sequence
from pathlib import Path

from outlay.detectors.base import load_detector
from outlay.detectors.fuzzy import FuzzyDetector
from outlay.detectors.rules import load_pack
from outlay.errors import ConfigError
from outlay.pipeline.intake import intake
from outlay.pipeline.names import RESULTS
from outlay.pipeline.settings import DETECTORS, Config


def check_files_named(config: Config) -> None:
    """Read what the settings name: rule pack and its numbers, fuzzy rules, rates, detectors."""
    load_pack(config.rules.pack, parameters=config.rules.parameters)
    if config.fuzzy.rules:
        FuzzyDetector(rules=config.fuzzy.rules)
    for name in config.detectors:
        if name not in DETECTORS:
            load_detector(name)
    intake(config.input)


def refuse_own_input(files: Sequence[str], out: Path) -> None:
    """Refuse to write the results over what they are made of."""
    ours = {(out / name).resolve() for name in RESULTS}
    for file in files:
        if file != "-" and Path(file).exists() and Path(file).resolve() in ours:
            raise ConfigError(
                f"{file} would be overwritten by the results in {out}.\n\n"
                "Hint: give --out another folder."
            )


def refuse_own_model(folder: Path, out: Path) -> None:
    """Refuse to write the results where the model lies: they would take its place."""
    if folder.resolve().is_relative_to(out.resolve()) or out.resolve() == folder.resolve():
        raise ConfigError(
            f"the results in {out} would take the place of the model in {folder}.\n\n"
            "Hint: give --out another folder."
        )
