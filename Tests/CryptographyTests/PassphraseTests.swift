import Basics
import Cryptography
import Testing

/// What a passphrase seals: files and keys.
@Suite struct PassphraseTests {
    /// The least that Argon2id takes: tests seal hundreds of times.
    static let cheap = Passphrase.Cost(passes: 1, kibibytes: 8)
    private let passphrase: Passphrase
    private let seed = counting(40)

    init() throws { passphrase = try #require(Passphrase(Array("correct horse".utf8))) }

    /// As the reference implementation has it (argon2-cffi 25.1).
    @Test func theKeyIsThatOfArgon2id() throws {
        let key = passphrase.key(salt: counting(16), cost: Passphrase.Cost(passes: 3, kibibytes: 64))
        #expect(key == (try secret("a1dc6a57c61d5fb470584e24085ea3216fd369c61bcd5f845745f9cb0ed02fca")))
    }

    @Test func itsSizeAndCostAreBounded() throws {
        #expect(Passphrase([]) == nil && Passphrase(counting(1_025)) == nil && Passphrase(counting(1_024)) != nil)
        #expect(Passphrase([1, 2]) == Passphrase([1, 2]))
        #expect(Passphrase([1, 2]) != Passphrase([1, 3]) && Passphrase([1, 2]) != Passphrase([1, 2, 3]))
        #expect("\(passphrase)" == "Passphrase(redacted)")
        for cost in [(0, 8), (17, 8), (1, 7), (1, 1 << 20 + 1), (1, .max), (.max, 8)] as [(UInt32, UInt32)] {
            let cost = Passphrase.Cost(passes: cost.0, kibibytes: cost.1)
            #expect(!cost.isAcceptable && passphrase.key(salt: counting(16), cost: cost) == nil)
        }
        #expect(Passphrase.Cost.export.isAcceptable && Passphrase.Cost.start.isAcceptable)
        #expect(passphrase.key(salt: counting(15), cost: Self.cheap) == nil)
    }

    // MARK: Keys

    private func sealed(_ kind: KeyFile.Kind = .profile) throws -> SealedKeyFile {
        let key = KeyFile(kind: kind, secret: try #require(SecretKey(counting(32, from: 1))))
        return try #require(SealedKeyFile(key, passphrase: passphrase, cost: Self.cheap, seed: seed))
    }

    @Test(arguments: KeyFile.Kind.allCases) func aSealedKeyOpens(kind: KeyFile.Kind) throws {
        let bytes = try sealed(kind).bytes
        #expect(SealedKeyFile.isMeant(by: bytes) && bytes.allSatisfy { $0 < 128 })
        let read = try SealedKeyFile(bytes, expecting: kind)
        guard case .opened(let file) = read.opened(by: passphrase) else {
            Issue.record("it doesn't open")
            return
        }
        #expect(file.secret == SecretKey(counting(32, from: 1)) && file.publicHalf == read.publicHalf)
        let wrong = try #require(Passphrase([1]))
        guard case .wrongPassphrase = read.opened(by: wrong) else {
            Issue.record("a wrong passphrase is not one")
            return
        }
        let other = try #require(KeyFile.Kind.allCases.first { $0 != kind })
        let error = KeyFile.DecodingError.wrongKind(expected: other, found: kind)
        #expect(throws: error) { try SealedKeyFile(bytes, expecting: other) }
        // Older programs refuse it.
        #expect(throws: KeyFile.DecodingError.notAKeyFile) { try KeyFile(bytes, expecting: kind) }
    }

    /// Nothing of what is kept may be changed: not the cost, not whose key it is.
    @Test func everyChangeOfASealedKeyIsRefused() throws {
        let bytes = try sealed().bytes
        for count in 0..<bytes.count - 1 {
            #expect(throws: KeyFile.DecodingError.self) {
                try SealedKeyFile(Array(bytes[..<count]), expecting: .profile)
            }
        }
        let body = try #require(bytes.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
        for place in body..<bytes.count - 1 {
            var changed = bytes
            changed[place] = changed[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(throws: KeyFile.DecodingError.damaged) { try SealedKeyFile(changed, expecting: .profile) }
        }
    }

    /// Even with a right checksum.
    @Test func nothingButTheRightKeyIsOpened() throws {
        let text = String(decoding: try sealed().bytes, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").last)
        let body = Array(try bytes(String(line))[..<128])
        for byte in 0..<128 {
            let changed = body.flipping(bit: 8 * byte)
            // Costs of a gigabyte and more are refused before they are paid; others are as good as a wrong passphrase.
            guard byte >= 8 else { continue }
            let checked = changed + Blake2b.hash256(changed).array[..<4]
            let file = try SealedKeyFile(
                Array("roost-profile-sealed-1\n\(Hexadecimal.encode(checked))\n".utf8), expecting: .profile)
            guard case .wrongPassphrase = file.opened(by: passphrase) else {
                Issue.record("byte \(byte) may be changed")
                return
            }
        }
    }
}
