"""Fuzzy risk: a dozen rules in words over how unusual amount, time, velocity and novelty are."""

from outlay.detectors.fuzzy.detector import CATEGORIES, FuzzyDetector

__all__ = ["CATEGORIES", "FuzzyDetector"]
