"""From the text of an expression to its tree, within limits that keep hostile text cheap.

The text is cut into tokens first (that is linear), and only an expression that is short and shallow
reaches the recursive parser. What the tree may hold is ``translate``'s affair.
"""

from itertools import pairwise
from typing import Any, Final

import sqlglot
from sqlglot import Token, TokenType
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.parser import Parser

from outlay.detectors.rules.problems import Span

Tree = Any
"""A node of the syntax tree; the name of its base class differs between versions of sqlglot."""

MAX_LENGTH: Final = 2_000
"""Characters in one expression."""
MAX_TOKENS: Final = 400
MAX_DEPTH: Final = 40
"""Brackets, cases and signs inside each other."""

_OPENING: Final = {TokenType.L_PAREN, TokenType.CASE, TokenType.L_BRACKET, TokenType.L_BRACE}
_CLOSING: Final = {TokenType.R_PAREN, TokenType.END, TokenType.R_BRACKET, TokenType.R_BRACE}
_SIGNS: Final = {TokenType.NOT, TokenType.DASH, TokenType.TILDE, TokenType.PLUS}
_STATEMENTS: Final = {*Parser.STATEMENT_PARSERS, TokenType.SELECT, TokenType.WITH}
_SHORTER: Final = "split it into two rules, or give its parts names under [parameters] and [sets]"
_WRITING: Final = (
    "an expression is like: amount > 5 * user_mean and transaction_type in ('withdrawal')"
)


class ExpressionError(Exception):
    """An expression is not in the language, at a place in its own text."""

    def __init__(self, message: str, hint: str, span: Span) -> None:
        super().__init__(message)
        self.message, self.hint, self.span = message, hint, span


def parse(text: str) -> Tree:
    """Return the syntax tree of one expression."""
    _refuse_long(text)
    tokens = _tokens(text)
    _refuse_statements(text, tokens)
    _refuse_deep(tokens)
    return _tree(text)


def span_of(node: Tree) -> Span | None:
    """Return where a node stands: from its first to its last word that kept its place."""
    marks: list[dict[str, Any]] = [part.meta for part in node.walk() if "start" in part.meta]
    if not marks:
        return None
    return Span(min(m["start"] for m in marks), max(m["end"] for m in marks) + 1)


def _refuse_long(text: str) -> None:
    whole = Span(0, len(text))
    if not text.strip():
        raise ExpressionError("an expression is empty", _WRITING, whole)
    if len(text) > MAX_LENGTH:
        message = f"an expression has {len(text):,} characters, at most {MAX_LENGTH:,} are allowed"
        raise ExpressionError(message, _SHORTER, whole)


def _tokens(text: str) -> list[Token]:
    try:
        tokens = sqlglot.tokenize(text)
    except TokenError as error:
        hint = "close the quotes: a text stands between single quotes, as in 'GB'"
        raise ExpressionError(
            "a text or a comment does not end", hint, Span(0, len(text))
        ) from error
    if not tokens:
        raise ExpressionError("an expression is empty", _WRITING, Span(0, len(text)))
    if len(tokens) > MAX_TOKENS:
        message = f"an expression has {len(tokens)} words, at most {MAX_TOKENS} are allowed"
        raise ExpressionError(message, _SHORTER, Span(0, len(text)))
    return tokens


def _refuse_statements(text: str, tokens: list[Token]) -> None:
    first = tokens[0]
    if first.token_type in _STATEMENTS:
        message = f"{first.text!r} starts a statement; a rule is one expression over one row"
        raise ExpressionError(message, _WRITING, Span(first.start, first.end + 1))
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            message = "';' ends a statement; a rule is one expression over one row"
            raise ExpressionError(message, _WRITING, Span(token.start, len(text)))


def _refuse_deep(tokens: list[Token]) -> None:
    depth = signs = 0
    for before, token in pairwise([tokens[0], *tokens]):
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        repeated = token.token_type in _SIGNS and before.token_type in _SIGNS
        signs = signs + 1 if repeated else 0
        if depth > MAX_DEPTH or signs > MAX_DEPTH:
            message = f"an expression is nested more than {MAX_DEPTH} deep"
            raise ExpressionError(message, _SHORTER, Span(token.start, token.end + 1))


def _tree(text: str) -> Tree:
    try:
        trees = sqlglot.parse(text)
    except ParseError as error:
        raise _unreadable(text, error) from error
    except (SqlglotError, RecursionError, ValueError) as error:
        raise ExpressionError("this is not an expression", _WRITING, Span(0, len(text))) from error
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError("this is not one expression", _WRITING, Span(0, len(text)))
    return trees[0]


def _unreadable(text: str, error: ParseError) -> ExpressionError:
    """Say where the parser stopped; its own words name its classes, which help nobody."""
    detail = error.errors[0] if error.errors else {}
    marked = str(detail.get("highlight") or "")
    lines = text.split("\n")[: int(detail.get("line") or 1) - 1]
    end = sum(len(line) + 1 for line in lines) + int(detail.get("col") or 0)
    span = Span(max(0, end - len(marked)), end) if marked else Span(0, len(text))
    near = f" near {marked!r}" if marked else ""
    return ExpressionError(f"this is not an expression{near}", _WRITING, span)
