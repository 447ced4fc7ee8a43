"""How detectors are found: by entry point, without importing what is not asked for."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from outlay.detectors import base
from outlay.detectors.isolation_forest import IsolationForestDetector
from outlay.errors import ConfigError


def install(monkeypatch, *entries):
    """Pretend that packages with these (name, value) entry points are installed."""
    found = [EntryPoint(name, value, base.GROUP) for name, value in entries]
    monkeypatch.setattr(
        base, "entry_points", lambda *, group: [e for e in found if e.group == group]
    )


def test_the_built_in_detectors_are_registered():
    """The built-in detectors come in through the door that plug-ins use."""
    assert {"fuzzy", "isolation_forest", "rules"} <= set(base.detector_names())


def test_a_detector_is_loaded_by_name():
    """The name leads to the class, and the class keeps the protocol."""
    detector = base.load_detector("isolation_forest")

    assert detector is IsolationForestDetector
    assert isinstance(detector(), base.Detector)


def test_naming_detectors_imports_none():
    """Listing the names loads no detector."""
    code = (
        "import sys; from outlay.detectors.base import detector_names; detector_names(); "
        "print([m for m in sys.modules if m.startswith('outlay.detectors.')])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert printed.stdout.strip() == "['outlay.detectors.base']"


def test_all_installed_detectors_are_loaded(monkeypatch):
    """Every registered detector is loaded, under its own name."""
    value = "outlay.detectors.isolation_forest:IsolationForestDetector"
    install(monkeypatch, ("theirs", "tests.detectors.bad_detectors:Distance"), ("forest", value))

    loaded = base.load_detectors()

    assert list(loaded) == ["forest", "theirs"]
    assert loaded["theirs"].__name__ == "Distance"


def test_a_built_in_keeps_its_name(monkeypatch):
    """A plug-in cannot take a built-in's place by taking its name."""
    ours = ("isolation_forest", "outlay.detectors.isolation_forest:IsolationForestDetector")
    install(monkeypatch, ours, ("isolation_forest", "tests.detectors.bad_detectors:Distance"))

    assert base.load_detector("isolation_forest") is IsolationForestDetector


def test_an_unknown_detector_is_answered_with_the_nearest():
    """An unknown name is refused with the installed ones and the nearest."""
    with pytest.raises(ConfigError, match=r"'isolation_forrest'; installed are .*fuzzy") as caught:
        base.load_detector("isolation_forrest")
    assert "Did you mean 'isolation_forest'?\n\nHint: " in str(caught.value)


@pytest.mark.parametrize("value", ["no_such_package:Detector", "outlay.errors:NoSuchDetector"])
def test_a_broken_plug_in_is_named(monkeypatch, value):
    """A plug-in that cannot be imported is an error that names it, not a traceback."""
    install(monkeypatch, ("theirs", value))

    with pytest.raises(ConfigError, match=f"'theirs' cannot be loaded from '{value}'.*\n\nHint: "):
        base.load_detector("theirs")
