"""A real browser for scripts: Chromium, driven over its debugging pipe with the standard library alone."""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time


def find():
    """The browser's program, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Browser:
    """One browser with a profile of its own. It is offline but for this machine: other names don't resolve."""

    def __init__(self, root, name):
        self.name = name
        self.profile = tempfile.mkdtemp(prefix=f"browser-{name}-", dir=root)
        to_read, self.to_write = os.pipe()
        self.to_hear, to_say = os.pipe()
        command = [
            find(), "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--hide-scrollbars", "--lang=en-GB", "--disable-extensions",
            "--force-color-profile=srgb",
        ]
        if os.geteuid() == 0:
            command.append("--no-sandbox")

        def place():
            # The browser reads from 3 and writes to 4.
            high_read, high_say = os.dup2(to_read, 20), os.dup2(to_say, 21)
            os.dup2(high_read, 3)
            os.dup2(high_say, 4)

        self.log = open(os.path.join(root, f"browser-{name}.log"), "ab")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=place, pass_fds=(3, 4, 20, 21),
            start_new_session=True, env={**os.environ, "TZ": "Europe/Berlin", "LANGUAGE": "en_GB"})
        os.close(to_read)
        os.close(to_say)
        self.number, self.heard, self.answers, self.events = 0, b"", {}, []

    def _receive(self, seconds):
        if not select.select([self.to_hear], [], [], max(0, seconds))[0]:
            return
        data = os.read(self.to_hear, 1 << 20)
        if not data:
            raise SystemExit(f"the browser of {self.name} has ended")
        self.heard += data
        *whole, self.heard = self.heard.split(b"\0")
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)

    def call(self, method, session=None, seconds=60, **parameters):
        self.number += 1
        number, until = self.number, time.time() + seconds
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to_write, data):]
        while number not in self.answers:
            if time.time() > until:
                raise SystemExit(f"the browser of {self.name} has not answered {method}")
            self._receive(1)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def listen(self):
        self._receive(0)

    def tab(self, width=1280, height=820):
        return Tab(self, width, height)

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for descriptor in (self.to_write, self.to_hear):
            os.close(descriptor)
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)


class Tab:
    """A tab, with what it asked for, what it logged and which dialogs it opened."""

    def __init__(self, browser, width, height):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility", "DOM"):
            self.call(f"{domain}.enable")
        self.requests, self.faults, self.dialogs = [], [], []
        self.size(width, height)

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def size(self, width, height, touch=False, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=touch)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def media(self, **features):
        """For example prefers_color_scheme="dark"."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=listed)

    def go(self, address):
        self.call("Page.navigate", url=address)

    def run(self, expression):
        """The value of an expression of JavaScript, which may be a promise."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {json.dumps(result['exceptionDetails'])[:2000]}")
        return result["result"].get("value")

    def wait(self, expression, seconds=30):
        """Waits until an expression is true."""
        until = time.time() + seconds
        while True:
            try:
                # An element has no value of its own.
                if value := self.run(f"(async () => {{ const value = await ({expression}); return value instanceof Node || value; }})()"):
                    return value
            except RuntimeError as error:
                # A page that is being loaded has no such element, or no context.
                last = error
            else:
                last = None
            if time.time() > until:
                text = self.run("document.body ? document.body.innerText : ''")
                raise SystemExit(f"{self.browser.name}'s page never had {expression} ({last}):\n{text[:3000]}")
            time.sleep(0.05)

    def text(self, selector="body"):
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def click(self, selector, text=None):
        """Clicks where the element is, as a person does."""
        find = f"[...document.querySelectorAll({json.dumps(selector)})].find(e => {'true' if text is None else f'e.textContent.trim() === {json.dumps(text)}'})"
        self.wait(f"!!{find}")
        self.run(f"{find}.scrollIntoView({{block: 'center'}})")
        box = self.run(f"(() => {{ const b = {find}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def press(self, key, modifiers=0):
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "End": 35, "Home": 36, "PageUp": 33, "PageDown": 34, " ": 32}
        extra = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        parameters = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key], "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", **parameters, **extra)
        self.call("Input.dispatchKeyEvent", type="keyUp", **parameters)

    def picture(self, path, clip=None):
        data = self.call("Page.captureScreenshot", format="png", **({"clip": clip} if clip else {}))["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def look(self):
        """Takes what the browser has told of this tab: requests, faults and dialogs."""
        self.browser.listen()
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        self.browser.events = [event for event in self.browser.events if event.get("sessionId") != self.session]
        for event in mine:
            method, parameters = event["method"], event["params"]
            if method == "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            elif method == "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                self.faults.append(details.get("exception", {}).get("description") or details["text"])
            elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
                self.faults.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
            elif method == "Page.javascriptDialogOpening":
                self.dialogs.append(parameters["message"])
                self.call("Page.handleJavaScriptDialog", accept=False)

    def agree(self, seconds=10):
        """Agrees in the next dialog, which has to come."""
        until = time.time() + seconds
        while time.time() < until:
            self.browser.listen()
            for event in self.browser.events:
                if event.get("sessionId") == self.session and event["method"] == "Page.javascriptDialogOpening":
                    self.browser.events.remove(event)
                    self.call("Page.handleJavaScriptDialog", accept=True)
                    return
            time.sleep(0.02)
        raise SystemExit("there is no dialog")

    def accessible(self):
        """The accessibility tree's nodes that aren't ignored: role, name and whether they can be focused."""
        found = []
        for node in self.call("Accessibility.getFullAXTree")["nodes"]:
            if node.get("ignored"):
                continue
            properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
            found.append((node["role"]["value"], node.get("name", {}).get("value", ""), properties))
        return found
