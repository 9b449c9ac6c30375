import Basics
import PortMapping
import Testing

/// The bytes of the two protocols, written from the diagrams of their RFCs.
@Suite struct VectorTests {
    private let nonce = Pcp.Nonce(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c)
    private let inner = Endpoint(ipv4: 0xc0a8_0102, port: 7_337)

    /// RFC 6887, §7.1 and §11.1; IPv4 addresses in IPv6-mapped form (§5).
    @Test func aRequestByPCP() throws {
        let request = Pcp.MapRequest(
            nonce: nonce, inner: inner, outer: Endpoint(ipv4: 0, port: 7_337), lifetime: 7_200)
        let expected = """
            02 01 00 00  00 00 1c 20
            00 00 00 00  00 00 00 00  00 00 ff ff  c0 a8 01 02
            01 02 03 04  05 06 07 08  09 0a 0b 0c
            11 00 00 00  1c a9 1c a9
            00 00 00 00  00 00 00 00  00 00 ff ff  00 00 00 00
            """
        #expect(request.bytes == bytes(expected))
    }

    /// RFC 6887, §7.2 and §11.1.
    @Test func anAnswerByPCP() {
        let text = """
            02 81 00 00  00 00 0e 10  00 00 00 2a
            00 00 00 00  00 00 00 00  00 00 00 00
            01 02 03 04  05 06 07 08  09 0a 0b 0c
            11 00 00 00  1c a9 c0 01
            00 00 00 00  00 00 00 00  00 00 ff ff  cb 00 71 07
            """
        let outer = Endpoint(ipv4: 0xcb00_7107, port: 49_153)
        let expected = Pcp.Message.mapped(nonce: nonce, innerPort: 7_337, outer: outer, lifetime: 3_600, epoch: 42)
        #expect(Pcp.message(bytes(text).span.bytes) == expected)
    }

    /// RFC 6887, §7.4 and §14.1.
    @Test func refusalsAndAnnouncementsByPCP() {
        let header = "00 00 00 1e  00 00 00 2a  00 00 00 00  00 00 00 00  00 00 00 00"
        let codes: [(UInt8, RouterRefusal)] = [
            (1, .unsupported), (2, .notAuthorized), (3, .other), (4, .unsupported), (7, .noNetwork), (8, .noRoom),
            (9, .unsupported), (10, .noRoom), (12, .otherAddress), (200, .other),
        ]
        for (code, refusal) in codes {
            let message = Pcp.message((bytes("02 81 00") + [code] + bytes(header)).span.bytes)
            #expect(message == .refused(refusal, nonce: nil, seconds: 30, epoch: 42))
        }
        #expect(Pcp.message((bytes("02 80 00 00") + bytes(header)).span.bytes) == .announced(epoch: 42))
        for text in ["02 01 00 00", "01 81 00 00", "02 82 00 00", "02 81 00 00"] {
            #expect(Pcp.message((bytes(text) + bytes(header)).span.bytes) == nil, "\(text)")
        }
        #expect(
            Pcp.message((bytes("02 81 00 02") + bytes(header) + [0, 0]).span.bytes) == nil, "not a multiple of four")
        #expect(Pcp.message([UInt8](repeating: 2, count: 1_104).span.bytes) == nil, "too long")
    }

    /// RFC 6886, §3.2 and §3.3.
    @Test func questionsByNATPMP() {
        #expect(NatPmp.addressRequest == [0, 0])
        let request = NatPmp.mapRequest(innerPort: 7_337, outerPort: 7_338, lifetime: 7_200)
        #expect(request == bytes("00 01 00 00  1c a9 1c aa  00 00 1c 20"))
    }

    @Test func answersByNATPMP() {
        let address = Endpoint(ipv4: 0xcb00_7107, port: 0)
        #expect(message("00 80 00 00  00 00 00 2a  cb 00 71 07") == .address(address, epoch: 42))
        #expect(
            message("00 81 00 00  00 00 00 2a  1c a9 c0 01  00 00 0e 10")
                == .mapped(innerPort: 7_337, outerPort: 49_153, lifetime: 3_600, epoch: 42))
        // What a router says that knows no PCP (§3.5).
        #expect(message("00 81 00 01  00 00 00 2a") == .refused(.unsupported, epoch: 42))
        #expect(message("00 80 00 03  00 00 00 2a  00 00 00 00") == .refused(.noNetwork, epoch: 42))
        #expect(message("00 81 00 02") == .refused(.notAuthorized, epoch: nil))
        for text in ["00 00", "00 80 00 00", "01 80 00 00 00 00 00 2a cb 00 71 07", "00 81 00 00 00 00 00 2a 1c a9"] {
            #expect(message(text) == nil, "\(text)")
        }
    }

    private func message(_ text: String) -> NatPmp.Message? { NatPmp.message(bytes(text).span.bytes) }
}

/// The bytes of hexadecimal digits, with white space between them or not.
func bytes(_ text: String) -> [UInt8] { Hexadecimal.decode(text.filter { !$0.isWhitespace }) ?? [] }
