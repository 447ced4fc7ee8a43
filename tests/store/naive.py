"""A store in a few lists: slow, obvious, and sharing nothing with the real ones."""

from tests.store.making import Payment, fold


class NaiveStore:
    """Every payment ever made, and up to which one they have left."""

    def __init__(self) -> None:
        self.payments: list[Payment] = []
        self.left = 0

    def ids_of(self, kind: str, name: str) -> list[int]:
        """Return the numbers of all rows of somebody, left ones too."""
        return [k for k, p in enumerate(self.payments, 1) if getattr(p, kind) == name]

    def state(self, kind: str, name: str, until: int) -> bytes | None:
        """Return the state after row ``until``, None for nobody."""
        rows = [k for k in self.ids_of(kind, name) if k <= until]
        return fold(None, [self.payments[k - 1].id for k in rows]) if rows else None

    def expected(self) -> dict[tuple[str, str], tuple[bytes | None, bytes | None, list[int]]]:
        """Return state, base and rows of everyone who has rows."""
        found = {}
        for kind in ("user", "counterparty"):
            for name in {getattr(p, kind) for p in self.payments} - {None}:
                rows = [k for k in self.ids_of(kind, name) if k > self.left]
                if rows:
                    state = self.state(kind, name, len(self.payments))
                    found[kind, name] = state, self.state(kind, name, self.left), rows
        return found
