import CLibrary

/// What a process has in memory, keys and texts among it, is written to the disk when it crashes, where the system is asked to.
enum CoreDumps {
    /// Asks the system not to, for this process and those that it starts. A debugger can lift it again, as can whoever owns the process.
    static func forbid() {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        #else
            let resource = RLIMIT_CORE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = 0
        _ = setrlimit(resource, &limit)
    }
}
