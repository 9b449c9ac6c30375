import Platform
import Simulation

/// The map for scripts. IDs are cut to their first 64 bits, 16 hexadecimal digits.
extension Run {
    var map: JSONValue {
        let map = summary.map
        return .object([
            "living": JSONValue(map.living),
            "nodes": .array(map.nodes.map(json)),
            "tables": .array(
                map.tables.map { table in
                    .object([
                        "node": JSONValue(table.node), "contacts": .array(table.contacts.map { JSONValue($0) }),
                        "gone": JSONValue(table.gone),
                    ])
                }),
            "mailbox": map.mailbox.map(json) ?? .null,
        ])
    }

    private func json(_ node: NetworkMap.Node) -> JSONValue {
        .object([
            "id": id(node.id), "ageSeconds": JSONValue(node.age.inSeconds), "personal": .bool(node.isPersonal),
            "liar": .bool(node.isLiar), "hidden": .bool(node.isHidden),
        ])
    }

    private func json(_ mailbox: NetworkMap.Mailbox) -> JSONValue {
        .object([
            "location": id(mailbox.location), "waiting": JSONValue(mailbox.waiting),
            "collected": JSONValue(mailbox.collected),
            "buddies": .array(
                mailbox.buddies.map { buddy in
                    .object([
                        "node": JSONValue(buddy.node), "rank": JSONValue(buddy.rank),
                        "closest": .bool(buddy.isClosest), "waiting": JSONValue(buddy.waiting),
                        "collected": JSONValue(buddy.collected),
                    ])
                }),
        ])
    }

    private func id(_ prefix: UInt64) -> JSONValue { .string(Readable.hexadecimal(prefix, digits: 16)) }
}
