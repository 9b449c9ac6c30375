import Basics

/// A DNS message (RFC 1035, §4.1), as far as service discovery needs it.
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | ID                            |QR| Opcode|AA|TC|RD|RA| Z |Code|
/// | Questions                     | Answers                       |
/// | Authority                     | Additional                    |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///   questions: name, type u16, class u16; records: name, type u16, class u16, lifetime u32, size u16, data
/// ```
public struct DnsMessage: Hashable, Sendable {
    package struct Question: Hashable, Sendable {
        package let name: DnsName
        package let type: UInt16

        package init(_ name: DnsName, type: UInt16) {
            self.name = name
            self.type = type
        }
    }

    package var isResponse: Bool
    /// Whether more of what is known follows in another message (RFC 6762, §7.2), or an answer was cut off.
    package var isTruncated: Bool
    package var questions: [Question]
    package var answers: [DnsRecord]
    /// What else may be of use.
    package var additional: [DnsRecord]

    package init(
        isResponse: Bool, isTruncated: Bool = false, questions: [Question] = [], answers: [DnsRecord] = [],
        additional: [DnsRecord] = []
    ) {
        self.isResponse = isResponse
        self.isTruncated = isTruncated
        self.questions = questions
        self.answers = answers
        self.additional = additional
    }

    private static let response: UInt16 = 0x8000
    private static let authoritative: UInt16 = 0x0400
    private static let truncated: UInt16 = 0x0200
    /// Neither another kind of message than a query, nor an error.
    private static let mustBeZero: UInt16 = 0x780f

    /// Reads a message; nil where any part of it isn't as it should be, where it says that something failed, or beyond the limits.
    package init?(_ bytes: [UInt8]) {
        var reader = DnsReader(bytes)
        guard bytes.count <= DnsLimits.message, reader.number(UInt16.self) != nil,
            let flags = reader.number(UInt16.self), flags & DnsMessage.mustBeZero == 0,
            let questions = reader.number(UInt16.self), let answers = reader.number(UInt16.self),
            let authority = reader.number(UInt16.self), let additional = reader.number(UInt16.self),
            questions <= DnsLimits.questions, Int(answers) + Int(authority) + Int(additional) <= DnsLimits.records
        else { return nil }
        self.init(
            isResponse: flags & DnsMessage.response != 0, isTruncated: flags & DnsMessage.truncated != 0)
        for _ in 0..<questions {
            guard let name = reader.name(), let type = reader.number(UInt16.self),
                reader.number(UInt16.self) != nil
            else { return nil }
            self.questions.append(Question(name, type: type))
        }
        guard let answers = DnsMessage.records(answers, &reader), DnsMessage.records(authority, &reader) != nil,
            let additional = DnsMessage.records(additional, &reader), reader.isAtEnd
        else { return nil }
        (self.answers, self.additional) = (answers, additional)
    }

    private static func records(_ count: UInt16, _ reader: inout DnsReader) -> [DnsRecord]? {
        var records: [DnsRecord] = []
        for _ in 0..<count {
            guard let record = DnsRecord(&reader) else { return nil }
            records.append(record)
        }
        return records
    }

    /// The message as it is sent in a local network: its ID is 0 (RFC 6762, §18.1).
    package var bytes: [UInt8] {
        let flags =
            (isResponse ? DnsMessage.response | DnsMessage.authoritative : 0)
            | (isTruncated ? DnsMessage.truncated : 0)
        let counts = [questions.count, answers.count, 0, additional.count]
        let head = [0, flags] + counts.map { UInt16(truncatingIfNeeded: $0) }
        let asked = questions.flatMap {
            $0.name.bytes + $0.type.bigEndianBytes + DnsType.internet.bigEndianBytes
        }
        return head.flatMap(\.bigEndianBytes) + asked + (answers + additional).flatMap(\.bytes)
    }
}
