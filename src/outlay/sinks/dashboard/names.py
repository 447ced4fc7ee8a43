"""What a user's files are called: the id where it is harmless, else a cleaned id and a digest.

A user id comes from the data: it may hold ``../``, be longer than a file name may be, be a name that
Windows keeps for itself, or differ from another one by case alone.
"""

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")


def file_stems(users: Iterable[str]) -> dict[str, str]:
    """Return a file name without its ending for each user, no two alike even where case is ignored.

    >>> file_stems(["U0005", "../etc"])
    {'U0005': 'U0005', '../etc': '_etc-f7f9121fdb53'}
    """
    known = list(dict.fromkeys(users))
    folded = Counter(user.casefold() for user in known)
    return {user: _stem(user, is_alone=folded[user.casefold()] == 1) for user in known}


def _stem(user: str, *, is_alone: bool) -> str:
    harmless = _HARMLESS.fullmatch(user) and not _RESERVED.fullmatch(user)
    if harmless and is_alone:
        return user
    cleaned = _OTHER.sub("-", user[:40]).strip("-_")
    digest = sha256(user.encode()).hexdigest()[:12]
    return f"_{cleaned}-{digest}" if cleaned else f"_{digest}"  # no harmless name begins so
