/// Bech32m text (BIP 350, on the format of BIP 173): a readable prefix, `1`, data of five bits a character, and a
/// checksum of six characters that finds any error in up to four of them.
package enum Bech32m {
    /// Why a text is not Bech32m.
    package enum DecodingError: Error, Hashable {
        /// Longer than the 90 characters for which the checksum is good, or too short for one.
        case length
        /// There is no `1` after a prefix.
        case noSeparator
        /// A character that the prefix or the data can't have.
        case character(Character)
        /// Upper and lower case together.
        case mixedCase
        /// The checksum is not right.
        case checksum
        /// The bits don't make whole bytes.
        case padding
    }

    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let maximumLength = 90
    private static let checksumLength = 6
    /// The polymod of a valid text; Bech32 had 1.
    private static let constant: UInt32 = 0x2bc8_30a3

    /// The text for some bytes under a lowercase prefix.
    package static func encode(prefix: String, _ bytes: [UInt8]) -> String {
        let values = regroup(bytes, from: 8, to: 5, padding: true) ?? []
        return encode(prefix: prefix, values: values)
    }

    /// The text for some values of five bits.
    package static func encode(prefix: String, values: [UInt8]) -> String {
        let check = polymod(expand(prefix.utf8) + values + Array(repeating: 0, count: checksumLength)) ^ constant
        let checksum = (0..<checksumLength).map { UInt8(check >> UInt32(5 * (checksumLength - 1 - $0)) & 31) }
        let data = (values + checksum).map { alphabet[Int($0 & 31)] }
        return prefix + "1" + String(decoding: data, as: UTF8.self)
    }

    /// The prefix in lower case, and the bytes.
    package static func decode(_ text: String) throws(DecodingError) -> (prefix: String, bytes: [UInt8]) {
        let (prefix, values) = try decodeValues(text)
        guard let bytes = regroup(values, from: 5, to: 8, padding: false) else { throw .padding }
        return (prefix, bytes)
    }

    /// The prefix in lower case, and the values of five bits.
    package static func decodeValues(_ text: String) throws(DecodingError) -> (prefix: String, values: [UInt8]) {
        guard text.utf8.count <= maximumLength else { throw .length }
        if let character = text.first(where: { !isPrintable($0) }) { throw .character(character) }
        let bytes = Array(text.utf8)
        guard let separator = bytes.lastIndex(of: UInt8(ascii: "1")), separator > 0 else { throw .noSeparator }
        guard bytes.count - separator - 1 >= checksumLength else { throw .length }
        let lowercase = text.lowercased()
        guard text == lowercase || text == text.uppercased() else { throw .mixedCase }
        let prefix = lowercase.utf8.prefix(separator)
        var values: [UInt8] = []
        for character in lowercase.utf8.dropFirst(separator + 1) {
            guard let value = alphabet.firstIndex(of: character) else {
                throw .character(Character(Unicode.Scalar(character)))
            }
            values.append(UInt8(value))
        }
        guard polymod(expand(prefix) + values) == constant else { throw .checksum }
        return (String(decoding: prefix, as: UTF8.self), Array(values.dropLast(checksumLength)))
    }

    private static func isPrintable(_ character: Character) -> Bool {
        guard let ascii = character.asciiValue else { return false }
        return ascii >= 33 && ascii <= 126
    }

    /// The prefix as the checksum sees it: the high bits of each character, a zero, the low bits of each.
    private static func expand(_ prefix: some Sequence<UInt8>) -> [UInt8] {
        prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }
    }

    /// The remainder of the BCH code of BIP 173.
    private static func polymod(_ values: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        var remainder: UInt32 = 1
        for value in values {
            let top = remainder >> 25
            remainder = (remainder & 0x1ff_ffff) << 5 ^ UInt32(value)
            for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { remainder ^= generator[bit] }
        }
        return remainder
    }

    /// The same bits in groups of another width. Without padding, left-over bits must be zero and fewer than a group of
    /// the old width, or the result is nil.
    private static func regroup(_ values: [UInt8], from: Int, to: Int, padding: Bool) -> [UInt8]? {
        var groups: [UInt8] = []
        var pending: UInt32 = 0
        var pendingBits = 0
        let mask = UInt32(1) << UInt32(to) - 1
        for value in values {
            // Never more than 7 bits are pending, so that at most 15 are held.
            pending = (pending << UInt32(from) | UInt32(value)) & 0xffff
            pendingBits += from
            while pendingBits >= to {
                pendingBits -= to
                groups.append(UInt8(pending >> UInt32(pendingBits) & mask))
            }
        }
        let rest = pending & (UInt32(1) << UInt32(pendingBits) - 1)
        if padding {
            if pendingBits > 0 { groups.append(UInt8(rest << UInt32(to - pendingBits))) }
        } else if pendingBits >= from || rest != 0 {
            return nil
        }
        return groups
    }
}
