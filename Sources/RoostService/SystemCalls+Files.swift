import CLibrary

extension SystemCalls {
    /// A file that is being written, under an unused name beside its own. It gets its name when it is whole and on disk; until
    /// then, or where that fails, nothing is left of it.
    final class Draft {
        private let path: String
        private let draft: String
        private let file: CInt

        /// Begins the file that is to be at `path`, readable by its owner only.
        init(beside path: String) throws(Failure) {
            let draft = "\(path).\(UInt64.random(in: .min ... .max)).tmp"
            file = try check { open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
            self.path = path
            self.draft = draft
        }

        deinit {
            close(file)
            // After `finish` there is nothing of this name, or a second name of the file.
            unlink(draft)
        }

        func append(_ bytes: [UInt8]) throws(Failure) {
            var count = 0
            while count < bytes.count {
                count += try check {
                    bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + count }, bytes.count - count) }
                }
            }
        }

        /// Gives the file its name, durably. Without `replacing`, throws EEXIST where there is one already: the name is given
        /// by `link`, so that of two processes one wins, and the other can read what the winner wrote.
        func finish(in directory: String, replacing: Bool) throws(Failure) {
            try check { fsync(file) }
            if replacing {
                try keepOwner()
                try rename(draft, to: path)
            } else if link(draft, path) != 0 {
                let failure = Failure(code: errno)
                // File systems of sticks know no second name.
                guard [EPERM, EOPNOTSUPP, ENOSYS].contains(failure.code), try status(path) == nil else { throw failure }
                try rename(draft, to: path)
            }
            try sync(directory)
        }

        /// What root replaces stays its owner's: else the service that it belongs to could not read it any more.
        private func keepOwner() throws(Failure) {
            var status = stat()
            guard geteuid() == 0, stat(path, &status) == 0 else { return }
            try check { fchown(file, status.st_uid, status.st_gid) }
        }
    }

    /// All bytes of what can be read only once, such as a pipe, as they come; of more than `limit` so many and one.
    static func readStream(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let input = Input(descriptor: try check { open(path, O_RDONLY | O_CLOEXEC) })
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let part = try input.read(min(1 << 16, limit + 1 - bytes.count))
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }

    /// A file, or what one has held, that is read in pieces.
    final class Input {
        /// Not there where all of it is in memory.
        private let file: CInt?
        private var rest: ArraySlice<UInt8> = []

        /// Opens it. Doesn't block, even if it is a pipe.
        convenience init(_ path: String) throws(Failure) {
            self.init(descriptor: try check { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
        }

        /// What was read before.
        init(_ bytes: [UInt8]) {
            file = nil
            rest = bytes[...]
        }

        fileprivate init(descriptor: CInt) { file = descriptor }

        deinit {
            if let file { close(file) }
        }

        /// The next bytes: so many, or fewer at the end.
        func read(_ count: Int) throws(Failure) -> [UInt8] {
            guard let file else {
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            }
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let size = try check {
                    bytes.withUnsafeMutableBytes { systemRead(file, $0.baseAddress.map { $0 + done }, count - done) }
                }
                if size == 0 { break }
                done += size
            }
            return Array(bytes[..<done])
        }
    }
}
