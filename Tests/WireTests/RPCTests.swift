import Basics
import Foundation
import Testing
import Wire

/// What the table of RPCs says is what the codecs do and the pages tell.
@Suite struct RPCTests {
    private struct Field {
        let tag: UInt8
        let bytes: [UInt8]
    }

    /// The fields of a body.
    private func fields(of body: [UInt8]) -> [Field] {
        var fields: [Field] = []
        var at = RPCHeader.byteCount
        while at + 3 <= body.count {
            let end = at + 3 + Int(body[at + 1]) << 8 + Int(body[at + 2])
            fields.append(Field(tag: body[at], bytes: Array(body[at..<end])))
            at = end
        }
        return fields
    }

    private func body(_ header: ArraySlice<UInt8>, _ fields: [Field]) -> [UInt8] {
        Array(header) + fields.flatMap(\.bytes)
    }

    /// What is encoded has the fields that must be there and none beyond those that may; without one of the former it is refused.
    private func check(
        _ whole: [UInt8], must: [FieldTag], may: [FieldTag], _ kind: RPCKind, error: ([UInt8]) -> DecodeError?
    ) {
        let found = fields(of: whole)
        let tags = found.map(\.tag)
        let required = must.map(\.rawValue)
        #expect(tags.filter { tag in !may.contains { $0.rawValue == tag } } == required, "\(kind)")
        for tag in required {
            let rest = found.filter { $0.tag != tag }
            #expect(error(body(whole.prefix(RPCHeader.byteCount), rest)) == .missingField, "\(kind) without \(tag)")
        }
    }

    @Test(arguments: RPCKind.inUse) func bodiesHaveTheFieldsOfTheTable(kind: RPCKind) throws {
        var generator = SeededGenerator(seed: UInt64(kind.rawValue))
        let rpc = try #require(kind.rpc)
        for _ in 0..<20 {
            let (one, other) = (generator.request(kind), generator.answer(to: kind))
            let (request, answer) = (try #require(one), try #require(other))
            #expect(request.message.kind == kind)
            check(request.body, must: rpc.asks, may: rpc.mayAsk, kind, error: requestError)
            #expect(try Request.decode(request.body.span.bytes).request.carriesChunk == rpc.carriesChunk)
            check(answer.body, must: [.outcome] + rpc.answers, may: rpc.mayAnswer, kind, error: responseError)
        }
    }

    @Test(arguments: RPCKind.allCases) func onlyWhatTheTableAllowsIsPartialOrCollected(kind: RPCKind) {
        let header: [UInt8] = [kind.rawValue | 0x80, 0, 0, 0, 1]
        let partial = header + [1, 0, 1, 1, 17, 0, 16] + counting(from: 0, count: 16)
        #expect(responseError(partial) == (kind.rpc?.carriesChunk == true ? nil : .contradictory))
        let key: [UInt8] = kind.rpc?.namesCollector == true ? [10, 0, 32] + counting(from: 0, count: 32) : []
        let tombstone = [13, 0, 100] + counting(from: 0, count: 100)
        let collected = header + [1, 0, 1, 2]
        #expect(
            responseError(collected + key + tombstone)
                == (kind.rpc?.mayBeCollected == true ? nil : .contradictory))
        #expect(key.isEmpty || responseError(collected + tombstone) == .missingField)
    }

    @Test func everyKindHasKnownAnswers() throws {
        let names = try Fixtures("rpc").names
        for kind in RPCKind.inUse { #expect(names.contains("request \(kind)")) }
    }

    // MARK: docs/protocol.md

    private func rows() throws -> [[String]] {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/protocol.md")
        return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| ") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    /// As the page has it: in words.
    private func name(_ tag: FieldTag) -> String { tag == .retryAfter ? "retry after" : "\(tag)" }

    /// The fields that a cell names, each before what it says of it.
    private func named(in cell: String) -> [String] {
        cell.hasPrefix("–") || cell.isEmpty
            ? []
            : cell.split { ",;".contains($0) }.map { part in
                String(part.prefix { !":≥(".contains($0) }).trimmingCharacters(in: .whitespaces)
            }
    }

    @Test func thePageHasTheTable() throws {
        let rows = try rows()
        for kind in RPCKind.allCases {
            let name = kind.isReserved ? "\(kind), reserved" : "\(kind)"
            let row = try #require(rows.first { $0.starts(with: ["\(kind.rawValue)", name]) }, "\(kind)")
            guard let rpc = kind.rpc else { continue }
            // Of `list`, what is optional stands in its place; of a ping, behind all others.
            #expect(named(in: row[2]) == (rpc.asks + rpc.mayAsk).map(self.name), "\(kind) asks")
            #expect(named(in: row[3]) == (rpc.answers + rpc.mayAnswer).map(self.name), "\(kind) answers")
            let others = (rpc.carriesChunk ? ["partial"] : []) + (rpc.mayBeCollected ? ["collected"] : [])
            #expect(named(in: row.count > 4 ? row[4] : "") == others, "\(kind) ends otherwise")
        }
    }

    @Test func thePageHasTheTags() throws {
        let cells = try rows().filter { $0.count == 6 }.flatMap { [Array($0.prefix(2)), Array($0[3..<5])] }
        for tag in FieldTag.allCases { #expect(cells.contains(["\(tag.rawValue)", name(tag)]), "\(tag)") }
    }
}
