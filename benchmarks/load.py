"""A load generator that costs little: raw HTTP/1.1 over kept-alive connections, in a process of its own.

    python benchmarks/load.py HOST PORT KEY CLIENTS COUNT MAILS_PER_REQUEST SEED

Prints one JSON line: what was answered, how long each request took, when the first was sent.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time

from mails import ndjson_line, rfc822


def request(path: str, key: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def read_answer(connection: socket.socket, rest: bytes) -> tuple[int, bytes]:
    """Return the status and what was read beyond the answer."""
    data = rest
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lower = head.lower()
    length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split(b" ", 2)[1]), body[length:]


def main() -> None:
    host, port, key = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    clients, count, per_request, seed = (int(argument) for argument in sys.argv[4:8])
    rate = float(sys.argv[8]) if len(sys.argv) > 8 else 0.0
    draw = random.Random(seed)
    if per_request == 1:
        bodies = [request("/v1/emails", key, "message/rfc822", rfc822(draw, number)) for number in range(count)]
    else:
        lines = [ndjson_line(draw, number) for number in range(count)]
        bodies = [
            request("/v1/emails", key, "application/x-ndjson", b"\n".join(lines[start : start + per_request]))
            for start in range(0, count, per_request)
        ]
    position = iter(range(len(bodies)))
    lock = threading.Lock()
    seconds: list[float] = []
    statuses: dict[int, int] = {}
    started = time.time()

    def client() -> None:
        connection = socket.create_connection((host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest = b""
        while True:
            with lock:
                number = next(position, None)
            if number is None:
                return
            if rate:
                time.sleep(max(0.0, started + number / rate - time.time()))
            begin = time.perf_counter()
            connection.sendall(bodies[number])
            status, rest = read_answer(connection, rest)
            took = time.perf_counter() - begin
            with lock:
                seconds.append(took)
                statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"statuses": statuses, "seconds": seconds, "started": started, "ended": time.time()}))


if __name__ == "__main__":
    main()
