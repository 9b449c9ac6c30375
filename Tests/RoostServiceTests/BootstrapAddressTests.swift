import Basics
import RoostService
import Testing

@Suite struct BootstrapAddressTests {
    static let key = String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("bootstrap.example.org:7337", "bootstrap.example.org", 7337, false),
        ("192.0.2.1:1", "192.0.2.1", 1, false),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535, false),
        ("\(key)@localhost:80", "localhost", 80, true),
        ("\(key)@[::1]:80", "::1", 80, true),
    ])
    func isRead(_ text: String, _ host: String, _ port: UInt16, _ isPinned: Bool) throws {
        let address = try BootstrapAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.key == (isPinned ? PublicKey(hex: Self.key) : nil))
        #expect(address.description == text)
        #expect(try BootstrapAddress(address.description) == address)
    }

    @Test(arguments: [
        "", ":", ":7337", "host", "host:", "host:0", "host:65536", "host:-1", "host:+1", "host:7337x",
        "2001:db8::1:7337",
        "[2001:db8::1]", "[host]:7337", "[]:7337", "[:7337", "@host:7337", "abc@host:7337", "\(key)@", "\(key)@:1",
        "\(key)@\(key)@host:1", "two words:7337", "http://host:7337", "höst:7337",
        String(repeating: "a", count: 254) + ":7337",
    ])
    func isRefusedWithASentence(_ text: String) {
        let error = #expect(throws: ServiceError.self) { try BootstrapAddress(text) }
        #expect(error?.code == .bootstrapInvalid)
        #expect(error?.sentence.hasSuffix(".") == true)
    }

    @Test func onlyAddressesHaveAnEndpoint() throws {
        #expect(try BootstrapAddress("192.0.2.1:7337").endpoint == Endpoint("192.0.2.1:7337"))
        #expect(try BootstrapAddress("[::1]:7337").endpoint == Endpoint("[::1]:7337"))
        #expect(try BootstrapAddress("example.org:7337").endpoint == nil)
    }
}
