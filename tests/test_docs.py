"""The pages say what there is, all of it, and lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.reference import command_paths

from outlay.detectors.rules import builtin_packs, load_pack
from outlay.pipeline.config_tree import catalogue
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION, OPTIONAL, REQUIRED

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md")) + [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
]
REFERENCE = ROOT / "docs/reference"
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")


def text(name):
    """Return a reference page."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def named(page):
    """Return each page's own path as the name of its test."""
    return page.relative_to(ROOT).as_posix()


def tracked():
    """Return the text of every file in the repository that is one, by path."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout: nothing says which files belong to the project")
    found = {}
    for name in filter(None, listed.split("\0")):
        data = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in data:
            found[name] = data.decode("utf-8")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_is_documented(name):
    """Each feature has its row in the reference."""
    assert f"| `{name}` |" in text("features.md")


@pytest.mark.parametrize("name", [*REQUIRED, *OPTIONAL, *DECISION])
def test_every_column_is_documented(name):
    """Each column of the input and of the decision has its row in the reference."""
    assert f"| `{name}` |" in text("outputs.md")


def test_no_column_is_documented_that_does_not_exist():
    """The table of the decision lists its columns, these only, in their order."""
    table = text("outputs.md").partition("## The scored table")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(DECISION)


@pytest.mark.parametrize("key", list(catalogue()))
def test_every_setting_is_documented(key):
    """Each setting has its row in the reference, and a meaning."""
    assert f"| `{key}` |" in text("config.md")
    assert catalogue()[key].meaning


@pytest.mark.parametrize("words", list(command_paths()), ids=" ".join)
def test_every_command_is_documented(words):
    """Each command has its section in the reference, with its help."""
    section = re.escape(f"{'#' * len(words)} {' '.join(words)}")
    assert re.search(
        rf"^{section}\n\n```text\nUsage: {' '.join(words)} ", text("cli.md"), re.MULTILINE
    )


@pytest.mark.parametrize("pack", builtin_packs())
def test_every_shipped_rule_is_documented(pack):
    """Each pack has its section, and each of its rules a row there."""
    section = text("rules-language.md").partition(f"### `{pack}`")[2].partition("\n##")[0]
    assert all(f"| `{rule.code}` |" in section for rule in load_pack(pack).rules)


def test_the_generated_parts_are_up_to_date():
    """``make reference`` would change nothing in the generated parts."""
    pages = map(str, sorted(REFERENCE.glob("*.md")))
    command = [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT), *pages]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    """A link to a file leads to one, and a link to a section to a heading."""
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith("https://"):
            continue
        name, _, section = link.partition("#")
        target = page.parent / name if name else page
        assert target.is_file(), f"{link} leads nowhere"
        assert not section or section in anchors(target), f"{link} has no such section"


def anchors(page):
    """Return the anchors of a page's headings, as they are made of the headings' words."""
    headings = re.findall(
        r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_readme():
    """No page of the docs is an orphan: links lead to it from the README."""
    seen, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        links = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links}
        ahead += [each for each in targets - seen if each.suffix == ".md" and each.is_file()]
    assert set(PAGES) <= seen


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_line_holds_one_sentence(page):
    """A change of one sentence is a change of one line."""
    prose = re.sub(
        r"<!--.*?-->", "", FENCE.sub("", page.read_text(encoding="utf-8")), flags=re.DOTALL
    )
    for line in prose.splitlines():
        if not line.startswith(("|", "- ", "(")):
            assert not re.search(r"[a-z)`]\. [A-Z]", line), line


def test_no_file_knows_a_machine():
    """No file of the project names a package registry, or a folder of somebody's machine."""
    registry = r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|debian)"
    folder = r"(?<![\w.~}\]])/(?:home|root|work|Users)/[a-z]"
    told = re.compile(f"{registry}|{folder}", re.IGNORECASE)
    guilty = {
        f"{name}: {match[0]}"
        for name, content in tracked().items()
        if not name.endswith(".min.js")
        for match in told.finditer(content)
    }
    assert not guilty


def test_no_lock_file_with_addresses_is_kept():
    """Versions stand in constraints.txt, which names no address."""
    names = {Path(name).name for name in tracked()}
    assert not names & {"uv.lock", "poetry.lock", "package-lock.json", "Pipfile.lock"}
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins)
