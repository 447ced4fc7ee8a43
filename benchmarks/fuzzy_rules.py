"""The dozen fuzzy rules over four inputs that every hand-written way uses."""

TERMS = {"usual": (0, 0, 0.3, 0.5), "odd": (0.3, 0.5, 0.6, 0.8), "very_odd": (0.6, 0.75, 1, 1)}
RISK = {"low": (0, 0, 0.2, 0.4), "medium": (0.3, 0.5, 0.5, 0.7), "high": (0.6, 0.8, 1, 1)}
INPUTS = ("amount", "time", "velocity", "novelty")
RULES = (
    ({"amount": "usual", "velocity": "usual"}, "low"),
    ({"amount": "odd", "time": "usual"}, "low"),
    ({"velocity": "odd", "amount": "usual"}, "low"),
    ({"amount": "very_odd"}, "medium"),
    ({"velocity": "very_odd"}, "medium"),
    ({"novelty": "very_odd", "amount": "odd"}, "medium"),
    ({"amount": "odd", "time": "odd"}, "medium"),
    ({"amount": "odd", "velocity": "odd"}, "medium"),
    ({"amount": "very_odd", "novelty": "odd"}, "high"),
    ({"amount": "very_odd", "time": "very_odd"}, "high"),
    ({"amount": "very_odd", "velocity": "very_odd"}, "high"),
    ({"velocity": "very_odd", "novelty": "very_odd"}, "high"),
)
"""A dozen rules over four inputs: input and term of each condition, and the risk that follows."""
