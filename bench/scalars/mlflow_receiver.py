"""What MLflow's client needs of a server to log batches, on loopback; it counts the points that it is sent."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self):
        self.bodies = []
        self.points = 0
        self.answered = 0
        self._counted = threading.Condition()
        self._arrived = threading.Event()
        self._may_answer = threading.Event()
        self._may_answer.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path != "/api/2.0/mlflow/runs/log-batch" or "Content-Encoding" in self.headers:
                    self.send_error(501)
                    return
                receiver._arrived.set()
                receiver._may_answer.wait()
                receiver._count(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _count(self, body):
        points = len(json.loads(body)["metrics"])
        with self._counted:
            self.bodies.append(body)
            self.points += points
            self.answered += 1
            self._counted.notify_all()

    def hold(self):
        self._may_answer.clear()

    def release(self):
        self._may_answer.set()

    def wait_for_request(self):
        self._arrived.wait()

    def wait_for_points(self, points):
        with self._counted:
            self._counted.wait_for(lambda: self.points >= points, timeout=60)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
