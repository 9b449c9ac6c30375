import Basics
import Simulation

/// NATs in a file: a usual kind by its name, another one spelled out.
extension ScenarioFile {
    static func json(_ kind: NATKind) -> JSONValue {
        kind.name.map { .string($0) } ?? .object(members(of: kind))
    }

    static func json(_ shares: [NATShare]) -> JSONValue {
        .object(
            shares.map { share in
                let isUsual = NATKind(named: share.name) == share.kind
                let spelled = JSONValue.object([.init("share", JSONValue(share.share))] + members(of: share.kind))
                return .init(share.name, isUsual ? JSONValue(share.share) : spelled)
            })
    }

    private static func members(of kind: NATKind) -> [JSONValue.Member] {
        let ports: JSONValue =
            switch kind.ports {
            case .preserving: .string("preserving")
            case .random: .string("random")
            case .step(let step): JSONValue(step)
            }
        return [
            .init("mapping", .string(kind.mapping.rawValue)), .init("filtering", .string(kind.filtering.rawValue)),
            .init("ports", ports), .init("unanswered", json(kind.unanswered)), .init("answered", json(kind.answered)),
            .init("absolute", kind.absolute.map(json) ?? .null),
            .init("refreshedByInput", .bool(kind.isRefreshedByInput)), .init("hairpins", .bool(kind.hairpins)),
            .init("blocksUnsolicited", .bool(kind.blocksUnsolicited)), .init("carriers", .bool(kind.isCarriers)),
        ]
    }

    // MARK: Reading

    private static var names: String {
        let names = NATKind.usual.map { "\"\($0.name)\"" }
        return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }

    static func natKind(_ field: String, _ fields: inout Fields) throws(ScenarioFileError) -> NATKind? {
        switch fields.take(field) {
        case nil: return nil
        case .string(let name):
            if let kind = NATKind(named: name) { return kind }
        case .some(let value):
            guard case .object = value else { break }
            var spelled = try Fields(value, at: fields.name(of: field))
            let kind = try natKind(&spelled)
            try spelled.end(spelling)
            return kind
        }
        throw ScenarioFileError("\(fields.name(of: field)) is \(names), or an object with \(spelling).")
    }

    /// The mix: names with shares; a name that isn't a usual one has the kind spelled out beside its share.
    static func nats(_ fields: inout Fields) throws(ScenarioFileError) -> [NATShare] {
        guard let value = fields.take("nats"), value != .null else { return [] }
        guard case .object(let members) = value else {
            throw ScenarioFileError("nats is an object of shares, such as {\"none\": 0.3, \"port\": 0.7}.")
        }
        var shares: [NATShare] = []
        for member in members {
            let path = "nats.\(member.name)"
            switch member.value {
            case .object:
                var spelled = try Fields(member.value, at: path)
                let share = try spelled.required(spelled.number("share"), "share")
                shares.append(NATShare(member.name, try natKind(&spelled), share))
                try spelled.end("share, " + spelling)
            case .integer, .unsigned, .number:
                guard let kind = NATKind(named: member.name) else {
                    throw ScenarioFileError("\(path) is no usual kind of NAT: those are \(names).")
                }
                var mix = try Fields(value, at: "nats")
                shares.append(NATShare(member.name, kind, try mix.required(mix.number(member.name), member.name)))
            default: throw ScenarioFileError("\(path) is a share, or an object with share, \(spelling).")
            }
        }
        return shares
    }

    private static let spelling =
        "mapping, filtering, ports, unanswered, answered, absolute, refreshedByInput, hairpins, blocksUnsolicited and carriers"

    private static func natKind(_ fields: inout Fields) throws(ScenarioFileError) -> NATKind {
        let mapping = try word("mapping", NATKind.Mapping.self, &fields)
        let filtering = try word("filtering", NATKind.Filtering.self, &fields)
        var kind = NATKind(mapping: mapping, filtering: filtering)
        kind.ports = try ports(&fields)
        kind.unanswered = try fields.duration("unanswered") ?? kind.unanswered
        kind.answered = try fields.duration("answered") ?? kind.answered
        kind.absolute = fields.isNull("absolute") ? nil : try fields.duration("absolute")
        kind.isRefreshedByInput = try fields.bool("refreshedByInput") ?? kind.isRefreshedByInput
        kind.hairpins = try fields.bool("hairpins") ?? kind.hairpins
        kind.blocksUnsolicited = try fields.bool("blocksUnsolicited") ?? kind.blocksUnsolicited
        kind.isCarriers = try fields.bool("carriers") ?? kind.isCarriers
        return kind
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ field: String, _: Word.Type, _ fields: inout Fields
    ) throws(ScenarioFileError) -> Word where Word.RawValue == String {
        let all = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
        let text = try fields.required(fields.string(field, such: all), field)
        guard let word = Word(rawValue: text) else { throw ScenarioFileError("\(fields.name(of: field)) is \(all).") }
        return word
    }

    private static func ports(_ fields: inout Fields) throws(ScenarioFileError) -> NATKind.Ports {
        switch fields.take("ports") {
        case nil, .string("preserving"): return .preserving
        case .string("random"): return .random
        case .integer, .unsigned: return .step(try fields.integer("ports") ?? 1)
        default: break
        }
        throw ScenarioFileError(
            "\(fields.name(of: "ports")) is \"preserving\", \"random\", or a number of ports from one mapping to the next."
        )
    }
}
