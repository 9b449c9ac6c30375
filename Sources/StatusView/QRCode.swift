import CQRencode

/// A QR code (ISO/IEC 18004) on a terminal: two rows of modules in a line of characters, with the quiet zone that scanners need.
public struct QRCode: Equatable, Sendable {
    /// Modules on a side, without the quiet zone.
    public let width: Int
    /// Row by row; true is dark.
    private let modules: [Bool]

    /// Light modules on each side (ISO/IEC 18004, §6.3.8).
    public static let quietZone = 4
    /// Bytes of text at most: the code of more doesn't fit on a small terminal.
    public static let longestText = 128

    /// The code of a text of 1 to `longestText` bytes; nil of another. A seventh of it may be unreadable (level M).
    public init?(_ text: String) {
        guard (1...QRCode.longestText).contains(text.utf8.count), !text.utf8.contains(0),
            let code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1)
        else { return nil }
        defer { QRcode_free(code) }
        width = Int(code.pointee.width)
        let bytes = UnsafeBufferPointer(start: code.pointee.data, count: width * width)
        modules = bytes.map { $0 & 1 == 1 }
    }

    /// Whether a module is dark. Everything around the code is light.
    public func isDark(row: Int, column: Int) -> Bool {
        let range = 0..<width
        return range.contains(row) && range.contains(column) && modules[row * width + column]
    }

    /// Characters in each line.
    public var columns: Int { width + 2 * QRCode.quietZone }

    /// The lines. With colours it is black on white, whatever the terminal's own are. Without, light modules are drawn in the
    /// colour of text: right on a dark terminal; on a light one dark and light are exchanged, which most scanners can read.
    public func lines(style: Style) -> [String] {
        let range = -QRCode.quietZone..<(width + QRCode.quietZone)
        return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { row in
            let line = range.map { column in
                let (upper, lower) = (isDark(row: row, column: column), isDark(row: row + 1, column: column))
                return style == .coloured ? QRCode.block(upper, lower) : QRCode.block(!upper, !lower)
            }
            return style.showPrinted(String(line))
        }
    }

    /// The character of which the upper and the lower half are drawn.
    private static func block(_ upper: Bool, _ lower: Bool) -> Character {
        switch (upper, lower) {
        case (true, true): "\u{2588}"
        case (true, false): "\u{2580}"
        case (false, true): "\u{2584}"
        case (false, false): " "
        }
    }
}
