"""What is claimed of sessions, without a word of cryptography: from when what was begun, opened, erased (history.py, Timeline)."""
from history import NEVER_HAPPENS, History
from terms import both, either, within


class Claims:
    """Of one session of a history: the conditions under which a thief reads, links and forges."""

    def __init__(self, history: History, session):
        self.history, self.line = history, history.lines[session]
        self.initiator, self.responder = session, 1 - session
        self.x25519, self.ml_kem = history.bit("X25519"), history.bit("ML-KEM")
        self.prekey = history.bit(self.responder, "prekey")
        self.roots = {}

    def profile(self, person):
        return self.history.bit(person, "profile")

    def held(self, person, since, until):
        return self.history.during(person, since, until)

    def key(self, chain):
        """The secret that was drawn for a chain, and the responder's seed: from the chain's begin until its owner knows the next chain.
        Before the first, it is the prekey."""
        line = self.line
        if chain < 0:
            return self.prekey
        return self.held(line.owner(chain), line.when(line.begun, chain), line.when(line.met, chain + 1))

    def step(self, chain):
        """All that goes into a chain's step, but the root key."""
        agreed = either(self.x25519, self.key(chain), self.key(chain - 1))
        return agreed if chain % 2 else both(agreed, either(self.ml_kem, self.key(chain - 1)))

    def first_header(self):
        return both(either(self.x25519, self.profile(self.responder)), either(self.x25519, self.prekey),
                    either(self.ml_kem, self.prekey))

    def root(self, chain):
        """The root key after a chain's step; -1: of PQXDH."""
        if chain < 0:
            return both(self.first_header(), either(self.x25519, self.prekey, self.profile(self.initiator)))
        if chain not in self.roots:
            line, writer = self.line, self.line.owner(chain)
            self.roots[chain] = either(
                self.held(writer, line.when(line.begun, chain), line.when(line.met, chain + 1)),
                self.held(1 - writer, line.when(line.met, chain), line.when(line.begun, chain + 1)),
                both(self.root(chain - 1), self.step(chain)))
        return self.roots[chain]

    def reads(self, chain, number):
        """A message: by the chain's key before it was written, or before it was opened, or by the step that began the chain."""
        line, writer = self.line, self.line.owner(chain)
        return either(
            self.held(writer, line.when(line.begun, chain), line.when(line.sent, (chain, number))),
            self.held(1 - writer, line.when(line.met, chain), line.when(line.opened, (chain, number))),
            both(self.root(chain - 1), self.step(chain)))

    def links(self, chain):
        """Sees which envelopes are of a chain: its header key is made by the step of the same side's chain before."""
        line, writer = self.line, self.line.owner(chain)
        if chain == 0:
            return either(self.first_header(), self.held(writer, line.when(line.begun, 0), line.when(line.met, 1)))
        first = (0, 0) if chain == 1 else (chain - 2, chain - 2)
        made = self.root(-1) if chain == 1 else both(self.root(chain - 3), self.step(chain - 2))
        gone = line.gone(chain) if chain in line.count else NEVER_HAPPENS
        writer_since = line.when(line.met if chain == 1 else line.begun, first[0])
        reader_since = line.when(line.begun if chain == 1 else line.met, first[1])
        return either(self.held(writer, writer_since, line.when(line.met, chain + 1)), self.held(1 - writer, reader_since, gone), made)

    # Forging, by what was stolen up to an event

    def until(self, at):
        bits = sum(1 << one for one in range(at + 1))
        return bits | ~((1 << len(self.history.states)) - 1)

    def forges_in(self, chain, at):
        """Goes on in a chain that its reader has met and that is the newest there."""
        line, writer = self.line, self.line.owner(chain)
        made = either(self.held(writer, line.when(line.begun, chain), line.when(line.met, chain + 1)),
                      self.held(1 - writer, line.when(line.met, chain), at + 1), both(self.root(chain - 1), self.step(chain)))
        return within(both(made, self.links(chain)), self.until(at))

    def forges_next(self, chain, at):
        """Begins the chain after the newest that its reader has begun: the thief's own key and ciphertext go into its step."""
        return within(both(self.root(chain), self.links(chain + 1)), self.until(at))

    def forges_record(self):
        """Publishes keys in the responder's name: one key signs and agrees, so who breaks X25519 has what signs."""
        return either(self.x25519, self.profile(self.responder), self.history.bit("Ed25519"))

    def forges_first(self):
        """Opens a session in the initiator's name. Nothing is signed there: who breaks Ed25519 alone can't."""
        return either(self.x25519, self.prekey, self.profile(self.initiator))
