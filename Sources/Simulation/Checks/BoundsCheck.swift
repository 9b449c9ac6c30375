import Basics

/// Whether no table of a node or of a person's side grows above its bound: all collections, whoever holds them, those
/// included that nobody thought of.
///
/// It reads values by reflection, down to the elements of small collections, and stops at classes: what is on disk is
/// counted elsewhere. A collection without a bound of its own has the bound that all have.
package struct BoundsCheck {
    /// The bounds of collections, by the type that holds them and the property.
    private static let bounds: [String: Int] = [
        // Sessions, with all that is counted by slot: the table reuses slots.
        "SessionTable.unproven": Limits.unprovenSessions,
        "HandshakeList.entries": Limits.handshakes,
        "LocalIdentities.entries": Limits.identities,
        "SessionSlots.entries": Limits.sessions + Limits.unprovenSessions + 1,
        "OutgoingHandshake.queued": Limits.requestsPerHandshake,
        "PathValidation.paths": Limits.otherPaths,
        "OtherPath.answers": Limits.answersHeldPerPath,
        // Requests and operations.
        "RequestTable.pending": Limits.requests,
        "DeferredReplies.waiting": Limits.deferredAnswers,
        "OperationPool.running": Limits.operations,
        "ClientIdentities.entries": Limits.identities,
        // Routing.
        "Greetings.underWay": Limits.greetings,
        "Newcomers.underWay": Limits.confirmations,
        "Newcomers.barred": Limits.unconfirmedNodes,
        "Alternates.waiting": Limits.alternates,
        "Alternates.refuted": Limits.alternates,
        "Probes.probes": Limits.probes,
        // Mailboxes.
        "ChunkAssembler.sets": Limits.assemblies,
        "Authorizations.grants": Limits.authorizations,
        // People.
        "PendingMessages.messages": Limits.outboxMessages + Limits.receiptBatches,
        "DurableStates.underWay": Limits.outboxMessages,
        "Receipts.batches": Limits.receiptBatches,
        "RecordCache.entries": Limits.cachedRecords,
        "PeerKeys.entries": Limits.cachedPeerKeys,
        "DirectWays.ways": 2 * Limits.shutWays,
        "InboxOrder.unshown": Limits.withheldMessages,
        "UnopenedMail.held": Limits.unopenedEnvelopes,
    ]
    /// All others have at most so many, and buffers so many bytes.
    private static let bound = 20_000
    private static let bytes = 1 << 20
    /// Elements are looked into in collections of at most so many, and values within values so deep.
    private static let small = 16
    private static let depth = 12

    /// The names of types, which are dear to make.
    private var names: [ObjectIdentifier: String] = [:]
    package private(set) var findings = CheckFindings()
    /// Collections looked at so far.
    package private(set) var collections = 0

    package init() {}

    /// Looks at all that a value holds. `who`: whose it is, for the sentence.
    package mutating func inspect(_ value: Any, of who: @autoclosure () -> String) {
        inspect(Mirror(reflecting: value), BoundsCheck.depth, who)
    }

    private mutating func inspect(_ mirror: Mirror, _ depth: Int, _ who: () -> String) {
        guard depth > 0 else { return }
        for child in mirror.children {
            let inner = Mirror(reflecting: child.value)
            switch inner.displayStyle {
            case .collection, .dictionary, .set:
                let count = inner.children.count
                collections += 1
                if count > BoundsCheck.small { check(count, child, mirror, who) }
                if count <= BoundsCheck.small { inspect(inner, depth - 1, who) }
            case .struct, .tuple, .optional, .enum: inspect(inner, depth - 1, who)
            default: break
            }
        }
    }

    private mutating func check(_ count: Int, _ child: Mirror.Child, _ mirror: Mirror, _ who: () -> String) {
        let type = ObjectIdentifier(mirror.subjectType)
        let name = names[type] ?? String(describing: mirror.subjectType)
        names[type] = name
        let place = "\(name).\(child.label ?? "element")"
        let bound = BoundsCheck.bounds[place] ?? (child.value is [UInt8] ? BoundsCheck.bytes : BoundsCheck.bound)
        if count > bound { findings.add("\(who()) has \(count) in \(place), which may hold \(bound).") }
    }
}
