import Basics
import Testing
import Wire

/// What decoders must refuse, each beside the nearest thing that they accept.
@Suite struct RefusedInputTests {
    private static let header: [UInt8] = [1, 2, 3, 4]
    private static let location = field(2, counting(from: 0x20, count: 32))
    private static let object = field(3, counting(from: 0x40, count: 32))
    private static let key = field(10, counting(from: 0x80, count: 32))

    private static func field(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] {
        [tag, UInt8(value.count >> 8), UInt8(value.count & 255)] + value
    }

    private static func big(_ value: UInt32) -> [UInt8] { written { $0.u32(value) } }

    private func request(_ kind: UInt8, _ fields: [UInt8]...) -> DecodeError? {
        requestError([kind] + RefusedInputTests.header + fields.flatMap(\.self))
    }

    private func response(_ kind: UInt8, _ outcome: UInt8?, _ fields: [UInt8]...) -> DecodeError? {
        let first = outcome.map { RefusedInputTests.field(1, [$0]) } ?? []
        return responseError([kind | 0x80] + RefusedInputTests.header + first + fields.flatMap(\.self))
    }

    private func field(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] { RefusedInputTests.field(tag, value) }

    private func chunk(size: UInt32, index: UInt8, count: Int) -> [UInt8] {
        field(4, RefusedInputTests.big(size)) + field(5, [index]) + field(6, counting(from: 0, count: count))
    }

    @Test func headers() {
        #expect(requestError([]) == .truncated)
        #expect(requestError([1, 0, 0, 0]) == .truncated)
        #expect(request(1) == nil)
        #expect(request(0) == .unknownRPC)
        #expect(request(99) == .unknownRPC)
        #expect(request(15) == .unknownRPC, "reserved")
        #expect(request(11) == .missingField)
        #expect(request(14) == .missingField)
        #expect(request(0x81) == .wrongDirection)
        #expect(responseError([1, 0, 0, 0, 0]) == .wrongDirection)
    }

    @Test func unknownRPCsHaveAHeaderToAnswer() throws {
        let body: [UInt8] = [99, 0, 0, 0, 7, 250, 0, 9]
        let header = try RPCHeader(decoding: body.span.bytes)
        #expect(header.number == 99 && header.kind == nil && !header.isResponse && header.requestID == 7)
        #expect(header.answer.isResponse && header.answer.number == 99 && header.answer.requestID == 7)
        #expect(response(99, 0) == .unknownRPC)
        #expect(response(99, 3, field(20, [10])) == nil)
    }

    @Test func fieldForms() {
        let target = field(7, counting(from: 0, count: 32))
        #expect(request(2, target, field(8, [20]), field(9, [1])) == nil)
        #expect(request(2, field(8, [20]), field(9, [1])) == .missingField)
        #expect(request(2, target, field(9, [1]), field(8, [20])) == .unorderedFields)
        #expect(request(2, target, target, field(8, [20]), field(9, [1])) == .unorderedFields)
        #expect(request(2, target, field(8, [0, 20]), field(9, [1])) == .fieldLength)
        #expect(request(2, field(7, counting(from: 0, count: 31)), field(8, [20]), field(9, [1])) == .fieldLength)
        #expect(request(2, target, field(8, [0]), field(9, [1])) == .outOfRange)
        #expect(request(2, target, field(8, [20]), field(9, [4])) == .outOfRange, "no family that is known")
        #expect(request(2, target, field(8, [20]), field(9, [1]), [200]) == .truncated)
        #expect(request(2, target, field(8, [20]), field(9, [1]), [200, 0, 2, 0]) == .truncated)
        #expect(request(1, field(200, counting(from: 0, count: 992))) == nil, "1,000 bytes")
        #expect(request(1, field(200, counting(from: 0, count: 993))) == .oversized)
    }

    @Test func askingForManyContactsIsAskingForAnAnswerful() throws {
        let fields = field(7, counting(from: 0, count: 32)) + field(8, [255]) + field(9, [0xff])
        let body = [2] + RefusedInputTests.header + fields
        let request = try Request.decode(body.span.bytes).request
        let target = bytes32(from: 0)
        #expect(request == .findNode(target: target, count: Limits.contactsPerAnswer, families: .both))
    }

    @Test func chunks() {
        let place = RefusedInputTests.location + RefusedInputTests.object
        #expect(request(5, place, chunk(size: 2_048, index: 2, count: 256)) == nil)
        #expect(request(5, place, chunk(size: 2_048, index: 2, count: 255)) == .contradictory)
        #expect(request(5, place, chunk(size: 2_048, index: 2, count: 257)) == .contradictory)
        #expect(request(5, place, chunk(size: 2_048, index: 1, count: 256)) == .contradictory)
        #expect(request(5, place, chunk(size: 2_048, index: 3, count: 0)) == .outOfRange)
        #expect(request(5, place, chunk(size: 2_047, index: 2, count: 255)) == .outOfRange, "no size class")
        #expect(request(5, place, chunk(size: 0, index: 0, count: 0)) == .outOfRange)
        #expect(request(5, place, chunk(size: .max, index: 0, count: 896)) == .outOfRange)
        #expect(request(4, place, chunk(size: 4_096, index: 0, count: 896)) == nil)
        #expect(request(4, place, chunk(size: 4_097, index: 0, count: 896)) == .outOfRange)
        #expect(request(4, place, chunk(size: 115, index: 0, count: 115)) == nil)
        #expect(request(4, place, chunk(size: 114, index: 0, count: 114)) == .outOfRange)
        #expect(request(8, place, field(5, [77])) == nil)
        #expect(request(8, place, field(5, [78])) == .outOfRange)
        #expect(request(3, RefusedInputTests.location, field(5, [4])) == nil)
        #expect(request(3, RefusedInputTests.location, field(5, [5])) == .outOfRange)
        #expect(response(8, 0, chunk(size: 2_048, index: 2, count: 256)) == nil)
        #expect(response(8, 0, chunk(size: 1_000, index: 1, count: 104)) == .outOfRange)
        #expect(response(3, 0, chunk(size: 1_000, index: 1, count: 104)) == nil)
        #expect(response(3, 0, chunk(size: 1_000, index: 1, count: 105)) == .contradictory)
    }

    @Test func tombstones() {
        let place = RefusedInputTests.location + RefusedInputTests.key
        let one = counting(from: 0, count: 100)
        func many(_ count: Int) -> [UInt8] { Array(repeatElement(one, count: count).joined()) }
        #expect(request(9, place, field(13, many(8))) == nil)
        #expect(request(9, place, field(13, many(9))) == .oversized)
        #expect(request(9, place, field(13, [])) == .fieldLength)
        #expect(request(9, place, field(13, many(1).dropLast())) == .fieldLength)
        #expect(response(5, 2, field(13, many(1))) == nil)
        #expect(response(5, 2, field(13, many(2))) == .contradictory)
        #expect(response(9, 0, field(8, [8])) == nil)
        #expect(response(9, 0, field(8, [9])) == .outOfRange)
    }

    @Test func outcomes() {
        let received = field(17, counting(from: 0, count: 16))
        let reason = field(20, [1])
        let tombstone = field(13, counting(from: 0, count: 100))
        #expect(response(5, nil) == .missingField)
        #expect(response(5, 0) == nil)
        #expect(response(5, 4) == .outOfRange)
        #expect(response(5, 1, received) == nil)
        #expect(response(5, 1) == .contradictory)
        #expect(response(5, 0, received) == .contradictory)
        #expect(response(5, 1, received, reason) == .contradictory)
        #expect(response(5, 0, reason) == .contradictory)
        #expect(response(5, 0, tombstone) == .contradictory)
        #expect(response(1, 1, received) == .contradictory, "a ping is never partial")
        #expect(response(4, 2, tombstone) == .contradictory, "a record is never collected")
        #expect(response(5, 3) == .contradictory)
        #expect(response(5, 3, reason) == nil)
        #expect(response(5, 3, field(20, [0])) == .outOfRange)
        #expect(response(15, 0) == .unknownRPC, "reserved")
        #expect(response(11, 0) == .missingField)
        #expect(response(14, 0) == .missingField)
        #expect(response(14, 0, field(6, [])) == .outOfRange, "nothing is passed on")
    }

    @Test func refusalsOfLaterVersionsAndLiars() throws {
        let body =
            [0x85] + RefusedInputTests.header + field(1, [3]) + field(20, [200]) + field(21, [255, 255, 255, 255])
        let response = try Response.decode(body.span.bytes).response
        #expect(response == .refused(.busy, retryAfterSeconds: Limits.retryAfterSeconds))
    }

    @Test func addresses() {
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]
        let time = field(15, written { $0.u64(1_795_222_800) })
        func pong(_ endpoint: [UInt8]) -> DecodeError? { response(1, 0, field(14, endpoint), time) }
        #expect(pong(mapped + [127, 0, 0, 1, 0, 80]) == nil)
        #expect(pong(mapped + [127, 0, 0, 1, 0, 0]) == .unusableEndpoint, "port 0")
        #expect(pong(mapped + [0, 0, 0, 0, 0, 80]) == .unusableEndpoint)
        #expect(pong(mapped + [224, 0, 0, 1, 0, 80]) == .unusableEndpoint)
        #expect(pong(Array(repeating: 0, count: 16) + [0, 80]) == .unusableEndpoint)
        #expect(response(1, 0, field(14, mapped + [127, 0, 0, 1, 0, 80])) == .missingField)
        let late = field(15, written { $0.u64(253_402_300_800) })
        #expect(response(1, 0, field(14, mapped + [127, 0, 0, 1, 0, 80]), late) == .outOfRange)

        let node = counting(from: 0, count: 32)
        func contacts(_ bytes: [UInt8]) -> DecodeError? { response(2, 0, field(16, bytes)) }
        let good = node + [1, 10, 0, 0, 1, 0, 80]
        #expect(contacts(good) == nil)
        #expect(contacts(Array(repeatElement(good, count: Limits.contactsPerAnswer).joined())) == nil)
        #expect(contacts(Array(repeatElement(good, count: Limits.contactsPerAnswer + 1).joined())) == .oversized)
        #expect(contacts(node + [1, 10, 0, 0, 1, 0, 0]) == .unusableEndpoint)
        #expect(contacts(node + [0]) == .outOfRange, "no endpoint")
        #expect(contacts(node + [4]) == .outOfRange)
        #expect(contacts(good.dropLast()) == .truncated)
        #expect(contacts(node + [2] + mapped + [127, 0, 0, 1, 0, 80]) == .contradictory, "IPv4 as IPv6")
    }

    @Test func pages() {
        func entry(_ first: UInt8, _ size: UInt32) -> [UInt8] {
            counting(from: first, count: 32) + RefusedInputTests.big(size)
        }
        func page(_ entries: [UInt8], more: UInt8 = 0) -> DecodeError? {
            response(7, 0, field(18, entries), field(19, [more]))
        }
        #expect(page(entry(1, 2_048) + entry(2, 8_192)) == nil)
        #expect(page(entry(2, 2_048) + entry(1, 8_192)) == .contradictory, "not ascending")
        #expect(page(entry(1, 2_048) + entry(1, 2_048)) == .contradictory)
        #expect(page(entry(1, 2_049)) == .outOfRange)
        #expect(page(entry(1, 2_048).dropLast()) == .truncated)
        #expect(page(entry(1, 2_048), more: 1) == nil)
        #expect(page(entry(1, 2_048), more: 2) == .outOfRange)
        #expect(page([], more: 0) == nil)
        #expect(page([], more: 1) == .contradictory, "more, after none")
        #expect(page((0..<24).flatMap { entry($0, 2_048) }) == nil)
        #expect(page((0..<25).flatMap { entry($0, 2_048) }) == .oversized)
    }

    @Test func listsOfRanges() {
        let rest = field(29, counting(from: 0, count: 16)) + field(30, RefusedInputTests.big(1)) + field(31, [1])
        let fingerprint: [UInt8] = [1] + counting(from: 0, count: 16)
        let key: [UInt8] = [2] + counting(from: 1, count: 64)
        func asks(_ ranges: [UInt8]) -> DecodeError? { request(10, field(22, ranges), rest) }
        func answers(_ ranges: [UInt8]) -> DecodeError? { response(10, 0, field(22, ranges)) }
        #expect(asks(fingerprint + [0, 1, 4]) == nil)
        #expect(asks([0, 0, 1, 2] + fingerprint + [0, 1, 4]) == nil)
        #expect(asks([]) == .contradictory, "asks nothing")
        #expect(asks([0, 0, 1, 4]) == .contradictory, "asks nothing")
        #expect(asks(fingerprint + [0, 1, 0]) == .contradictory, "an empty range")
        #expect(asks(fingerprint + [0, 1, 3] + fingerprint + [0, 1, 2]) == .contradictory, "descends")
        #expect(asks(fingerprint + [1, 65] + counting(from: 1, count: 65)) == .outOfRange, "66 bytes")
        #expect(asks(fingerprint + [0, 2, 4]) == .truncated)
        #expect(asks(fingerprint) == .truncated)
        #expect(asks([4, 0, 1, 4]) == .outOfRange, "no mode")
        #expect(asks(fingerprint + [0, 1, 2, 3, 0, 1, 4]) == .contradictory, "names nothing in a request")

        #expect(answers([2, 0] + key + [3, 0, 1, 4]) == nil)
        #expect(answers([3, 0, 1, 4]) == nil, "there is nothing")
        #expect(answers([2, 0] + key) == .contradictory, "a list without an end")
        #expect(answers([2, 0] + key + [0, 0, 1, 4]) == .contradictory, "a list without an end")
        #expect(answers([2, 0] + key + [2, 65] + [3, 0, 1, 4]) == .outOfRange, "the same twice")
        #expect(answers([2, 0] + key + [2, 0] + key + [3, 0, 1, 4]) == .contradictory, "the same twice")
        #expect(answers([2, 66] + key + [3, 0, 1, 4]) == .outOfRange)
        #expect(answers([2, 0, 9] + key.dropFirst() + [3, 0, 1, 10]) == .outOfRange, "no kind")
        #expect(answers([0, 0, 65] + key + [2, 65] + [3, 0, 1, 4]) == nil, "the first may be the bound before")
        #expect(response(10, 0, field(22, [0, 0, 1, 4]), field(31, [1])) == .contradictory, "compared, and not")
        #expect(response(10, 0, field(22, []), field(31, [1])) == nil)
        #expect(answers([]) == .contradictory, "neither compared nor says how far it would")
    }
}
