import CLMDB

/// The file is not what LMDB writes; the reason is for diagnosis.
struct StoreDamage: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// Reads a store's file page by page without LMDB, which trusts whatever it finds.
///
/// The format is that of LMDB 0.9 on a 64-bit system (`MDB_page`, `MDB_node`, `MDB_db`, `MDB_meta` in its mdb.c), in the byte
/// order of the machine:
/// ```
/// page   0 number · 8  · 2 unused · 2 flags · 2 end of the offsets · 2 start of the nodes (overflow: 4 count of pages)
///          · 2 each: offsets of the nodes, in the order of their keys … free … nodes
/// node   0 size of the data, low · 2 high · 4 flags · 6 size of the key · 8 key · data
///          (branch: bytes 0 to 5 are the child's number)
/// tree   0 page size (first tree) · 4 flags · 6 depth · 8 branches · 16 leaves · 24 overflows · 32 entries · 40 root
/// meta   16 magic · 20 version · 40 tree of free pages · 88 main tree · 136 last page · 144 transaction
/// ```
struct StorePages: ~Copyable {
    private let file: CInt
    let pageSize: Int
    /// The highest number of a page in use.
    let last: UInt64
    let free: Tree
    let main: Tree

    /// The root of a B+tree.
    struct Tree {
        static let size = 48
        /// The root of an empty tree.
        static let none = UInt64.max

        let flags: UInt16
        let depth: Int
        let root: UInt64

        init(_ bytes: PageBytes, at offset: Int) throws(StoreDamage) {
            flags = try bytes.load(UInt16.self, offset + 4)
            depth = Int(try bytes.load(UInt16.self, offset + 6))
            root = try bytes.load(UInt64.self, offset + 40)
        }
    }

    private struct Meta {
        let pageSize: Int
        let free: Tree
        let main: Tree
        let last: UInt64
        let transaction: UInt64

        init(_ bytes: PageBytes) throws(StoreDamage) {
            guard try bytes.load(UInt16.self, 10) == 8, try bytes.load(UInt32.self, 16) == 0xBEEF_C0DE,
                try bytes.load(UInt32.self, 20) == 1
            else { throw StoreDamage("it does not begin as a store does") }
            pageSize = Int(try bytes.load(UInt32.self, 40))
            free = try Tree(bytes, at: 40)
            main = try Tree(bytes, at: 88)
            last = try bytes.load(UInt64.self, 136)
            transaction = try bytes.load(UInt64.self, 144)
        }

        static let size = 152
    }

    /// Opens a file and reads its two meta pages, of which the newer counts.
    init(_ path: String) throws(StoreDamage) {
        let opened = clmdb_open(path)
        guard opened >= 0 else {
            throw StoreDamage("it can't be read: \(String(cString: mdb_strerror(clmdb_error())))")
        }
        let meta: Meta
        do throws(StoreDamage) {
            meta = try StorePages.newerMeta(opened)
            let size = clmdb_file_size(opened)
            guard size >= 0, meta.last > 1, meta.last < UInt64(size) / UInt64(meta.pageSize) else {
                throw StoreDamage("its end is missing")
            }
        } catch {
            clmdb_close(opened)
            throw error
        }
        file = opened
        pageSize = meta.pageSize
        last = meta.last
        free = meta.free
        main = meta.main
    }

    /// The two are written in turn: the numbers of their transactions are neighbours, the even one's on page 0. So a changed
    /// number can't make the older state pass for the newer.
    private static func newerMeta(_ file: CInt) throws(StoreDamage) -> Meta {
        let first = try Meta(read(file, at: 0, count: Meta.size))
        guard (512...65_536).contains(first.pageSize), first.pageSize & (first.pageSize - 1) == 0 else {
            throw StoreDamage("its pages have an impossible size")
        }
        let second = try Meta(read(file, at: first.pageSize, count: Meta.size))
        let (newer, older) =
            first.transaction > second.transaction ? (first, second) : (second, first)
        guard first.pageSize == second.pageSize, first.transaction % 2 == 0,
            newer.transaction - older.transaction == 1
        else { throw StoreDamage("its two beginnings contradict each other") }
        return newer
    }

    deinit { clmdb_close(file) }

    /// Reads consecutive pages.
    func read(_ number: UInt64, count: Int = 1) throws(StoreDamage) -> PageBytes {
        try StorePages.read(file, at: Int(number) * pageSize, count: count * pageSize)
    }

    private static func read(_ file: CInt, at offset: Int, count: Int) throws(StoreDamage) -> PageBytes {
        var bytes = [UInt8](repeating: 0, count: count)
        switch bytes.withUnsafeMutableBytes({ clmdb_read(file, $0.baseAddress, $0.count, Int64(offset)) }) {
        case count: return PageBytes(bytes: bytes)
        case ..<0: throw StoreDamage("the disk can't read it: \(String(cString: mdb_strerror(clmdb_error())))")
        default: throw StoreDamage("its end is missing")
        }
    }
}

/// Bytes that are never read beyond their end.
struct PageBytes {
    let bytes: [UInt8]

    func load<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type, _ offset: Int) throws(StoreDamage) -> Word {
        try range(offset, MemoryLayout<Word>.size)
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Word.self) }
    }

    func slice(_ offset: Int, _ count: Int) throws(StoreDamage) -> ArraySlice<UInt8> {
        bytes[try range(offset, count)]
    }

    @discardableResult
    private func range(_ offset: Int, _ count: Int) throws(StoreDamage) -> Range<Int> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw StoreDamage("a page is cut short")
        }
        return offset..<offset + count
    }
}
