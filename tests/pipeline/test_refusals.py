"""What is wrong whatever the input holds is said before the input is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlay.errors import ConfigError, OutlayError
from outlay.pipeline.config import from_mapping
from outlay.pipeline.files import run_files, train_files
from outlay.pipeline.progress import Quiet
from outlay.pipeline.refusals import refuse_own_input, refuse_own_model

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "rule pack": ({"rules": {"pack": "clasic"}}, "there is no rule pack 'clasic'"),
    "number of the pack": (
        {"rules": {"parameters": {"high_amuont": 3.0}}},
        "no parameter 'high_amuont'.*Did you mean 'high_amount'",
    ),
    "fuzzy rules": ({"fuzzy": {"rules": "nowhere.toml"}}, "nowhere.toml"),
    "rates": ({"input": {"rates": "nowhere.csv"}}, "nowhere.csv"),
    "detector": (
        {"detectors": ["rules", "isolation_forest", "fuzzy", "fuzy"]},
        "No detector is called 'fuzy'; .*Did you mean 'fuzzy'",
    ),
}


class Silent(Quiet):
    """A progress that nothing may be told: not even that the input is being read."""

    def stage(self, words: str) -> None:
        """Fail."""
        raise AssertionError(words)


@pytest.mark.parametrize("job", [run_files, train_files])
@pytest.mark.parametrize(("settings", "words"), WRONG.values(), ids=WRONG)
def test_settings_are_looked_into_first(
    job: Callable[..., object], settings: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """A name that nothing bears ends a job before it reads, and before it makes a folder."""
    with pytest.raises(OutlayError, match=f"(?s){words}"):
        job([str(tmp_path / "big.csv")], tmp_path / "out", from_mapping(settings), Silent())

    assert not (tmp_path / "out").exists()


def test_results_never_take_the_place_of_their_input(tmp_path: Path) -> None:
    """Neither the file that is read nor the model that judges may lie where the results go."""
    (tmp_path / "scored.parquet").touch()

    with pytest.raises(ConfigError, match="would be overwritten by the results"):
        refuse_own_input([str(tmp_path / "scored.parquet")], tmp_path)
    with pytest.raises(ConfigError, match="would take the place of the model"):
        refuse_own_model(tmp_path / "model", tmp_path)
    refuse_own_input(["-", str(tmp_path / "other.parquet")], tmp_path)
    refuse_own_model(tmp_path / "model", tmp_path / "result")
