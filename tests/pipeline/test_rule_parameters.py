"""A pack's numbers are set from outside, and a model keeps them."""

from pathlib import Path

import pytest

import outlay
from outlay.errors import RuleError


def test_a_model_keeps_the_parameters_it_was_trained_with(wallet, tmp_path: Path):
    """What is trained with another limit judges by it, saved and loaded too."""
    model = outlay.train(wallet, rules={"parameters": {"high_amount": 150}})

    model.save(tmp_path / "model")
    scored = outlay.Model.load(tmp_path / "model").score(wallet)

    broken = scored.filter(scored["rule_violations"].list.contains("amount_above_limit"))
    assert broken["transaction_id"].to_list() == (
        scored.filter(scored["amount"] > 150)["transaction_id"].to_list()
    )
    assert len(broken) > 0


def test_an_unknown_parameter_is_refused_with_the_nearest(wallet):
    """A name that the pack does not have is an error that names those it has."""
    with pytest.raises(RuleError, match=r"no parameter 'high_amuont'\. Did you mean 'high_amount'"):
        outlay.run(wallet, rules={"parameters": {"high_amuont": 150}})
