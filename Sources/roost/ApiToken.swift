import Basics
import Platform
import RoostService

/// What the control API asks for over TCP: a file that only its owner may read, made when it is first needed and kept from then on, so
/// that programs can be set up with it.
struct ApiToken {
    let text: String
    /// Its path.
    let file: String

    private static let name = "api-token"
    /// Bytes that are drawn for one: what nobody guesses.
    private static let count = 32
    /// Characters of one that somebody has put there: as many as make guessing hopeless, and no more than fit into a header.
    private static let lengths = 32...256

    /// Reads the one of a data directory, or makes it.
    init(in directory: String) throws(Failure) {
        file = directory + "/" + ApiToken.name
        guard FileManager.default.fileExists(atPath: file) else {
            var system = SystemRandomNumberGenerator()
            text = Hexadecimal.encode((0..<ApiToken.count).map { _ in UInt8.random(in: .min ... .max, using: &system) })
            do throws(ServiceError) {
                try DataDirectory(directory).write(Array("\(text)\n".utf8), to: ApiToken.name)
            } catch {
                throw Failure(.cannotCreate, error.sentence)
            }
            return
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.uint16Value, mode & 0o077 == 0 else {
            throw Failure(
                .badConfiguration,
                "Other users of this machine could read \(file): `chmod 600` it, or remove it, and another is made.")
        }
        let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
        let bytes = size <= ApiToken.lengths.upperBound + 1 ? FileManager.default.contents(atPath: file) : nil
        let content = bytes.flatMap { String(validating: $0, as: UTF8.self) } ?? ""
        let token = content.hasSuffix("\n") ? content.dropLast() : content[...]
        guard ApiToken.lengths.contains(token.utf8.count), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Failure(
                .badConfiguration,
                "\(file) holds no token of \(ApiToken.lengths.lowerBound) to \(ApiToken.lengths.upperBound) letters and digits: "
                    + "remove it, and another is made.")
        }
        text = String(token)
    }

    /// A line for a shell that asks the API, in which no other user of this machine can see the token.
    func example(at address: String) -> String {
        "printf 'header = \"Authorization: Bearer %s\"' \"$(cat \(Shell.quoted(file)))\" | curl -K - http://\(address)/v1/status"
    }
}
