"""The notes of many parts as those of one input: what was counted part by part is added up."""

import re
from typing import Final

_NOUNS: Final = "(?:rows?|values?|amounts?|times?|blank lines?|negative amounts?|do not)"
_TOKEN: Final = re.compile(rf"'(?:[^'\\]|\\.)*'|\b\d[\d,]* {_NOUNS}\b|[^'\d]+|.", re.DOTALL)
_COUNT: Final = re.compile(rf"(\d[\d,]*) ({_NOUNS})")


def merged(notes: list[str]) -> list[str]:
    """Return every note once; of those that differ in counts alone, one with their sum.

    >>> merged(["a: 1 row kept", "since 1970", "a: 2 rows kept", "since 1970"])
    ['a: 3 rows kept', 'since 1970']
    """
    found: dict[str, list[str]] = {}
    for note in notes:
        tokens = _TOKEN.findall(note)
        shape = "".join(_bare(token) for token in tokens)
        known = found.setdefault(shape, tokens)
        if known is not tokens:
            for at, token in enumerate(tokens):
                known[at] = _added(known[at], token)
    return ["".join(tokens) for tokens in found.values()]


def _bare(token: str) -> str:
    if token.startswith("'") and len(token) > 1:
        return "'"
    match = _COUNT.fullmatch(token)
    return f"# {match[2].rstrip('s')}" if match else token


def _added(one: str, other: str) -> str:
    ours, theirs = _COUNT.fullmatch(one), _COUNT.fullmatch(other)
    if not ours or not theirs or one.startswith("'"):
        return one
    total = int(ours[1].replace(",", "")) + int(theirs[1].replace(",", ""))
    noun = ours[2] if total == 1 or ours[2] == "do not" else ours[2].rstrip("s") + "s"
    return f"{total:,} {noun}"
