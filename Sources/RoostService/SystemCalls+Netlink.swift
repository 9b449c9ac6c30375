#if os(Linux)
    import Basics
    import CLibrary

    /// Sockets by which Linux tells of its network: netlink(7), rtnetlink(7). The C library has no names for their parts.
    extension SystemCalls {
        #if canImport(Glibc)
            private static let raw = CInt(SOCK_RAW.rawValue)
        #else
            private static let raw = SOCK_RAW
        #endif
        private static let netlink: CInt = 16
        /// Interfaces, addresses of IPv4, routes of IPv4, addresses of IPv6, routes of IPv6.
        static let networkNews: UInt32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

        /// A socket that doesn't block, on which messages of these groups come.
        static func openNetlink(groups: UInt32) throws(Failure) -> CInt {
            let descriptor = try check { socket(netlink, raw, 0) }
            do throws(Failure) {
                try check { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
                try check { fcntl(descriptor, F_SETFL, O_NONBLOCK) }
                // struct sockaddr_nl: family u16, 0 u16, port u32 that the system chooses, groups u32.
                var address: (UInt16, UInt16, UInt32, UInt32) = (UInt16(netlink), 0, 0, groups)
                try check {
                    withUnsafePointer(to: &address) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, 12) }
                    }
                }
                return descriptor
            } catch {
                closeFile(descriptor)
                throw error
            }
        }

        /// Bytes that are read of one answer: thousands of interfaces or routes. Of more, the rest is left out.
        private static let longestDump = 4 << 20
        private static let bufferSize = 32 << 10

        /// How the network is; nil where the system doesn't say.
        static func network() -> NetworkSnapshot? {
            var reader = NetlinkReader()
            for kind in [NetlinkReader.Kind.getLink, NetlinkReader.Kind.getAddress, NetlinkReader.Kind.getRoute] {
                guard ask(kind, &reader) else { return nil }
            }
            return reader.snapshot
        }

        /// Requests all entries of a kind. The system writes its answer while it is read: nothing waits.
        private static func ask(_ kind: UInt16, _ reader: inout NetlinkReader) -> Bool {
            guard let descriptor = try? openNetlink(groups: 0) else { return false }
            defer { closeFile(descriptor) }
            // A header that asks for a dump, and a fixed part of any family: as long as the longest.
            var request = [UInt8](repeating: 0, count: 32)
            request.withUnsafeMutableBytes {
                $0.storeBytes(of: 32, as: UInt32.self)
                $0.storeBytes(of: kind, toByteOffset: 4, as: UInt16.self)
                $0.storeBytes(of: 0x301, toByteOffset: 6, as: UInt16.self)
            }
            guard sendto(descriptor, request, request.count, 0, nil, 0) == request.count else { return false }
            var buffer = [UInt8](repeating: 0, count: bufferSize)
            var total = 0
            var isDone = false
            while !isDone, total < longestDump {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                total += count
                reader.read(buffer.span.bytes.extracting(0..<count))
                isDone = reader.takeDone()
            }
            return true
        }
    }
#endif
