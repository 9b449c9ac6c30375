import Basics

/// Finds the nodes in one local network, and is found there: DNS-based service discovery (RFC 6763) over multicast DNS
/// (RFC 6762).
///
/// It is told what comes, and is then asked for directives until there are none. What is found is nothing but places to ask.
///
/// Two parts of RFC 6762 are left out. Nothing is probed for before it is said (§8.1), as names by chance don't clash; and every
/// answer goes to all (§5.4), as one that goes to the asker alone could end at another program of its machine.
public struct LocalDiscovery: Sendable {
    /// What the driver is to do.
    public enum Directive: Hashable, Sendable {
        /// Send a datagram to the link's group.
        case send([UInt8])
        /// These nodes are there now, and no others.
        case found([Endpoint])
    }

    private struct PendingAnswer {
        var due: Instant
        /// Who asked; nil where several did.
        var asker: Endpoint?
    }

    private let link: LocalLink
    private let service: LocalService
    private var random: SeededGenerator
    private var neighbours: Neighbours
    private var announcementsLeft = LocalLimits.announcements
    private var nextAnnouncement: Instant?
    private var nextQuestion: Instant?
    /// Between the next question and the one after it.
    private var pause = LocalLimits.firstPause
    private var answer: PendingAnswer?
    private var saidAt: Instant?
    /// The last question, until it is heard: what is sent to all comes back as well.
    private var echo: [UInt8]?
    /// Datagrams that were read since this moment.
    private var read = (since: Instant.origin, count: 0)
    private var told: [Endpoint] = []
    /// Rounds of new neighbours that may be told at once, and when the next is due where there are none.
    private var rounds = LocalLimits.rounds
    private var nextRound: Instant?
    private var directives: [Directive] = []

    /// Nil where there is nothing to be said: the node is at no address of the network.
    ///
    /// - Parameters:
    ///   - network: what tells the node's network from others, 1 to 64 letters and digits: a hash, as a name may be private.
    ///   - seed: from the system's generator; the node's name follows from it.
    public init?(on link: LocalLink, network: String, seed: UInt64, now: Instant) {
        random = SeededGenerator(seed: seed)
        let digits = String(random.next(), radix: 16)
        let label = String(repeating: "0", count: 16 - digits.count) + digits
        let service = LocalService(
            label: label, port: link.port, network: network, addresses: link.addresses.map(\.endpoint))
        guard let service, !link.addresses.isEmpty else { return nil }
        self.link = link
        self.service = service
        neighbours = Neighbours(on: link, of: network)
        nextAnnouncement = now + delay(LocalLimits.delay)
        nextQuestion = now + delay(LocalLimits.delay)
    }

    /// The next directive after a fact; nil where nothing more follows from it.
    public mutating func nextDirective() -> Directive? { directives.isEmpty ? nil : directives.removeFirst() }

    /// When `handleDeadline` is to be called.
    public var nextDeadline: Instant? {
        [nextAnnouncement, nextQuestion, answer?.due, neighbours.nextExpiry, nextRound].compactMap { $0 }.min()
    }

    // MARK: Facts

    /// A datagram has come that was sent to the group. What counts comes from a machine of this network.
    public mutating func observe(_ bytes: RawSpan, from sender: Endpoint, now: Instant) {
        guard sender.port == link.group.port, link.holds(sender), bytes.byteCount <= DnsLimits.message,
            isWithinRate(now: now),
            case let bytes = bytes.withUnsafeBytes({ [UInt8]($0) }), !takeEcho(bytes),
            service.mayConcern(bytes), let message = DnsMessage(bytes)
        else { return }
        if message.isResponse {
            neighbours.observe(message, from: sender, besides: service.instance, now: now)
            tell(now: now)
        } else {
            observe(question: message, from: sender, now: now)
        }
    }

    /// The node knows no other that lives: the network is asked as at the start.
    public mutating func seek(now: Instant) {
        guard pause > LocalLimits.youngPause, nextQuestion != nil else { return }
        pause = LocalLimits.firstPause
        nextQuestion = now + delay(LocalLimits.delay)
    }

    /// The node ends, or leaves this network.
    public mutating func end() {
        if saidAt != nil { directives.append(.send(service.message(lifetime: 0).bytes)) }
        (nextAnnouncement, nextQuestion, answer) = (nil, nil, nil)
    }

    /// Does what is due. Calling it too early is harmless.
    public mutating func handleDeadline(now: Instant) {
        if let due = nextAnnouncement, due <= now {
            announcementsLeft -= 1
            nextAnnouncement = announcementsLeft > 0 ? now + LocalLimits.pause : nil
            say(now: now)
        }
        if let answer, answer.due <= now { say(now: now) }
        if let due = nextQuestion, due <= now { ask(now: now) }
        neighbours.expire(now: now)
        if let due = nextRound, due <= now {
            rounds += 1
            nextRound = rounds < LocalLimits.rounds ? due + LocalLimits.pauseOfRounds : nil
        }
        tell(now: now)
    }

    // MARK: What follows

    private mutating func observe(question message: DnsMessage, from asker: Endpoint, now: Instant) {
        // What the asker knows, it need not be told (RFC 6762, §7.1); it may say so in a further message.
        let isKnown = message.answers.contains {
            $0.content == .pointer(service.instance) && $0.lifetime >= LocalLimits.lifetime / 2
        }
        if isKnown {
            if answer?.asker == asker { answer = nil }
            return
        }
        guard message.questions.contains(where: concerns) else { return }
        guard answer == nil else {
            if answer?.asker != asker { answer?.asker = nil }
            return
        }
        let due = now + delay(message.isTruncated ? LocalLimits.delayOfMore : LocalLimits.delay)
        answer = PendingAnswer(due: max(due, saidAt.map { $0 + LocalLimits.pause } ?? due), asker: asker)
    }

    private func concerns(_ question: DnsMessage.Question) -> Bool {
        let isAny = question.type == DnsType.any
        switch question.name {
        case LocalService.name: return isAny || question.type == DnsType.pointer
        case service.instance: return isAny || question.type == DnsType.service || question.type == DnsType.text
        case service.host: return isAny || question.type == (link.isIPv4 ? DnsType.ipv4 : DnsType.ipv6)
        default: return false
        }
    }

    /// Says all of the node: what is announced, and every answer.
    private mutating func say(now: Instant) {
        directives.append(.send(service.message(lifetime: LocalLimits.lifetime).bytes))
        answer = nil
        saidAt = now
    }

    private mutating func ask(now: Instant) {
        nextQuestion = now + pause
        pause = min(pause * LocalLimits.growth, LocalLimits.longestPause)
        guard let name = LocalService.name else { return }
        let question = DnsMessage.Question(name, type: DnsType.pointer)
        let message = DnsMessage(isResponse: false, questions: [question], answers: neighbours.known(now: now))
        echo = message.bytes
        directives.append(.send(message.bytes))
    }

    /// Whether another datagram may be read in this second.
    private mutating func isWithinRate(now: Instant) -> Bool {
        if now - read.since >= .seconds(1) { read = (now, 0) }
        read.count += 1
        return read.count <= LocalLimits.datagramsPerSecond
    }

    /// Whether this is the node's own question. Others may ask in the same words: they are heard as well.
    private mutating func takeEcho(_ bytes: [UInt8]) -> Bool {
        guard bytes == echo else { return false }
        echo = nil
        return true
    }

    /// Says who is there. Who is new is asked at once, so that new ones are told in rounds: whoever names others without end has few asked.
    private mutating func tell(now: Instant) {
        var found = neighbours.endpoints
        if found.contains(where: { !told.contains($0) }) {
            if rounds > 0 {
                rounds -= 1
                nextRound = nextRound ?? now + LocalLimits.pauseOfRounds
            } else {
                found = told.filter(found.contains)
            }
        }
        guard found != told else { return }
        told = found
        directives.append(.found(found))
    }

    private mutating func delay(_ bounds: (least: Duration, most: Duration)) -> Duration {
        bounds.least + (bounds.most - bounds.least) * Int(random.next() % 1_000) / 1_000
    }
}
