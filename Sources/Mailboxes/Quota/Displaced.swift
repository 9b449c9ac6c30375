/// What was evicted to make room for other things, since the start.
public struct Displaced: Hashable, Sendable {
    public private(set) var records = 0
    public private(set) var tombstones = 0

    public init() {}

    mutating func add(_ kind: ExpiringKind) {
        switch kind {
        case .record: records += 1
        case .tombstone: tombstones += 1
        case .envelope: break
        }
    }
}
