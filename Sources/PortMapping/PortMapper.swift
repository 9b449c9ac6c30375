import Basics

/// Has the router at home pass on what comes to one of its ports to the port that the node listens at.
///
/// It is told where the router is, what it says, and what third nodes find, and is then asked for directives until there are
/// none. A mapping is nothing but a router's word: only a dial shows that it does anything.
/// ```
///   PCP; from the second time on NAT-PMP beside it ──no answer──▶ UPnP ──no answer──▶ rests for an hour
///        │                │ it knows no PCP                              │
///        │                ▼                                              │
///        │             NAT-PMP: address, then port                       │
///        └─────────────┬──┴──────────────────────────────────────────────┘
///                      ▼
///                    held ──half its time is over──▶ the same question again
/// ```
public struct PortMapper: Sendable {
    private var random: SeededGenerator
    private var nonce: Pcp.Nonce
    private var place: Place?
    private var phase = Phase.idle
    private var lease: Lease?
    /// The router's outer address by NAT-PMP.
    private var outerAddress: Endpoint?
    private var epochs = (pcp: RouterEpoch(), natPmp: RouterEpoch())
    private var announcedAt: Instant?
    private var dialogue: IgdDialogue?
    /// What was asked and not answered: answers of a busy router count also when it was thought silent.
    private var awaited: Set<Question> = []
    /// What the node was told.
    private var told: Endpoint?
    /// Whether the node waits for the first answer.
    private var isExpected = false
    private var isReached: Bool?
    /// Whether the mapping was removed and made anew because nobody was reached over it.
    private var hasMappedAgain = false
    private var directives: [Directive] = []
    /// When `handleDeadline` is to be called.
    public private(set) var nextDeadline: Instant?
    public private(set) var standing = MappingStanding.idle

    /// - Parameter seed: From the system's generator; what others mustn't guess follows from it.
    public init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        nonce = Pcp.Nonce(high: random.next(), low: UInt32(truncatingIfNeeded: random.next()))
    }

    /// The next directive after a fact; nil where nothing more follows from it.
    public mutating func nextDirective() -> Directive? { directives.isEmpty ? nil : directives.removeFirst() }

    // MARK: Facts

    /// The network has changed, or has come back: all begins anew. Nil where no router is to be asked.
    public mutating func networkChanged(to place: Place?, now: Instant) {
        if place != self.place {
            nonce = Pcp.Nonce(high: random.next(), low: UInt32(truncatingIfNeeded: random.next()))
        }
        self.place = place
        lose()
        (outerAddress, announcedAt, dialogue, hasMappedAgain) = (nil, nil, nil, false)
        epochs = (RouterEpoch(), RouterEpoch())
        awaited = []
        if place == nil {
            (phase, nextDeadline, standing) = (.idle, nil, .idle)
        } else {
            isExpected = true
            directives.append(.expect)
            ask(.any, after: jitter(MappingLimits.jitter), now: now)
        }
    }

    /// No node had answered, and one does again: the router may have started anew.
    public mutating func networkReturned(now: Instant) { askAgain(within: MappingLimits.jitter, now: now) }

    /// The node goes where it asks this router no more, or is reached without it: the router is to forget the mapping. To be
    /// called while this machine still has its address there, before `networkChanged`.
    public mutating func leave() {
        remove()
        lease = nil
    }

    /// A datagram has come to the socket from which the router is asked. What counts comes from the router itself.
    public mutating func observe(_ bytes: RawSpan, from sender: Endpoint, now: Instant) {
        guard let place, sender.with(port: 0) == place.gateway else { return }
        if sender.port == Pcp.port {
            if let message = Pcp.message(bytes) {
                observe(message, now: now)
            } else if let message = NatPmp.message(bytes) {
                observe(message, now: now)
            }
        } else if let location = SearchAnswer.location(bytes, at: place.gateway) {
            if isAsking(.any) { dialogue = IgdDialogue(at: location, for: place.inner) }
            if isAsking(.search) { go(on: IgdDialogue(at: location, for: place.inner), now: now) }
        }
    }

    /// A datagram has come to the port for announcements, which everybody in the local network knows. So it answers nothing, and
    /// nothing is remembered of it: at most the router is asked again, over the socket that only it knows.
    public mutating func observeAnnouncement(_ bytes: RawSpan, from sender: Endpoint, now: Instant) {
        guard let place, sender == place.gateway.with(port: Pcp.port) else { return }
        if case .announced(let epoch)? = Pcp.message(bytes) {
            if epochs.pcp.isRestart(epoch, now: now) { observeRestart(now: now) }
        } else if case .address(let address, let epoch)? = NatPmp.message(bytes) {
            let isOther = outerAddress.map { $0 != address } == true
            if isOther || epochs.natPmp.isRestart(epoch, now: now) { observeRestart(now: now) }
        }
    }

    /// What came of a question over TCP; nil: nothing, or it took too long.
    public mutating func observeReply(_ bytes: [UInt8]?, to question: IgdQuestion, now: Instant) {
        guard var dialogue, case .asking(.dialogue, _) = phase, dialogue.question == question else { return }
        // What the router has granted stands until it says something else.
        if bytes == nil, lease != nil { return observeSilence(after: .dialogue, now: now) }
        let outcome = dialogue.observe(bytes)
        self.dialogue = dialogue
        switch outcome {
        case .goesOn: go(on: dialogue, now: now)
        case .mapped(let outer, let seconds): hold(outer, by: .igd, seconds: seconds, now: now)
        case .refused(let refusal): rest(as: .refused(refusal, .igd), for: MappingLimits.silencePause, now: now)
        case .failed(let fault): rest(as: .faulty(fault), for: MappingLimits.silencePause, now: now)
        }
    }

    /// Whether third nodes reach the node at the endpoint that it was told; nil while that is open. A router may list a mapping
    /// and pass nothing on; made anew it often does.
    public mutating func observeReach(_ isReached: Bool?, now: Instant) {
        guard told != nil, isReached != self.isReached else { return }
        self.isReached = isReached
        guard isReached == false, case .held = phase, !hasMappedAgain else { return }
        mapAgain(now: now)
    }

    /// The node ends: the router is to forget the mapping.
    public mutating func end() {
        remove()
        (phase, nextDeadline, place, lease, standing) = (.idle, nil, nil, nil, .idle)
    }

    /// Does what is due. Calling it too early is harmless.
    public mutating func handleDeadline(now: Instant) {
        guard let due = nextDeadline, due <= now else { return }
        switch phase {
        case .idle: nextDeadline = nil
        case .asking(let question, let sends) where sends < MappingLimits.sends && question != .dialogue:
            send(question, isFirst: sends == 0)
            phase = .asking(question, sends: sends + 1)
            nextDeadline = now + MappingLimits.firstPause * (1 << sends)
        case .asking(let question, _): observeSilence(after: question, now: now)
        case .held: renew(now: now)
        case .resting: ask(.any, after: .zero, now: now)
        }
    }

    // MARK: Questions

    private mutating func ask(_ question: Question, after pause: Duration, now: Instant) {
        if lease == nil { standing = .asking }
        if case .any = question { dialogue = nil }
        phase = .asking(question, sends: 0)
        nextDeadline = now + pause
    }

    private mutating func send(_ question: Question, isFirst: Bool) {
        guard let place else { return }
        let router = place.gateway.with(port: Pcp.port)
        switch question {
        case .any:
            send(.pcp, isFirst: isFirst)
            guard !isFirst else { return }
            send(.address, isFirst: false)
            send(.search, isFirst: false)
            return
        case .pcp: directives.append(.send(pcpRequest(place, seconds: MappingLimits.lifetime), to: router))
        case .address: directives.append(.send(NatPmp.addressRequest, to: router))
        case .port:
            let outer = lease?.outer.port ?? place.inner.port
            let request = NatPmp.mapRequest(
                innerPort: place.inner.port, outerPort: outer, lifetime: MappingLimits.lifetime)
            directives.append(.send(request, to: router))
        case .search: directives.append(.send(SearchAnswer.question, to: SearchAnswer.group))
        case .dialogue: break
        }
        awaited.insert(question)
    }

    private func pcpRequest(_ place: Place, seconds: UInt32) -> [UInt8] {
        let nothing = place.inner.isIPv4 ? Endpoint(ipv4: 0, port: 0) : Endpoint(high: 0, low: 0, port: 0)
        let wanted = lease?.outer ?? nothing.with(port: place.inner.port)
        let outer = seconds == 0 ? nothing : wanted
        return Pcp.MapRequest(nonce: nonce, inner: place.inner, outer: outer, lifetime: seconds).bytes
    }

    private mutating func go(on dialogue: IgdDialogue, now: Instant) {
        self.dialogue = dialogue
        phase = .asking(.dialogue, sends: 0)
        // A router's steps by UPnP take longer than its other answers: the node waits for each.
        if isExpected { directives.append(.expect) }
        // The driver tells before that what came, or that nothing did.
        nextDeadline = now + IgdDialogue.patience * 2
        directives.append(.ask(dialogue.question))
    }

    private mutating func observeSilence(after question: Question, now: Instant) {
        if let lease, lease.until > now {
            // What the router has granted stands.
            phase = .held
            let half = max((lease.until - now) / 2, MappingLimits.shortestRenewal)
            nextDeadline = min(now + half, lease.until)
        } else if lease != nil {
            remove()
            lose()
            ask(.any, after: .zero, now: now)
        } else if case .any = question {
            if let dialogue { return go(on: dialogue, now: now) }
            // It was asked before, and is once more.
            phase = .asking(.search, sends: MappingLimits.sends - 1)
            nextDeadline = now
        } else {
            rest(as: .silent, for: MappingLimits.silencePause, now: now)
        }
    }

    private mutating func rest(as standing: MappingStanding, for pause: Duration, now: Instant) {
        remove()
        lose()
        dialogue = nil
        self.standing = standing
        phase = .resting
        if isExpected {
            isExpected = false
            directives.append(.tell(nil))
        }
        nextDeadline = now + pause + jitter(pause / 8)
    }

    // MARK: Answers

    private mutating func observe(_ message: Pcp.Message, now: Instant) {
        switch message {
        case .mapped(nonce, place?.inner.port, let outer, let seconds, let epoch) where seconds > 0:
            _ = epochs.pcp.observe(epoch, now: now)
            guard takeAnswer(to: .pcp) else { return }
            hold(outer, by: .pcp, seconds: seconds, now: now)
        case .mapped: break
        case .refused(let refusal, let nonce, let seconds, let epoch):
            // Who has mapped the port knows the nonce.
            guard nonce == self.nonce || (nonce == nil && lease == nil), takeAnswer(to: .pcp) else { return }
            _ = epochs.pcp.observe(epoch, now: now)
            if refusal.mayDependOnProtocol {
                remove()
                lose()
                return ask(.address, after: .zero, now: now)
            }
            let bounds = MappingLimits.refusalPause
            let pause = min(max(.seconds(seconds), bounds.lowerBound), bounds.upperBound)
            rest(as: .refused(refusal, .pcp), for: pause, now: now)
        case .announced(let epoch): if epochs.pcp.observe(epoch, now: now) { observeRestart(now: now) }
        }
    }

    private mutating func observe(_ message: NatPmp.Message, now: Instant) {
        switch message {
        case .address(let address, let epoch):
            let hasRestarted = epochs.natPmp.observe(epoch, now: now)
            if takeAnswer(to: .address) {
                outerAddress = address
                ask(.port, after: .zero, now: now)
            } else if hasRestarted || outerAddress.map({ $0 != address }) == true {
                observeRestart(now: now)
            }
        case .mapped(place?.inner.port, let port, let seconds, let epoch) where seconds > 0:
            _ = epochs.natPmp.observe(epoch, now: now)
            guard takeAnswer(to: .port), let outerAddress else { return }
            hold(outerAddress.with(port: port), by: .natPmp, seconds: seconds, now: now)
        case .mapped: break
        case .refused(.unsupported, _):
            // It is PCP that it doesn't know.
            if isAsking(.any) { ask(.address, after: .zero, now: now) }
        case .refused(let refusal, _):
            guard takeAnswer(to: .port) || takeAnswer(to: .address) else { return }
            rest(as: .refused(refusal, .natPmp), for: MappingLimits.refusalPause.lowerBound * 10, now: now)
        }
    }

    /// Whether an answer to this question counts now.
    private mutating func takeAnswer(to question: Question) -> Bool {
        guard awaited.remove(question) != nil else { return false }
        if isAsking(question) || (question != .port && isAsking(.any)) { return true }
        guard lease == nil else { return false }
        return isAsking(.search) || standing == .silent
    }

    private func isAsking(_ question: Question) -> Bool {
        if case .asking(question, _) = phase { true } else { false }
    }

    /// The router says that it has lost what it knew, or has another address outside. Others can say so in its name: it is
    /// only asked again.
    private mutating func observeRestart(now: Instant) {
        if let announcedAt, now - announcedAt < MappingLimits.announcementPause { return }
        announcedAt = now
        askAgain(within: MappingLimits.announcementJitter, now: now)
    }

    private mutating func askAgain(within pause: Duration, now: Instant) {
        switch phase {
        case .held:
            guard let way = lease?.way else { return }
            let pause = jitter(pause)
            if way == .igd { nextDeadline = now + pause } else { ask(question(for: way), after: pause, now: now) }
        case .resting: ask(.any, after: jitter(pause), now: now)
        case .idle, .asking: break
        }
    }

    private func question(for way: MappingProtocol) -> Question {
        switch way {
        case .pcp: .pcp
        // The address may have changed.
        case .natPmp: .address
        case .igd: .dialogue
        }
    }

    // MARK: The mapping

    private mutating func hold(_ outer: Endpoint, by way: MappingProtocol, seconds: UInt32, now: Instant) {
        let granted = min(max(seconds, MappingLimits.shortestLifetime), MappingLimits.longestLifetime)
        let lifetime = Duration.seconds(granted)
        if way == .igd, lease?.way == .igd, lease?.outer.port != outer.port { remove() }
        lease = Lease(way: way, outer: outer, until: now + lifetime)
        phase = .held
        nextDeadline = now + lifetime / 2 + jitter(lifetime / 8)
        let isPublic = outer.isUsable && !outer.isLocal
        standing = isPublic ? .opened(outer, way) : .behindAnother(outer, way)
        dialogue = way == .igd ? dialogue : nil
        if isExpected, !isPublic { directives.append(.tell(nil)) }
        isExpected = false
        tell(isPublic ? outer : nil)
    }

    private mutating func renew(now: Instant) {
        guard let lease else { return ask(.any, after: .zero, now: now) }
        hasMappedAgain = false
        if lease.until <= now {
            lose()
            ask(.any, after: .zero, now: now)
        } else if isReached == false {
            mapAgain(now: now)
        } else if lease.way == .igd, var dialogue {
            dialogue.renew()
            go(on: dialogue, now: now)
        } else {
            ask(question(for: lease.way), after: .zero, now: now)
        }
    }

    private mutating func mapAgain(now: Instant) {
        hasMappedAgain = true
        remove()
        lose()
        ask(.any, after: MappingLimits.removalPause, now: now)
    }

    /// Has the router remove the mapping, whether or not that arrives; also one that it may be making. By UPnP one that it may be
    /// making isn't removed, as it may be another machine's.
    private mutating func remove() {
        guard let place else { return }
        let router = place.gateway.with(port: Pcp.port)
        if lease?.way == .pcp || (isAwaiting(.pcp) && lease == nil) {
            directives.append(.send(pcpRequest(place, seconds: 0), to: router))
        }
        if lease?.way == .natPmp || (isAwaiting(.port) && lease == nil) {
            let request = NatPmp.mapRequest(innerPort: place.inner.port, outerPort: 0, lifetime: 0)
            directives.append(.send(request, to: router))
        }
        if let lease, lease.way == .igd, let question = dialogue?.removal(of: lease.outer.port) {
            directives.append(.ask(question))
        }
    }

    /// Whether this question is being asked, and was sent.
    private func isAwaiting(_ question: Question) -> Bool {
        guard isAsking(question) || (question == .pcp && isAsking(.any)) else { return false }
        return awaited.contains(question)
    }

    private mutating func lose() {
        lease = nil
        tell(nil)
    }

    private mutating func tell(_ endpoint: Endpoint?) {
        guard endpoint != told else { return }
        (told, isReached) = (endpoint, nil)
        directives.append(.tell(endpoint))
    }

    private mutating func jitter(_ most: Duration) -> Duration { most * Int(random.next() % 1_000) / 1_000 }
}
