"""Which characters the picture's font can draw.

Matplotlib draws an empty box and warns for a character that its font lacks; a name in such a script
is better shown with a plain question mark, and its full form stands in the page.
"""

from functools import cache


def drawable(text: str) -> str:
    """Return ``text`` with ``?`` for each run of characters that the font lacks."""
    known = _characters()
    out = ""
    for letter in text:
        if ord(letter) in known:
            out += letter
        elif not out.endswith("?"):
            out += "?"
    return out


@cache
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties())).get_charmap())
