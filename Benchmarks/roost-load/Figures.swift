/// What was measured.
struct Figures {
    /// Requests whose answer is what was asked for; refused; not answered in time; answered after that.
    var answered = 0, refused = 0, lost = 0, late = 0
    /// Datagrams that should have been an answer and were none.
    var wrong = 0
    var seconds = 0.0
    /// Microseconds from sending a request to having opened its answer: the median, and what 99 of 100 don't exceed.
    var median = 0.0, slow = 0.0
    /// Microseconds of processor time for each answer: of the process that was named, and of this one.
    var microseconds: Double?
    var ownMicroseconds = 0.0

    var perSecond: Double { seconds > 0 ? Double(answered) / seconds : 0 }

    func text(_ options: Options) -> String {
        let processor = microseconds.map { "\(Figures.tenths($0)) µs of processor time each, " } ?? ""
        return "\(options.kind.rawValue), window \(options.window): \(answered) answered, \(refused) refused, "
            + "\(lost) lost, \(wrong) wrong; \(Int(perSecond)) a second, \(processor)"
            + "half within \(Figures.tenths(median)) µs, 99 % within \(Figures.tenths(slow)) µs; "
            + "\(Figures.tenths(ownMicroseconds)) µs each here"
    }

    func json(_ options: Options) -> String {
        let processor = microseconds.map { Figures.tenths($0) } ?? "null"
        return
            #"{"request": "\#(options.kind.rawValue)", "window": \#(options.window), "answered": \#(answered), "#
            + #""refused": \#(refused), "lost": \#(lost), "late": \#(late), "wrong": \#(wrong), "#
            + #""perSecond": \#(Int(perSecond)), "processorMicroseconds": \#(processor), "#
            + #""medianMicroseconds": \#(Figures.tenths(median)), "slowMicroseconds": \#(Figures.tenths(slow)), "#
            + #""ownMicroseconds": \#(Figures.tenths(ownMicroseconds))}"#
    }

    /// With one digit behind the point.
    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
