import HTTPTransport

/// The parameters of a request's target. An unknown or repeated parameter is refused: a mistyped `unread` must not list
/// read messages as well.
struct Parameters {
    private var values: [String: String] = [:]

    init(_ request: HTTPRequest, known: [String]) throws(ControlError) {
        for (name, value) in request.query {
            guard known.contains(name) else {
                let rest =
                    known.isEmpty ? "has no parameters" : "has \(known.joined(separator: ", "))"
                throw ControlError(.badRequest, "The parameter \(quoted(name)) is unknown: \(request.path) \(rest).")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw ControlError(.badRequest, "The parameter \(name) is there twice: give it once.")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ControlError) -> Int? {
        guard let text = values[name] else { return nil }
        guard text.utf8.allSatisfy({ $0 >= 48 && $0 < 58 }), let value = Int(text), range.contains(value) else {
            throw ControlError(.badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    func flag(_ name: String) throws(ControlError) -> Bool? {
        switch values[name] {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw ControlError(.badRequest, "\(name) is either true or false.")
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(ControlError) -> Choice? where Choice.RawValue == String {
        guard let text = values[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlError(.badRequest, "\(name) is one of \(all).")
        }
        return choice
    }
}
