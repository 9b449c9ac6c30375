import Basics
import Conversations
import Cryptography
import Testing

/// What the keys of first messages agree on is made once for each session, as long as it is remembered.
@Suite struct FirstAgreementTests {
    private let bob = Samples.Person(99, .cheap)
    /// With the same day, and other keys: what is agreed on by these opens nothing.
    private var otherPrekeys: PrekeyRing {
        var generator = SecureGenerator(seed: Samples.bytes(77))
        var ring = PrekeyRing()
        for prekey in bob.prekeys.prekeys { ring.insert(Prekey(day: prekey.day, suite: .cheap, generator: &generator)) }
        return ring
    }

    /// Somebody who writes several messages before they are answered.
    private struct Writer {
        let person: Samples.Person
        var conversation = Conversation()
        /// The conversation as Bob has it.
        var held = Conversation()
        var generator: SecureGenerator

        init(_ number: UInt8) {
            person = Samples.Person(number, .cheap)
            generator = SecureGenerator(seed: Samples.bytes(number))
        }

        mutating func write(_ text: String, to bob: Samples.Person) throws -> [UInt8] {
            try conversation.seal(
                Samples.text(text), to: bob.record(), mailbox: bob.mailbox, expiry: Samples.expiry, as: Samples.own,
                today: Samples.now.day, with: person.cipher, generator: &generator
            ).bytes
        }
    }

    private func open(
        _ envelope: [UInt8], by writer: inout Writer, _ prekeys: PrekeyRing, _ keys: inout HeaderKeys
    ) throws -> String {
        let held = writer.held
        let opened = try Conversation.open(
            envelope, mailbox: bob.mailbox, prekeys: prekeys, headerKeys: keys, as: Samples.own,
            today: Samples.now.day, with: bob.cipher
        ) { _ in held }
        writer.held = opened.conversation
        if let agreement = opened.agreement { keys.remember(agreement) }
        guard case .text(let text) = opened.content.body else { return "" }
        return text
    }

    @Test func theNextMessagesOfASessionOpenWithIt() throws {
        var (alice, keys) = (Writer(1), HeaderKeys())
        let envelopes = try (0..<5).map { try alice.write("message \($0)", to: bob) }
        let first = try open(envelopes[0], by: &alice, bob.prekeys, &keys)
        #expect(first == "message 0")
        // Out of order as well.
        for number in [3, 1, 2] {
            let text = try open(envelopes[number], by: &alice, otherPrekeys, &keys)
            #expect(text == "message \(number)")
        }
        #expect(throws: OpenError.keyUsed) { try open(envelopes[1], by: &alice, otherPrekeys, &keys) }
        keys.forgetAgreements()
        #expect(throws: OpenError.self) { try open(envelopes[4], by: &alice, otherPrekeys, &keys) }
        let last = try open(envelopes[4], by: &alice, bob.prekeys, &keys)
        #expect(last == "message 4")
    }

    @Test func onlyTheLastAreRemembered() throws {
        var (writers, keys) = ((1...UInt8(Limits.firstAgreements + 1)).map { Writer($0) }, HeaderKeys())
        for index in writers.indices {
            let envelope = try writers[index].write("first", to: bob)
            let text = try open(envelope, by: &writers[index], bob.prekeys, &keys)
            #expect(text == "first")
        }
        for index in writers.indices {
            let envelope = try writers[index].write("second", to: bob)
            if index == 0 {
                #expect(throws: OpenError.self) { try open(envelope, by: &writers[index], otherPrekeys, &keys) }
            } else {
                let text = try open(envelope, by: &writers[index], otherPrekeys, &keys)
                #expect(text == "second")
            }
        }
    }
}
