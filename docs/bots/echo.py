#!/usr/bin/env python3
"""Answers each message with its own text, through the API alone: docs/bots/echo.py DATA_DIRECTORY

It asks for what is unread, answers, marks, and waits for the next event. Whatever it misses while it doesn't run is unread still.
"""

import http.client
import json
import socket
import sys


class Daemon(http.client.HTTPConnection):
    """A connection to the socket of a data directory."""

    def __init__(self, directory, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = directory + "/roost.sock"

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def call(directory, method, target, body=None):
    daemon = Daemon(directory)
    daemon.request(method, target, body and json.dumps(body), {"Content-Type": "application/json"} if body else {})
    answer = daemon.getresponse()
    data = answer.read()
    if answer.status >= 400:
        raise RuntimeError(json.loads(data)["error"]["message"])
    return json.loads(data) if data else None


def answer_unread(directory):
    own = call(directory, "GET", "/v1/status")["id"]
    while messages := call(directory, "GET", "/v1/messages?unread=true")["messages"]:
        for message in messages:
            if message["from"] == own:
                call(directory, "POST", f"/v1/messages/{message['position']}/read")
                continue
            # The key makes it one answer, even where this ends before the message is marked.
            key = "echo " + message["message"]
            try:
                call(directory, "POST", "/v1/messages", {"to": message["from"], "text": message["text"], "key": key})
            except RuntimeError as error:
                print("Not answered:", error, file=sys.stderr)
            call(directory, "POST", f"/v1/messages/{message['position']}/read")


def main():
    directory = sys.argv[1]
    # Followed before the first look: what comes in between is an event.
    events = Daemon(directory, timeout=None)
    events.request("GET", "/v1/events")
    stream = events.getresponse()
    answer_unread(directory)
    for line in stream:
        if line.startswith(b"event: received"):
            answer_unread(directory)


if __name__ == "__main__":
    main()
