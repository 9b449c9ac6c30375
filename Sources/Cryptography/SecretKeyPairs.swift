import CSodium

/// Pairs of secret keys at numbered places of one allocation: a node holds thousands, and a pair by itself on the heap
/// would take half as much again. What a place held is wiped when the next one comes, and in the end.
///
/// A value: a copy shares the memory until one of the two is changed.
package struct SecretKeyPairs: Sendable {
    private var storage: Storage?

    package init() {}

    /// Bytes of a pair.
    private static let stride = 2 * SecretKey.byteCount

    /// The number of places.
    package var capacity: Int { storage?.capacity ?? 0 }

    /// Bytes of memory that all places take.
    package var memory: Int { capacity * SecretKeyPairs.stride }

    /// Adds or removes places at the end; the keys in the others stay.
    package mutating func resize(to capacity: Int) {
        guard capacity != self.capacity else { return }
        storage = capacity > 0 ? Storage(capacity: capacity, copying: storage) : nil
    }

    /// Puts copies into a place; those of the caller are wiped with its last.
    package mutating func set(_ first: SecretKey, _ second: SecretKey, at place: Int) {
        change(place) { octets in
            first.withOctets { octets.update(from: $0, count: SecretKey.byteCount) }
            second.withOctets { (octets + SecretKey.byteCount).update(from: $0, count: SecretKey.byteCount) }
        }
    }

    /// Leaves zeros in a place.
    package mutating func wipe(_ place: Int) { change(place) { sodium_memzero($0, SecretKeyPairs.stride) } }

    /// Calls `body` with a pointer to the 32 bytes of the first or the second key of a place.
    @inline(__always)
    func withOctets<Result>(
        of place: Int, second isSecond: Bool, _ body: (UnsafePointer<UInt8>) -> Result
    ) -> Result {
        guard let storage, place >= 0, place < storage.capacity else { preconditionFailure("There is no such place") }
        let offset = place * SecretKeyPairs.stride + (isSecond ? SecretKey.byteCount : 0)
        return withExtendedLifetime(storage) { body(UnsafePointer(storage.octets + offset)) }
    }

    private mutating func change(_ place: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Void) {
        if !isKnownUniquelyReferenced(&storage) {
            storage = storage.map { Storage(capacity: $0.capacity, copying: $0) }
        }
        guard let storage, place >= 0, place < storage.capacity else { preconditionFailure("There is no such place") }
        withExtendedLifetime(storage) { body(storage.octets + place * SecretKeyPairs.stride) }
    }

    // Safe to share: the memory is written only by init, before any other code sees it, by `change`, which has made
    // sure that there is no other reference, and by deinit, when none is left. It is reached only through methods that
    // keep it alive meanwhile.
    private final class Storage: @unchecked Sendable {
        let capacity: Int
        let octets: UnsafeMutablePointer<UInt8>

        /// As much of another one as there is room for, and zeros after it.
        init(capacity: Int, copying other: Storage?) {
            Sodium.prepare()
            self.capacity = capacity
            let count = capacity * SecretKeyPairs.stride
            // Each pair in a cache line of its own.
            let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: SecretKeyPairs.stride)
            octets = memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
            if let other {
                octets.update(from: other.octets, count: min(capacity, other.capacity) * SecretKeyPairs.stride)
            }
        }

        deinit {
            sodium_memzero(octets, capacity * SecretKeyPairs.stride)
            UnsafeMutableRawPointer(octets).deallocate()
        }
    }
}
