import Basics
import Cryptography
import Foundation
import Testing

/// Files sealed by a passphrase: read to their end as they were written, or refused.
@Suite struct SealedFileTests {
    private let passphrase: Passphrase
    private let cheap = PassphraseTests.cheap

    init() throws { passphrase = try #require(Passphrase(Array("correct horse".utf8))) }

    private func seal(_ content: [UInt8], pieces: Int = 1_000_000) throws -> [UInt8] {
        let writer = try #require(SealedFile.Writer(passphrase: passphrase, cost: cheap, seed: counting(40)))
        var file = writer.head
        for start in stride(from: 0, to: content.count, by: pieces) {
            file += writer.append(Array(content[start..<min(start + pieces, content.count)]))
        }
        return file + writer.finish()
    }

    private func open(_ file: [UInt8], by passphrase: Passphrase? = nil) throws(SealedFile.ReadError) -> [UInt8] {
        let reader = try SealedFile.Reader(
            head: Array(file.prefix(SealedFile.headSize)), passphrase: passphrase ?? self.passphrase)
        var rest = file.dropFirst(SealedFile.headSize)
        var content: [UInt8] = []
        repeat {
            let chunk = Array(rest.prefix(SealedFile.chunkSize))
            rest = rest.dropFirst(SealedFile.chunkSize)
            content += try reader.open(chunk, isLast: rest.isEmpty)
        } while !rest.isEmpty
        return content
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) func whatIsSealedOpens(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let file = try seal(content)
        #expect(try seal(content, pieces: 7_001) == file)
        #expect(try open(file) == content)
        #expect(file.count == 77 + count + 17 * max(1, (count + 65_535) / 65_536))
    }

    @Test func itIsTheFileOfTheSecondImplementation() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/export.txt")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("    ") }
        #expect(try seal((0..<100).map { UInt8($0 % 251) }) == (try bytes(lines.joined())))
    }

    @Test func everyTruncationOfASmallFileIsRefused() throws {
        let file = try seal(counting(50))
        for count in 0..<file.count {
            #expect(throws: SealedFile.ReadError.self, "\(count)") { try open(Array(file[..<count])) }
        }
        #expect(throws: SealedFile.ReadError.damaged) { try open(file + [0]) }
    }

    @Test func everyFlippedBitOfASmallFileIsRefused() throws {
        let file = try seal(counting(20))
        // Costs are left alone here: large ones would be paid.
        for byte in file.indices where !(13..<21).contains(byte) {
            let error = #expect(throws: SealedFile.ReadError.self, "\(byte)") {
                try open(file.flipping(bit: 8 * byte + byte % 8))
            }
            if byte < 12 { #expect(error == .notSealed) }
            if (21..<77).contains(byte) { #expect(error == .passphrase) }
            if byte >= 77 { #expect(error == .damaged) }
        }
        for bit in [16, 17, 18, 20, 21, 22].map({ 8 * $0 + 7 }) where bit < 8 * 21 {
            #expect(throws: SealedFile.ReadError.self) { try open(file.flipping(bit: bit)) }
        }
    }

    /// A file may be cut between two chunks, a chunk be left out, or come twice.
    @Test func chunksHaveTheirPlaces() throws {
        let file = try seal([UInt8](repeating: 7, count: 150_000))
        let head = Array(file[..<77])
        let chunks = [file[77..<77 + 65_553], file[77 + 65_553..<77 + 131_106], file[(77 + 131_106)...]].map {
            Array($0)
        }
        #expect(try open(head + chunks.joined()).count == 150_000)
        for places in [[0, 1], [0], [1, 2], [0, 2], [1, 0, 2], [0, 0, 1, 2], [0, 1, 1], [2]] {
            #expect(throws: SealedFile.ReadError.damaged, "\(places)") {
                try open(head + places.flatMap { chunks[$0] })
            }
        }
    }

    @Test func whatIsWrongIsSaid() throws {
        let file = try seal([1, 2, 3])
        #expect(throws: SealedFile.ReadError.passphrase) { try open(file, by: Passphrase(Array("correct hors".utf8))) }
        #expect(throws: SealedFile.ReadError.notSealed) { try open(Array("PK and so on".utf8) + counting(200)) }
        #expect(throws: SealedFile.ReadError.notSealed) { try open([]) }
        var newer = file
        newer[12] = 2
        #expect(throws: SealedFile.ReadError.newer(version: 2)) { try open(newer) }
        // What costs more than this program spends on a file is refused before it is paid.
        for costly in [[0, 0, 0, 17, 0, 0, 0, 8], [0, 0, 0, 1, 0xff, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 8]] as [[UInt8]] {
            #expect(throws: SealedFile.ReadError.damaged) { try open(Array(file[..<13]) + costly + file[21...]) }
        }
    }
}
