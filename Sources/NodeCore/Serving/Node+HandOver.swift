import Basics
import Cryptography
import Sessions

/// Records are kept in repair by whoever comes across a gap: nodes come and go, and owners stay away for weeks.
extension Node {
    /// Brings a record that this node keeps to those that are the closest to it by now. That is a keeper's business, not
    /// its person's: it goes under the node's own key, over the sessions that neighbours have anyway.
    mutating func handOver(_ record: [UInt8], at location: Location, now: Now, into outbox: inout Outbox) {
        let closest = table.closest(
            to: location.bytes, count: configuration.bucketSize, families: families, onlyAlive: true)
        handOver(record, at: location, to: closest, as: .node, now: now, into: &outbox)
    }

    /// Brings a record to nodes. Where nothing more can be begun now it is left to the next who comes across it.
    mutating func handOver(
        _ record: [UInt8], at location: Location, to nodes: [Contact], as identity: IdentityID, now: Now,
        into outbox: inout Outbox
    ) {
        guard !nodes.isEmpty else { return }
        let upload = Upload(
            goal: .handOver, identity: identity, location: location, object: Blake2b.hash256(record), payload: record,
            recipients: nodes)
        _ = begin(.upload(upload), now: now, into: &outbox)
    }
}
