"""Build the wheel, install it into an empty environment, and let its `outlay` do the job there.

What works in the project's own environment may fail elsewhere: a page template that is not in the
wheel, a library that only the tests ask for. Run ``make wheel``.
"""

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
RESULTS = (
    "scored.parquet",
    "alerts.csv",
    "rejected.csv",
    "report.html",
    "feature_importance.json",
    "model/model.json",
)


def main() -> None:
    """Stop with a sentence at the first thing that is not right."""
    with tempfile.TemporaryDirectory(prefix="outlay-wheel-") as folder:
        place = Path(folder)
        wheel = build(place / "dist")
        check_content(wheel)
        outlay = install(wheel, place / "venv")
        check_job(outlay, place / "empty")
    print(f"{wheel.name} is complete and works in an empty environment")


def build(target: Path) -> Path:
    """Return the wheel, built from the source tree."""
    command = ["build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    run([sys.executable, "-m", *command])
    return next(target.glob("*.whl"))


def check_content(wheel: Path) -> None:
    """Expect every file of the package to be inside, and nothing that is none of it."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "outlay").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expect(ours <= inside, f"the wheel lacks {sorted(ours - inside)}")
    more = {name for name in inside - ours if ".dist-info/" not in name}
    expect(not more, f"the wheel holds {sorted(more)}")
    expect(any(name.endswith("licenses/LICENSE") for name in inside), "the wheel has no licence")


def install(wheel: Path, environment: Path) -> Path:
    """Return the command of a new environment that holds the wheel and what it asks for."""
    venv.create(environment, with_pip=True)
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    constraints = ["-c", str(ROOT / "constraints.txt")]
    run([str(binaries / "python"), "-m", "pip", "install", "--quiet", *constraints, str(wheel)])
    return binaries / "outlay"


def check_job(outlay: Path, folder: Path) -> None:
    """Expect the command to make payments and to judge them, in a folder that is empty."""
    folder.mkdir()
    expect("run" in run([str(outlay), "--help"], folder), "outlay --help does not name run")
    run([str(outlay), "synth", "payments.csv", "--users", "40", "--days", "40"], folder)
    run([str(outlay), "run", "payments.csv", "--out", "result"], folder)
    for name in RESULTS:
        path = folder / "result" / name
        expect(path.is_file() and path.stat().st_size > 0, f"outlay run left no {name}")
    expect(any((folder / "result/dashboards").glob("*.html")), "outlay run left no dashboard")


def run(command: list[str], folder: Path | None = None) -> str:
    """Return what a command prints; nothing of this process's Python reaches it."""
    ours = ("PYTHON", "VIRTUAL_ENV", "OUTLAY_", "NUMBA_", "MPLCONFIG")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(  # noqa: S603  the commands are ours
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    told = f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
    expect(done.returncode == 0, told)
    return done.stdout


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  reads as a sentence
    """Stop with the sentence, unless it holds."""
    if not holds:
        sys.exit(f"check_wheel: {otherwise}")


if __name__ == "__main__":
    main()
