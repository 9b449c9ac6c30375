import Basics
import CLibrary
import Platform

/// The clock of this machine.
func monotonic() -> Instant { Instant.origin + .nanoseconds(nanoseconds(of: CLOCK_MONOTONIC)) }

/// Processor time of this process.
func ownProcessorTime() -> Int64 { nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) }

private func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Nanoseconds that the threads of a process have run, by Linux's account (schedstat: to the nanosecond, and with what the
/// kernel does for the process); nil where there is no such process, or no such account.
func processorTime(of process: Int) -> Int64? {
    let tasks = "/proc/\(process)/task"
    guard let directory = opendir(tasks) else { return nil }
    defer { closedir(directory) }
    var sum: Int64 = 0
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard let file = fopen("\(tasks)/\(name)/schedstat", "r") else { continue }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, CInt(line.count), file) != nil else { continue }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        sum += text.split(separator: " ").first.flatMap { Int64($0) } ?? 0
    }
    return sum
}

extension SystemRandomNumberGenerator {
    /// 32 random bytes.
    mutating func bytes32() -> Bytes32 { Bytes32(words: (next(), next(), next(), next())) }
}
