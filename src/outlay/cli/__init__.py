"""The command line: each command parses, calls one function of the pipeline, and prints.

Data goes to stdout, words to stderr. Exit codes: 0 done, 1 the job failed, 2 the call was wrong,
130 interrupted. Nothing heavy is imported before a command runs.
"""

from outlay.cli.app import app, main

__all__ = ["app", "main"]
