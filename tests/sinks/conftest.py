"""Fixtures of the pages' tests."""

from tests.sinks.browser import chromium, visit

__all__ = ["chromium", "visit"]
