import Basics
import Cryptography
import NodeCore
import Wire

/// The answers of a node that runs a modified program: it keeps sessions and routes as others do, and lies where it
/// can.
package struct Liar: Sendable {
    let lies: Set<Liars.Lie>
    let names: FalseNames
    /// Where it says that it sees whoever makes or answers an offer; nil: where they are.
    let pretence: Endpoint?

    package init(lies: Set<Liars.Lie>, names: FalseNames, pretence: Endpoint? = nil) {
        self.lies = lies
        self.names = names
        self.pretence = pretence
    }

    /// Whether it drops what it is brought. Then it doesn't fetch what it lacks either.
    var keepsNothing: Bool { lies.contains(where: \.keepsNothing) }

    /// Answers a request in its node's place; returns false where the node answers by itself.
    func answer(_ body: RawSpan, into answer: inout ByteWriter) -> Bool {
        guard let (header, request) = try? Request.decode(body) else { return false }
        switch request {
        case .deposit where keepsNothing, .putRecord where keepsNothing:
            Response.kept.encode(answering: header, into: &answer)
        case .reconcile where lies.contains(.claimEqual):
            var ranges = RangeWriter()
            _ = ranges.equal(upTo: .end)
            let bytes = ranges.finish()
            let equal = Response.reconciled(ranges: ByteRange(offset: 0, count: bytes.count), depth: nil)
            equal.encode(answering: header, payload: bytes.span.bytes, into: &answer)
        case .subscribe(_, let seconds) where lies.contains(.announceNothing):
            Response.subscribed(seconds: seconds).encode(answering: header, into: &answer)
        case .list where lies.contains(.refuseReturn):
            Response.page(entries: ByteRange(offset: 0, count: 0), more: false).encode(answering: header, into: &answer)
        case .fetch where lies.contains(.refuseReturn), .getRecord where lies.contains(.refuseReturn):
            Response.refused(.notFound, retryAfterSeconds: 0).encode(answering: header, into: &answer)
        case .findNode(let target, let count, _) where lies.contains(.falseContacts):
            var items = ByteWriter(capacity: Limits.bodySize)
            // Half a page: an answer may not be longer than its request.
            for contact in names.closest(to: target, count: min(count, 10)) { items.contact(contact) }
            let contacts = Response.contacts(items.range)
            items.withSpan { contacts.encode(answering: header, payload: $0, into: &answer) }
        default: return false
        }
        return true
    }
}

/// Contacts that don't exist, so many that some are closer to any point than those that do.
package struct FalseNames: Sendable {
    /// Ascending by ID.
    private let contacts: [Contact]

    package init(count: Int, seed: UInt64) {
        var chance = Chance(seed: seed, .lies)
        contacts = (0..<count).map { index in
            // Unused addresses: the last of the plan, each in a block of its own.
            let address = AddressPlan.address(of: AddressPlan.count - 1 - index)
            return Contact(key: PublicKey(chance.bytes32()), endpoint: Endpoint(ipv4: address, port: VirtualHost.port))
        }
        .sorted { $0.id.bytes < $1.id.bytes }
    }

    /// The contacts next to a point in ascending order: roughly the closest, and plausible to the requester.
    func closest(to target: Bytes32, count: Int) -> [Contact] {
        var (low, high) = (0, contacts.count)
        while low < high {
            let middle = (low + high) / 2
            if contacts[middle].id.bytes < target { low = middle + 1 } else { high = middle }
        }
        let first = max(0, min(low - count / 2, contacts.count - count))
        return Array(contacts[first..<min(first + count, contacts.count)])
    }
}
