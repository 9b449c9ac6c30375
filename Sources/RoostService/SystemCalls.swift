import Basics

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `read(2)`, where `SystemCalls.read` hides it.
func systemRead(_ file: CInt, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(file, start, count)
}

/// `link(2)` and `rename(2)`, likewise.
private func systemLink(_ path: String, _ name: String) -> CInt { link(path, name) }
private func systemRename(_ path: String, _ name: String) -> CInt { rename(path, name) }

/// The operating system's C interface: only files of this name know which C library this is.
enum SystemCalls {
    /// A call failed.
    struct Failure: Error {
        let code: CInt

        /// What the system says about it, such as "Permission denied".
        var reason: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

        var isMissing: Bool { code == ENOENT }
        var exists: Bool { code == EEXIST }
        var isPermission: Bool { code == EACCES || code == EPERM }
        /// The disk, the quota or what a file may grow to is used up.
        var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
        var isAddressInUse: Bool { code == EADDRINUSE }
        /// No interface has the address.
        var isAddressMissing: Bool { code == EADDRNOTAVAIL }
        /// The machine has no such address family, or it is switched off.
        var isFamilyMissing: Bool { code == EAFNOSUPPORT || code == EPROTONOSUPPORT || code == EADDRNOTAVAIL }
    }

    /// Repeats an interrupted call, and throws when it returns -1.
    @discardableResult
    static func check<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Failure) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            if errno != EINTR { throw Failure(code: errno) }
        }
    }

    /// Seconds since 1970 by the system's civil clock; before 1970 is 1970, and after 9999 its end, so that no sum overflows.
    static func utc() -> UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(seconds: min(max(0, Int64(time.tv_sec)), Limits.latestTime))
    }

    /// This process.
    static var processID: Int32 { getpid() }
}

// MARK: Files

extension SystemCalls {
    enum FileKind { case directory, file, other }

    struct FileStatus {
        let kind: FileKind
        /// Permission bits.
        let mode: UInt32
        let isForeign: Bool
        /// Bytes of a file.
        let size: Int
    }

    /// What lies at `path`, or nil where nothing does. `isForeign`: it belongs to another user, and we are not root.
    static func status(_ path: String) throws(Failure) -> FileStatus? {
        var status = stat()
        do throws(Failure) {
            try check { stat(path, &status) }
        } catch {
            if error.isMissing { return nil }
            throw error
        }
        let format = status.st_mode & S_IFMT
        let kind: FileKind = format == S_IFDIR ? .directory : format == S_IFREG ? .file : .other
        let isForeign = status.st_uid != geteuid() && geteuid() != 0
        return FileStatus(
            kind: kind, mode: UInt32(status.st_mode & 0o777), isForeign: isForeign, size: Int(status.st_size))
    }

    /// Makes a directory for its owner only, unless something has the name already.
    static func makeDirectory(_ path: String) throws(Failure) {
        do throws(Failure) {
            try check { mkdir(path, 0o700) }
        } catch {
            guard error.exists else { throw error }
        }
    }

    static func setMode(_ path: String, _ mode: UInt32) throws(Failure) { try check { chmod(path, mode_t(mode)) } }

    /// The names in a directory, in no order.
    static func names(in path: String) throws(Failure) -> [String] {
        guard let directory = opendir(path) else { throw Failure(code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The bytes of a file, at most `limit` of them. Waits for nobody, should it be a pipe.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = try check { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let size = try check {
                bytes.withUnsafeMutableBytes { systemRead(file, $0.baseAddress.map { $0 + count }, limit - count) }
            }
            if size == 0 { break }
            count += size
        }
        return Array(bytes[..<count])
    }

    /// Writes a file whole or not at all, durably, readable by its owner only. Throws EEXIST where there is one already.
    ///
    /// The bytes get their name by `link`, which fails where the name is taken: of two processes that make the same file
    /// at once one wins, and the other can read what the winner wrote.
    static func createDurably(_ path: String, in directory: String, _ bytes: [UInt8]) throws(Failure) {
        let draft = try writeDraft(of: path, bytes)
        defer { unlink(draft) }
        try check { systemLink(draft, path) }
        try sync(directory)
    }

    /// Writes a file whole or not at all, durably, readable by its owner only, in the place of whatever has the name.
    static func replaceDurably(_ path: String, in directory: String, _ bytes: [UInt8]) throws(Failure) {
        let draft = try writeDraft(of: path, bytes)
        do throws(Failure) {
            try rename(draft, to: path)
        } catch {
            unlink(draft)
            throw error
        }
        try sync(directory)
    }

    /// Writes a file under a name that nobody else uses, and returns that.
    private static func writeDraft(of path: String, _ bytes: [UInt8]) throws(Failure) -> String {
        let draft = "\(path).\(UInt64.random(in: .min ... .max)).tmp"
        let file = try check { open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        do throws(Failure) {
            var count = 0
            while count < bytes.count {
                count += try check {
                    bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + count }, bytes.count - count) }
                }
            }
            try check { fsync(file) }
            close(file)
            return draft
        } catch {
            close(file)
            unlink(draft)
            throw error
        }
    }

    /// Gives a file or directory another name.
    static func rename(_ path: String, to name: String) throws(Failure) { try check { systemRename(path, name) } }

    /// Gives a file a second name.
    static func link(_ path: String, to name: String) throws(Failure) { try check { systemLink(path, name) } }

    /// Removes a file.
    static func remove(_ path: String) throws(Failure) { try check { unlink(path) } }

    /// Makes the names in a directory durable.
    static func sync(_ directory: String) throws(Failure) {
        let handle = try check { open(directory, O_RDONLY | O_CLOEXEC) }
        defer { close(handle) }
        try check { fsync(handle) }
    }

    /// Opens a file, made where there is none, and locks it for this process; nil where another holds the lock.
    /// The lock ends when the descriptor is closed, or the process is gone, however it ended.
    static func lock(_ path: String) throws(Failure) -> CInt? {
        let file = try check { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        do throws(Failure) {
            try check { flock(file, LOCK_EX | LOCK_NB) }
            return file
        } catch {
            close(file)
            if error.code == EWOULDBLOCK { return nil }
            throw error
        }
    }

    /// Replaces what a locked file says.
    static func rewrite(_ file: CInt, _ text: String) {
        ftruncate(file, 0)
        _ = text.withCString { pwrite(file, $0, strlen($0), 0) }
    }

    static func closeFile(_ file: CInt) { close(file) }
}

// MARK: Sockets

extension SystemCalls {
    #if canImport(Glibc)
        private static let datagrams = CInt(SOCK_DGRAM.rawValue)
    #else
        private static let datagrams = SOCK_DGRAM
    #endif

    /// A UDP socket bound to `endpoint`; an IPv6 one carries IPv6 alone, so that IPv4 may have the same port.
    /// `buffer` bytes are asked for in each direction; the system may give less.
    static func bindDatagramSocket(to endpoint: Endpoint, buffer: CInt) throws(Failure) -> CInt {
        let descriptor = try check { socket(endpoint.isIPv4 ? AF_INET : AF_INET6, datagrams, 0) }
        do throws(Failure) {
            try check { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            try check { fcntl(descriptor, F_SETFL, O_NONBLOCK) }
            if !endpoint.isIPv4 { try set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
            try? set(descriptor, SOL_SOCKET, SO_RCVBUF, buffer)
            try? set(descriptor, SOL_SOCKET, SO_SNDBUF, buffer)
            try check { withSocketAddress(of: endpoint) { bind(descriptor, $0, $1) } }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func set(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt) throws(Failure) {
        var value = value
        try check { setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) }
    }

    /// Where a socket is bound, with the port that the system chose.
    static func localEndpoint(of descriptor: CInt) throws(Failure) -> Endpoint {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try check {
            withUnsafeMutableBytes(of: &storage) { bytes in
                getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
            }
        }
        return withUnsafeBytes(of: storage) { endpoint(ofSocketAddress: $0) } ?? Endpoint(ipv4: 0, port: 0)
    }

    /// From which address the system would send to everywhere in a family, by its routes as they are; nil where there is no
    /// way. Nothing is sent: connect(2) of a datagram socket only chooses.
    static func chosenSource(of family: AddressFamilies) -> Endpoint? {
        // Addresses for documentation (RFC 5737, RFC 3849), which only a default route covers.
        let everywhere =
            family == .ipv4
            ? Endpoint(ipv4: 0xc633_6401, port: 9) : Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 9)
        let any = family == .ipv4 ? Endpoint(ipv4: 0, port: 0) : Endpoint(high: 0, low: 0, port: 0)
        guard let descriptor = try? bindDatagramSocket(to: any, buffer: 0) else { return nil }
        defer { close(descriptor) }
        guard withSocketAddress(of: everywhere, { connect(descriptor, $0, $1) }) == 0 else { return nil }
        return (try? localEndpoint(of: descriptor))?.with(port: 0)
    }

    /// A second descriptor of the same socket, which stays valid when the first is closed.
    static func duplicate(_ descriptor: CInt) throws(Failure) -> CInt {
        try check { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
    }

    /// Sends a datagram from the address of this machine that `source` names, or from the one that the system chooses. Nil
    /// where the system took it, or else why it didn't.
    @inline(__always)
    static func send(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from source: Endpoint?, over descriptor: CInt
    ) -> SendRefusal? {
        let result = withSocketAddress(of: endpoint) { address, length in
            guard let source else { return sendto(descriptor, bytes.baseAddress, bytes.count, 0, address, length) }
            return send(bytes, to: address, length, from: source, over: descriptor)
        }
        return result < 0 ? SendRefusal(errno) : nil
    }

    /// sendmsg(2) with the source address as ancillary data (ip(7), RFC 3542 §6.2).
    private static func send(
        _ bytes: UnsafeRawBufferPointer, to address: UnsafePointer<sockaddr>, _ length: socklen_t,
        from source: Endpoint, over descriptor: CInt
    ) -> Int {
        #if os(Linux)
            var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { control in
                let count = writePacketInfo(source, into: control)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr(
                        msg_name: UnsafeMutableRawPointer(mutating: address), msg_namelen: length, msg_iov: part,
                        msg_iovlen: 1, msg_control: control.baseAddress, msg_controllen: count, msg_flags: 0)
                    return sendmsg(descriptor, &message, 0)
                }
            }
        #else
            return sendto(descriptor, bytes.baseAddress, bytes.count, 0, address, length)
        #endif
    }

    #if os(Linux)
        /// Writes a control message that names a source address, and gives its length. The macros of cmsg(3) don't exist
        /// for Swift, nor does in6_pktinfo: an address of 16 bytes, and 4 for the interface, where 0 is whichever has it.
        private static func writePacketInfo(_ source: Endpoint, into control: UnsafeMutableRawBufferPointer) -> Int {
            let size = source.isIPv4 ? MemoryLayout<in_pktinfo>.size : 20
            var header = cmsghdr()
            let start = MemoryLayout.size(ofValue: header)
            header.cmsg_len = start + size
            header.cmsg_level = CInt(source.isIPv4 ? IPPROTO_IP : IPPROTO_IPV6)
            header.cmsg_type = CInt(source.isIPv4 ? IP_PKTINFO : IPV6_PKTINFO)
            control.initializeMemory(as: UInt8.self, repeating: 0)
            control.storeBytes(of: header, as: cmsghdr.self)
            if let ipv4 = source.ipv4 {
                var info = in_pktinfo()
                info.ipi_spec_dst.s_addr = ipv4.bigEndian
                control.storeBytes(of: info, toByteOffset: start, as: in_pktinfo.self)
            } else {
                control.storeBytes(of: source.high.bigEndian, toByteOffset: start, as: UInt64.self)
                control.storeBytes(of: source.low.bigEndian, toByteOffset: start + 8, as: UInt64.self)
            }
            return start + (size + 7) / 8 * 8
        }
    #endif

    private static func withSocketAddress<Result>(
        of endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        func call<Address>(_ address: inout Address) -> Result {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        if let ipv4 = endpoint.ipv4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = endpoint.port.bigEndian
            address.sin_addr.s_addr = ipv4.bigEndian
            return call(&address)
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = endpoint.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: endpoint.high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: endpoint.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return call(&address)
    }

    /// Reads a socket address of either family; nil for others.
    static func endpoint(ofSocketAddress bytes: UnsafeRawBufferPointer) -> Endpoint? {
        guard bytes.count >= MemoryLayout<sockaddr>.size else { return nil }
        let family = CInt(bytes.loadUnaligned(as: sockaddr.self).sa_family)
        if family == AF_INET, bytes.count >= MemoryLayout<sockaddr_in>.size {
            return endpoint(bytes.loadUnaligned(as: sockaddr_in.self))
        }
        if family == AF_INET6, bytes.count >= MemoryLayout<sockaddr_in6>.size {
            return endpoint(bytes.loadUnaligned(as: sockaddr_in6.self))
        }
        return nil
    }

    static func endpoint(_ address: sockaddr_in) -> Endpoint {
        Endpoint(ipv4: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
    }

    static func endpoint(_ address: sockaddr_in6) -> Endpoint {
        withUnsafeBytes(of: address.sin6_addr) { bytes in
            Endpoint(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                port: UInt16(bigEndian: address.sin6_port))
        }
    }
}

// MARK: Names

extension SystemCalls {
    /// The addresses of a host by the system's resolver, each once, in its order. Blocks for as long as that takes.
    static func resolve(_ host: String, port: UInt16) -> [Endpoint] {
        var hints = addrinfo()
        hints.ai_socktype = datagrams
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0, let first else { return [] }
        defer { freeaddrinfo(first) }
        var endpoints: [Endpoint] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            let bytes = UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            if let found = endpoint(ofSocketAddress: bytes) {
                let endpoint = Endpoint(high: found.high, low: found.low, port: port)
                if endpoint.isUsable, !endpoints.contains(endpoint) { endpoints.append(endpoint) }
            }
            next = entry.pointee.ai_next
        }
        return endpoints
    }
}
