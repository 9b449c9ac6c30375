// A window on a conversation: some hundred messages of however many, which moves when one scrolls to either end of it.
import { ask, part } from "/api.js";
import { bubble, mark, place } from "/bubble.js";
import { element } from "/dom.js";

/** Messages of one request, and of the window: what leaves it is asked for again when one comes back. */
const page = 60;
const most = 240;
/** How near to an end one has to scroll, in pixels. */
const near = 600;

export class Messages {
  /** `scroller` is the element that scrolls, `changed` is called when the window has. */
  constructor(peer, scroller, changed) {
    this.peer = peer;
    this.path = `/v1/conversations/${part(peer)}/messages`;
    this.scroller = scroller;
    this.changed = changed;
    this.list = element("ol", { class: "messages", "aria-label": "Messages" });
    this.nodes = new Map();
    this.shown = [];
    /** Accepted nowhere yet; they stand last. */
    this.pending = [];
    this.earlier = false;
    this.later = false;
    this.isMoving = false;
    this.isLeft = false;
    this.toldMeanwhile = null;
    /** The last change of the window that was begun. */
    this.turn = Promise.resolve();
    scroller.append(this.list);
    // A keyboard that opens on a phone must not hide what was seen last.
    this.wasAtEnd = true;
    this.sizes = new ResizeObserver(() => { if (this.wasAtEnd) this.toEnd(); });
    this.sizes.observe(scroller);
    scroller.addEventListener("scroll", () => this.move(), { passive: true });
  }

  /** The conversation is no longer shown: answers that are under way count no more. */
  leave() {
    this.isLeft = true;
    this.sizes.disconnect();
  }

  get isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return !this.later && scrollHeight - scrollTop - clientHeight < 80;
  }

  /** Changes the window after all changes that were begun before: an answer fits only the window that it was asked for. */
  change(work) {
    const done = this.turn.then(() => (this.isLeft ? undefined : this.keepingNews(work)));
    this.turn = done.catch(() => {});
    return done;
  }

  /** Standings that are told while pages are asked for: a page may have been made before, and takes none of them back. */
  async keepingNews(work) {
    const told = this.toldMeanwhile = new Map();
    try { return await work(); } finally {
      this.toldMeanwhile = null;
      for (const sent of told.values()) this.mark(sent);
    }
  }

  /** Asks for a page; null where nobody wants to know any more. */
  async fetch(query = "") {
    const answer = await ask("GET", `${this.path}?limit=${page}${query}`);
    return this.isLeft ? null : answer;
  }

  /** Shows the last messages. */
  open() {
    return this.change(async () => {
      const answer = await this.fetch();
      if (!answer) return;
      this.shown = answer.messages;
      this.earlier = answer.earlier !== undefined;
      this.later = false;
      this.draw();
      this.toEnd();
      while (this.earlier && this.scroller.scrollHeight < this.scroller.clientHeight + near && this.shown.length < most) {
        if (!await this.loadEarlier()) return;
        this.toEnd();
      }
    });
  }

  /** Shows the message at a position, with those around it; false where it isn't there any more. */
  openAt(position) {
    return this.change(async () => {
      const before = await this.fetch(`&before=${position}`);
      const after = before && await this.fetch(`&after=${before.messages.at(-1)?.position ?? before.earlier ?? ""}`);
      if (!after) return false;
      this.wasAtEnd = false;
      this.shown = [...before.messages, ...after.messages];
      this.earlier = before.earlier !== undefined && before.messages.length > 0;
      this.later = after.later !== undefined && after.messages.length > 0;
      this.draw();
      const node = this.nodes.get(position);
      node?.classList.add("found");
      node?.scrollIntoView({ block: "center" });
      this.changed();
      return Boolean(node);
    });
  }

  async toLast() {
    if (this.later) await this.open();
    this.toEnd();
  }

  toEnd() { this.scroller.scrollTop = this.scroller.scrollHeight; }

  /** Asks again for the last messages: some have come, changed or gone. */
  refresh() {
    return this.change(async () => {
      if (this.later) return this.changed();
      const answer = await this.fetch();
      if (!answer) return undefined;
      const wasAtEnd = this.isAtEnd;
      // Positions can't be compared. But a page has no gaps, so it takes the place of what is shown from the first that both have on.
      const places = new Map(this.shown.map((message, index) => [message.position, index]));
      const common = answer.messages.find((message) => places.has(message.position));
      if (answer.earlier !== undefined && this.shown.length > 0 && !common) {
        // More have come than a page: those between are asked for when one scrolls there.
        if (!wasAtEnd) { this.later = true; return this.changed(); }
        this.shown = answer.messages;
        this.earlier = true;
      } else {
        const kept = answer.earlier === undefined || !common ? [] : this.shown.slice(0, places.get(common.position));
        this.shown = [...kept, ...answer.messages];
        this.earlier = kept.length > 0 ? this.earlier : answer.earlier !== undefined;
      }
      if (wasAtEnd) {
        this.trimBeginning();
      } else if (this.shown.length > most) {
        this.shown.length = most;
        this.later = true;
      }
      this.keepingPlace(() => this.draw());
      if (wasAtEnd) this.toEnd();
      return this.changed();
    });
  }

  /** A sent message stands otherwise now; whether it is in the window. */
  mark(sent) {
    const told = this.toldMeanwhile;
    if (told && (told.size < most || told.has(sent.message))) told.set(sent.message, sent);
    const message = this.shown.find((m) => m.message === sent.message && !m.receivedAt);
    if (!message) return false;
    Object.assign(message, { state: sent.state, via: sent.via, buddies: sent.buddies, of: sent.of, reason: sent.reason });
    const node = this.nodes.get(message.position);
    if (node) mark(node, message, this.peer);
    return true;
  }

  setPending(pending) {
    const wasAtEnd = this.isAtEnd;
    this.pending = pending;
    this.draw();
    if (wasAtEnd) this.toEnd();
  }

  /** Which way more is to be shown, as it is scrolled now; null: neither. */
  get way() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollTop < near && this.earlier) return "earlier";
    return scrollHeight - scrollTop - clientHeight < near && this.later ? "later" : null;
  }

  async move() {
    if (this.isLeft) return;
    this.wasAtEnd = this.isAtEnd;
    this.changed();
    if (this.isMoving || !this.way) return;
    this.isMoving = true;
    try {
      await this.change(async () => {
        // What was begun before may have moved the window.
        const way = this.way;
        if (way === "earlier") await this.loadEarlier();
        else if (way === "later") await this.loadLater();
      });
      // Who scrolled on meanwhile is still near an end.
      requestAnimationFrame(() => this.move());
    } catch { /* Scrolling on tries again. */ } finally {
      this.isMoving = false;
    }
  }

  /** Part of a change. False where nobody wants to know any more. */
  async loadEarlier() {
    const at = this.shown[0]?.position;
    const answer = await this.fetch(at ? `&before=${at}` : "");
    if (!answer) return false;
    this.earlier = answer.earlier !== undefined && answer.messages.length > 0;
    this.shown = [...answer.messages, ...this.shown];
    if (this.shown.length > most) {
      this.shown.length = most;
      this.later = true;
    }
    this.keepingPlace(() => this.draw());
    return true;
  }

  /** Part of a change. */
  async loadLater() {
    const answer = await this.fetch(`&after=${this.shown.at(-1)?.position ?? ""}`);
    if (!answer) return;
    this.later = answer.later !== undefined && answer.messages.length > 0;
    this.shown = [...this.shown, ...answer.messages];
    this.trimBeginning();
    this.keepingPlace(() => this.draw());
  }

  trimBeginning() {
    if (this.shown.length <= most) return;
    this.shown = this.shown.slice(-most);
    this.earlier = true;
  }

  /** Changes the list, and scrolls so that what was seen stays where it was. */
  keepingPlace(change) {
    const top = this.scroller.getBoundingClientRect().top;
    const seen = [...this.list.children].filter((node) => node.getBoundingClientRect().bottom > top).slice(0, most);
    const before = new Map(seen.map((node) => [node, node.getBoundingClientRect().top]));
    change();
    const anchor = seen.find((node) => node.isConnected);
    if (anchor) this.scroller.scrollTop += anchor.getBoundingClientRect().top - before.get(anchor);
  }

  draw() {
    const all = [...this.shown, ...(this.later ? [] : this.pending)];
    const wanted = new Set(all.map((m) => m.position));
    for (const [position, node] of this.nodes) {
      if (wanted.has(position)) continue;
      node.remove();
      this.nodes.delete(position);
    }
    let next = this.list.firstElementChild;
    all.forEach((message, index) => {
      let node = this.nodes.get(message.position);
      if (node) mark(node, message, this.peer);
      else {
        node = bubble(message, this.peer);
        this.nodes.set(message.position, node);
      }
      place(node, all[index - 1], message);
      if (node === next) next = next.nextElementSibling;
      else this.list.insertBefore(node, next);
    });
  }
}
