import Basics
import RoostService

/// What the control API asks for over TCP: a file that only its owner may read, made when it is first needed and kept from then on, so
/// that programs can be set up with it.
struct ApiToken {
    let text: String
    /// Its path.
    let file: String

    /// Bytes that are drawn for one: what nobody guesses.
    private static let count = 32
    /// Characters of one that somebody has put there: as many as make guessing hopeless, and no more than fit into a header.
    private static let lengths = 32...256

    /// Reads the one of a data directory, or makes it.
    init(in directory: String) throws(Failure) {
        let directory = DataDirectory(directory)
        file = directory.file(.token)
        do throws(ServiceError) {
            guard let found = try directory.read(.token, limit: ApiToken.lengths.upperBound + 2) else {
                var system = SystemRandomNumberGenerator()
                let drawn = (0..<ApiToken.count).map { _ in UInt8.random(in: .min ... .max, using: &system) }
                text = Hexadecimal.encode(drawn)
                try directory.write(Array("\(text)\n".utf8), to: .token)
                return
            }
            guard !found.isOpen else {
                throw ServiceError(
                    .fileUnusable,
                    "Other users of this machine could read \(file): `chmod 600` it, or remove it, and another is made."
                )
            }
            let token = found.bytes.last == 0x0a ? found.bytes.dropLast() : found.bytes[...]
            guard ApiToken.lengths.contains(token.count), token.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw ServiceError(
                    .fileUnusable,
                    "\(file) holds no token of \(ApiToken.lengths.lowerBound) to \(ApiToken.lengths.upperBound) letters and "
                        + "digits: remove it, and another is made.")
            }
            text = String(decoding: token, as: UTF8.self)
        } catch {
            throw Failure(.badConfiguration, error.sentence)
        }
    }

    /// A line for a shell that asks the API, in which no other user of this machine can see the token.
    func example(at address: String) -> String {
        "printf 'header = \"Authorization: Bearer %s\"' \"$(cat \(Shell.quoted(file)))\" | curl -K - http://\(address)/v1/status"
    }
}
