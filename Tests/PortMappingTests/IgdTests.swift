import Basics
import PortMapping
import Testing

/// Routers that speak UPnP: what is asked of them, and what is believed.
@Suite struct IgdTests {
    private static let place = RouterBench.gateway.with(port: 5_000)

    static func searchAnswer(_ location: String) -> [UInt8] {
        [UInt8](
            """
            HTTP/1.1 200 OK\r
            CACHE-CONTROL: max-age=120\r
            ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r
            Location: \(location)\r
            \r\n
            """.utf8)
    }

    static func http(_ status: Int, _ body: String) -> [UInt8] {
        [UInt8]("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nServer: x\r\n\r\n\(body)".utf8)
    }

    static func description(_ service: String = "WANIPConnection:1", control: String = "/ctl/IPConn") -> String {
        """
        <?xml version="1.0"?>
        <root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceList><device><serviceList>
        <service><serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType>
        <controlURL>/ctl/CmnIfCfg</controlURL></service>
        <!-- the one that counts -->
        <service><serviceType>urn:schemas-upnp-org:service:\(service)</serviceType>
        <controlURL>\(control)</controlURL><eventSubURL/></service>
        </serviceList></device></deviceList></device></root>
        """
    }

    static func fault(_ code: Int) -> [UInt8] {
        http(
            500,
            """
            <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail><UPnPError>\
            <errorCode>\(code)</errorCode><errorDescription>x</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>
            """)
    }

    static func address(_ text: String) -> [UInt8] {
        http(
            200,
            """
            <s:Envelope xmlns:s="x"><s:Body><u:GetExternalIPAddressResponse xmlns:u="x"><NewExternalIPAddress>\(text)\
            </NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>
            """)
    }

    /// A bench whose router has answered the search, and is asked for its description.
    static func found() -> RouterBench {
        var bench = RouterBench()
        bench.run(for: .seconds(2)) { bytes, bench in
            guard RouterBench.isSearch(bytes) else { return }
            bench.hear(
                searchAnswer("http://192.168.1.1:5000/rootDesc.xml"), from: RouterBench.gateway.with(port: 1_900))
        }
        return bench
    }

    /// A bench whose router has mapped the port, and knows no end of mappings where that is said.
    static func mapped(lifetimeRefused: Bool = false) -> RouterBench {
        var bench = found()
        bench.reply(http(200, description()))
        bench.reply(address("203.0.113.7"))
        if lifetimeRefused { bench.reply(fault(725)) }
        bench.reply(http(200, ""))
        return bench
    }

    private func text(_ bench: RouterBench) -> String {
        String(decoding: bench.questions.last?.bytes ?? [], as: UTF8.self)
    }

    @Test func aRouterIsAskedForItsDescriptionItsAddressAndAPort() {
        var bench = IgdTests.found()
        #expect(bench.questions.count == 1 && bench.questions[0].endpoint == IgdTests.place)
        #expect(text(bench).hasPrefix("GET /rootDesc.xml HTTP/1.1\r\nHost: 192.168.1.1:5000\r\n"))
        bench.reply(IgdTests.http(200, IgdTests.description()))
        #expect(text(bench).contains("POST /ctl/IPConn HTTP/1.1\r\n"))
        #expect(text(bench).contains("urn:schemas-upnp-org:service:WANIPConnection:1#GetExternalIPAddress\""))
        bench.reply(IgdTests.address("203.0.113.7"))
        for part in [
            "<NewExternalPort>7337</NewExternalPort><NewProtocol>UDP</NewProtocol>",
            "<NewInternalPort>7337</NewInternalPort><NewInternalClient>192.168.1.2</NewInternalClient>",
            "<NewLeaseDuration>7200</NewLeaseDuration>",
        ] { #expect(text(bench).contains(part)) }
        bench.reply(IgdTests.http(200, "<x/>"))
        #expect(bench.told == [RouterBench.outer])
        #expect(bench.mapper.standing == .opened(RouterBench.outer, .igd))
        bench.run(for: .seconds(5_000))
        #expect(bench.questions.count == 4 && text(bench).contains("GetExternalIPAddress"), "renewed")
        bench.reply(nil)
        #expect(bench.told == [RouterBench.outer], "what was granted stands")
        bench.mapper.end()
        bench.drain()
        #expect(text(bench).contains("DeletePortMapping"))
    }

    @Test func aRouterThatKnowsNoEndOfMappingsIsAskedForNone() {
        var bench = IgdTests.found()
        bench.reply(
            IgdTests.http(200, IgdTests.description("WANPPPConnection:1", control: "http://192.168.1.1:5000/c")))
        bench.reply(IgdTests.address("203.0.113.7"))
        bench.reply(IgdTests.fault(725))
        #expect(text(bench).contains("<NewLeaseDuration>0</NewLeaseDuration>"))
        bench.reply(IgdTests.http(200, ""))
        #expect(bench.told == [RouterBench.outer])
    }

    @Test func whereThePortIsAnothersAnotherIsTriedFourTimes() {
        var bench = IgdTests.found()
        bench.reply(IgdTests.http(200, IgdTests.description("WANIPConnection:2")))
        bench.reply(IgdTests.address("203.0.113.7"))
        var ports: Set<String> = []
        for _ in 0..<4 {
            ports.insert(text(bench).split(separator: "NewExternalPort>").dropFirst().first.map(String.init) ?? "")
            bench.reply(IgdTests.fault(718))
        }
        #expect(ports.count == 4)
        #expect(bench.mapper.standing == .refused(.noRoom, .igd))
        #expect(bench.questions.count == 6 && bench.told == [nil])
    }

    /// What answers the search counts only if it is the router, and names a place of its own.
    @Test(arguments: [
        "http://192.168.1.3:5000/rootDesc.xml", "http://evil.example/", "https://192.168.1.1/",
        "http://192.168.1.1:5000/a b",
        "http://192.168.1.1:0/", "http://192.168.1.1@192.168.1.3/", "ftp://192.168.1.1/", "",
        "http://192.168.1.1:5000/" + String(repeating: "a", count: 600),
    ])
    func otherPlacesDontCount(location: String) {
        var bench = RouterBench()
        bench.run(for: .seconds(2))
        bench.hear(IgdTests.searchAnswer(location), from: RouterBench.gateway.with(port: 1_900))
        let good = IgdTests.searchAnswer("http://192.168.1.1:5000/rootDesc.xml")
        bench.hear(good, from: Endpoint(ipv4: 0xc0a8_0103, port: 1_900))
        #expect(bench.questions.isEmpty)
        bench.hear(good, from: RouterBench.gateway.with(port: 40_000))
        #expect(bench.questions.count == 1, "a router may answer from any port")
    }

    @Test(arguments: [
        ("<!DOCTYPE r [<!ENTITY a \"b\">]>" + description(), IgdFault.noService),
        (description("Layer3Forwarding:1"), .noService),
        (description(control: "http://192.168.1.3:5000/c"), .noService), (description(control: ""), .noService),
        (String(description().dropLast(9)), .noService), (String(repeating: "<a>", count: 33), .noService),
        ("<a><![CDATA[x]]></a>", .noService), ("", .noService),
    ])
    func aDescriptionThatCannotBeUsed(body: String, fault: IgdFault) {
        var bench = IgdTests.found()
        bench.reply(IgdTests.http(200, body))
        #expect(bench.mapper.standing == .faulty(fault))
        #expect(bench.told == [nil] && bench.questions.count == 1)
    }

    @Test func answersThatAreNoneEnd() {
        for (answer, fault) in [
            (nil, IgdFault.unanswered), ([], .malformed), ([UInt8]("SSH-2.0-x\r\n\r\n".utf8), .malformed),
            ([UInt8]("HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\nshort".utf8), .malformed),
            (IgdTests.http(200, String(repeating: "a", count: 66_000)), .malformed),
            (IgdTests.http(404, "no"), .noService),
        ] as [([UInt8]?, IgdFault)] {
            var bench = IgdTests.found()
            bench.reply(answer)
            #expect(bench.mapper.standing == .faulty(fault))
        }
        // Where the driver says nothing, it ends as well.
        var bench = IgdTests.found()
        bench.run(for: .seconds(11))
        #expect(bench.mapper.standing == .silent)
    }

    @Test(arguments: ["", "0.0.0.0", "x", "192.168.1", "2001:db8::1"]) func noAddressOutside(text: String) {
        var bench = IgdTests.found()
        bench.reply(IgdTests.http(200, IgdTests.description()))
        bench.reply(IgdTests.address(text))
        #expect(bench.mapper.standing == .refused(.noNetwork, .igd))
    }

    @Test func chunksArePutTogether() throws {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        var bench = IgdTests.found()
        let (first, rest) = (IgdTests.description().prefix(100), IgdTests.description().dropFirst(100))
        let chunks =
            [first, rest].map { "\(String($0.utf8.count, radix: 16));x=y\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
        bench.reply([UInt8]((head + chunks).utf8))
        #expect(bench.questions.count == 2)
        for broken in ["zz\r\nabc\r\n0\r\n\r\n", "5\r\nabc", "-5\r\nabc\r\n0\r\n", "fffff\r\na", ""] {
            var bench = IgdTests.found()
            bench.reply([UInt8]((head + broken).utf8))
            #expect(bench.mapper.standing == .faulty(.malformed))
        }
    }

    @Test func anAnswerIsWholeWhenItsLengthIsThere() {
        let whole = IgdTests.http(200, "hello")
        #expect(IgdTests.end(of: whole) == whole.count)
        #expect(IgdTests.end(of: [UInt8](repeating: 65, count: 65_540)) == 65_537, "no more is read")
    }

    /// After how many bytes, each by itself, an answer is whole; nil: never.
    private static func end(of bytes: [UInt8]) -> Int? {
        var reader = HttpReplyReader()
        for (index, byte) in bytes.enumerated() {
            reader.add([byte])
            if reader.isWhole { return index + 1 }
        }
        return nil
    }

    /// A router that keeps the connection open must not be waited for until time is over.
    @Test func anAnswerInChunksIsWholeWithTheLastOfThem() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nConnection: keep-alive\r\n\r\n"
        let chunks = head + "5;x=\"y\"\r\nhel\nl\r\n2\r\no!\r\n0\r\n"
        #expect(IgdTests.end(of: [UInt8]((chunks + "\r\nHTTP/1.1 200").utf8)) == chunks.utf8.count)
        #expect(HttpReply([UInt8](chunks.utf8))?.body == [UInt8]("hel\nlo!".utf8))
        #expect(IgdTests.end(of: [UInt8]((head + "5\r\nhel").utf8)) == nil)
        #expect(IgdTests.end(of: [UInt8]((head + "zz\r\nhel").utf8)) == head.utf8.count + 4, "nobody can read it")
    }

    @Test func whatComesBeforeAnAnswerIsNotTheAnswer() {
        let answer = IgdTests.http(200, "hello")
        var reader = HttpReplyReader()
        reader.add([UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8) + answer)
        #expect(reader.isWhole && reader.bytes == answer)
        // A router that says so without end is heard no longer.
        var endless = HttpReplyReader()
        for _ in 0..<5 { endless.add([UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        #expect(endless.isWhole)
        // What came before counts for the bound.
        var long = HttpReplyReader()
        let padding = String(repeating: "a", count: 30_000)
        for _ in 0..<3 { long.add([UInt8]("HTTP/1.1 100 Continue\r\nX: \(padding)\r\n\r\n".utf8)) }
        #expect(long.isWhole)
        #expect(IgdTests.end(of: [UInt8]("HTTP/1.1 204 X\r\n\r\n".utf8)) == 18)
        #expect(IgdTests.end(of: [UInt8]("HTTP/1.1 200 X\r\n\r\nhello".utf8)) == nil, "until it closes")
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>) func mutatedAnswersEnd(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func mutate(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            for _ in 0..<Int(random.next() % 4) where !bytes.isEmpty {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            return random.next() % 6 == 0 ? Array(bytes.prefix(Int(random.next() % UInt64(bytes.count)))) : bytes
        }
        var bench = IgdTests.found()
        bench.reply(mutate(IgdTests.http(200, IgdTests.description())))
        bench.reply(mutate(IgdTests.address("203.0.113.7")))
        bench.reply(mutate(IgdTests.http(200, "")))
        bench.run(for: .seconds(11))
        if case .asking = bench.mapper.standing { Issue.record("it still asks") }
    }
}
