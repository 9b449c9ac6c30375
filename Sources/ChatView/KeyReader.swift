import Basics

/// Makes keys of what a terminal in raw mode sends (ECMA-48; xterm's control sequences), wherever its bytes are cut.
///
/// What it doesn't know is no key. A lone escape character is told from the beginning of a sequence by time alone: `pause`
/// is for its owner to call when nothing has followed.
public struct KeyReader: Sendable {
    /// Bytes of a paste that are kept: one more than a message may have.
    public static let longestPaste = Limits.textSize + 1
    /// Bytes of a sequence at most; longer ones are none.
    private static let longestSequence = 64
    /// What a terminal puts around a paste (xterm, private mode 2004) ends so.
    private static let pasteEnd: [UInt8] = [0x1b, 0x5b, 0x32, 0x30, 0x31, 0x7e]

    private enum State {
        case ground
        /// A character of UTF-8 of which bytes are missing.
        case character(missing: Int)
        case escape
        /// After `ESC [`: parameters and intermediates so far.
        case sequence
        /// After `ESC O`, and after `ESC [ [` of the Linux console: one more byte.
        case function, consoleFunction
        /// A string of the terminal's, which ends in BEL or `ESC \`.
        case string(sawEscape: Bool)
        case paste(matched: Int)
        /// After `ESC [ M`: bytes of a mouse's report that are missing.
        case mouse(missing: Int)
    }

    private var state = State.ground
    private var bytes: [UInt8] = []
    /// Bytes of the paste, more than are kept.
    private var pasted = 0
    private var keys: [Key] = []

    public init() {}

    /// Whether what follows decides what the last bytes were.
    public var isWaiting: Bool {
        switch state {
        case .ground, .paste: false
        default: true
        }
    }

    /// Whether a paste has begun and not ended.
    public var isPasting: Bool { if case .paste = state { true } else { false } }

    /// The keys that some bytes complete.
    public mutating func read(_ bytes: some Sequence<UInt8>) -> [Key] {
        for byte in bytes { take(byte) }
        defer { keys = [] }
        return keys
    }

    /// Nothing has followed for a while: an escape character was the key of that name, and what else is incomplete is dropped.
    public mutating func pause() -> [Key] {
        switch state {
        case .paste: return []
        case .escape: keys.append(.escape)
        case .character: add("\u{fffd}")
        default: break
        }
        reset()
        defer { keys = [] }
        return keys
    }

    private mutating func reset() {
        state = .ground
        bytes = []
    }

    private mutating func take(_ byte: UInt8) {
        switch state {
        case .ground: begin(byte)
        case .character(let missing): continueCharacter(byte, missing)
        case .escape: afterEscape(byte)
        case .sequence: continueSequence(byte)
        case .function:
            reset()
            takeFunction(byte)
        case .consoleFunction: reset()
        case .string(let sawEscape):
            bytes.append(byte)
            let isOver = byte == 7 || (sawEscape && byte == UInt8(ascii: "\\")) || bytes.count > 1_024
            if isOver { reset() } else { state = .string(sawEscape: byte == 0x1b) }
        case .paste(let matched): continuePaste(byte, matched)
        case .mouse(let missing): state = missing > 1 ? .mouse(missing: missing - 1) : .ground
        }
    }

    // MARK: Characters

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case 0x1b: state = .escape
        case 0x20..<0x7f: add(Character(Unicode.Scalar(byte)))
        case 0xc2..<0xe0: beginCharacter(byte, 1)
        case 0xe0..<0xf0: beginCharacter(byte, 2)
        case 0xf0..<0xf5: beginCharacter(byte, 3)
        case 0x80...: add("\u{fffd}")
        default: control(byte)
        }
    }

    private mutating func beginCharacter(_ byte: UInt8, _ missing: Int) {
        bytes = [byte]
        state = .character(missing: missing)
    }

    private mutating func continueCharacter(_ byte: UInt8, _ missing: Int) {
        guard (0x80..<0xc0).contains(byte) else {
            reset()
            add("\u{fffd}")
            begin(byte)
            return
        }
        bytes.append(byte)
        guard missing == 1 else {
            state = .character(missing: missing - 1)
            return
        }
        let text = String(validating: bytes, as: UTF8.self) ?? "\u{fffd}"
        reset()
        // The C1 controls are no text, and nobody types them.
        if let scalar = text.unicodeScalars.first, !(0x80..<0xa0).contains(scalar.value) { add(text) }
    }

    private mutating func add(_ character: Character) { add(String(character)) }

    private mutating func add(_ text: String) {
        if case .text(let before) = keys.last {
            keys[keys.count - 1] = .text(before + text)
        } else {
            keys.append(.text(text))
        }
    }

    private mutating func control(_ byte: UInt8) {
        switch byte {
        case 8, 0x7f: keys.append(.backspace)
        case 9: keys.append(.tab)
        case 10: keys.append(.newLine)
        case 13: keys.append(.enter)
        case 23: keys.append(.deleteWord)
        case 1...26: keys.append(.control(Character(Unicode.Scalar(byte + 0x60))))
        default: break
        }
    }

    // MARK: Sequences

    private mutating func afterEscape(_ byte: UInt8) {
        reset()
        switch byte {
        case UInt8(ascii: "["): state = .sequence
        case UInt8(ascii: "O"): state = .function
        // OSC, DCS, APC, PM, SOS.
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string(sawEscape: false)
        case 10, 13: keys.append(.newLine)
        case 8, 0x7f: keys.append(.deleteWord)
        case UInt8(ascii: "b"): keys.append(.wordLeft)
        case UInt8(ascii: "f"): keys.append(.wordRight)
        default:
            // Two keys that came together.
            keys.append(.escape)
            begin(byte)
        }
    }

    private mutating func continueSequence(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "[") where bytes.isEmpty:
            reset()
            state = .consoleFunction
        case 0x20..<0x40:
            bytes.append(byte)
            if bytes.count > KeyReader.longestSequence { reset() }
        case 0x40..<0x7f:
            // X10's report, of terminals that don't know the other: three bytes that are none of text.
            guard byte != UInt8(ascii: "M") || !bytes.isEmpty else {
                reset()
                state = .mouse(missing: 3)
                return
            }
            let isMouse = bytes.first == UInt8(ascii: "<")
            let parameters = String(decoding: isMouse ? bytes.dropFirst() : bytes[...], as: UTF8.self)
                .split(separator: ";", omittingEmptySubsequences: false)
                // Terminals send small numbers without a sign; what is none, such as a negative one, counts as 0.
                .map { Int(UInt16($0.prefix { $0 != ":" }) ?? 0) }
            reset()
            if isMouse { takeMouse(byte, parameters) } else { takeSequence(byte, parameters) }
        default:
            // It is none: what begins something else does so.
            reset()
            begin(byte)
        }
    }

    private mutating func takeSequence(_ final: UInt8, _ parameters: [Int]) {
        let first = parameters.first ?? 0
        let modifier = parameters.count > 1 ? max(1, parameters[1]) : 1
        switch final {
        case UInt8(ascii: "u"): takeNumbered(first, modifier)
        // xterm, modifyOtherKeys: 27, modifier, character.
        case UInt8(ascii: "~") where first == 27 && parameters.count > 2: takeNumbered(parameters[2], modifier)
        case UInt8(ascii: "~"): takeTilde(first)
        case UInt8(ascii: "Z"): keys.append(.backTab)
        // Alt, Ctrl, or both.
        case UInt8(ascii: "C") where modifier >= 3: keys.append(.wordRight)
        case UInt8(ascii: "D") where modifier >= 3: keys.append(.wordLeft)
        default: takeCursor(final)
        }
    }

    /// What a mouse has done (xterm, private mode 1006): only its wheel is of use. Shift, Alt and Ctrl with it change nothing.
    private mutating func takeMouse(_ final: UInt8, _ parameters: [Int]) {
        guard final == UInt8(ascii: "M"), let button = parameters.first else { return }
        switch button & ~0x1c {
        case 64: keys.append(.wheelUp)
        case 65: keys.append(.wheelDown)
        default: break
        }
    }

    private mutating func takeTilde(_ number: Int) {
        switch number {
        case 1, 7: keys.append(.home)
        case 4, 8: keys.append(.end)
        case 3: keys.append(.delete)
        case 5: keys.append(.pageUp)
        case 6: keys.append(.pageDown)
        case 200:
            pasted = 0
            state = .paste(matched: 0)
        default: break
        }
    }

    private mutating func takeCursor(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "A"): keys.append(.up)
        case UInt8(ascii: "B"): keys.append(.down)
        case UInt8(ascii: "C"): keys.append(.right)
        case UInt8(ascii: "D"): keys.append(.left)
        case UInt8(ascii: "H"): keys.append(.home)
        case UInt8(ascii: "F"): keys.append(.end)
        default: break
        }
    }

    private mutating func takeFunction(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "M"): keys.append(.enter)
        // rxvt, with Ctrl.
        case UInt8(ascii: "c"): keys.append(.wordRight)
        case UInt8(ascii: "d"): keys.append(.wordLeft)
        case 0..<0x20: begin(byte)
        default: takeCursor(byte)
        }
    }

    /// A key by the number of its character, as terminals tell of it that keep keys apart which are the same byte.
    private mutating func takeNumbered(_ number: Int, _ modifier: Int) {
        let isAlone = modifier <= 1
        switch number {
        case 13: keys.append(isAlone ? .enter : .newLine)
        case 9: keys.append(isAlone ? .tab : .backTab)
        case 27: keys.append(.escape)
        case 127: keys.append(isAlone ? .backspace : .deleteWord)
        case 97...122 where (modifier - 1) & 4 != 0: control(UInt8(number - 96))
        default: break
        }
    }

    // MARK: Pastes

    private mutating func continuePaste(_ byte: UInt8, _ matched: Int) {
        if byte == KeyReader.pasteEnd[matched] {
            guard matched + 1 == KeyReader.pasteEnd.count else {
                state = .paste(matched: matched + 1)
                return
            }
            keys.append(.paste(KeyReader.lines(bytes), bytes: pasted))
            reset()
            return
        }
        // Only its first byte is an escape character: the end can't begin within what was matched.
        for byte in KeyReader.pasteEnd.prefix(matched) { keep(byte) }
        if byte == KeyReader.pasteEnd[0] {
            state = .paste(matched: 1)
        } else {
            keep(byte)
            state = .paste(matched: 0)
        }
    }

    private mutating func keep(_ byte: UInt8) {
        pasted += 1
        if bytes.count < KeyReader.longestPaste { bytes.append(byte) }
    }

    /// Terminals paste line ends as carriage returns.
    private static func lines(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var isAfterReturn = false
        for byte in bytes {
            if !(byte == 10 && isAfterReturn) { text.append(byte == 13 ? 10 : byte) }
            isAfterReturn = byte == 13
        }
        return String(decoding: text, as: UTF8.self)
    }
}
