import Basics
import Conversations
import Cryptography
import Kademlia
import Sessions
import Wire

/// What single steps cost, by processor time.
enum Micro {
    /// Something to be done many times over: `make` prepares it once.
    struct Step {
        let name: String
        let make: () -> (_ count: Int) -> Void
    }

    static var steps: [Step] { codecs + cryptography + sessions + routing + conversations }

    /// Prints nanoseconds for each step whose name contains `part`: the best of seven runs of some hundredths of a second.
    static func measure(_ part: String) {
        for step in steps where part.isEmpty || step.name.contains(part) {
            let work = step.make()
            var count = 1
            while time(count, work) < 20e6 { count *= 2 }
            let best = (0..<7).map { _ in time(count, work) / Double(count) }.min() ?? 0
            print(step.name.column(44), Int(best.rounded()), "ns")
        }
    }

    /// Does one step so many times and prints nothing: for valgrind.
    static func run(_ name: String, count: Int) {
        steps.first { $0.name == name }?.make()(count)
    }

    private static func time(_ count: Int, _ work: (Int) -> Void) -> Double {
        let begun = processorTime()
        work(count)
        return processorTime() - begun
    }

    // MARK: The steps

    private static var codecs: [Step] {
        [
            decoding("decode a findNode") { Request.findNode(target: $0, count: 20, families: .ipv4).body([]) },
            decoding("decode a deposit of 896 bytes") { Request.deposit(Figures.chunk(at: $0)).body(Figures.envelope) },
            Step(name: "encode a findNode") {
                { count in
                    var writer = ByteWriter(capacity: Limits.bodySize)
                    for round in 0..<count {
                        writer.reset()
                        Request.findNode(target: Bytes32(words: (UInt64(round), 1, 2, 3)), count: 20, families: .ipv4)
                            .encode(requestID: UInt32(truncatingIfNeeded: round), into: &writer)
                        use(writer.count)
                    }
                }
            },
            Step(name: "encode a deposit of 896 bytes") {
                let request = Request.deposit(Figures.chunk(at: .zero))
                return { count in
                    var writer = ByteWriter(capacity: Limits.bodySize)
                    for round in 0..<count {
                        writer.reset()
                        request.encode(
                            requestID: UInt32(truncatingIfNeeded: round), payload: Figures.envelope.span.bytes,
                            into: &writer)
                        use(writer.count)
                    }
                }
            },
            Step(name: "decode and read 20 contacts") {
                let body = Figures.contactsBody
                return { count in
                    for _ in 0..<count {
                        let span = body.span.bytes
                        guard case .contacts(let range)? = try? Response.decode(span).response else { continue }
                        var reader = ContactReader(range)
                        while let contact = reader.next(in: span) { use(contact.id) }
                    }
                }
            },
        ]
    }

    private static func decoding(_ name: String, _ body: @escaping (Bytes32) -> [UInt8]) -> Step {
        Step(name: name) {
            let body = body(Bytes32(words: (1, 2, 3, 4)))
            return { count in
                for _ in 0..<count { use((try? Request.decode(body.span.bytes))?.header.requestID) }
            }
        }
    }

    private static var cryptography: [Step] {
        [100, 1_000].flatMap { size in
            [
                Step(name: "seal \(size) bytes for a session") {
                    let key = SecretKey(Bytes32(words: (1, 2, 3, 4)))
                    let plain = [UInt8](repeating: 7, count: size)
                    var sealed = [UInt8](repeating: 0, count: size + ChaChaPoly.tagSize)
                    return { count in
                        for round in 0..<count {
                            sealed.withUnsafeMutableBytes {
                                ChaChaPoly.seal(
                                    plain.span.bytes, nonce: UInt64(round), key: key, authenticating: RawSpan(),
                                    into: $0)
                            }
                        }
                    }
                },
                Step(name: "open \(size) bytes of a session") {
                    let key = SecretKey(Bytes32(words: (1, 2, 3, 4)))
                    var plain = [UInt8](repeating: 7, count: size)
                    var sealed = [UInt8](repeating: 0, count: size + ChaChaPoly.tagSize)
                    sealed.withUnsafeMutableBytes {
                        ChaChaPoly.seal(plain.span.bytes, nonce: 1, key: key, authenticating: RawSpan(), into: $0)
                    }
                    return { count in
                        for _ in 0..<count {
                            plain.withUnsafeMutableBytes {
                                use(
                                    ChaChaPoly.open(
                                        sealed.span.bytes, nonce: 1, key: key, authenticating: RawSpan(), into: $0))
                            }
                        }
                    }
                },
            ]
        }
    }

    private static var sessions: [Step] {
        [
            Step(name: "a handshake, both sides") {
                let handshake = Handshake(prologue: [1, 2, 3])
                let (ours, theirs) = (Figures.keys(1), Figures.keys(2))
                return { count in
                    for round in 0..<count {
                        let (ephemeral, answering) = (Figures.keys(UInt64(round) + 3), Figures.keys(UInt64(round) + 4))
                        guard
                            let (initiator, message) = InitiatorHandshake.createInitiation(
                                handshake, local: ours, remote: theirs.publicKey, ephemeral: ephemeral,
                                payload: RawSpan()),
                            let (responder, _) = ResponderHandshake.consumeInitiation(
                                handshake, local: theirs, message: message.span.bytes),
                            let (answer, _) = responder.createResponse(ephemeral: answering, payload: RawSpan())
                        else { return }
                        use(initiator.consumeResponse(answer.span.bytes)?.keys.handshakeHash)
                    }
                }
            }
        ]
    }

    private static var routing: [Step] {
        [
            Step(name: "the 20 closest of a full table") {
                let table = Figures.table(contacts: 2_000)
                var found: [Contact] = []
                return { count in
                    for round in 0..<count {
                        let target = Bytes32(words: (UInt64(round) &* 0x9e37_79b9_7f4a_7c15, 1, 2, 3))
                        table.closest(to: target, count: 20, families: .ipv4, onlyAlive: true, into: &found)
                        use(found.count)
                    }
                }
            },
            Step(name: "a lookup's step: an answer of 20, the next") {
                let contacts = Figures.contacts(2_000)
                let now = Instant.origin
                return { count in
                    var steps = 0
                    while steps < count {
                        var lookup = Lookup(
                            target: Bytes32(words: (UInt64(steps), 5, 5, 5)), own: contacts[0].id,
                            seeds: Array(contacts[1...20]), count: 20, now: now)
                        var place = 20
                        while steps < count, case .ask(let contact) = lookup.next(now: now) {
                            let answer = Array(contacts[place..<place + 20])
                            place = (place + 20) % (contacts.count - 20)
                            lookup.observeResponse(
                                from: contact.id, contacts: answer, roundTrip: .milliseconds(50), now: now)
                            steps += 1
                        }
                    }
                }
            },
        ]
    }

    private static var conversations: [Step] {
        [
            Step(name: "seal an envelope of 2 KiB") {
                var mail = Mail()
                return { count in for _ in 0..<count { use(mail.seal().count) } }
            },
            Step(name: "open an envelope of 2 KiB") {
                var mail = Mail()
                let envelope = mail.seal()
                return { count in for _ in 0..<count { use(mail.open(envelope)) } }
            },
            Step(name: "seal and open an answer of 2 KiB") {
                { count in
                    guard var talk = try? Talk() else { return }
                    for _ in 0..<count { if let envelope = try? talk.next() { try? talk.open(envelope) } }
                    use(talk.stateSize)
                }
            },
            Step(name: "seal one more of a chain") {
                guard var talk = try? Talk() else { return { _ in } }
                for _ in 0..<4 { if let envelope = try? talk.next() { try? talk.open(envelope) } }
                print("a conversation's state".column(44), talk.stateSize, "bytes")
                let first = talk
                return { count in
                    for number in 0..<count {
                        if number % 900 == 0 { talk = first }
                        use((try? talk.next())?.count ?? 0)
                    }
                }
            },
            Step(name: "try the keys of 1,000 conversations") {
                guard var talk = try? Talk() else { return { _ in } }
                for _ in 0..<4 { if let envelope = try? talk.next() { try? talk.open(envelope) } }
                let (keys, trial) = (talk.keys(of: 1_000), talk.trial())
                print("keys tried".column(44), keys.count)
                return { count in for _ in 0..<count { trial(keys) } }
            },
            Step(name: "verify and read a peer's record") {
                let mail = Mail()
                return { count in for _ in 0..<count { use(mail.verify()) } }
            },
        ]
    }
}
