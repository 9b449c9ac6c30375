/// Which way a message went.
enum MessageDirection: UInt8 {
    case received = 0
    case sent = 1

    /// What a value says; nil where it says nothing known.
    init?(_ value: RawSpan) {
        guard value.byteCount == 1 else { return nil }
        self.init(rawValue: value.unsafeLoad(as: UInt8.self))
    }
}
