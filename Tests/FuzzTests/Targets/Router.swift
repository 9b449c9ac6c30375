import Basics
import PortMapping

/// The first byte chooses what the others are: datagrams of a router, what it answers over TCP, or a whole dialogue with one.
func readRouter(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    let choice = script.below(5)
    let bytes = script.rest()
    let gateway = Endpoint(ipv4: 0xc0a8_0101, port: 0)
    switch choice {
    case 0:
        if case .mapped(_, _, let outer, _, _)? = Pcp.message(bytes.span.bytes) {
            try expect(
                bytes.count >= 60 && outer.port == UInt16(bigEndianBytes: bytes.span.bytes, at: 42), "it is whole")
        }
    case 1: _ = NatPmp.message(bytes.span.bytes)
    case 2:
        guard let location = SearchAnswer.location(bytes.span.bytes, at: gateway) else { return }
        try expect(location.endpoint.with(port: 0) == gateway, "a description is the router's own")
        try expect(location.path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "nothing begins another line")
    case 3: try readDescription(bytes, at: gateway)
    default: try talk(to: gateway, bytes)
    }
}

private func readDescription(_ bytes: [UInt8], at gateway: Endpoint) throws(Finding) {
    var (whole, parts) = (HttpReplyReader(), HttpReplyReader())
    whole.add(bytes)
    // What comes after the end is another thing's.
    for byte in bytes where !parts.isWhole { parts.add([byte]) }
    try expect(whole.isWhole == parts.isWhole, "an answer is whole however it is cut")
    try expect(whole.bytes.starts(with: parts.bytes), "and the same")
    var reader = XmlReader(bytes)
    var (events, depth) = (0, 0)
    while let event = reader.next() {
        events += 1
        switch event {
        case .begins: depth += 1
        case .ends: depth -= 1
        case .text: break
        }
        try expect((0...33).contains(depth), "elements lie in each other")
    }
    try expect(events <= bytes.count * 2, "nothing grows")
    try expect(reader.isMalformed || depth == 0, "each element ends")
    guard let location = HttpLocation("http://192.168.1.1:5000/", at: gateway),
        let description = DeviceDescription(bytes, at: location)
    else { return }
    try expect(description.control.endpoint.with(port: 0) == gateway, "a service is the router's own")
}

/// Datagrams and answers, each with its length before it, from a router that may say anything.
private func talk(to gateway: Endpoint, _ bytes: [UInt8]) throws(Finding) {
    var mapper = PortMapper(seed: 1)
    var now = Instant.origin
    mapper.networkChanged(
        to: .init(gateway: gateway, inner: Endpoint(ipv4: 0xc0a8_0102, port: 7_337)), now: now)
    var script = Script(bytes)
    var (question, sent): (IgdQuestion?, Int) = (nil, 0)
    for _ in 0..<64 {
        while let directive = mapper.nextDirective() {
            switch directive {
            case .ask(let next): question = next
            case .tell(let endpoint?): try expect(endpoint.scope == .world, "what is told is of the Internet")
            case .send: sent += 1
            case .expect, .tell: break
            }
        }
        let part = script.bytes(Int(script.u16() % 2_048))
        switch script.below(4) {
        case 0: mapper.observe(part.span.bytes, from: gateway.with(port: Pcp.port), now: now)
        case 1: mapper.observe(part.span.bytes, from: gateway.with(port: 1_900), now: now)
        case 2: if let question { mapper.observeReply(part, to: question, now: now) }
        default:
            now = max(now, mapper.nextDeadline ?? now)
            mapper.handleDeadline(now: now)
        }
    }
    try expect(sent <= 200, "a router is asked seldom")
}
