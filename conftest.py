"""Run the examples in README.md and docs/ as tests: Python, and what is typed at a prompt.

Every page has a folder of its own, empty at first; a block that is titled ``mine.toml`` is written
there as a file. Of a command's output the words must be those of the page; digits are masked and
blanks are one, since a figure may end differently on another machine. A line ``…`` stands for any
lines. ``make reference`` writes the output anew.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

WRITES = bool(os.environ.get("OUTLAY_WRITE_EXAMPLES"))
SECONDS = 300
_STEP = re.compile(r"^\$ (.*\n)((?:(?!\$ ).*\n?)*)", re.MULTILINE)
_FIGURE = re.compile(r"\b[0-9a-f]{16}\b|\d[\d,.]*")  # a digest, or a number
_PROGRESS = re.compile(r"\[ *\d+\.\d s\] ")
_GAP = re.compile(r"^…\n", re.MULTILINE)


def setup(namespace: dict[str, Any]) -> None:
    """Give the page an empty folder."""
    namespace["_home"] = Path.cwd()
    namespace["_folder"] = tempfile.TemporaryDirectory(prefix="outlay-example-")
    os.chdir(namespace["_folder"].name)


def teardown(namespace: dict[str, Any]) -> None:
    """Take it away again."""
    os.chdir(namespace["_home"])
    namespace["_folder"].cleanup()


def evaluate(example: Example) -> str | None:
    """Run the commands of a block; return how their output differs from the page's, or nothing."""
    for command, wanted in _STEP.findall(str(example.parsed)):
        got = run(command)
        fails = "\nexit status" in f"\n{got}" and "exit status" not in wanted
        if WRITES and not fails and not _GAP.search(wanted):
            _write(Path(example.path), f"$ {command}{wanted}", f"$ {command}{got}")
        elif not fits(got, wanted):
            return f"$ {command}The page says:\n{wanted}\nThe command says:\n{got}"
    return None


def write(example: Example) -> str | None:
    """Write a titled block as the file that its title names; a TOML file must be one."""
    title = re.search(r'title="([\w.-]+)"', example.region.lexemes["arguments"])
    text = str(example.parsed)
    if title:
        Path(title[1]).write_text(text, encoding="utf-8")
    if example.region.lexemes["arguments"].startswith("toml"):
        tomllib.loads(text)
    return None


class FileBlockParser(CodeBlockParser):
    """Finds blocks of data: TOML, and whatever has a title."""

    language = "data"

    def __call__(self, document: Document) -> Iterable[Region]:
        """Yield the blocks, each as something to `write`."""
        for region in self.lexers(document):
            kind = region.lexemes["arguments"]
            if kind.startswith("toml") or "title=" in kind:
                region.parsed, region.evaluator = region.lexemes["source"], write
                yield region


def run(command: str) -> str:
    """Return what a plain terminal 100 letters wide shows of a command, without its progress."""
    ours = (
        "OUTLAY_",
        "PYTHONUNBUFFERED",
    )  # unset on most machines; set, it hides lines out of order
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "PATH": path}
    done = subprocess.run(  # noqa: S603  the commands are the pages' own
        ["/bin/sh", "-c", command],
        env={**kept, **plain},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    status = f"exit status {done.returncode}\n" if done.returncode else ""
    lines = (line.rstrip() for line in done.stdout.splitlines())
    return "".join(f"{line}\n" for line in lines if not _PROGRESS.match(line)) + status


def fits(got: str, wanted: str) -> bool:
    """Say whether an output has the words of the page, in the same lines."""
    parts = [re.escape(_masked(part)) for part in _GAP.split(wanted)]
    return re.fullmatch("(?:.*\n)*?".join(parts), _masked(got)) is not None


def _masked(text: str) -> str:
    lines = (_FIGURE.sub("0", line) for line in text.splitlines())
    return "".join(" ".join(line.split()) + "\n" for line in lines)


def _write(page: Path, old: str, new: str) -> None:
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(old, new, 1), encoding="utf-8")


pytest_collect_file = Sybil(
    parsers=[
        CodeBlockParser("console", evaluate),
        FileBlockParser(),
        PythonCodeBlockParser(),
        SkipParser(),
    ],
    patterns=["*.md"],
    setup=setup,
    teardown=teardown,
).pytest()
