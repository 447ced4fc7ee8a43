"""From the declared form of a rule to the rule: its expressions and texts checked in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from outlay.detectors.rules.declared import RuleTable
from outlay.detectors.rules.expressions import Expression, expression
from outlay.detectors.rules.language import ExpressionError
from outlay.detectors.rules.locate import Places
from outlay.detectors.rules.pack import SEVERITIES, Rule, Severity
from outlay.detectors.rules.problems import Problem
from outlay.detectors.rules.scope import Kind, Scope
from outlay.detectors.rules.template import Template, template

T = TypeVar("T")


@dataclass(slots=True)
class Compiler:
    """Compiles the rules of one pack and collects what is wrong with them."""

    scope: Scope
    places: Places
    problems: list[Problem]
    near_misses: bool

    def rule(self, table: RuleTable, place: str) -> Rule | None:
        """Return the rule, or None with its problems noted."""
        when = self._expression(table.when, place, "when", "boolean")
        applies = self._expression(table.applies, place, "applies", "boolean")
        score = self._expression(table.score, place, "score", "number")
        reason = self._template(table.reason, place, "reason")
        normal = self._template(table.normal, place, "normal")
        if when is None or reason is None:
            return None
        return Rule(
            code=table.code,
            name=table.name,
            when=when,
            applies=applies,
            score=score,
            severity=_severity(table.severity),
            reason=reason,
            normal=normal,
            mode=table.mode,
            always_alert=table.always_alert,
            group=table.group,
            feeds=table.feeds,
            near_misses=self.near_misses,
        )

    def clashes(self, rules: Sequence[Rule | None]) -> list[Problem]:
        """Return a problem for every code that stands twice."""
        seen: set[str] = set()
        problems = []
        for i, rule in enumerate(rules):
            if rule and rule.code in seen:
                message = f"two rules have the code {rule.code!r}"
                span = self.places.value(f"rule.{i}", "code", rule.code)
                problems.append(Problem(message, "give each rule its own code", span))
            seen.update({rule.code} if rule else ())
        return problems

    def _expression(self, text: str | None, place: str, key: str, kind: Kind) -> Expression | None:
        return self._checked(lambda t: expression(t, self.scope, kind), text, place, key)

    def _template(self, text: str | None, place: str, key: str) -> Template | None:
        return self._checked(lambda t: template(t, self.scope), text, place, key)

    def _checked(
        self, check: Callable[[str], T], text: str | None, place: str, key: str
    ) -> T | None:
        if text is None:
            return None
        try:
            return check(text)
        except ExpressionError as error:
            span = self.places.inside(place, key, text, error.span)
            self.problems.append(Problem(f"{key}: {error.message}", error.hint, span))
            return None


def _severity(declared: Severity | dict[Severity, float]) -> tuple[tuple[float, Severity], ...]:
    bands = {declared: 0.0} if isinstance(declared, str) else declared
    return tuple((bands[word], word) for word in SEVERITIES if word in bands)
