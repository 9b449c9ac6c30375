import Basics
import Cryptography
import Testing

@Suite struct SealingTests {
    private func seal(_ plaintext: [UInt8], nonce: UInt64, key: SecretKey, _ associated: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0xaa, count: plaintext.count + ChaChaPoly.tagSize)
        output.withUnsafeMutableBytes {
            ChaChaPoly.seal(
                plaintext.span.bytes, nonce: nonce, key: key, authenticating: associated.span.bytes, into: $0)
        }
        return output
    }

    private func open(_ sealed: [UInt8], nonce: UInt64, key: SecretKey, _ associated: [UInt8]) -> [UInt8]? {
        var output = [UInt8](repeating: 0xaa, count: max(sealed.count - ChaChaPoly.tagSize, 0))
        let isAuthentic = output.withUnsafeMutableBytes {
            ChaChaPoly.open(sealed.span.bytes, nonce: nonce, key: key, authenticating: associated.span.bytes, into: $0)
        }
        return isAuthentic ? output : nil
    }

    @Test func sealsTheExampleOfRFC8439() throws {
        // RFC 8439, appendix A.5: its nonce has the shape of Noise's, four zero bytes and 64 bits.
        let key = try secret("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0")
        let associated = try bytes("f33388860000000000004e91")
        let plaintext = Array(
            ("Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or "
                + "obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference "
                + "material or to cite them other than as /“work in progress./”").utf8)
        let expected = try bytes(
            """
            64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0
            bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855
            9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9
            9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a
            0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130
            305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38
            """)
        let nonce: UInt64 = 0x0807_0605_0403_0201
        #expect(seal(plaintext, nonce: nonce, key: key, associated) == expected)
        #expect(open(expected, nonce: nonce, key: key, associated) == plaintext)
    }

    @Test func sealsInPlace() throws {
        let key = try #require(SecretKey(counting(32)))
        let plaintext = counting(100)
        var buffer = plaintext + Array(repeating: 0, count: ChaChaPoly.tagSize)
        buffer.withUnsafeMutableBytes { buffer in
            let input = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<100])
            ChaChaPoly.seal(
                input.bytes, nonce: 1, key: key, authenticating: input.bytes.extracting(0..<0), into: buffer)
        }
        #expect(buffer == seal(plaintext, nonce: 1, key: key, []))
        let isAuthentic = buffer.withUnsafeMutableBytes { buffer in
            let input = UnsafeRawBufferPointer(buffer).bytes
            return ChaChaPoly.open(input, nonce: 1, key: key, authenticating: input.extracting(0..<0), into: buffer)
        }
        #expect(isAuthentic)
        #expect(Array(buffer.prefix(100)) == plaintext)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func opensOnlyWhatWasSealed(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let key = generator.secretKey()
        let nonce = generator.next()
        let plaintext = generator.bytes(seed == 0 ? 0 : Int.random(in: 0...200, using: &generator))
        let associated = generator.bytes(seed < 2 ? 0 : 1 + Int.random(in: 0...40, using: &generator))
        let sealed = seal(plaintext, nonce: nonce, key: key, associated)
        #expect(open(sealed, nonce: nonce, key: key, associated) == plaintext)
        #expect(open(sealed, nonce: nonce &+ 1, key: key, associated) == nil)
        #expect(open(sealed, nonce: nonce, key: generator.secretKey(), associated) == nil)
        #expect(open(sealed, nonce: nonce, key: key, associated + [0]) == nil)
        #expect(open(Array(sealed.dropLast()), nonce: nonce, key: key, associated) == nil)
        let bit = Int.random(in: 0..<sealed.count * 8, using: &generator)
        #expect(open(sealed.flipping(bit: bit), nonce: nonce, key: key, associated) == nil)
    }

    @Test func refusesWhatIsShorterThanATag() throws {
        let key = try #require(SecretKey(counting(32)))
        for count in 0..<ChaChaPoly.tagSize {
            #expect(open(counting(count), nonce: 0, key: key, []) == nil)
            #expect(XChaChaPoly.open(counting(count), nonce: counting(24), key: key, authenticating: []) == nil)
        }
    }

    @Test func sealsTheExampleOfTheXChaChaDraft() throws {
        // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
        let key = try #require(SecretKey(counting(32, from: 0x80)))
        let nonce = counting(24, from: 0x40)
        let associated = try bytes("50515253c0c1c2c3c4c5c6c7")
        let plaintext = Array(
            ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
                + "would be it.").utf8)
        let expected = try bytes(
            """
            bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
            ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
            21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49
            """)
        #expect(XChaChaPoly.seal(plaintext, nonce: nonce, key: key, authenticating: associated) == expected)
        #expect(XChaChaPoly.open(expected, nonce: nonce, key: key, authenticating: associated) == plaintext)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func opensAtRestOnlyWhatWasSealed(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let key = generator.secretKey()
        let nonce = generator.bytes(XChaChaPoly.nonceSize)
        let plaintext = generator.bytes(seed == 0 ? 0 : Int.random(in: 0...200, using: &generator))
        let associated = generator.bytes(Int.random(in: 0...40, using: &generator))
        let sealed = XChaChaPoly.seal(plaintext, nonce: nonce, key: key, authenticating: associated)
        #expect(sealed.count == plaintext.count + XChaChaPoly.tagSize)
        #expect(XChaChaPoly.open(sealed, nonce: nonce, key: key, authenticating: associated) == plaintext)
        let otherNonce = nonce.flipping(bit: Int.random(in: 0..<192, using: &generator))
        #expect(XChaChaPoly.open(sealed, nonce: otherNonce, key: key, authenticating: associated) == nil)
        #expect(XChaChaPoly.open(sealed, nonce: nonce + [0], key: key, authenticating: associated) == nil)
        #expect(XChaChaPoly.open(sealed, nonce: nonce, key: generator.secretKey(), authenticating: associated) == nil)
        #expect(XChaChaPoly.open(sealed, nonce: nonce, key: key, authenticating: associated + [0]) == nil)
        let bit = Int.random(in: 0..<sealed.count * 8, using: &generator)
        #expect(XChaChaPoly.open(sealed.flipping(bit: bit), nonce: nonce, key: key, authenticating: associated) == nil)
    }
}
