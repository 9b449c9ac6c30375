import Basics

/// The newest unsettled write of one key; a nil value removes.
struct PendingWrite {
    let key: [UInt8]
    let value: [UInt8]?
    let ticket: Ticket

    /// Negative where the key comes before `other`, zero where it is the same, positive where it comes after.
    func compare(with other: RawSpan) -> Int {
        let common = min(key.count, other.byteCount)
        for index in 0..<common {
            let theirs = other.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if key[index] != theirs { return key[index] < theirs ? -1 : 1 }
        }
        return key.count - other.byteCount
    }
}
