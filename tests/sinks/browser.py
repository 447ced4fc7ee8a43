"""A real browser over a page that lies on the disk: what it shows, what it says, what it asks for."""

import shutil
from dataclasses import dataclass, field

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESK = (390, 800), (1280, 900)


@dataclass
class Visit:
    """An open page with everything that went wrong on it."""

    page: object
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium():
    """Start the system's Chromium once."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is on the path")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Give a function that opens a file and notes complaints and requests beyond the disk."""
    pages = []

    def open_(path, size=DESK):
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        seen = Visit(page)
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.goto(path.as_uri())
        return seen

    yield open_
    for page in pages:
        page.close()
