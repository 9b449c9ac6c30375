import Platform

/// A program of the system that does something and ends.
enum Tool {
    /// How long it may take.
    private static let patience = Duration.seconds(10)

    /// Nil where it did what it was asked to; else what it said.
    static func run(_ program: String, _ arguments: [String], lifeline: Lifeline) async -> String? {
        let errors = FileManager.default.temporaryDirectory.path + "/roost-tool-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: errors) }
        do throws(TestbedError) {
            let child = try Child(
                program, arguments, environment: ProcessInfo.processInfo.environment, input: lifeline.reader,
                output: "/dev/null", errors: errors)
            let status = await child.end(within: patience)
            if status == 0 { return nil }
            let said = String(decoding: FileManager.default.contents(atPath: errors) ?? Data(), as: UTF8.self)
            return said.split(separator: "\n").first.map(String.init) ?? "\(program) ended with \(status ?? -1)"
        } catch {
            return error.sentence
        }
    }
}
