import CLMDB
import Storage

extension Environment {
    /// What is shown of each entry, checksum included; false ends the visit.
    typealias Visitor = (_ key: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> Bool

    /// Visits what is stored under a prefix, in ascending order. Returns the code that ended the visit: `MDB_NOTFOUND` after the
    /// last entry.
    func visit(
        _ transaction: OpaquePointer, _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: Visitor
    ) -> Int32 {
        var start = prefix
        if let after, prefix.lexicographicallyPrecedes(after) { start = after }
        return withCursor(transaction, table) { cursor in
            var value = MDB_val()
            var (code, key) = withValue(start) { key in
                (mdb_cursor_get(cursor, &key, &value, start.isEmpty ? MDB_FIRST : MDB_SET_RANGE), key)
            }
            if code == MDB_SUCCESS, let after, UnsafeRawBufferPointer(key).elementsEqual(after) {
                code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            }
            return visit(cursor, from: (code, key, value), then: MDB_NEXT, prefix, body)
        }
    }

    /// The same in descending order, for keys before `before`.
    func visitBackward(
        _ transaction: OpaquePointer, _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: Visitor
    ) -> Int32 {
        let end = KeyPrefix.end(of: prefix, before: before)
        // Nothing comes before the empty key.
        guard end?.isEmpty != true else { return MDB_NOTFOUND }
        return withCursor(transaction, table) { cursor in
            var (key, value) = (MDB_val(), MDB_val())
            // The last entry before the first that isn't: the last of all, where none is.
            let isFound = end.map { end in
                withValue(end) { mdb_cursor_get(cursor, &$0, &value, MDB_SET_RANGE) } == MDB_SUCCESS
            }
            let code = mdb_cursor_get(cursor, &key, &value, isFound == true ? MDB_PREV : MDB_LAST)
            return visit(cursor, from: (code, key, value), then: MDB_PREV, prefix, body)
        }
    }

    private func visit(
        _ cursor: OpaquePointer, from first: (code: Int32, key: MDB_val, value: MDB_val),
        then step: MDB_cursor_op, _ prefix: [UInt8], _ body: Visitor
    ) -> Int32 {
        var (code, key, value) = first
        while code == MDB_SUCCESS {
            let bytes = UnsafeRawBufferPointer(key)
            guard bytes.starts(with: prefix), body(bytes, UnsafeRawBufferPointer(value)) else { return MDB_SUCCESS }
            code = mdb_cursor_get(cursor, &key, &value, step)
        }
        return code
    }

    private func withCursor(
        _ transaction: OpaquePointer, _ table: Table, _ body: (OpaquePointer) -> Int32
    ) -> Int32 {
        var opened: OpaquePointer?
        let code = mdb_cursor_open(transaction, tables[table.index], &opened)
        guard code == MDB_SUCCESS, let cursor = opened else { return code }
        defer { mdb_cursor_close(cursor) }
        return body(cursor)
    }
}
