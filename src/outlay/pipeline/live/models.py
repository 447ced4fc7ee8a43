"""The models that a store keeps, each unpacked once."""

from outlay.errors import ModelError
from outlay.pipeline.live.kept_model import unpacked
from outlay.pipeline.model import Model
from outlay.store import Reading


class Models:
    """Looks models up by their digests."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[str, Model | ModelError] = {}

    def find(self, digest: str) -> Model | ModelError:
        """Return the model with a digest, or why it cannot be had."""
        if digest not in self._known:
            self._known[digest] = self._read(digest)
        return self._known[digest]

    def newest(self) -> Model:
        """Return the model that came last; every one of a store tells the hours alike."""
        digests = self._reading.models()
        for digest in reversed(digests):
            found = self.find(digest)
            if not isinstance(found, ModelError):
                return found
        raise ModelError(
            f"The store keeps {len(digests)} models, and none of them can be used.\n\n"
            "Hint: outlay serve --model DIR --store STORE puts one there."
        )

    def pace(self, digest: str) -> float | None:
        """Return the pace of a model's books, where the model can be had."""
        found = self.find(digest)
        return None if isinstance(found, ModelError) else found.books.rows_per_day

    def _read(self, digest: str) -> Model | ModelError:
        body = self._reading.model(digest)
        if body is None:
            return ModelError(
                f"The model {digest[:16]} is not in the store.\n\n"
                "Hint: outlay serve --model DIR with that model puts it there again."
            )
        try:
            return unpacked(body, digest)
        except ModelError as error:
            return error
