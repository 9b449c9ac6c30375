import Basics
import Foundation

/// libFuzzer (LLVM) around one target, which `FUZZ_TARGET` names: libFuzzer starts itself again with the same arguments.
/// `Scripts/fuzz.sh` builds and calls it:
///
///     Fuzzer unpack DIRECTORY        writes the inputs that are kept into a directory, one a file
///     Fuzzer pack DIRECTORY          prints such files as they are kept, the shortest first
///     Fuzzer ARGUMENT…               is libFuzzer: `-help=1` tells of its options
@main enum Fuzzer {
    static let target = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap { FuzzTarget(rawValue: $0) }

    static func main() throws {
        guard let target else {
            print("FUZZ_TARGET must be one of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
            exit(64)
        }
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first.map { URL(filePath: $0, directoryHint: .isDirectory) }) {
        case ("unpack", let directory?): try unpack(target, into: directory)
        case ("pack", let directory?): try pack(directory)
        default:
            var (count, arguments) = (CommandLine.argc, CommandLine.unsafeArgv)
            exit(runDriver(&count, &arguments, testOneInput))
        }
    }

    private static func unpack(_ target: FuzzTarget, into directory: URL) throws {
        for (number, input) in try Corpus(of: target).inputs.enumerated() {
            try Data(input).write(to: directory.appending(path: "kept-\(number)"))
        }
    }

    private static func pack(_ directory: URL) throws {
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        let lines = try files.map { Hexadecimal.encode([UInt8](try Data(contentsOf: $0))) }.filter { !$0.isEmpty }
        for line in lines.sorted(by: { ($0.count, $0) < ($1.count, $1) }) { print(line) }
    }
}

/// libFuzzer's own loop: SwiftPM has `main` for itself.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The linker asks for it by this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try Fuzzer.target?.run([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
