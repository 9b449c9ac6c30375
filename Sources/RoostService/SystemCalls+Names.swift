import Basics
import CLibrary
import CResolver
import Discovery

extension SystemCalls {
    /// Types of records that are asked for.
    enum RecordType: CInt {
        case text = 16
        case service = 33
    }

    /// What the system's resolver says about a name.
    enum NameAnswer {
        /// A whole DNS message.
        case message([UInt8])
        /// There is no such record.
        case none
        /// It can't say at present, or says more than is read.
        case failed
    }

    /// Asks the system's resolver for records of the Internet class (resolver(3)). Blocks for as long as that takes.
    static func records(of name: String, _ type: RecordType) -> NameAnswer {
        var answer = [UInt8](repeating: 0, count: DnsLimits.message)
        let count = name.withCString { resolver_query($0, 1, type.rawValue, &answer, CInt(answer.count)) }
        guard count >= 0 else {
            // HOST_NOT_FOUND and NO_DATA of netdb.h.
            let error = resolver_error()
            return error == 1 || error == 4 ? .none : .failed
        }
        guard count <= answer.count else { return .failed }
        return .message(Array(answer[..<Int(count)]))
    }
}
