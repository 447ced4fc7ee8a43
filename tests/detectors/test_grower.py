"""Trees grown by another process are those grown here."""

import numpy as np
import pytest

from outlay.detectors import grower
from outlay.detectors._growing import Order, grow
from outlay.detectors.grower import at_hand, grown
from tests.test_imports import loaded

RNG = np.random.default_rng(3)
ORDER = Order(RNG.lognormal(size=(500, 3)).astype(np.float32), 7, 64, 5)


def same(one, other):
    """Return whether two forests' arrays are equal, to the bit and to the type."""
    return all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True)
    )


def waiting():
    """Return the only process that is at hand."""
    (process,) = grower._ready
    return process


def test_trees_grown_elsewhere_are_those_grown_here():
    """To the bit; a second forest, for which nobody is at hand any more, is grown here."""
    with at_hand():
        first, second = grown(ORDER), grown(ORDER._replace(seed=6))

    assert same(first, grow(ORDER))
    assert same(second, grow(ORDER._replace(seed=6)))
    assert not same(first, second)


def test_one_at_hand_is_enough():
    """A command begins it as early as it can; the job within finds it there, and leaves it."""
    with at_hand():
        process = waiting()
        with at_hand():
            assert waiting() is process

        assert process.poll() is None


def test_who_has_somebody_at_hand_does_not_import_scikit_learn():
    """That is what the other process is for."""
    code = (
        "import numpy as np\n"
        "from outlay.detectors._growing import Order\n"
        "from outlay.detectors.grower import at_hand, grown\n"
        "with at_hand():\n"
        "    grown(Order(np.random.default_rng(0).random((90, 2)), 3, 16, 0))\n"
    )

    assert loaded(code) == []


def test_what_lies_in_the_folder_is_not_run(tmp_path, monkeypatch):
    """A file there that bears a library's name is no library."""
    for name in ("numpy", "sklearn", "outlay"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)

    with at_hand():
        process = waiting()
        grown(ORDER)

    assert process.returncode == 0


@pytest.mark.parametrize("when", ["before it is asked", "when it is asked"])
def test_where_the_process_fails_trees_are_grown_here(when):
    """It may be ended by the system, which is short of memory, or by an order that it cannot read."""
    with at_hand():
        process = waiting()
        if when == "before it is asked":
            process.kill()
            process.wait()
        else:
            process.stdin.write(b"no order")
            process.stdin.close()
            process.wait()
            process.stdin = None
        found = grown(ORDER)

    assert process.returncode
    assert same(found, grow(ORDER))


def test_what_is_wrong_with_an_order_shows_here():
    """The other process says nothing; the error is that of growing here."""
    with at_hand(), pytest.raises(ValueError, match="n_estimators"):
        grown(ORDER._replace(n_trees=0))


def test_nobody_is_left_behind():
    """The process is gone after the block, asked or not; so it is when who began it is gone."""
    with at_hand():
        unasked = waiting()
    with at_hand():
        left = waiting()
        left.stdin.close()

        assert left.wait(timeout=60)

    assert unasked.poll() is not None
    assert not grower._ready
