import CLMDB
import Storage

extension Environment {
    /// Visits what is stored under a prefix, checksums included. Returns the code that ended the visit: `MDB_NOTFOUND` after the
    /// last entry.
    func visit(
        _ transaction: OpaquePointer, _ table: Table, prefix: [UInt8], after: [UInt8]?,
        _ body: (_ key: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> Bool
    ) -> Int32 {
        var opened: OpaquePointer?
        let code = mdb_cursor_open(transaction, tables[table.index], &opened)
        guard code == MDB_SUCCESS, let cursor = opened else { return code }
        defer { mdb_cursor_close(cursor) }
        var start = prefix
        if let after, prefix.lexicographicallyPrecedes(after) { start = after }
        return visit(cursor, from: start, prefix, after, body)
    }

    private func visit(
        _ cursor: OpaquePointer, from start: [UInt8], _ prefix: [UInt8], _ after: [UInt8]?,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Int32 {
        var value = MDB_val()
        var (code, key) = withValue(start) { key in
            (mdb_cursor_get(cursor, &key, &value, start.isEmpty ? MDB_FIRST : MDB_SET_RANGE), key)
        }
        if code == MDB_SUCCESS, let after, UnsafeRawBufferPointer(key).elementsEqual(after) {
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        while code == MDB_SUCCESS {
            let bytes = UnsafeRawBufferPointer(key)
            guard bytes.starts(with: prefix), body(bytes, UnsafeRawBufferPointer(value)) else { return MDB_SUCCESS }
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        return code
    }

    /// The same backwards, for keys before `before`. Returns `MDB_NOTFOUND` after the first entry.
    func visitBackward(
        _ transaction: OpaquePointer, _ table: Table, prefix: [UInt8], before: [UInt8]?,
        _ body: (_ key: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> Bool
    ) -> Int32 {
        var opened: OpaquePointer?
        let code = mdb_cursor_open(transaction, tables[table.index], &opened)
        guard code == MDB_SUCCESS, let cursor = opened else { return code }
        defer { mdb_cursor_close(cursor) }
        return visitBackward(cursor, before: KeyPrefix.end(of: prefix, before: before), prefix, body)
    }

    private func visitBackward(
        _ cursor: OpaquePointer, before end: [UInt8]?, _ prefix: [UInt8],
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Int32 {
        var key = MDB_val()
        var value = MDB_val()
        // The last entry before the first that is not: the last of all, where none is.
        var isAfter = false
        if let end {
            guard !end.isEmpty else { return MDB_NOTFOUND }
            isAfter = withValue(end) { mdb_cursor_get(cursor, &$0, &value, MDB_SET_RANGE) } == MDB_SUCCESS
        }
        var code = mdb_cursor_get(cursor, &key, &value, isAfter ? MDB_PREV : MDB_LAST)
        while code == MDB_SUCCESS {
            let bytes = UnsafeRawBufferPointer(key)
            guard bytes.starts(with: prefix), body(bytes, UnsafeRawBufferPointer(value)) else { return MDB_SUCCESS }
            code = mdb_cursor_get(cursor, &key, &value, MDB_PREV)
        }
        return code
    }
}
