"""Submissions, and a real HTTP server that answers as it is told."""

import contextlib
import socket
import socketserver
import threading
import time

import pytest

from routing.job import MailFormat, Submission


def submission(name="1", **fields):
    given = {
        "source": "gate",
        "content": f"From: anne@example.org\r\nSubject: {name}\r\n\r\nBonjour\r\n".encode(),
        "format": MailFormat.RFC822,
        "digest": f"digest of {name}",
    }
    return Submission(**(given | fields))


@pytest.fixture(scope="session")
def mail():
    return submission


class Receiver(socketserver.ThreadingTCPServer):
    """Takes requests apart by hand, so that it can also misbehave; `answers` are given in turn, the last for ever."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), _Connection)
        self.context = context
        self.answers = [status(200)]
        self.requests = []
        self.connections = 0
        self.port = self.server_address[1]
        self.over = threading.Event()

    def url(self, path="/hook", host="127.0.0.1", scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    def get_request(self):
        connection, address = super().get_request()
        if self.context:  # the handshake takes place in the handler's thread, at the first reading
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


class _Connection(socketserver.StreamRequestHandler):
    def setup(self):
        self.server.connections += 1
        super().setup()

    def handle(self):
        line = self.rfile.readline()
        if not line:
            return
        headers = {}
        while (header := self.rfile.readline()).strip():
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.requests.append((line.decode().strip(), headers, body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        with contextlib.suppress(OSError):
            for piece in answer(self.server.over) if callable(answer) else [answer]:
                self.wfile.write(piece)
                self.wfile.flush()


def status(code, *headers):
    return "\r\n".join([f"HTTP/1.1 {code} Said", *headers, "Content-Length: 0", "Connection: close", "", ""]).encode()


def one_byte_at_a_time(over):
    yield b"HTTP/1.1 200 OK\r\nX-Slow: "
    while not over.wait(0.05):
        yield b"a"


def without_end(over):
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    while not over.is_set():
        yield b"x" * 65_536


def silence(over):
    yield b""
    over.wait(30)


class Answers:
    """The ways in which a receiver can answer."""

    status = staticmethod(status)
    one_byte_at_a_time = staticmethod(one_byte_at_a_time)
    without_end = staticmethod(without_end)
    silence = staticmethod(silence)


@pytest.fixture(scope="session")
def answers():
    return Answers


@contextlib.contextmanager
def _running(context=None):
    server = Receiver(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver():
    with _running() as server:
        yield server


@pytest.fixture
def tls_receiver():
    """Starts a receiver that speaks TLS with the given context."""
    with contextlib.ExitStack() as stack:
        yield lambda context: stack.enter_context(_running(context))


@pytest.fixture
def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.fixture(scope="session")
def until():
    def wait(condition, seconds=20):
        """Return the first true value; the time is long beside what it takes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.005)
        raise AssertionError("it did not come")

    return wait
