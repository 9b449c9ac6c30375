"""Sessions over terms instead of bytes (terms.py): docs/conversations.md, "Sessions" and "Envelope", step for step. `broken` names
what is done wrong on purpose, for proof.py to notice."""
import copy

from terms import (agree, decapsulate, encapsulate, encapsulation_key, hashed, hide, key_of, name, pair, public, same, seal, show,
                   sign, unseal, NODES)

FIRST_KEY = public("Roost_PQXDH")


def derive(key, *data):
    """HKDF: as many keys as are taken."""
    return [hashed(public(f"HKDF {number}"), key, *data) for number in (1, 2, 3)]


class Person:
    def __init__(self, label):
        self.label = label
        self.seed = name(f"{label}'s profile key")
        # What signs and agrees follows from the seed, and the seed doesn't follow from it.
        self.secret = hashed(public("secret"), self.seed)
        self.id = key_of(self.secret)
        self.prekey, self.prekey_seed = name(f"{label}'s prekey"), name(f"{label}'s prekey seed")
        self.record = self.publish(key_of(self.prekey), encapsulation_key(self.prekey_seed))
        self.mailbox = hashed(public("mailbox"), self.id)

    def publish(self, prekey, key):
        """A record, in which the secret half of the ID signs."""
        keys = pair(public("day"), prekey, key)
        return {"peer": self.id, "prekey": prekey, "key": key,
                "bytes": pair(self.id, keys, sign(self.secret, pair(public("prekey"), keys)))}


class Session:
    """One side of a session."""

    def __init__(self, is_initiator, view, draw, broken):
        self.is_initiator, self.view, self.draw, self.broken = is_initiator, view, draw, broken
        left_out = {part.removeprefix("binding lacks ") for part in broken if part.startswith("binding lacks ")}
        self.binding = hashed(public("session"), *(part for at, part in view.items() if at not in left_out))
        self.sending = self.opening = self.root = self.next_sending = self.next_receiving = None
        self.their_key = self.their_object = None
        self.receiving, self.previous = [], 0
        # Where something is broken: what should be erased, and what is drawn too early.
        self.kept, self.early = [], None

    def derive_root(self, with_identity, with_prekey, shared, between):
        """PQXDH. The key of the first header, and that of the responder's first chain."""
        first = derive(FIRST_KEY, *([] if "no DH(e, IKr)" in self.broken else [with_identity]))[0]
        second, header, _ = derive(first, with_prekey, *([] if "no ss at first" in self.broken else [shared]))
        self.root, _, answer = derive(second, *([] if "no DH(IKi, SPKr)" in self.broken else [between]))
        return header, answer

    def step(self, agreed, shared=None):
        """The first key of the new chain, and the header key of the one after it."""
        mixed = [] if shared is None or "no ss in steps" in self.broken else [shared]
        mixed += [] if "no DH in steps" in self.broken else [agreed]
        before = self.root
        self.root, chain, following = derive(self.root, public("step"), *mixed)
        if "root key stays" in self.broken:
            self.root = before
        return chain, following

    def following(self, header, derived):
        """The header key of a side's next chain."""
        return hashed(public("next"), header) if "header keys follow from each other" in self.broken else derived

    def __deepcopy__(self, memo):
        other = Session.__new__(Session)
        other.__dict__ = {**copy.deepcopy({at: value for at, value in self.__dict__.items() if at != "draw"}, memo), "draw": self.draw}
        return other

    # What a thief finds

    def state(self):
        found = [self.root, self.next_sending, self.next_receiving, self.their_key, self.their_object, self.binding,
                 *self.view.values()]
        if self.opening:
            found += [self.opening]
        if self.sending:
            found += [self.sending[part] for part in ("secret", "header", "object", "seed", "chain")]
        if self.early:
            found += self.early
        for chain in self.receiving:
            found += [chain["header"], chain["chain"], *chain["keys"].values()]
        return [one for one in [*found, *self.kept] if one is not None]

    # Sending

    def drawn(self):
        """What a new chain draws: a secret, and the seed of an encapsulation key."""
        stale = "same keys again" in self.broken or ("responder's key again" in self.broken and not self.is_initiator)
        secret = self.draw(f"{'initiator' if self.is_initiator else 'responder'}'s secret", stale)
        return secret, None if self.is_initiator else self.draw("seed", "seed again" in self.broken)

    def begin_chain(self):
        secret, seed = self.early or self.drawn()
        self.early = None
        agreed = agree(secret, self.their_key)
        if self.is_initiator:
            shared = self.draw("shared")
            shown = encapsulate(self.their_object, shared)
        else:
            shown, shared = encapsulation_key(seed), None
        chain, following = self.step(agreed, shared)
        self.sending = {"secret": secret, "header": self.next_sending, "object": shown, "seed": seed, "chain": chain, "n": 0}
        self.next_sending = self.following(self.sending["header"], following)

    def advance(self, chain):
        key = hashed(public("message"), chain["chain"])
        if "chain key stays" not in self.broken:
            chain["chain"] = hashed(public("chain"), chain["chain"])
        if "message keys stay" in self.broken:
            self.kept.append(key)
        chain["n"] += 1
        return key

    def transcript(self, by_initiator, clear, mailbox, nonce, header, hidden):
        parts = {"binding": self.binding, "direction": public("I" if by_initiator else "R"), "clear": pair(clear, mailbox, nonce),
                 "header": header, "object": hidden}
        return hashed(*(part for at, part in parts.items() if f"transcript lacks {at}" not in self.broken))

    def seal(self, content, clear, nonce, mailbox):
        """An envelope, and the key of its content."""
        if not self.sending:
            self.begin_chain()
        chain = self.sending
        number = public(str(chain["n"]))
        key = self.advance(chain)
        place = pair(key_of(chain["secret"]), public(str(self.previous)), number)
        associated, hidden = [clear, mailbox, nonce], public("nothing")
        envelope = {"clear": clear, "nonce": nonce}
        if self.opening:
            envelope["beginning"] = pair(self.view["e"], public("day"), self.view["ct"])
            if "header lacks beginning" not in self.broken:
                associated.append(envelope["beginning"])
            header = seal(self.opening, pair(*associated), pair(self.view["A_I"], place))
        else:
            header = seal(chain["header"], pair(*associated), place)
            envelope["object"] = hidden = hide(hashed(public("object"), chain["header"]), nonce, chain["object"])
        envelope["header"] = header
        envelope["content"] = seal(key, self.transcript(self.is_initiator, clear, mailbox, nonce, header, hidden), content)
        return envelope, key

    # Receiving

    def keep_keys(self, chain, count):
        while chain["n"] < count:
            number = chain["n"]
            chain["keys"][number] = self.advance(chain)

    def turn(self, header, place, shown):
        theirs, previous, _ = NODES[place][1:]
        shared = None
        if self.is_initiator:
            self.their_object = shown
        else:
            shared = decapsulate(shown, self.sending["seed"])
        if self.receiving:
            last = self.receiving[-1]
            self.keep_keys(last, int(NODES[previous][1]))
            last["chain"] = None
        chain, following = self.step(agree(self.sending["secret"], theirs), shared)
        self.receiving.append({"header": header, "chain": chain, "n": 0, "keys": {}})
        self.next_receiving = self.following(header, following)
        self.their_key = theirs
        self.previous, self.opening = self.sending["n"], None
        if "old secrets stay" in self.broken:
            self.kept += [self.sending["secret"], self.sending["seed"]]
        self.sending = None
        if "draws early" in self.broken:
            self.early = self.drawn()

    def open_in(self, chain, number, envelope, mailbox, is_first):
        number = int(NODES[number][1])
        if number not in chain["keys"] and (chain["chain"] is None or number < chain["n"]):
            return None
        self.keep_keys(chain, number + 1)
        hidden = public("nothing") if is_first else envelope["object"]
        return unseal(envelope["content"], chain["keys"].pop(number), self.transcript(
            not self.is_initiator, envelope["clear"], mailbox, envelope["nonce"], envelope["header"], hidden))

    def open(self, envelope, mailbox):
        """The content; nil where it doesn't open. Nothing changes then."""
        before = copy.deepcopy(self)
        found = self.try_to_open(envelope, mailbox)
        if found is None:
            self.__dict__ = before.__dict__
            return None
        self.forget()
        return found

    def forget(self):
        """A chain of which nothing can come any more goes, with its header key."""
        self.receiving = [one for one in self.receiving if one["chain"] is not None or one["keys"]]

    def try_to_open(self, envelope, mailbox):
        associated = pair(envelope["clear"], mailbox, envelope["nonce"])
        known = [(one["header"], one) for one in self.receiving if one["header"] is not None]
        for header, chain in known + ([(self.next_receiving, None)] if self.sending else []):
            place = unseal(envelope["header"], header, associated)
            if place is None or "object" not in envelope or NODES[place][0] != "pair":
                continue
            if chain is None:
                shown = show(envelope["object"], hashed(public("object"), header), envelope["nonce"])
                if shown is None:
                    return None
                self.turn(header, place, shown)
                chain = self.receiving[-1]
            return self.open_in(chain, NODES[place][3], envelope, mailbox, False)
        return None


def view_of(initiator, record, ephemeral, ciphertext):
    """What the two agree on."""
    return {"A_I": initiator, "A_R": record["peer"], "day": public("day"), "SPKr": record["prekey"], "ekr": record["key"],
            "e": ephemeral, "ct": ciphertext}


def begin(person, record, draw, broken=frozenset()):
    """A session that `person` opens with whoever published `record`."""
    ephemeral, secret, shared = draw("e"), draw("secret"), draw("shared")
    view = view_of(person.id, record, key_of(ephemeral), encapsulate(record["key"], shared))
    session = Session(True, view, draw, broken)
    session.opening, session.next_receiving = session.derive_root(
        agree(ephemeral, record["peer"]), agree(ephemeral, record["prekey"]), shared, agree(person.secret, record["prekey"]))
    chain, session.next_sending = session.step(agree(secret, record["prekey"]))
    session.their_key = record["prekey"]
    session.sending = {"secret": secret, "header": None, "object": None, "seed": None, "chain": chain, "n": 0}
    return session


def open_first_header(person, envelope, broken):
    """What a first message says, and what its reader has agreed on with whoever sealed it; nil where it doesn't open."""
    ephemeral, _, ciphertext = NODES[envelope["beginning"]][1:]
    agreed = (agree(person.secret, ephemeral), agree(person.prekey, ephemeral), decapsulate(ciphertext, person.prekey_seed))
    # The key of its header needs nobody's ID yet.
    header, _ = Session(False, {}, None, broken).derive_root(*agreed, public("nobody"))
    associated = [envelope["clear"], person.mailbox, envelope["nonce"]]
    if "header lacks beginning" not in broken:
        associated.append(envelope["beginning"])
    opened = unseal(envelope["header"], header, pair(*associated))
    if opened is None:
        return None
    peer, place = NODES[opened][1:]
    # What is no key has no secret half; nor does it agree on anything.
    if NODES[same(peer)][0] != "key":
        return None
    return view_of(peer, person.record, ephemeral, ciphertext), agreed, place


def answer(person, envelope, draw, broken=frozenset()):
    """The session that a first message opens at its reader, and the content; nil where it doesn't open."""
    found = open_first_header(person, envelope, broken)
    if found is None:
        return None
    view, agreed, place = found
    session = Session(False, view, draw, broken)
    _, session.next_sending = session.derive_root(*agreed, agree(person.prekey, view["A_I"]))
    theirs, _, number = NODES[place][1:]
    chain, session.next_receiving = session.step(agree(person.prekey, theirs))
    session.their_key = theirs
    session.receiving = [{"header": None, "chain": chain, "n": 0, "keys": {}}]
    content = session.open_in(session.receiving[0], number, envelope, person.mailbox, True)
    return content and (session, content)


def answer_again(person, session, envelope):
    """The content of a first message of a session that is held; nil where it isn't one."""
    found = open_first_header(person, envelope, session.broken)
    if found is None or any(found[0][part] != session.view[part] for part in ("A_I", "e")):
        return None
    chain = next((one for one in session.receiving if one["header"] is None), None)
    content = chain and session.open_in(chain, NODES[found[2]][3], envelope, person.mailbox, True)
    session.forget()
    return content
