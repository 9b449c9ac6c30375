/// Why there is nothing to measure: one sentence that says what to do.
struct LoadError: Error {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}
