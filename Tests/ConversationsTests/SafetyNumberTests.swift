import Basics
import Cryptography
import Testing

/// The number that two people compare.
@Suite struct SafetyNumberTests {
    @Test func theNumberIsThatOfTheSecondImplementation() throws {
        let fixtures = try Fixtures("safety")
        let alice = PeerID(try #require(Bytes32(fixtures["alice"])))
        let bob = PeerID(try #require(Bytes32(fixtures["bob"])))
        #expect(Array(SafetyNumber(alice, bob).digits.utf8) == (try fixtures["number"]))
        #expect(SafetyNumber(bob, alice) == SafetyNumber(alice, bob))
    }

    @Test func anotherIDIsAnotherNumber() {
        func peer(_ byte: UInt8) -> PeerID { PeerID(Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero) }
        var found: Set<String> = []
        for byte in UInt8(1)...20 {
            let number = SafetyNumber(peer(0), peer(byte))
            #expect(number.groups.count == 12)
            #expect(number.groups.allSatisfy { $0.count == 5 && $0.allSatisfy(\.isNumber) }, "\(number.groups)")
            found.insert(number.digits)
        }
        #expect(found.count == 20)
    }
}
