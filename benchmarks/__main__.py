"""Run the benchmarks; a run of all of them writes docs/benchmarks.md.

    python -m benchmarks                       all, and the page
    python -m benchmarks stages --rows 100000  one, printed

Where BENCHMARK_DATA names a folder with the public data sets, ranking and budget run on these too.
"""

import argparse
import os
import shlex
import sys
import tempfile
import time
import traceback
from pathlib import Path

from benchmarks import (
    budget,
    end_to_end,
    machine,
    one_transaction,
    public,
    ranking,
    scale,
    stages,
    where,
)
from benchmarks.page import by_sentence, promised

PARTS = {
    "ranking": ranking,
    "budget": budget,
    "end_to_end": end_to_end,
    "scale": scale,
    "where": where,
    "stages": stages,
    "one_transaction": one_transaction,
}
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
WORDS = """\
# Benchmarks

How well Outlay ranks and how fast it is, beside what one would write without it.
`{command}` wrote this page: every figure comes from that one run.
Contenders take turns, round by round, so a noisy minute hits all of them; the ratios travel to another machine, the seconds do not."""


def arguments():
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the made-up file")
    parser.add_argument("--rounds", type=int, default=5, help="that are counted")
    parser.add_argument("--large", action="store_true", help="100 million rows, too")
    parser.add_argument("--page", type=Path, help="where to write; by default docs/benchmarks.md")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no benchmark is called {min(unknown)!r}; there are {', '.join(PARTS)}")
    return asked


def command():
    """Return how this run was started."""
    data = "BENCHMARK_DATA=… " if public.folder() else ""
    return f"{data}python -m benchmarks {shlex.join(sys.argv[1:])}".strip()


def attempt(name, folder, asked):
    """Return one benchmark's section and promises; nothing where it fails, for others go on."""
    try:
        section, reached = PARTS[name].run(
            folder, rows=asked.rows, rounds=asked.rounds, large=asked.large
        )
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it is, hours may hang on the others
        traceback.print_exc()
        return "", []
    return section.text(), reached


def main():
    """Run what was asked for, print it, and write the page where all of it ran."""
    asked = arguments()
    where, sections, lines, start = machine.words(), [], [], time.perf_counter()
    failed = []
    with tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder:
        for name in asked.parts or PARTS:
            print(f"{name} …", file=sys.stderr, flush=True)
            text, reached = attempt(name, Path(folder), asked)
            print(text, flush=True)
            sections.append(text)
            lines += reached
            failed += [] if text else [name]
    took = f"The whole run took {(time.perf_counter() - start) / 60:.1f} minutes."
    print(promised(lines), took, sep="\n\n")
    if failed:
        sys.exit(f"failed, and no page written: {', '.join(failed)}")
    page = asked.page or (None if asked.parts else PAGE)
    if page:
        ran = "## The run\n\n" + "\n".join(f"- {line}" for line in [*where, took])
        text = [WORDS.format(command=command()), promised(lines), *sections, ran]
        page.write_text(by_sentence("\n\n".join(text)) + "\n", encoding="utf-8")
        print(f"written: {os.path.relpath(page)}", file=sys.stderr)


if __name__ == "__main__":
    main()
