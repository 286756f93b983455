"""Run inside a room: takes the place of its Jupyter server and serves an attacker's pages.

It answers every address with a page, or with a script where the address ends in ``.js``, and sets every
header that could widen what the page may do.
"""

import http.server
import os
import socketserver

SOCKET = "/run/room/lab.sock"
HEADERS = {
    "Set-Cookie": "planted=by-header; Domain=lockedroom.localhost; Path=/",
    "Service-Worker-Allowed": "/",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Content-Security-Policy": "default-src * 'unsafe-inline' 'unsafe-eval' data: blob:",
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Frame-Options": "ALLOWALL",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Link": "</static/x.css>; rel=preload",
}
PAGE = b"<!doctype html><title>hostile</title><h1>hostile</h1>"
WORKER = b"self.addEventListener('fetch', e => e.respondWith(new Response('taken over')))"


class Hostile(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "door"

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        script = self.path.split("?")[0].endswith(".js")
        body = WORKER if script else PAGE
        if self.path.split("?")[0].endswith("/static/headers"):
            body = str(self.headers).encode()
        self.send_response(200)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/javascript" if script else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if os.fork() == 0:
    os.setsid()
    os.rename(SOCKET, SOCKET + ".before")
    Server(SOCKET, Hostile).serve_forever()
