import Basics
import NodeCore

/// What must hold of every node's routing table and bounds, checked apart from the code that keeps it.
enum TableCheck {
    /// What is wrong, a sentence each.
    static func problems(of node: Node, bucketSize: Int) -> [String] {
        var problems: [String] = []
        var perBucket = [Int](repeating: 0, count: 256)
        var seen: Set<NodeID> = []
        var blocks: [UInt64: Int] = [:]
        node.forEachContact { entry in
            let contact = entry.contact
            if contact.id == node.id { problems.append("The table names the node itself.") }
            if contact.key.nodeID != contact.id { problems.append("A contact's ID is not the hash of its key.") }
            if !seen.insert(contact.id).inserted { problems.append("A contact is in the table twice.") }
            let shared = (contact.id.bytes ^ node.id.bytes).leadingZeroBitCount
            if shared != entry.bucket { problems.append("A contact is in a bucket that is not that of its distance.") }
            perBucket[entry.bucket] += 1
            if let address = contact.ipv4?.ipv4 {
                blocks[UInt64(entry.bucket) << 32 | UInt64(address >> 8), default: 0] += 1
            }
        }
        if perBucket.contains(where: { $0 > bucketSize }) {
            problems.append("A bucket holds more than k contacts.")
        }
        if blocks.values.contains(where: { $0 > Limits.contactsPerBlock }) {
            problems.append("A bucket holds more contacts of one address block than it may.")
        }
        let status = node.status
        if status.bytes > Limits.bytesPerNode { problems.append("The node holds more bytes than it may.") }
        if status.records > Limits.recordsPerNode { problems.append("The node holds more records than it may.") }
        if status.tombstones > Limits.tombstonesPerNode {
            problems.append("The node holds more tombstones than it may.")
        }
        if status.sessions > Limits.sessions + Limits.unprovenSessions {
            problems.append("The node holds more sessions than it may.")
        }
        return problems
    }
}
