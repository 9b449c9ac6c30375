import Basics
import Cryptography
import NodeCore
import PeerCore
import Simulation
import Storage
import Testing
import Wire

/// What is not to be found in captured traffic nor on others' disks: docs/threat-model.md, "Who learns what".
@Suite struct EavesdropperStories {
    /// A day of two people who write to each other, directly and through mailboxes, with real encryption. An observer has every
    /// datagram; all relays together have every request that they serve, decrypted, and their disks.
    @Test func nobodyElseSeesWhoWritesWhatToWhom() throws {
        var town = Town(nodes: 12, seed: 91, suite: .repeatable, bucketSize: 6)
        for name in ["Amy", "Ben"] { town.addPerson(name) }
        town.network.run(for: .seconds(30))
        let epoch = town.network.now.utc.epoch
        var messages: [MessageID] = []
        let (wire, requests) = (Capture(), Capture())
        let relays = Set(town.relays)
        town.network.tap = { _, _, bytes in wire.add(bytes) }
        town.network.requestTap = { host, _, body in
            if relays.contains(host) { body.withUnsafeBytes { requests.add($0) } }
        }
        let texts = ["For your eyes only", "Nor this for others"]
        messages.append(try town.write(texts[0], from: "Amy", to: "Ben"))
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        messages.append(try town.write(texts[1], from: "Amy", to: "Ben"))
        town.network.run(for: .seconds(60))
        let disks = Capture()
        for relay in town.relays { disks.add(town.network.disk(relay)) }
        town.restart("Ben")
        let arrived = town.wait(for: texts, at: "Ben")
        #expect(arrived)
        town.network.run(for: .seconds(60))
        for relay in town.relays { disks.add(town.network.disk(relay)) }

        let ben = Capture()
        ben.add(town.network.disk(town.host("Ben")))
        let personal =
            [("Amy's ID", town.id("Amy").bytes.array), ("Ben's ID", town.id("Ben").bytes.array)]
            + texts.map { ("a text", Array($0.utf8)) } + messages.map { ("a message's ID", $0.array) }
        for (what, needle) in personal {
            #expect(!wire.contains(needle), "an observer sees \(what)")
            #expect(!requests.contains(needle), "a node is told \(what)")
            #expect(!disks.contains(needle), "a node keeps \(what)")
            // So that a search that finds nothing is no test that can't fail.
            if what != "Ben's ID" { #expect(ben.contains(needle), "Ben has \(what)") }
        }
        // Nodes know the places, and not whose they are; an observer doesn't even see these.
        for purpose in [BlindingPurpose.record, .mailbox] {
            let location = try #require(
                town.id("Ben").blindedKey(for: purpose, epoch: epoch, suite: .repeatable)?.location)
            #expect(!wire.contains(location.bytes.array), "an observer sees a \(purpose)'s location")
            #expect(requests.contains(location.bytes.array) && disks.contains(location.bytes.array))
        }
        // Where Ben is reached stands in his record, which nodes keep sealed.
        let address = town.network.endpoint(town.host("Ben"))
        let endpoint = try #require(address.ipv4).bigEndianBytes + address.port.bigEndianBytes
        let records = Capture()
        for relay in town.relays { records.add(town.network.disk(relay), only: .records) }
        #expect(!records.isEmpty && !records.contains(endpoint), "a record keeper sees where Ben is")
    }
}

/// Bytes, one after the other, in which to look for others.
private final class Capture {
    private var pieces: [[UInt8]] = []
    var isEmpty: Bool { pieces.isEmpty }

    func add(_ bytes: UnsafeRawBufferPointer) { pieces.append(Array(bytes)) }

    func add(_ disk: MemoryStore, only table: Table? = nil) {
        for table in table.map({ [$0] }) ?? Table.allCases {
            disk.scan(table, prefix: [], after: nil) { key, value in
                key.withUnsafeBytes { add($0) }
                value.withUnsafeBytes { add($0) }
                return true
            }
        }
    }

    func contains(_ needle: [UInt8]) -> Bool { pieces.contains { Capture.find(needle, in: $0) } }

    private static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
        guard let first = needle.first, bytes.count >= needle.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            (0...bytes.count - needle.count).contains { place in
                bytes[place] == first && needle.indices.allSatisfy { bytes[place + $0] == needle[$0] }
            }
        }
    }
}
