import Basics

/// The newest unsettled write of one key; a nil value removes.
struct PendingWrite {
    let key: [UInt8]
    let value: [UInt8]?
    let ticket: Ticket
    /// Its place among the writes that the driver has not taken yet, while it is one of them.
    let place: Int

    init(_ write: StoreWrite, _ ticket: Ticket, place: Int) {
        key = write.key
        value = write.value
        self.ticket = ticket
        self.place = place
    }

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
