import Basics
import PortMapping
import Testing

/// A mapper, a router that answers as it is told to, and a clock.
struct RouterBench {
    static let gateway = Endpoint(ipv4: 0xc0a8_0101, port: 0)
    static let inner = Endpoint(ipv4: 0xc0a8_0102, port: 7_337)
    static let outer = Endpoint(ipv4: 0xcb00_7107, port: 7_337)

    var mapper: PortMapper
    var now = Instant.origin
    /// Since when the router counts.
    var bootedAt = Instant.origin + .seconds(-100)
    /// What was sent, when, and to whom.
    var sent: [(at: Duration, bytes: [UInt8], to: Endpoint)] = []
    var questions: [IgdQuestion] = []
    /// What the node was told.
    var told: [Endpoint?] = []
    /// When the node was told to wait for an answer.
    var expected: [Duration] = []
    var hasExpected: Bool { !expected.isEmpty }

    init(seed: UInt64 = 1) {
        mapper = PortMapper(seed: seed)
        mapper.networkChanged(to: .init(gateway: RouterBench.gateway, inner: RouterBench.inner), now: now)
        drain()
    }

    mutating func drain() {
        while let directive = mapper.nextDirective() {
            switch directive {
            case .send(let bytes, let endpoint): sent.append((now - .origin, bytes, endpoint))
            case .ask(let question): questions.append(question)
            case .expect: expected.append(now - .origin)
            case .tell(let endpoint): told.append(endpoint)
            }
        }
    }

    /// Lets time pass, and answers what is sent.
    mutating func run(
        for duration: Duration, answering: (_ bytes: [UInt8], _ bench: inout RouterBench) -> Void = { _, _ in }
    ) {
        let end = now + duration
        var seen = sent.count
        func answer(_ bench: inout RouterBench) {
            while seen < bench.sent.count {
                let bytes = bench.sent[seen].bytes
                seen += 1
                answering(bytes, &bench)
            }
        }
        seen = 0
        answer(&self)
        while let due = mapper.nextDeadline, due <= end {
            now = max(now, due)
            mapper.handleDeadline(now: now)
            drain()
            answer(&self)
        }
        now = end
    }

    mutating func hear(_ bytes: [UInt8], from sender: Endpoint = gateway.with(port: Pcp.port)) {
        mapper.observe(bytes.span.bytes, from: sender, now: now)
        drain()
    }

    /// A datagram comes to the port for announcements.
    mutating func hearAnnouncement(_ bytes: [UInt8], from sender: Endpoint = gateway.with(port: Pcp.port)) {
        mapper.observeAnnouncement(bytes.span.bytes, from: sender, now: now)
        drain()
    }

    mutating func reply(_ bytes: [UInt8]?) {
        guard let question = questions.last else { return }
        mapper.observeReply(bytes, to: question, now: now)
        drain()
    }

    mutating func find(_ isReached: Bool?) {
        mapper.observeReach(isReached, now: now)
        drain()
    }

    var epoch: UInt32 { UInt32((now - bootedAt).components.seconds) }

    // MARK: Answers

    /// What a router answers to a request by PCP.
    func pcpAnswer(
        to request: [UInt8], outer: Endpoint = outer, seconds: UInt32 = 7_200, result: UInt8 = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = [2, 0x81, 0, result] + seconds.bigEndianBytes + epoch.bigEndianBytes
        bytes += [UInt8](repeating: 0, count: 12) + request[24..<42] + outer.port.bigEndianBytes
        return bytes + outer.high.bigEndianBytes + outer.low.bigEndianBytes
    }

    func addressAnswer(_ address: Endpoint = outer, result: UInt16 = 0) -> [UInt8] {
        [0, 128] + result.bigEndianBytes + epoch.bigEndianBytes + (address.ipv4 ?? 0).bigEndianBytes
    }

    func portAnswer(to request: [UInt8], port: UInt16 = 7_337, seconds: UInt32 = 7_200, result: UInt16 = 0) -> [UInt8] {
        [0, 129] + result.bigEndianBytes + epoch.bigEndianBytes + request[4..<6] + port.bigEndianBytes
            + seconds.bigEndianBytes
    }

    static func isPCP(_ bytes: [UInt8]) -> Bool { bytes.count == 60 && bytes[0] == 2 }
    static func isAddressRequest(_ bytes: [UInt8]) -> Bool { bytes == NatPmp.addressRequest }
    static func isPortRequest(_ bytes: [UInt8]) -> Bool { bytes.count == 12 && bytes[1] == 1 }
    static func isSearch(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [UInt8]("M-SEARCH".utf8)) }
    /// What a request asks for: seconds.
    static func lifetime(_ bytes: [UInt8]) -> UInt32? {
        UInt32(bigEndianBytes: bytes.span.bytes, at: isPCP(bytes) ? 4 : 8)
    }

    /// A bench whose router has mapped the port by NAT-PMP.
    static func mappedByNATPMP() -> RouterBench {
        var bench = RouterBench()
        bench.run(for: .seconds(1)) { bytes, bench in
            if isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
            if isPortRequest(bytes) { bench.hear(bench.portAnswer(to: bytes)) }
        }
        return bench
    }

    /// A bench whose router has mapped the port by PCP.
    static func mapped(seed: UInt64 = 1) -> RouterBench {
        var bench = RouterBench(seed: seed)
        bench.run(for: .seconds(1)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        return bench
    }
}
