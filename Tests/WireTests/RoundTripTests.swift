import Basics
import Testing
import Wire

/// Properties of the codecs over random values; a failure prints the seed that brings it back.
@Suite struct RoundTripTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func whatIsEncodedDecodesToTheSame(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let request = generator.request()
            let body = request.body
            #expect(!body.isEmpty && body.count <= Limits.bodySize, "seed \(seed): \(request.message)")
            let (header, decoded) = try Request.decode(body.span.bytes)
            #expect(header == request.header, "seed \(seed)")
            #expect(decoded.described(in: body) == request.message.described(in: request.payload), "seed \(seed)")
            #expect(responseError(body) == .wrongDirection, "seed \(seed)")

            let response = generator.response()
            let answer = response.body
            #expect(!answer.isEmpty && answer.count <= Limits.bodySize, "seed \(seed): \(response.message)")
            let (answerHeader, decodedAnswer) = try Response.decode(answer.span.bytes)
            #expect(answerHeader == response.header.answer, "seed \(seed)")
            #expect(
                decodedAnswer.described(in: answer) == response.message.described(in: response.payload), "seed \(seed)")
            #expect(requestError(answer) == .wrongDirection, "seed \(seed)")
        }
    }

    /// What is cut off is refused, or was not needed: then the rest stands for itself.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func truncationIsRefusedAtEveryLength(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<8 {
            let request = generator.request().body
            let response = generator.response().body
            for count in 0..<request.count {
                let cut = Array(request.prefix(count))
                guard let recoded = try? recodedRequest(cut) else { continue }
                let optional: [RPCKind] = [.list, .confirm, .subscribe, .announce, .punch]
                let endsInOption = optional.contains { $0.rawValue == cut.first }
                #expect(recoded == cut && endsInOption, "seed \(seed), \(count) bytes")
            }
            for count in 0..<response.count {
                let cut = Array(response.prefix(count))
                guard let recoded = try? recodedResponse(cut) else { continue }
                let endsInOption = cut[8] == 3 || cut[0] == RPCKind.punch.rawValue | 0x80
                #expect(
                    recoded == cut && endsInOption,
                    "seed \(seed), \(count) bytes: a refusal's wait is optional, and where somebody is seen")
            }
        }
    }

    /// Damaged bytes never trap, and what is still accepted has a form that decodes to itself.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func damageNeverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<6_000 {
            var body = generator.number(0...1) == 0 ? generator.request().body : generator.response().body
            for _ in 0..<generator.number(1...3) { generator.damage(&body) }
            if let recoded = try? recodedRequest(body) {
                accepted += 1
                #expect((try? recodedRequest(recoded)) == recoded, "seed \(seed)")
            }
            if let recoded = try? recodedResponse(body) {
                accepted += 1
                #expect((try? recodedResponse(recoded)) == recoded, "seed \(seed)")
            }
        }
        #expect(accepted > 100, "seed \(seed): the damage should leave something to decode")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func noiseNeverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            var body = generator.bytes(generator.number(0...60))
            if !body.isEmpty { body[0] = UInt8(generator.number(1...18)) | UInt8(generator.number(0...1) * 128) }
            _ = try? recodedRequest(body)
            _ = try? recodedResponse(body)
            _ = try? DatagramKind(of: body.span.bytes)
            _ = try? HandshakePayload(decoding: body.span.bytes)
            _ = try? EnvelopeHeader(decoding: body.span.bytes)
            _ = try? SignedRecord(decoding: body.span.bytes)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func unknownFieldsAreSkipped(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var request = generator.request().body
            var response = generator.response().body
            let expected = (try recodedRequest(request), try recodedResponse(response))
            // Tag 0 comes before all others, the rest after the last known one.
            for tag in [0, generator.number(64...100), generator.number(101...255)] {
                let value = generator.bytes(generator.number(0...4))
                let field = [UInt8(tag), 0, UInt8(value.count)] + value
                request.insert(contentsOf: field, at: tag == 0 ? RPCHeader.byteCount : request.count)
                response.insert(contentsOf: field, at: tag == 0 ? RPCHeader.byteCount : response.count)
            }
            if request.count <= Limits.bodySize { #expect(try recodedRequest(request) == expected.0, "seed \(seed)") }
            if response.count <= Limits.bodySize {
                #expect(try recodedResponse(response) == expected.1, "seed \(seed)")
            }
        }
    }
}

extension SeededGenerator {
    /// Changes, removes, inserts or repeats some bytes.
    fileprivate mutating func damage(_ body: inout [UInt8]) {
        guard !body.isEmpty else { return }
        // The beginning holds most of the structure.
        let reach = number(0...2) == 0 ? body.count : min(body.count, 48)
        let at = number(0...reach - 1)
        switch number(0...5) {
        case 0: body[at] ^= 1 << UInt8(number(0...7))
        case 1: body[at] = UInt8(truncatingIfNeeded: next())
        case 2: body.removeSubrange(at..<min(body.count, at + number(1...4)))
        case 3: body.insert(contentsOf: bytes(number(1...4)), at: at)
        case 4: body[at] = [0, 1, 0x7f, 0x80, 0xff][number(0...4)]
        default: body += Array(body[at..<min(body.count, at + number(1...40))])
        }
    }
}
