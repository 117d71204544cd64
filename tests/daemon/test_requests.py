"""Requests as strangers send them: malformed, huge, slow, from another site, or three hundred at once.

Each gets a clear answer, or none, and the daemon answers the next one as if nothing had been.
"""

from __future__ import annotations

import http.client
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import servers
from daemons import READ_TOKEN, TOKEN, Daemon, Settings, daemon

AUTHORIZED = f"Authorization: Bearer {TOKEN}\r\n"
JSON = "Content-Type: application/json\r\n"
MOST = 64 * 1024
# The contract's time for the headers of a request, and what a busy machine may add to it.
HEADERS = 10.0
MARGIN = 3.0


@pytest.fixture(autouse=True)
def still_well(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was sent, the daemon is ready afterwards."""
    yield
    if "shared" in request.fixturenames:
        shared: Daemon = request.getfixturevalue("shared")
        assert shared.ask("GET", "/readyz", token=None).status == 200


def exchange(shared: Daemon, sent: bytes | str, *, timeout: float = HEADERS / 2) -> bytes:
    """Sends bytes as they are, and gives what came back until the daemon hung up."""
    with shared.connect(timeout) as stream:
        try:
            stream.sendall(sent.encode() if isinstance(sent, str) else sent)
        except (BrokenPipeError, ConnectionResetError):
            # It need not read all of what it refuses.
            pass
        return received(stream)


def received(stream: socket.socket) -> bytes:
    got = b""
    try:
        while part := stream.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer.split(b" ", 2)[1])


# Malformed


@pytest.mark.parametrize(
    "line",
    [
        "NONSENSE",
        "GET",
        "GET /livez",
        "GET /livez HTTP/9.9",
        "GET /li vez HTTP/1.1",
        "G\x00T /livez HTTP/1.1",
        "GET /livez\x7f HTTP/1.1",
        "PRI * HTTP/2.0",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_malformed_request_line_is_refused_and_hung_up_on(shared: Daemon, line: str) -> None:
    assert status_of(exchange(shared, f"{line}\r\nHost: x\r\n\r\n")) == 400


@pytest.mark.parametrize(
    "header",
    [
        "no colon",
        "Na me: value",
        "Name: val\x00ue",
        ": value",
        "Content-Length: many",
        "Content-Length: -1",
        "Content-Length: 1\r\nContent-Length: 2",
    ],
)
def test_a_malformed_header_is_refused_and_hung_up_on(shared: Daemon, header: str) -> None:
    assert status_of(exchange(shared, f"POST /v1/sync HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n")) == 400


def test_two_lengths_of_one_body_smuggle_nothing(shared: Daemon) -> None:
    smuggled = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"
    head = "POST /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = exchange(shared, f"{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}")
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert status_of(answer) in (400, 405)


def test_a_header_without_end_is_refused(shared: Daemon) -> None:
    answer = exchange(shared, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + "a" * 2_000_000 + "\r\n\r\n")
    assert answer == b"" or status_of(answer) in (400, 431)
    assert b"200 OK" not in answer


def test_headers_without_number_are_refused(shared: Daemon) -> None:
    many = "".join(f"X-{number}: a\r\n" for number in range(10_000))
    answer = exchange(shared, f"GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n")
    assert answer == b"" or status_of(answer) in (400, 431)
    assert b"200 OK" not in answer


def test_an_address_without_end_is_refused(shared: Daemon) -> None:
    answer = exchange(shared, "GET /" + "a" * 1_000_000 + " HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer == b"" or status_of(answer) in (400, 404, 414, 431)


@pytest.mark.parametrize(
    "path", ["/v1/runs/%FF", "/v1/runs/%00", "/v1/runs/" + "x" * 5_000, "/v1/runs/%2e%2e%2f", "/v1/runs/a%20b"]
)
def test_an_id_that_no_run_has_is_not_found(shared: Daemon, path: str) -> None:
    assert shared.ask("GET", path).is_problem(404)


def test_a_token_of_any_bytes_is_only_a_wrong_one(shared: Daemon) -> None:
    for token in (b"\xff\xfe", b"a" * 8_000, TOKEN.encode() + b"\xc3", TOKEN[:-1].encode(), TOKEN.upper().encode()):
        head = b"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + token
        answer = exchange(shared, head + b"\r\n\r\n")
        assert status_of(answer) == 401, token
        assert b"\r\nwww-authenticate: Bearer" in answer


# Slow


@pytest.mark.slow
def test_whoever_is_slower_than_the_time_for_headers_and_bodies_is_cut(shared: Daemon) -> None:
    """Side by side, since each takes ten seconds; a body has as long as the headers have."""
    took: dict[str, float] = {}
    got: dict[str, bytes] = {}

    def hold(name: str, first: str, then: str = "", answered: bool = False) -> None:
        with shared.connect(HEADERS + 2 * MARGIN) as stream:
            stream.sendall(first.encode())
            if answered:
                assert b"200 OK" in stream.recv(65536)
            since = time.monotonic()
            stopped = threading.Event()

            def drip() -> None:
                while then and not stopped.wait(1.0):
                    try:
                        stream.sendall(then.encode())
                    except OSError:
                        return

            dripping = threading.Thread(target=drip)
            dripping.start()
            try:
                got[name] = received(stream)
                took[name] = time.monotonic() - since
            finally:
                stopped.set()
                dripping.join()

    head = "GET /livez HTTP/1.1\r\nHost: x\r\n"
    cases = {
        "silent": ("",),
        "half-sent": ("GET /liv",),
        "line by line": (head, "X-Next: a\r\n"),
        "silent after an answer": (head + "\r\n", "", True),
        "half a body": (f"POST /v1/sync HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}{JSON}Content-Length: 99\r\n\r\n{{",),
        "a body space by space": (
            f"POST /v1/sync HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}{JSON}Content-Length: 99\r\n\r\n",
            " ",
        ),
    }
    threads = [threading.Thread(target=hold, args=(name, *case)) for name, case in cases.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(took) == set(cases), f"still open after {HEADERS + 2 * MARGIN} s: {set(cases) - set(took)}"
    assert {name: seconds for name, seconds in took.items() if not HEADERS - 1 < seconds < HEADERS + MARGIN} == {}
    assert not any(b"200 OK" in answer for answer in got.values()), got
    for name in ("half a body", "a body space by space"):
        assert status_of(got[name]) == 408
        assert b"application/problem+json" in got[name]


@pytest.mark.slow
def test_idle_connections_keep_nobody_out_for_longer_than_the_time_for_headers(shared: Daemon) -> None:
    with ExitStack() as held:
        for _ in range(300):
            held.enter_context(shared.connect())
        since = time.monotonic()
        answer = shared.ask("GET", "/livez", token=None, timeout=HEADERS + MARGIN)
        assert answer.status == 200
        assert time.monotonic() - since < HEADERS + MARGIN


@pytest.mark.slow
def test_readers_who_never_read_keep_nobody_out(simulator: servers.Simulator, settings: Settings) -> None:
    """Each asks more than fits on the way, and takes nothing of the answers."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with daemon(settings, simulator.endpoint) as running, ExitStack() as held:
        for _ in range(300):
            greedy = held.enter_context(socket.socket())
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
            greedy.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            greedy.settimeout(HEADERS)
            greedy.connect((running.host, running.port))
            greedy.sendall(request * 100)
        assert running.ask("GET", "/livez", token=None, timeout=2 * HEADERS + MARGIN).status == 200


def test_a_reader_who_hangs_up_in_the_middle_harms_nobody(shared: Daemon) -> None:
    for _ in range(50):
        with shared.connect() as stream:
            stream.sendall(f"GET /v1/status HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}\r\n".encode())


# Bodies and queries


def sync_body(size: int) -> bytes:
    """An order of exactly so many bytes."""
    return b'{"dry_run":true}'.ljust(size)


def test_a_body_may_have_64_kib_and_not_one_byte_more(shared: Daemon) -> None:
    json = {"Content-Type": "application/json"}
    assert shared.ask("POST", "/v1/sync", sync_body(MOST), headers=json).status == 202
    assert shared.ask("POST", "/v1/sync", sync_body(MOST + 1), headers=json).is_problem(413)


def test_a_chunked_body_has_the_same_limit(shared: Daemon) -> None:
    for size, expected in [(MOST, 202), (MOST + 1, 413)]:
        connection = http.client.HTTPConnection(shared.host, shared.port, timeout=HEADERS)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        body = sync_body(size)
        chunks = (body[at : at + 9_000] for at in range(0, size, 9_000))
        connection.request("POST", "/v1/sync", chunks, headers, encode_chunked=True)
        assert connection.getresponse().status == expected, size
        connection.close()


def test_a_body_that_is_announced_as_huge_is_refused_before_it_is_sent(shared: Daemon) -> None:
    head = f"POST /v1/sync HTTP/1.1\r\nHost: x\r\n{AUTHORIZED}Content-Type: application/json\r\n"
    answer = exchange(shared, f"{head}Content-Length: 99999999999\r\nConnection: close\r\n\r\n" + "{" + " " * MOST)
    assert status_of(answer) == 413


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_could_send_is_no_order(shared: Daemon, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    for path in ("/v1/sync", "/v1/approvals"):
        assert shared.ask("POST", path, b'{"dry_run":true}', headers=headers).is_problem(415)


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON", "application/json; charset=utf-8"])
def test_json_by_any_of_its_names_is_one(shared: Daemon, media_type: str) -> None:
    answer = shared.ask("POST", "/v1/sync", b'{"dry_run":true}', headers={"Content-Type": media_type})
    assert answer.status == 202


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"dry_run":true}}', b"\xff\xfe", b'{"target":"\xff"}', b" "])
def test_a_body_that_is_no_json_is_malformed(shared: Daemon, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert shared.ask("POST", "/v1/sync", body, headers=headers).is_problem(400)


@pytest.mark.parametrize(
    "body",
    [
        {"unknown": 1},
        {"dry_run": "yes"},
        {"dry_run": None},
        {"target": 7},
        {"person": ""},
        {"person": " "},
        {"person": "a\nb"},
        {"person": "x" * 257},
        [],
        "text",
        b'{"dry_run":true,"dry_run":false}',
    ],
)
def test_an_order_that_does_not_fit_is_told_why(shared: Daemon, body: object) -> None:
    headers = {"Content-Type": "application/json"}
    sent = body if isinstance(body, bytes) else ('"text"' if body == "text" else body)
    answer = shared.ask("POST", "/v1/sync", sent, headers=headers)
    assert answer.is_problem(422)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"approval": "7f3a91c2"},
        {"by": "ops"},
        {"approval": "", "by": "ops"},
        {"approval": "7f3a91c2", "by": ""},
        {"approval": "7f3a91c2", "by": "a\u2028\u0007b"},
        {"approval": "7f3a91c2", "by": "ops", "force": True},
    ],
)
def test_an_approval_needs_a_code_and_a_name(shared: Daemon, body: object) -> None:
    assert shared.ask("POST", "/v1/approvals", body).is_problem(422)


@pytest.mark.parametrize(
    "query",
    [
        "/v1/runs?limit=0",
        "/v1/runs?limit=101",
        "/v1/runs?limit=-1",
        "/v1/runs?limit=x",
        "/v1/runs?limit=1&limit=2",
        "/v1/runs?unknown=1",
        "/v1/runs?before=" + "0" * 257,
        "/v1/runs?before=abc",
        "/v1/findings?unknown=1",
        "/v1/findings?accepted=perhaps",
        "/v1/explain",
        "/v1/explain?person=",
        "/v1/explain?person=a&unknown=1",
        "/v1/explain?person=a%0Ab",
        "/v1/explain?person=" + "x" * 257,
    ],
)
def test_a_query_that_does_not_fit_is_told_why(shared: Daemon, query: str) -> None:
    assert shared.ask("GET", query).is_problem(422)


@pytest.mark.parametrize("wait", ["61", "-1", "", "x", "1.5", "99999999999999999999", "1&wait=2", "1&unknown=1"])
def test_nobody_waits_longer_than_a_minute(shared: Daemon, wait: str) -> None:
    before = shared.get("/v1/runs")["runs"]
    assert shared.ask("POST", f"/v1/sync?wait={wait}", {}).is_problem(422)
    assert shared.get("/v1/runs")["runs"] == before, "a refused request starts nothing"


@pytest.mark.parametrize("path", ["/v1/findings?target=nowhere", "/v1/explain?person=a&target=nowhere"])
def test_a_target_that_is_not_there_is_not_found(shared: Daemon, path: str) -> None:
    assert shared.ask("GET", path).is_problem(404)
    assert shared.ask("POST", "/v1/sync", {"target": "nowhere"}).is_problem(404)


# Paths and methods


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/v1", "/v1/", "/v1/nothing", "/v2/status", "/livez/", "//livez", "/v1/runs/", "/../etc/passwd"],
)
def test_a_path_that_is_not_there_is_not_found(shared: Daemon, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert shared.ask(method, path).is_problem(404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/livez", {"GET", "HEAD"}),
        ("/metrics", {"GET", "HEAD"}),
        ("/openapi.json", {"GET", "HEAD"}),
        ("/v1/status", {"GET", "HEAD"}),
        ("/v1/runs/x", {"GET", "HEAD"}),
        ("/v1/events", {"GET", "HEAD"}),
        ("/v1/sync", {"POST"}),
        ("/v1/approvals", {"POST"}),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_which_it_takes(
    shared: Daemon, path: str, allowed: set[str]
) -> None:
    for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - allowed):
        answer = shared.ask(method, path)
        assert answer.is_problem(405), method
        assert {each.strip() for each in answer.headers["Allow"].split(",")} == allowed, method


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/readyz", "/metrics", "/openapi.json", "/v1/status", "/v1/runs", "/v1/findings"]
)
def test_head_is_get_without_the_body(shared: Daemon, path: str) -> None:
    head, get = shared.ask("HEAD", path), shared.ask("GET", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_head_of_the_stream_does_not_stay_open(shared: Daemon) -> None:
    assert shared.ask("HEAD", "/v1/events", timeout=HEADERS).status == 200


def test_probes_metrics_and_the_description_are_open_and_everything_else_is_not(shared: Daemon) -> None:
    for path in ("/", "/livez", "/readyz", "/metrics", "/openapi.json"):
        assert shared.ask("GET", path, token=None).status == 200, path
    for path in ("/v1/status", "/v1/runs", "/v1/findings", "/v1/events", "/v1/explain?person=a"):
        assert shared.ask("GET", path, token=None).is_problem(401), path


# Across sites


@pytest.fixture(scope="module")
def unprotected(started_simulator: servers.Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon without any token."""
    settings = Settings(tmp_path_factory.mktemp("unprotected"))
    settings.protect(None, None)
    with daemon(settings, started_simulator.endpoint) as running:
        yield running


def test_without_a_token_this_host_reads(unprotected: Daemon) -> None:
    for host in (f"127.0.0.1:{unprotected.port}", f"localhost:{unprotected.port}", "LOCALHOST", "[::1]"):
        assert unprotected.ask("GET", "/v1/status", token=None, headers={"Host": host}).status == 200, host


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rollcall.example.com"},
        {"Host": "127.0.0.1.example.com"},
        {"Host": "localhost.example.com:80"},
        {"Host": "10.0.0.7"},
        {"Host": ""},
        {"Host": "localhost", "X-Forwarded-For": "10.0.0.7"},
        {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"},
        {"Host": "localhost", "Forwarded": "for=127.0.0.1"},
        {"Host": "localhost", "X-Real-IP": "127.0.0.1"},
        {"Host": "localhost", "Via": "1.1 proxy"},
    ],
    ids=str,
)
def test_without_a_token_no_other_site_reads(unprotected: Daemon, headers: dict[str, str]) -> None:
    assert unprotected.ask("GET", "/v1/status", token=None, headers=headers).is_problem(403)


@pytest.mark.parametrize("token", [None, "", "anything"])
def test_without_a_token_nobody_triggers(unprotected: Daemon, token: str | None) -> None:
    for path in ("/v1/sync", "/v1/approvals"):
        assert unprotected.ask("POST", path, {}, token=token).is_problem(403)
    assert unprotected.get("/v1/runs", token=None)["runs"] == []


def test_an_absolute_address_of_another_name_is_another_site(unprotected: Daemon) -> None:
    sent = "GET http://rollcall.example.com/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert status_of(exchange(unprotected, sent)) == 403


def test_two_hosts_are_no_host(unprotected: Daemon) -> None:
    sent = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nHost: rollcall.example.com\r\nConnection: close\r\n\r\n"
    assert status_of(exchange(unprotected, sent)) in (400, 403)


def test_no_answer_invites_another_site(shared: Daemon, unprotected: Daemon) -> None:
    """A page of another site may ask, but its browser shows it nothing unless the answer says that it may."""
    headers = {"Origin": "https://attacker.example", "Access-Control-Request-Method": "POST"}
    for method, path in (("OPTIONS", "/v1/sync"), ("GET", "/v1/status"), ("GET", "/metrics")):
        for each, token in ((shared, TOKEN), (unprotected, None)):
            answer = each.ask(method, path, headers=headers, token=token)
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


# What every answer has in common


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/livez", 200),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/v1/status", 200),
        ("GET", "/v1/runs/x", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/livez", 405),
        ("POST", "/v1/sync", 202),
        ("POST", "/v1/approvals", 422),
    ],
)
def test_no_answer_is_kept_or_taken_for_something_else(shared: Daemon, method: str, path: str, status: int) -> None:
    answer = shared.ask(method, path)
    assert answer.status == status
    assert answer.headers.get_all("Cache-Control") == ["no-store"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]


def test_no_token_is_ever_in_the_log(simulator: servers.Simulator, settings: Settings) -> None:
    settings.tables["log"]["level"] = "trace"
    presented = "presented-5b9e0d7c"
    with daemon(settings, simulator.endpoint) as running:
        for token in (TOKEN, READ_TOKEN, presented):
            running.ask("GET", "/v1/status", token=token)
            running.ask("POST", "/v1/sync?wait=10", {}, token=token)
            running.ask("GET", f"/v1/nothing?token={token}", token=token)
        exchange(running, f"GET /v1/status HTTP/1.1\r\nAuthorization: Bearer {presented}\r\nbroken\r\n\r\n")
        settings.secret("token", TOKEN + "-new")
        assert running.ask("GET", "/v1/status", token=TOKEN + "-new").status == 200
        running.signal(signal.SIGHUP)
        running.wait_for_log("reload")
        running.end()
        printed = running.err.text() + running.out.text()
    assert '"level":"DEBUG"' in printed
    for secret in (TOKEN, READ_TOKEN, presented, servers.SECRET_KEY):
        assert secret not in printed
