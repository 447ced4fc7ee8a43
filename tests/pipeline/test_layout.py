"""How an input is cut: what is worked on at one time fits the memory."""

import pytest

from outlay.errors import ConfigError
from outlay.pipeline.stream import layout as layouts
from outlay.pipeline.stream.layout import LEAST, Layout, fits


def test_too_little_memory_is_refused() -> None:
    """A bound under which nothing can be done is said to be one."""
    with pytest.raises(ConfigError, match="give --memory 1GB or more"):
        Layout.of(10**6, LEAST - 1)


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_layout_keeps_to_the_memory(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged or written at one time fits, whatever the number of rows and processors."""
    monkeypatch.setattr(layouts, "cores", lambda: cores)
    for rows in (10**5, 10**6, 10**7, 10**8, 10**9):
        layout = Layout.of(rows, 2 << 30)

        assert layout.chunk_rows * layout.threads * 1_500 <= (2 << 30) - (500 << 20)
        assert layout.chunk_rows * 3_000 <= (2 << 30) - (500 << 20)
        assert layout.spread_rows * layout.threads * 1_500 <= (2 << 30) - (500 << 20)
        assert layout.partitions * layout.spread_rows >= rows
        assert layout.room + layout.chunk_rows * 3_000 <= (2 << 30) - (500 << 20)


def test_layout_has_room_for_the_users_that_a_model_knows() -> None:
    """A small file for a model of many users is cut by its users, so that they fit too."""
    assert fits(10**5, 2 << 30, users=10**5)
    assert not fits(10**5, 2 << 30, users=10**6)
    layout = Layout.of(10**5, 2 << 30, users=10**7)

    assert 10**7 / layout.partitions * layout.threads * 5_000 <= (2 << 30) - (500 << 20)
