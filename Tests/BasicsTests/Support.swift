import Basics

/// Seeds of a property: some that never change, and one that is new in every run. A failure names its seed.
func seeds(_ fixed: Int) -> [UInt64] {
    var system = SystemRandomNumberGenerator()
    return (1...UInt64(fixed)).map { $0 } + [system.next()]
}

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { .origin + .seconds(seconds) }
}
