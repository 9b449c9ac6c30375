import Basics
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        // Text as it is written (RFC 5952 §4), and forms that mean the same.
        ("192.0.2.1:7337", ["[::ffff:192.0.2.1]:7337", "[::ffff:c000:201]:7337", "[0:0:0:0:0:ffff:192.0.2.1]:7337"]),
        ("0.0.0.0:0", []),
        ("255.255.255.255:65535", []),
        ("[::]:0", ["[0:0:0:0:0:0:0:0]:0", "[0::0]:0", "[0000::]:0"]),
        ("[::1]:1", ["[0:0:0:0:0:0:0:1]:1", "[0::1]:1"]),
        ("[1::]:1", ["[1:0:0:0:0:0:0:0]:1"]),
        // §4.1: no leading zeros. §4.3: lower case.
        ("[2001:db8::aaaa]:80", ["[2001:0DB8::AAAA]:80", "[2001:0db8:0:0::aaaa]:80"]),
        // §4.2.1: shortened as much as possible.
        ("[2001:db8::2:1]:443", ["[2001:db8::0:2:1]:443", "[2001:db8:0:0:0:0:2:1]:443"]),
        // §4.2.2: not for one group only.
        ("[2001:db8:0:1:1:1:1:1]:443", ["[2001:db8::1:1:1:1:1]:443"]),
        // §4.2.3: the longest run, and the first of two.
        ("[2001:0:0:1::1]:443", ["[2001::1:0:0:0:1]:443", "[2001:0:0:1:0:0:0:1]:443"]),
        ("[2001:db8::1:0:0:1]:443", ["[2001:db8:0:0:1::1]:443"]),
        ("[1:2:3:4:5:6:7:8]:9", ["[1:2:3:4:5:6:0.7.0.8]:9"]),
        ("[1:2:3:4:5:6::]:9", ["[1:2:3:4:5:6:0:0]:9"]),
        ("[64:ff9b::c000:201]:53", ["[64:ff9b::192.0.2.1]:53"]),
    ])
    func writesOneFormAndReadsAll(text: String, others: [String]) throws {
        let endpoint = try #require(Endpoint(text))
        #expect(endpoint.description == text)
        for other in others { #expect(Endpoint(other) == endpoint, "\(other)") }
    }

    @Test(arguments: [
        "", ":", "7337", ":7337", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1",
        "192.0.2.1: 1", "192.0.2.1:01", "192.0.2.1:1 ", "192.0.2.1:٣", "192.0.2:1", "192.0.2.1.5:1", "192.0.2.256:1",
        "192.0.2.01:1", "192.0.2.:1", "192..2.1:1", "192.0.2.+1:1", "0x7f.0.0.1:1", "localhost:1", "example.org:1",
        "[192.0.2.1]:1", "2001:db8::1:7337", "::1:80", "[]:1", "[:]:1", "[:::]:1", "[::", "[::1]", "[::1]1", "[::1]:",
        "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[1:2:3:4::5:6:7:8]:1", "[1::2::3]:1", "[12345::]:1", "[g::]:1",
        "[-0::]:1", "[::+1]:1", "[::-1]:1", "[1.2.3.4::]:1", "[1.2.3.4::1]:1", "[::1.2.3]:1", "[::1.2.3.4.5]:1",
        "[fe80::1%eth0]:1", "[1:2:3:4:5:6:7:1.2.3.4]:1", "[::1]x:1", "x[::1]:1", "[[::1]]:1", "[::1:1",
    ])
    func refusesWhatIsMalformed(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func readsWhatItWrote(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // Masks make runs of zero groups likely.
        func word() -> UInt64 {
            (0..<4).reduce(0) { word, _ in
                word << 16 | (Bool.random(using: &generator) ? 0 : UInt64(UInt16(truncatingIfNeeded: generator.next())))
            }
        }
        let high = word()
        let low = word()
        let port = UInt16(truncatingIfNeeded: generator.next())
        for endpoint in [
            Endpoint(high: high, low: low, port: port), Endpoint(ipv4: UInt32(truncatingIfNeeded: low), port: port),
        ] {
            #expect(Endpoint(endpoint.description) == endpoint, "seed \(seed)")
            #expect(Endpoint(host: endpoint.host, port: port) == endpoint, "seed \(seed)")
            #expect(Endpoint(host: "[\(endpoint.host)]", port: port) == (endpoint.isIPv4 ? nil : endpoint))
        }
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func survivesAnyText(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let characters = Array("0123456789abcdef:::...[]+- é")
        let text = String(
            (0..<Int.random(in: 0...24, using: &generator)).compactMap { _ in
                characters.randomElement(using: &generator)
            })
        if let endpoint = Endpoint(text) { #expect(Endpoint(endpoint.description) == endpoint, "\(text)") }
    }

    @Test func knowsWhereADatagramCanGo() throws {
        for text in ["192.0.2.1:1", "10.0.0.1:1", "127.0.0.1:65535", "223.255.255.255:1", "[::1]:1", "[fe80::1]:1"] {
            #expect(try #require(Endpoint(text)).isUsable, "\(text)")
        }
        for text in [
            "192.0.2.1:0", "0.0.0.0:1", "0.1.2.3:1", "224.0.0.1:1", "255.255.255.255:1", "[::]:1", "[ff02::1]:1",
            "[::1]:0",
        ] {
            #expect(try !#require(Endpoint(text)).isUsable, "\(text)")
        }
        for (text, isLoopback) in [
            ("127.0.0.1:1", true), ("127.255.0.9:1", true), ("128.0.0.1:1", false), ("[::1]:1", true),
            ("[::2]:1", false),
            ("[1::1]:1", false),
        ] {
            #expect(try #require(Endpoint(text)).isLoopback == isLoopback, "\(text)")
        }
    }

    @Test func keepsItsIPv4Address() {
        let endpoint = Endpoint(ipv4: 0xc000_0201, port: 7337)
        #expect(endpoint.isIPv4)
        #expect(endpoint.ipv4 == 0xc000_0201)
        #expect(endpoint.host == "192.0.2.1")
        let other = Endpoint(high: 1, low: 0xffff_c000_0201, port: 7337)
        #expect(!other.isIPv4)
        #expect(other.ipv4 == nil)
    }

    @Test func aContactIsReachedOverTheFamiliesAtHand() {
        let ipv4 = Endpoint(ipv4: 0xc000_0201, port: 1)
        let ipv6 = Endpoint(high: 1, low: 2, port: 3)
        let id = NodeID(.zero)
        let key = PublicKey(.zero)
        let both = Contact(id: id, key: key, ipv4: ipv4, ipv6: ipv6)
        #expect(both.endpoint(in: .both) == ipv4)
        #expect(both.endpoint(in: .ipv6) == ipv6)
        #expect(both.endpoint(in: []) == nil)
        #expect(Contact(id: id, key: key, endpoint: ipv4) == Contact(id: id, key: key, ipv4: ipv4))
        #expect(Contact(id: id, key: key, endpoint: ipv6) == Contact(id: id, key: key, ipv6: ipv6))
        #expect(Contact(id: id, key: key, endpoint: ipv6).endpoint(in: .ipv4) == nil)
    }
}
