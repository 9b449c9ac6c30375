import Basics
import CSodium

/// A file sealed by a passphrase, of any length, written and read in chunks.
///
/// ```
///  0              12        13       21          37              61          77
/// +--------------+---------+--------+-----------+---------------+-----------+-----------
/// | "roost export"| version | cost  | salt (16) | stream header | check (16)| chunks …
/// |              | 1       | (8)    |           | (24)          |           |
/// +--------------+---------+--------+-----------+---------------+-----------+-----------
///   key   = Argon2id(passphrase, salt, cost): passes u32, KiB u32
///   check = the first 16 bytes of BLAKE2b-256 keyed key of ("roost sealed file" ‖ bytes 0 to 60)
///   chunk = crypto_secretstream_xchacha20poly1305 of libsodium: 65,536 bytes and 17 more; the last is shorter or as long,
///           and has the tag FINAL, all others MESSAGE. The first one authenticates bytes 0 to 76.
/// ```
/// A wrong passphrase is found by `check`, before anything is read. The stream authenticates each chunk, its place, and that
/// there are no more: so a file is read to its end as it was written, or refused.
public enum SealedFile {
    /// Bytes before the chunks.
    public static let headSize = 77
    /// Bytes of content in a chunk, at most.
    public static let portion = 65_536
    /// Bytes of a chunk in the file, at most.
    public static let chunkSize = portion + 17
    /// Bytes that have to be drawn for a file: its salt and the header of its stream.
    public static let seedSize = 40

    private static let magic = Array("roost export".utf8)
    private static let version: UInt8 = 1
    private static let uncheckedSize = 61

    /// Why a file can't be read.
    public enum ReadError: Error, Hashable, Sendable {
        /// It is something else.
        case notSealed
        /// A later version has written it.
        case newer(version: UInt8)
        /// The passphrase is another, or the head was altered.
        case passphrase
        /// There isn't the memory that the passphrase takes, in KiB.
        case memory(kibibytes: UInt32)
        /// It was altered or cut short.
        case damaged
    }

    /// The length of a file of so much content.
    static func size(of content: Int) -> Int { headSize + content + 17 * max(1, (content + portion - 1) / portion) }

    private static func check(_ key: SecretKey, _ head: [UInt8]) -> [UInt8] {
        var hash = Blake2b(key: key)
        hash.update(Domain.sealedFile)
        hash.update(head)
        return Array(hash.finish().array[..<16])
    }

    /// Writes one.
    public final class Writer {
        /// What the file begins with.
        public let head: [UInt8]
        private let stream: Stream
        private var waiting: [UInt8] = []
        private var isFirst = true

        /// `seed` must be `seedSize` random bytes. Nil where there isn't the memory for the passphrase.
        public init?(passphrase: Passphrase, cost: Passphrase.Cost, seed: [UInt8]) {
            guard seed.count == seedSize, let key = passphrase.key(salt: Array(seed[..<16]), cost: cost) else {
                return nil
            }
            let start = magic + [version] + cost.bytes + seed
            head = start + check(key, start)
            stream = Stream(key: key, header: Array(seed[16...]))
        }

        /// Takes content, and returns the chunks that are whole.
        public func append(_ content: [UInt8]) -> [UInt8] {
            waiting += content
            var sealed: [UInt8] = []
            var start = 0
            // What fills a chunk exactly waits: it may be the last.
            while waiting.count - start > portion {
                sealed += seal(Array(waiting[start..<start + portion]), isLast: false)
                start += portion
            }
            waiting.removeFirst(start)
            return sealed
        }

        /// The last chunk.
        public func finish() -> [UInt8] {
            defer { waiting = [] }
            return seal(waiting, isLast: true)
        }

        private func seal(_ content: [UInt8], isLast: Bool) -> [UInt8] {
            defer { isFirst = false }
            return stream.push(content, authenticating: isFirst ? head : [], isLast: isLast)
        }
    }

    /// Reads one.
    public final class Reader {
        private let head: [UInt8]
        private let stream: Stream
        private var isFirst = true

        /// Begins with the first `headSize` bytes of a file, or fewer where it has no more.
        public init(head: [UInt8], passphrase: Passphrase) throws(ReadError) {
            guard head.starts(with: magic), head.count > magic.count else { throw .notSealed }
            guard head[magic.count] <= version else { throw .newer(version: head[magic.count]) }
            guard head.count == headSize, head[magic.count] == version,
                let cost = Passphrase.Cost(head.span.bytes, at: 13), cost.isAcceptable
            else { throw .damaged }
            guard let key = passphrase.key(salt: Array(head[21..<37]), cost: cost) else {
                throw .memory(kibibytes: cost.kibibytes)
            }
            guard check(key, Array(head[..<uncheckedSize])) == Array(head[uncheckedSize...]) else { throw .passphrase }
            self.head = head
            stream = Stream(key: key, header: Array(head[37..<uncheckedSize]))
        }

        /// The content of the next chunk: `chunkSize` bytes of the file, or what is left of it. `isLast`: nothing comes after.
        public func open(_ chunk: [UInt8], isLast: Bool) throws(ReadError) -> [UInt8] {
            guard isLast || chunk.count == chunkSize, let (content, isFinal) = stream.pull(chunk, isFirst ? head : []),
                isFinal == isLast
            else { throw .damaged }
            isFirst = false
            return content
        }
    }

    /// One stream of libsodium, in memory that is wiped.
    private final class Stream {
        private let state: UnsafeMutableRawPointer
        private static let size = crypto_secretstream_xchacha20poly1305_statebytes()
        private static let overhead = crypto_secretstream_xchacha20poly1305_abytes()

        /// A stream that begins with this header is the same for who writes it and who reads it: libsodium draws the header
        /// itself when it writes, and here it is an argument.
        init(key: SecretKey, header: [UInt8]) {
            Sodium.prepare()
            state = UnsafeMutableRawPointer.allocate(byteCount: Stream.size, alignment: 64)
            let pointer = state.assumingMemoryBound(to: crypto_secretstream_xchacha20poly1305_state.self)
            _ = key.withOctets { crypto_secretstream_xchacha20poly1305_init_pull(pointer, header, $0) }
        }

        deinit {
            sodium_memzero(state, Stream.size)
            state.deallocate()
        }

        private var pointer: UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state> {
            state.assumingMemoryBound(to: crypto_secretstream_xchacha20poly1305_state.self)
        }

        func push(_ content: [UInt8], authenticating associated: [UInt8], isLast: Bool) -> [UInt8] {
            let size = content.count + Stream.overhead
            let tag =
                isLast
                ? crypto_secretstream_xchacha20poly1305_tag_final()
                : crypto_secretstream_xchacha20poly1305_tag_message()
            return [UInt8](unsafeUninitializedCapacity: size) { output, count in
                _ = crypto_secretstream_xchacha20poly1305_push(
                    pointer, output.baseAddress, nil, content, UInt64(content.count), associated,
                    UInt64(associated.count), tag)
                count = size
            }
        }

        func pull(_ chunk: [UInt8], _ associated: [UInt8]) -> (content: [UInt8], isFinal: Bool)? {
            guard chunk.count >= Stream.overhead else { return nil }
            var tag: UInt8 = 0
            var isAuthentic = false
            let size = chunk.count - Stream.overhead
            // One byte more: where there is no content, libsodium still wants a place.
            let content = [UInt8](unsafeUninitializedCapacity: size + 1) { output, count in
                isAuthentic =
                    crypto_secretstream_xchacha20poly1305_pull(
                        pointer, output.baseAddress, nil, &tag, chunk, UInt64(chunk.count), associated,
                        UInt64(associated.count)) == 0
                count = isAuthentic ? size : 0
            }
            return isAuthentic ? (content, tag == crypto_secretstream_xchacha20poly1305_tag_final()) : nil
        }
    }
}
