"""What the daemon answers for the page: who may have it, and with which headers. No browser is needed for that."""

from __future__ import annotations

import pytest

from conftest import Build, Centre
from daemons import READ_TOKEN, world

FRAGMENTS = ["top", "activity", "withheld", "targets", "findings", "history", "run?id={run}", "explain?person=nobody"]
FILES = {"script.js": "text/javascript", "replace.js": "text/javascript", "style.css": "text/css"}
FILES["icon.svg"] = "image/svg+xml"


@pytest.fixture(scope="module")
def running(shared_centre: Build) -> Centre:
    return shared_centre(world())


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_fragment_is_for_who_may_read(running: Centre, fragment: str) -> None:
    path = f"/v1/page/{fragment.format(run=running.daemon.sync(dry_run=True)['run'])}"
    for token in (None, "wrong"):
        assert running.daemon.ask("GET", path, token=token).is_problem(401)
    answer = running.daemon.ask("GET", path, token=READ_TOKEN)
    assert (answer.status, answer.media_type) == (200, "text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_the_shell_holds_no_data_and_may_load_nothing_from_elsewhere(running: Centre) -> None:
    running.daemon.sync()
    answer = running.daemon.ask("GET", "/", token=None)
    assert answer.status == 200
    text = answer.body.decode()
    assert "agent0001" not in text and "support" not in text
    assert "style=" not in text and "<style" not in text and "//" not in text.replace("<!doctype html>", "")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    ours = dict.fromkeys(("script-src", "style-src", "connect-src", "img-src"), "'self'")
    nothing = dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert policy == ours | nothing
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("name", "media_type"), FILES.items())
def test_a_file_is_kept_and_asked_about_each_time(running: Centre, name: str, media_type: str) -> None:
    first = running.daemon.ask("GET", f"/page/{name}", token=None)
    assert (first.status, first.media_type, first.headers["Cache-Control"]) == (200, media_type, "no-cache")
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"another", {tag}'):
        again = running.daemon.ask("GET", f"/page/{name}", token=None, headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    other = running.daemon.ask("GET", f"/page/{name}", token=None, headers={"If-None-Match": '"another"'})
    assert (other.status, other.body) == (200, first.body)


@pytest.mark.parametrize(
    "query",
    ["findings?page=x", "findings?page=-1", "findings?accepted=perhaps", "findings?other=1", "explain", "explain?person=",
     "explain?person=%00", "run", "withheld?page=%F0", "history?page=99999999999999999999999"],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_told_so(running: Centre, query: str) -> None:
    assert running.daemon.ask("GET", f"/v1/page/{query}").is_problem(422)


def test_a_run_that_is_not_known_is_told_so(running: Centre) -> None:
    assert running.daemon.ask("GET", "/v1/page/run?id=nothing").is_problem(404)


def test_a_page_of_a_run_that_is_not_there_is_its_last(running: Centre) -> None:
    run = running.daemon.ask("GET", "/v1/runs").json()["runs"][0]["run"]
    first, beyond = (running.daemon.ask("GET", f"/v1/page/run?id={run}&page={page}") for page in (1, 99))
    assert b"verdict done" in first.body
    assert beyond.body == first.body


@pytest.mark.parametrize("page", [0, 1, 2, 10**18])
def test_a_page_that_is_not_there_is_the_nearest(running: Centre, page: int) -> None:
    assert running.daemon.ask("GET", f"/v1/page/findings?page={page}").status == 200
