"""Make the pictures of the README and the docs from made-up payments.

python -m scripts.make_pictures
"""

from pathlib import Path

import outlay

PICTURE = Path(__file__).parent.parent / "docs/img/dashboard.png"
LARGEST = 200_000


def main() -> None:
    """Draw the dashboard of the user with the worst alert."""
    found = outlay.run(outlay.synth(users=400, days=120, seed=7))
    user = found.alerts["user_id"][0]
    threshold = found.model.threshold
    shown = outlay.dashboard(found.scored, user, threshold=threshold, currency="EUR")
    picture = shown.png()
    if len(picture) > LARGEST:
        raise SystemExit(f"the picture has {len(picture):,} bytes, more than {LARGEST:,}")
    PICTURE.write_bytes(picture)
    print(f"{PICTURE.name}: user {user}, {len(picture):,} bytes")


if __name__ == "__main__":
    main()
