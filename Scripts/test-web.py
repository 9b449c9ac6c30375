#!/usr/bin/env python3
"""People talk by the page of `roost web`, in real browsers, with real daemons on loopback.

    test-web.py                  the whole story, a minute or two
    test-web.py --pictures DIR   also keeps pictures of the page there
    test-web.py --write          renews those in docs/images

Two people sign in, one asks the other, thirty messages go each way, a daemon is killed and comes back, and meanwhile another program
sits on its port and must learn nothing. Hostile peers write what would be markup, code or a flood. A conversation of ten thousand
messages is scrolled through. All is done by keyboard or by mouse, on a desktop's screen and a phone's. Exits with 0 only if all of that
held. Needs Chromium; without it, it says that it was skipped. axe-core is asked as well, where $AXE names its axe.min.js or the Python package
axe-playwright-python, which brings it, is installed (`pip install --no-deps axe-playwright-python`).
KEEP=1 keeps data and logs.
"""
import concurrent.futures
import http.server
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import chromium
from daemons import Connection, Daemon, Town, program

pictures = sys.argv[sys.argv.index("--pictures") + 1] if "--pictures" in sys.argv else None
bringing = importlib.util.find_spec("axe_playwright_python")
axe = os.environ.get("AXE") or (os.path.join(bringing.submodule_search_locations[0], "axe.min.js") if bringing else None)
long_conversation = int(os.environ.get("MESSAGES", 10_000))
shift = 8


def expect(condition, sentence):
    if not condition:
        raise SystemExit(f"It did not hold: {sentence}")


def web(person, *arguments):
    return subprocess.run([program, "web", "--data", person.directory, *arguments], capture_output=True, text=True)


def link(person):
    run = web(person, "--json")
    expect(run.returncode == 0, f"there is a link: {run.stderr}")
    return json.loads(run.stdout)["link"]


def sign_in(tab, person):
    tab.go(link(person))
    tab.wait("document.getElementById('state').dataset.state === 'here' && !document.getElementById('app').hidden")
    expect(tab.run("location.hash + location.search") in ("", "#/"), "the token stands in the address no more")


def place(tab, name, of=""):
    tab.run(f"location.hash = '#/{name}{'/' + of if of else ''}'")


def write(tab, text):
    tab.wait("document.activeElement?.tagName === 'TEXTAREA'")
    tab.type(text)
    tab.press("Enter")


def texts(tab):
    return tab.run("[...document.querySelectorAll('.message .text')].map(e => e.textContent)")


def restart(town, person, listen):
    town.daemons.remove(person)
    again = Daemon(program, person.directory, [relay.address for relay in town.relays[:3]], listen=listen)
    town.daemons.append(again)
    return again


def healthy(tab, who):
    """Nothing was asked of others, nothing failed, and nothing opened a dialog."""
    tab.look()
    foreign = [address for address in tab.requests if not address.startswith(("http://127.0.0.1:", "data:", "about:"))]
    expect(not foreign, f"{who}'s page asks nobody else: {foreign}")
    expect(not tab.dialogs, f"{who}'s page opens no dialog: {tab.dialogs}")
    # A daemon that was away, a name that can't be one, and a session that ended are part of the story.
    faults = [fault for fault in tab.faults if not any(part in fault for part in ("net::ERR", "status of 422", "status of 401", "status of 409"))]
    expect(not faults, f"{who}'s page has no faults: {faults}")


# Those that the documentation shows.
shown = {"chat-desktop-light", "chat-phone-dark"}


def picture(tab, name):
    if "--write" in sys.argv and name in shown:
        # The documentation's are small.
        if "phone" in name:
            tab.size(390, 700, True)
        else:
            tab.size(1100, 640)
        tab.run("new Promise(done => setTimeout(done, 400))")
        tab.picture(os.path.join(os.path.dirname(__file__), "../docs/images", f"web-{name}.png"))
    if pictures:
        os.makedirs(pictures, exist_ok=True)
        tab.run("document.fonts.ready.then(() => new Promise(done => setTimeout(done, 250)))")
        tab.picture(os.path.join(pictures, f"web-{name}.png"))


def accessible(tab, where):
    """What can be reached by keyboard has a name, and there is one place for the main content."""
    nodes = tab.accessible()
    for role, name, properties in nodes:
        if properties.get("focusable") and role not in ("RootWebArea", "main"):
            expect(name.strip(), f"{where}: the {role} has a name for screen readers")
    expect([role for role, _, _ in nodes].count("main") == 1, f"{where}: there is one main part")
    if axe:
        tab.run(open(axe).read() + ";0")
        found = tab.run("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.any.concat(n.all).map(c => c.message).join('; ')).slice(0, 4)]))")
        expect(not found, f"{where}: axe-core has nothing against it: {json.dumps(found, indent=1)}")


# The parts of the story.


def first_words(alice, bob, a, b):
    """Alice adds Bob by hand and writes; he finds a request, reads it unseen, and accepts."""
    place(a, "people")
    a.click("#panel input:not([placeholder])")
    a.type("Bob")
    a.press("Tab")
    a.type(f"roost:{bob.id}")
    a.press("Enter")
    a.wait(f"location.hash === '#/chat/{bob.id}'")
    write(a, "Hello Bob, wörld 家 👩‍👩‍👧")
    a.wait("document.querySelector('.message.own .standing')?.textContent.match(/delivered|stored|read/)", 90)
    b.wait("[...document.querySelectorAll('#places a')].some(a => a.textContent.startsWith('Requests1'))")
    expect(b.run("document.querySelectorAll('#side .row').length") == 0, "a request is no conversation yet")
    place(b, "requests")
    b.wait("document.querySelector('#panel .person')?.textContent.includes('Hello Bob, wörld 家')")
    picture(b, "requests-desktop-light")
    expect(not any(message["read"] for message in bob.inbox), "who looks at a request has not read it")
    b.click("#panel .person button", "Accept")
    b.wait(f"location.hash === '#/chat/{alice.id}'")
    a.wait("document.querySelector('.message.own .standing')?.textContent === 'read'")
    write(b, "And hello to you")
    a.wait("document.querySelector('.message:not(.own) .text')?.textContent === 'And hello to you'")
    a.wait("document.getElementById('live').textContent.includes('And hello to you')")
    b.wait("document.querySelector('.message.own .standing')?.textContent === 'read'")


def thirty_each_way(a, b):
    for number in range(30):
        write(a, f"Alice writes number {number}.")
        write(b, f"Bob answers with number {number}.")
    done = "document.querySelectorAll('.message').length === 62 && ![...document.querySelectorAll('.standing')].some(e => e.textContent !== 'read')"
    a.wait(done, 60)
    b.wait(done, 60)
    expect(texts(a) == texts(b), "both see the same in the same order")
    for tab in (a, b):
        expect(tab.run("(() => { const s = document.querySelector('.scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight; })()") < 3,
               "the newest is in view")


class Thief(http.server.BaseHTTPRequestHandler):
    """Whoever takes the port while the daemon is away, and hopes for secrets."""
    heard = []

    def answer(self):
        Thief.heard.append((self.command, self.path, dict(self.headers)))
        body = b'{"proof":"' + b"00" * 32 + b'"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


def killed_and_back(town, alice, bob, a, b):
    address = alice.address
    port = int(a.run("location.port"))
    alice.end(signal.SIGKILL)
    a.wait("document.getElementById('state').dataset.state === 'away'")
    expect("Not connected" in a.text("#state") and "waits in this tab" in a.text("#away"), "it is said that there is no connection")
    write(a, "While it was away")
    a.wait("[...document.querySelectorAll('.message')].at(-1).textContent.includes('sending')")
    picture(a, "away-desktop-light")
    a.size(390, 844, True)
    expect(a.run("document.getElementById('away').getBoundingClientRect().height > 20"), "on a phone as well")
    a.size(1280, 820)
    thief = http.server.ThreadingHTTPServer(("127.0.0.1", port), Thief)
    threading.Thread(target=thief.serve_forever, daemon=True).start()
    a.wait("document.getElementById('away').textContent.includes('another program')")
    thief.shutdown()
    thief.server_close()
    expect(Thief.heard and all(path.startswith("/proof?") for _, path, _ in Thief.heard), f"only a proof was asked for: {Thief.heard}")
    expect(not any({"cookie", "roost-tab"} & {name.lower() for name in headers} for _, _, headers in Thief.heard),
           "who took the port was shown no secret")
    alice = restart(town, alice, address)
    a.wait("document.getElementById('state').dataset.state === 'here'", 40)
    b.wait("[...document.querySelectorAll('.text')].at(-1).textContent === 'While it was away'")
    expect([message["text"] for message in bob.inbox].count("While it was away") == 1, "it was sent once")
    a.wait("[...document.querySelectorAll('.standing')].at(-1).textContent === 'read'")
    # And after the restart news comes as before.
    write(b, "Back again?")
    a.wait("[...document.querySelectorAll('.text')].at(-1).textContent === 'Back again?'")
    return alice


hostile = [
    "<img src=x onerror=\"alert(1)\"><script>alert(2)</script><iframe src=//evil.example></iframe>",
    "<svg/onload=alert(3)> &lt;b&gt; javascript:alert(4) http://evil.example/ [a](http://evil.example)",
    "\x1b[2J\x1b]0;title\x07\x1b[31m \u202eesrever\u202c \u2066isolate \u2028line\u2029 zero\u200bwidth \ufeff",
    "מה שלומך <b>היום</b> \u202e",
    "a" + "\u0301" * 32_000,
    "x" * 65_000,
    "\n" * 3_000 + "far below",
    "﷽" * 2_000 + " 𒐫𒈙꧅ " * 500,
    "{{constructor.constructor('alert(5)')()}}${alert(6)}",
]


def strangers(town, alice, a, people):
    """Many who write what would be markup, code, or a flood."""
    for person in people:
        for text in hostile:
            code, answer = person.ask("POST", "/v1/messages", {"to": alice.id, "text": text})
            expect(code == 201, answer)
    expect(Town.until(lambda: len([m for m in alice.inbox if m["from"] in [p.id for p in people]]) == len(hostile) * len(people), 60)[0],
           "all of it has arrived")
    place(a, "requests")
    a.wait(f"document.querySelectorAll('#panel .person').length === {len(people)}")
    inside = "document.querySelectorAll('#panel img, #panel script, #panel iframe, #panel b, #panel svg:not(.qr):not(.ring), #side script, #side iframe').length"
    narrow = "document.documentElement.scrollWidth <= innerWidth && document.querySelector('#panel').scrollWidth <= document.querySelector('#panel').clientWidth"
    expect(a.run(inside) == 0 and a.run(narrow), "requests hold no markup, and nothing that is wider than the page")
    for width, height, touch in ((390, 844, True), (1280, 820, False)):
        a.size(width, height, touch)
        place(a, "chat", people[0].id)
        a.wait("document.querySelectorAll('.message').length > 0")
        place(a, "requests")
        a.wait("document.querySelector('#panel h1')?.textContent === 'Requests'")
        place(a, "chat", people[0].id)
        a.wait(f"document.querySelectorAll('.message').length === {len(hostile)}")
        expect(a.run(inside) == 0, "messages hold no markup")
        shown = "\n".join(texts(a))
        expect("<img src=x onerror=\"alert(1)\"><script>" in shown and "␛[2J" in shown and "&lt;b&gt;" in shown, "texts are shown as they are")
        expect(not any(c in shown for c in "\x1b\u202e\u202c\u2066\u2028\u2029\u200b\ufeff"), "nothing hides or turns the text round")
        expect(shown.count("\u0301") <= 4, "marks over one letter are few")
        expect(a.run("document.querySelectorAll('#panel a[href*=evil], .text a').length") == 0, "what they write is no link")
        expect(a.run(narrow), "no message is wider than the page")
        expect(a.run("[...document.querySelectorAll('.bubble')].every(b => b.getBoundingClientRect().height < 2500)"), "no message is a flood")
        expect(a.run("document.querySelector('textarea') === null"), "who isn't accepted isn't answered by mistake")
    expect(not any(m["read"] for m in alice.inbox if m["from"] == people[0].id), "strangers aren't told what is read")
    a.click(".ask button", "Block")
    a.wait("location.hash === '#/requests'")
    a.wait(f"document.querySelectorAll('#panel .person').length === {len(people) - 1}")
    a.click("#panel .person button", "Refuse")
    a.wait(f"document.querySelectorAll('#panel .person').length === {len(people) - 2}")
    blocked = [peer["id"] for peer in alice.ask("GET", "/v1/blocked")[1]["peers"]]
    expect(blocked == [people[0].id], "one is blocked")


def long_history(alice, a):
    """Notes to oneself, thousands of them: the page never holds more than a few hundred."""
    connections = threading.local()

    def send(number):
        if not hasattr(connections, "one"):
            connections.one = Connection(alice.directory)
        code, answer = connections.one.ask("POST", "/v1/messages", {"to": alice.id, "text": f"Note {number}"})
        expect(code == 201, answer)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(send, range(long_conversation)))
    place(a, "chat", alice.id)
    a.wait("document.querySelectorAll('.message').length >= 60")
    most = 0
    reached = a.wait(f"""(async () => {{
        const scroll = document.querySelector('.scroll'), seen = new Set();
        let most = 0, still = 0;
        const end = Date.now() + 90000;
        while (still < 40 && Date.now() < end) {{
            const before = seen.size;
            for (const text of document.querySelectorAll('.message .text')) seen.add(text.textContent);
            most = Math.max(most, document.querySelectorAll('.message').length);
            still = seen.size === before ? still + 1 : 0;
            scroll.scrollTop = 0;
            await new Promise(done => setTimeout(done, 10));
        }}
        return [seen.size, most, document.querySelectorAll('*').length];
    }})()""")
    count, most, elements = reached
    expect(count == long_conversation, f"all of them were seen: {count} of {long_conversation}")
    expect(most <= 240 and elements < 4_000, f"the page holds few at a time: {most} messages, {elements} elements")
    # What is read stays where it is while one scrolls through it.
    jumps = a.run("""(async () => {
        const scroll = document.querySelector('.scroll');
        const wait = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        let worst = 0;
        for (let step = 0; step < 60; step += 1) {
            const top = scroll.getBoundingClientRect().top + 200;
            const seen = [...document.querySelectorAll('.message')].find(e => e.getBoundingClientRect().bottom > top);
            const before = seen.getBoundingClientRect().top;
            scroll.scrollTop += 150;
            await wait(); await new Promise(done => setTimeout(done, 15));
            if (seen.isConnected) worst = Math.max(worst, Math.abs(before - 150 - seen.getBoundingClientRect().top));
        }
        return worst;
    })()""")
    expect(jumps <= 2, f"what is read doesn't jump: {jumps} pixels")
    a.click(".end")
    a.wait("(() => { const s = document.querySelector('.scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight < 3; })()")
    a.call("HeapProfiler.collectGarbage")
    a.call("Performance.enable")
    heap = next(m["value"] for m in a.call("Performance.getMetrics")["metrics"] if m["name"] == "JSHeapUsedSize")
    # axe-core stays in the page's memory.
    expect(heap < (64e6 if axe else 12e6), f"the page's memory is bounded: {heap / 1e6:.1f} MB")
    print(f"{count} messages were scrolled through, {most} at a time; {heap / 1e6:.1f} MB of JavaScript's memory")


# Has the page's requests by one method for one path answered by a function of JavaScript, until `window.fetch` is put back.
def answering(tab, method, path, act):
    tab.run(f"""(() => {{
        window.realFetch ??= window.fetch;
        window.fetch = (where, how) => ((how?.method ?? "GET") === "{method}" && where.startsWith("{path}")
            ? ({act})(where, how) : window.realFetch(where, how));
    }})()""")


def answering_again(tab):
    tab.run("window.fetch = window.realFetch; 0")


def refused_elsewhere(alice, bob, a):
    """A text is refused while another conversation is open: it is still there, and goes when it is sent again."""
    place(a, "chat", bob.id)
    no = '{ error: { code: "full", message: "There is no room for it." } }'
    answering(a, "POST", "/v1/messages", f"() => new Promise(done => setTimeout(() => done(new Response(JSON.stringify({no}), {{ status: 507 }})), 300))")
    write(a, "First refused, then sent")
    place(a, "chat", alice.id)
    a.wait(f"document.querySelector('#side [data-peer=\"{bob.id}\"]')?.textContent.includes('A text was not sent')")
    a.wait("document.getElementById('live').textContent.includes('There is no room for it.')")
    place(a, "chat", bob.id)
    a.wait("[...document.querySelectorAll('.standing')].at(-1).textContent === 'not sent: There is no room for it.'")
    picture(a, "refused-desktop-light")
    looks = a.run("""(() => {
        const note = getComputedStyle([...document.querySelectorAll('.own .note.failed')].at(-1)), probe = document.createElement('i');
        probe.style.color = 'var(--bad)';
        document.body.append(probe);
        const bad = getComputedStyle(probe).color;
        probe.remove();
        return [note.color === bad, note.float, note.outlineStyle];
    })()""")
    expect(looks == [True, "none", "none"], f"why a text wasn't sent stands below it, as what is bad: {looks}")
    a.click(".message.own button", "Try again")
    a.wait("[...document.querySelectorAll('.standing')].at(-1).textContent === 'sending'")
    a.wait("[...document.querySelectorAll('.standing')].at(-1).textContent.startsWith('not sent')")
    # What is being written meanwhile is not lost either.
    a.click("textarea")
    a.type("and more")
    kept = a.run("""(() => {
        [...document.querySelectorAll('.message.own button')].find(button => button.textContent === 'Change').click();
        return sessionStorage.getItem('roost-drafts');
    })()""")
    expect("First refused, then sent" in (kept or ""), "what is given back is kept at once")
    a.wait("document.querySelector('textarea').value === 'First refused, then sent\\nand more'")
    answering_again(a)
    kept = a.run("""(() => {
        const box = document.querySelector('textarea');
        box.value = 'Sent at last';
        box.dispatchEvent(new Event('input'));
        box.form.requestSubmit();
        return sessionStorage.getItem('roost-drafts');
    })()""")
    expect("First refused" not in (kept or ""), "and what is sent is no draft any more")
    expect(Town.until(lambda: any(m["text"] == "Sent at last" for m in bob.inbox), 30)[0], "it goes when it is sent again")
    expect(not any("First refused" in m["text"] for m in bob.inbox), "and what was refused went nowhere")
    a.wait("!document.body.textContent.includes('not sent')")
    # An answer that breaks off says nothing: the same is sent again, and counts once.
    answering(a, "POST", "/v1/messages", """(where, how) => {
        const answer = realFetch(where, how);
        if (window.isBroken) return answer;
        window.isBroken = true;
        return answer.then(() => new Response('{"mess', { status: 202, headers: { 'Content-Type': 'application/json' } }));
    }""")
    write(a, "Answered by half")
    a.wait("window.isBroken && !sessionStorage.getItem('roost-outbox')")
    answering_again(a)
    a.wait("[...document.querySelectorAll('.text')].at(-1)?.textContent === 'Answered by half'")
    expect(Town.until(lambda: any(m["text"] == "Answered by half" for m in bob.inbox), 30)[0], "it is sent")
    expect([m["text"] for m in bob.inbox].count("Answered by half") == 1, "and once")


def ended_and_back(alice, bob, a):
    """A session ends while a text waits: the page shows nothing any more, and sends it once when the same person is back."""
    place(a, "chat", bob.id)
    answering(a, "POST", "/v1/messages", "() => new Promise(() => {})")
    write(a, "Kept while signed out")
    a.wait("[...document.querySelectorAll('.standing')].at(-1).textContent === 'sending'")
    a.run("realFetch('/session', { method: 'DELETE', headers: { 'Roost-Tab': sessionStorage.getItem('roost-tab') } }).then(r => r.status)")
    a.run("import('/api.js').then(api => api.ask('GET', '/v1/status')).catch(() => 0)")
    a.wait("document.getElementById('gate').textContent.includes('One text waits in this tab')", 40)
    shows_nothing(a)
    picture(a, "waiting-desktop-light")
    sign_in(a, alice)
    expect(Town.until(lambda: any(m["text"] == "Kept while signed out" for m in bob.inbox), 30)[0], "what waited is sent")
    # The same text once more, as from a second copy of the tab.
    place(a, "chat", bob.id)
    a.wait("[...document.querySelectorAll('.text')].at(-1)?.textContent === 'Kept while signed out'")
    a.wait("!sessionStorage.getItem('roost-outbox')")
    expect([m["text"] for m in bob.inbox].count("Kept while signed out") == 1, "and once")
    # A page that is loaded again has what waits.
    answering(a, "POST", "/v1/messages", "() => new Promise(() => {})")
    write(a, "Kept over a reload")
    a.type("and this is not finished")
    a.wait("sessionStorage.getItem('roost-outbox')?.includes('Kept over a reload')")
    # A person is asked whether they mean it.
    a.run("window.isFormer = true; setTimeout(() => location.reload(), 50); 0")
    a.agree()
    a.wait("!window.isFormer && document.getElementById('state')?.dataset.state === 'here' && !document.getElementById('app').hidden")
    expect(Town.until(lambda: any(m["text"] == "Kept over a reload" for m in bob.inbox), 30)[0], "what waited is sent after a reload")
    a.wait("document.querySelector('textarea')?.value === 'and this is not finished'")
    a.run("(() => { const t = document.querySelector('textarea'); t.value = ''; t.dispatchEvent(new Event('input')); })()")
    a.wait("!sessionStorage.getItem('roost-drafts')")


def shows_nothing(tab):
    """Nothing of a person is left in a page that was signed out, seen or not."""
    expect(tab.run("document.querySelectorAll('.message, .row, .person, textarea, #places a').length") == 0, "nothing of theirs is in the page")
    expect(tab.run("[document.getElementById('live').textContent, document.getElementById('side').textContent, document.getElementById('panel').textContent].join('')") == "",
           "nor in what is hidden")
    expect(tab.run("location.hash") == "" and tab.run("document.title") == "Roost", "nor in its address and title")


def answers_out_of_order(alice, a):
    """News, scrolling and slow answers at the same time: the window is always a part of the conversation without gaps."""
    place(a, "people")
    a.wait("document.querySelector('#panel h1')?.textContent === 'People'")
    answering(a, "GET", "/v1/conversations/", "async (where, how) => { const answer = await realFetch(where, how); await new Promise(done => setTimeout(done, Math.random() * 90)); return answer; }")
    place(a, "chat", alice.id)
    a.wait("document.querySelectorAll('.message').length >= 60")
    connection = Connection(alice.directory)
    done = threading.Event()

    def send():
        number = 0
        while not done.wait(0.04):
            number += 1
            connection.ask("POST", "/v1/messages", {"to": alice.id, "text": f"Meanwhile {number}"})

    thread = threading.Thread(target=send)
    thread.start()
    try:
        wrong = a.run(f"""(async () => {{
            const scroll = document.querySelector('.scroll'), windows = [];
            const end = Date.now() + 6000;
            for (let step = 0; Date.now() < end; step += 1) {{
                scroll.scrollTop = step % 40 < 25 ? 0 : scroll.scrollHeight;
                if (step % 40 === 39) document.querySelector('.end')?.click();
                await new Promise(done => setTimeout(done, 15));
                windows.push([...document.querySelectorAll('.message')].map(e => e.dataset.position).filter(p => !p.startsWith('pending')));
            }}
            const order = new Map();
            for (let after = ''; ;) {{
                const answer = await realFetch(`/v1/conversations/{alice.id}/messages?limit=200&after=${{after}}`, {{ headers: {{ 'Roost-Tab': sessionStorage.getItem('roost-tab') }} }}).then(r => r.json());
                for (const message of answer.messages) order.set(message.position, order.size);
                if (!answer.later || answer.messages.length === 0) break;
                after = answer.later;
            }}
            return windows.filter(w => w.some((p, i) => i > 0 && order.get(p) !== order.get(w[i - 1]) + 1)).length + ' of ' + windows.length;
        }})()""")
    finally:
        done.set()
        thread.join()
    answering_again(a)
    expect(wrong.startswith("0 of ") and wrong != "0 of 0", f"a window without gaps at all times: {wrong} had one")


def search(tab, words):
    tab.wait("document.activeElement?.type === 'search'")
    tab.run("document.activeElement.select()")
    tab.type(words)
    tab.press("Enter")


def searching(alice, bob, a):
    """Words are found in one conversation and in all, and lead to their message, however far back."""
    result = "document.querySelectorAll('.results .row')"
    place(a, "")
    a.wait("document.querySelector('.tools')")
    a.click(".tools a", "Search")
    search(a, "LAKE by t")
    a.wait(f"{result}.length === 1 && document.querySelector('#panel [role=status]').textContent === 'One message.'")
    expect(a.run("document.querySelector('.results mark').textContent") == "lake by t", "what was found is marked")
    picture(a, "search-desktop-light")
    accessible(a, "what was found")
    a.click(".results .row")
    a.wait("document.querySelector('.message.found .text')?.textContent.includes('at the lake by ten')")
    expect(a.run(f"location.hash.startsWith('#/chat/{bob.id}/')"), "it leads to the message in its conversation")
    expect(a.run("getComputedStyle(document.querySelector('.message.found .bubble')).outlineStyle") == "solid", "which is marked there")
    a.run("history.back(); 0")
    a.wait(f"document.querySelector('input[type=search]')?.value === 'LAKE by t' && {result}.length === 1")
    search(a, "nobody has ever written this")
    a.wait("document.querySelector('#panel [role=status]').textContent === 'Nothing found.'", 60)
    a.run("document.querySelector('input[type=search]').value = 'ö'.repeat(513)")
    a.press("Enter")
    a.wait("document.querySelector('#panel .fault')?.textContent.includes('at most 1024 bytes')")
    # In one conversation, a thousand messages before the last.
    words = f"Note {long_conversation // 10}"
    place(a, "search", alice.id)
    search(a, words)
    a.wait(f"{result}.length > 0 && !document.querySelector('#panel [role=status]').textContent.includes('Looking')")
    expect(a.run(f"[...{result}].every(e => e.textContent.includes({json.dumps(words)}))"), "all of them have the words")
    a.run(f"[...{result}].at(-1).click()")
    a.wait(f"document.querySelector('.message.found .text')?.textContent.includes({json.dumps(words)})")
    expect(a.run("(() => { const f = document.querySelector('.found').getBoundingClientRect(), s = document.querySelector('.scroll').getBoundingClientRect(); return f.top >= s.top && f.bottom <= s.bottom; })()"),
           "it is in view")
    a.run("document.querySelector('.scroll').scrollTop = 0")
    a.wait("document.querySelectorAll('.message').length > 120")
    a.click(".end")
    a.wait("(() => { const s = document.querySelector('.scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight < 3 && document.querySelector('.end').hidden; })()")
    # A message that has been deleted meanwhile.
    place(a, "chat", f"{alice.id}/1.{'0' * 64}.{'0' * 32}")
    a.wait("document.querySelector('#panel .fault')?.textContent.includes('any more')")
    # What others wrote is text here as well.
    place(a, "search")
    search(a, "nothing but <b>")
    a.wait("document.querySelector('#panel [role=status]').textContent === 'Nothing found.'", 60)


def by_keyboard(a, bob):
    """From the beginning to a sent message without a mouse."""
    place(a, "")
    a.wait("location.hash === '#/' && document.querySelector('#panel .empty')")
    a.run("document.body.focus(); document.activeElement.blur(); getSelection().removeAllRanges()")
    reached = []
    for _ in range(40):
        a.press("Tab")
        seen = a.run("(() => { const e = document.activeElement; const s = getComputedStyle(e); return [e.dataset.peer ?? '', e.textContent.slice(0, 30), parseFloat(s.outlineWidth) > 0]; })()")
        reached.append(seen)
        expect(seen[2], f"the focus is seen: {seen}")
        if seen[0] == bob.id:
            break
    expect(reached[-1][0] == bob.id, f"Bob is reached by Tab: {reached}")
    expect(any(seen[1].startswith("Network") for seen in reached), "and what stands in the bar before him")
    a.press("Enter")
    write(a, "By keyboard alone")
    a.wait("[...document.querySelectorAll('.text')].at(-1)?.textContent === 'By keyboard alone'")
    a.press("Tab", shift)
    a.press("Tab", shift)


def talk(a, b, bob, alice):
    """A conversation as people have it, for the pictures."""
    subprocess.run([program, "peers", "add", "Alice", alice.id, "--data", bob.directory], check=True, capture_output=True)
    place(a, "chat", bob.id)
    place(b, "chat", alice.id)
    for tab, text in (
        (b, "Are you coming on Saturday? We want to be at the lake by ten."), (a, "Yes! I'll take the early train."),
        (a, "Shall I bring the tent, or do you have room in yours?"), (b, "There's room. Bring the good stove instead, and coffee."),
        (a, "Done. My phone will be off the whole way, but whatever you write waits for me."),
        (b, "I know. Your node was away when I wrote yesterday, and you still had it by the evening."), (a, "See you Saturday."),
    ):
        write(tab, text)
        for other in (a, b):
            other.wait(f"[...document.querySelectorAll('.text')].at(-1)?.textContent === {json.dumps(text)}")
    a.wait("[...document.querySelectorAll('.standing')].at(-1).textContent === 'read'")


def looks(a, bob):
    """Every place, on both screens, in both colours."""
    for width, height, touch, device in ((1280, 820, False, "desktop"), (390, 844, True, "phone")):
        for scheme in ("light", "dark"):
            a.size(width, height, touch, scale=2 if touch else 1)
            a.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            for name, of, title in (
                ("", "", None), ("chat", bob.id, "Bob"), ("requests", "", "Requests"), ("people", "", "People"), ("me", "", "My ID"),
                ("network", "", "Network"), ("backup", "", "Backup"), ("safety", bob.id, "Details"), ("search", bob.id, "Search with Bob"),
            ):
                place(a, name, of)
                if title:
                    a.wait(f"document.querySelector('#panel h1')?.textContent.startsWith('{title}')")
                ready = {"network": "document.querySelector('.ring')", "safety": "document.querySelector('.numbers')",
                         "chat": "document.querySelectorAll('.message').length > 20"}.get(name)
                if ready:
                    a.wait(ready)
                wide = a.run("[document.documentElement.scrollWidth, innerWidth]")
                expect(wide[0] <= wide[1], f"{name} fits on the {device}: {wide}")
                accessible(a, f"{name or 'list'} on the {device}, {scheme}")
                picture(a, f"{name or 'list'}-{device}-{scheme}")
    a.size(1280, 820)
    a.media(prefers_color_scheme="light", prefers_reduced_motion="no-preference")


def names(alice, bob, a):
    place(a, "safety", bob.id)
    a.wait("document.querySelector('.numbers')")
    mine = "".join(a.run("[...document.querySelectorAll('.numbers span')].map(e => e.textContent)"))
    theirs = json.loads(subprocess.run([program, "peers", "verify", alice.id, "--json", "--data", bob.directory], capture_output=True, check=True).stdout)
    expect(mine == theirs["number"], "both have the same safety number")
    a.click("button", "It is the same")
    a.wait("document.body.textContent.includes('You compared it on')")
    a.click("#panel form input")
    a.run("document.querySelector('#panel form input').select()")
    a.type("Robert")
    a.click("button", "Rename")
    a.wait("document.querySelector('#side .who').textContent === 'Robert' || [...document.querySelectorAll('#side .who')].some(e => e.textContent === 'Robert')")
    book = alice.ask("GET", "/v1/peers")[1]["peers"]
    expect([(entry["name"], entry["id"]) for entry in book] == [("Robert", bob.id)] and "compared" in book[0], f"he is called so: {book}")
    a.run("document.querySelector('#panel form input').select()")
    a.click("#panel form input")
    a.run("document.querySelector('#panel form input').select()")
    a.type("two words")
    a.click("button", "Rename")
    a.wait("document.querySelector('.fault')?.textContent.includes('one word')")
    a.click("#panel form input")
    a.run("document.querySelector('#panel form input').select()")
    a.type("Bob")
    a.click("button", "Rename")
    a.wait("[...document.querySelectorAll('#side .who')].some(e => e.textContent === 'Bob')")


def begun(alice, bob, a):
    """What was typed and not sent is the person's, wherever they typed it, and not the tab's."""
    path = f"/v1/conversations/{bob.id}/draft"
    draft = lambda: alice.ask("GET", path)[1]["text"]
    place(a, "chat", bob.id)
    a.wait("document.activeElement?.tagName === 'TEXTAREA'")
    a.type("Not finished yet")
    expect(Town.until(lambda: draft() == "Not finished yet", 10)[0], "the daemon keeps it")
    a.wait("!sessionStorage.getItem('roost-drafts')")
    place(a, "me")
    a.wait(f"document.querySelector('#side [data-peer=\"{bob.id}\"] .what').textContent === 'Draft: Not finished yet'")
    a.run("window.isFormer = true; setTimeout(() => location.reload(), 0); 0")
    a.wait("!window.isFormer && document.getElementById('state')?.dataset.state === 'here' && !document.getElementById('app').hidden")
    place(a, "chat", bob.id)
    a.wait("document.querySelector('textarea')?.value === 'Not finished yet'")
    # As somebody types in the terminal.
    expect(alice.ask("PUT", path, {"text": "Typed elsewhere"})[0] == 204, "it is kept")
    a.wait("document.querySelector('textarea').value === 'Typed elsewhere'")
    # What is typed here meanwhile is not overwritten.
    answering(a, "PUT", path, "() => new Promise(() => {})")
    a.run("(() => { const t = document.querySelector('textarea'); t.value = 'Typed here'; t.dispatchEvent(new Event('input')); })()")
    alice.ask("PUT", path, {"text": "And elsewhere again"})
    a.wait("document.querySelector('textarea').value === 'Typed here' && sessionStorage.getItem('roost-drafts')?.includes('Typed here')")
    answering_again(a)
    write(a, ", and sent")
    expect(Town.until(lambda: any(m["text"] == "Typed here, and sent" for m in bob.inbox), 30)[0], "it is sent")
    alice.ask("DELETE", path)
    a.wait("document.querySelector('textarea').value === ''")


def reading(alice, a):
    """Whether others hear what is read is chosen on the page."""
    place(a, "me")
    a.wait("document.querySelector('.check input')?.disabled === false && document.querySelector('.check input').checked")
    for wanted in (False, True):
        a.click(".check input")
        expect(Town.until(lambda: alice.ask("GET", "/v1/settings")[1] == {"readReceipts": wanted}, 10)[0], f"it is chosen: {wanted}")
        expect(alice.ask("GET", "/v1/status")[1]["readReceipts"] == wanted, "the status says so")


def cards(alice, bob, a, b, other):
    """Bob goes by another name and introduces somebody; she is one of Alice's people by a press."""
    for name in ("Bobby", "Bobby B"):
        expect(bob.ask("PUT", "/v1/self", {"name": name})[0] == 200, "he has a name")
        expect(bob.ask("POST", "/v1/messages", {"to": alice.id, "text": f"I am {name}."})[0] == 201, "he says so")
    place(a, "chat", bob.id)
    a.wait("[...document.querySelectorAll('.renamed')].map(e => e.textContent).join() === 'They go by \"Bobby B\" now, and went by \"Bobby\" before.'")
    for name, peer in (("Alice", alice.id), ("dana", other.id)):
        expect(bob.ask("PUT", f"/v1/peers/{name}", {"id": peer})[0] == 200, "they have names")
    # The page asks for the address book when it is loaded, and when it changes that itself.
    b.run("import('/names.js').then(names => names.load()).then(() => 0)")
    place(b, "safety", other.id)
    b.wait("document.querySelector('#panel select')?.textContent === 'Alice'")
    accessible(b, "the page that introduces")
    b.run("document.querySelector('#panel select').scrollIntoView({ block: 'center' })")
    picture(b, "introduce-desktop-light")
    b.click("#panel button", "Introduce")
    b.wait("[...document.querySelectorAll('#panel [role=status]')].some(e => e.textContent === 'Alice and dana hear of each other.')")
    b.click("#panel button", "Introduce")
    b.wait("[...document.querySelectorAll('#panel [role=status]')].some(e => e.textContent === 'Alice was told of dana today already, and nothing is sent again. "
           "dana was told of Alice today already, and nothing is sent again.')")
    a.wait("document.querySelector('.intro button')?.textContent === 'Add \"dana\" to your people'")
    # What goes with a conversation is said before it is deleted.
    expect(alice.ask("PUT", f"/v1/conversations/{bob.id}/draft", {"text": "begun"})[0] == 204, "something is begun")
    place(a, "safety", bob.id)
    a.wait("[...document.querySelectorAll('#panel .soft')].some(e => !e.hidden && e.textContent === 'With the conversation goes what you have begun to write, "
           "and their introduction of one person who has no name here yet.')")
    picture(a, "deletion-desktop-light")
    alice.ask("DELETE", f"/v1/conversations/{bob.id}/draft")
    place(a, "chat", bob.id)
    a.wait("document.querySelector('.intro button')?.textContent === 'Add \"dana\" to your people'")
    for width, height, touch, device in ((1280, 820, False, "desktop"), (390, 844, True, "phone")):
        for scheme in ("light", "dark"):
            a.size(width, height, touch, scale=2 if touch else 1)
            a.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            accessible(a, f"a card on the {device}, {scheme}")
            expect(a.run("document.documentElement.scrollWidth <= innerWidth"), "a card is no wider than the page")
            picture(a, f"card-{device}-{scheme}")
    a.size(1280, 820)
    a.media(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    # Where the name is taken, another one serves.
    expect(alice.ask("PUT", "/v1/peers/dana", {"id": alice.id})[0] == 200, "it is another's")
    a.click(".intro button")
    a.wait("document.querySelector('.intro .fault')?.textContent.includes('choose another name') && !document.querySelector('.intro input').hidden")
    a.run("document.querySelector('.intro input').select()")
    a.click(".intro input")
    a.run("document.querySelector('.intro input').select()")
    a.type("dana-of-bob")
    a.click(".intro button", "Add")
    a.wait("document.querySelector('.intro .does').textContent === 'You call them dana-of-bob.'")
    book = {entry["name"]: entry["id"] for entry in alice.ask("GET", "/v1/peers")[1]["peers"]}
    expect(book.get("dana-of-bob") == other.id, f"she is one of Alice's people: {book}")
    alice.ask("DELETE", "/v1/peers/dana")


def doors(alice, a):
    """Who may not come in, and how one leaves."""
    port = a.run("location.port")
    used = link(alice)
    a.go("about:blank")
    a.go(used)
    a.wait("document.getElementById('state').dataset.state === 'here'")
    other = a.browser.tab()
    other.go(used)
    other.wait("document.getElementById('gate').textContent.includes('used already')")
    other.go(f"http://127.0.0.1:{port}/")
    other.wait("document.getElementById('gate').textContent.includes('roost web --open')")
    expect(other.run("fetch('/v1/status').then(r => r.status)") == 401, "the cookie alone opens nothing")
    picture(other, "gate-desktop-light")
    accessible(other, "the page of who isn't signed in")
    for headers, status in (({"Host": "evil.example"}, 421), ({"Host": f"localhost:{port}"}, 421), ({"Origin": "http://evil.example"}, 403),
                            ({"Sec-Fetch-Site": "cross-site"}, 403), ({}, 401)):
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/v1/status", headers=headers))
            expect(False, f"{headers} is refused")
        except urllib.error.HTTPError as error:
            expect(error.code == status, f"{headers}: {error.code}")
    log = open(alice.directory + ".log").read()
    expect(used.split("#")[1] not in log and "/session" not in log, "the log says nothing of links")
    place(a, "backup")
    answering(a, "DELETE", "/session", "() => Promise.reject(new TypeError('nobody there'))")
    a.click("button", "Sign out")
    a.wait("document.querySelector('#panel .fault')?.textContent.includes('You are still signed in')")
    expect(a.run("sessionStorage.getItem('roost-tab')?.length") == 64, "and so it is")
    answering_again(a)
    a.wait("document.getElementById('state').dataset.state === 'here'")
    a.run("import('/names.js').then(names => names.hear([{ peer: 'roost1', claimedName: 'Mallory' }]))")
    a.click("button", "Sign out")
    a.wait("document.getElementById('gate').textContent.includes('signed out')")
    # What comes later than that is not said.
    a.run("import('/live.js').then(live => { live.announce('a late text'); return new Promise(done => setTimeout(done, 300)); })")
    expect(a.run("import('/names.js').then(names => names.claim('roost1'))") is None, "nothing is known of people any more")
    expect(a.run("document.getElementById('app').hidden && sessionStorage.length === 0"), "nothing is shown any more")
    shows_nothing(a)
    sign_in(a, alice)
    run = web(alice, "--end")
    expect(run.returncode == 0 and "The page is closed" in run.stderr, run)
    a.wait("document.getElementById('state').dataset.state === 'away'")
    run = web(alice, "--end", "--open")
    expect(run.returncode == 64, run)


def story(town):
    alice, bob = town.person("alice"), town.person("bob")
    people = [town.person(f"stranger{number}") for number in range(3)]
    expect(Town.until(lambda: all(p.is_known for p in (alice, bob, *people)), 60)[0], "the network has formed")
    browsers = [chromium.Browser(town.root, name) for name in ("alice", "bob")]
    try:
        a, b = (browser.tab() for browser in browsers)
        for tab in (a, b):
            tab.call("Emulation.setLocaleOverride", locale="en_GB")
        sign_in(a, alice)
        sign_in(b, bob)
        first_words(alice, bob, a, b)
        thirty_each_way(a, b)
        alice = killed_and_back(town, alice, bob, a, b)
        refused_elsewhere(alice, bob, a)
        ended_and_back(alice, bob, a)
        by_keyboard(a, bob)
        strangers(town, alice, a, people)
        names(alice, bob, a)
        talk(a, b, bob, alice)
        looks(a, bob)
        begun(alice, bob, a)
        reading(alice, a)
        cards(alice, bob, a, b, people[2])
        long_history(alice, a)
        answers_out_of_order(alice, a)
        searching(alice, bob, a)
        healthy(b, "bob")
        healthy(a, "alice")
        doors(alice, a)
    finally:
        for browser in browsers:
            browser.end()


def main():
    if not chromium.find():
        print("SKIPPED test-web.py: there is no Chromium")
        return
    with Town(program, 6) as town:
        story(town)
    print("Two people talked by the page of `roost web`, and strangers harmed nothing. axe-core "
          + ("had nothing against any page." if axe else "was not asked: it is not here."))


main()
