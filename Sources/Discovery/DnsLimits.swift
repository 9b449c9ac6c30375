/// The bounds of DNS messages, each with its reason.
public enum DnsLimits {
    /// Bytes of a label and of a name (RFC 1035, §2.3.4).
    static let label = 63
    static let name = 255
    /// Bytes of all names of a message, pointers followed: of those that a long list has, and less than a millisecond's work.
    static let names = 16_384
    /// Bytes of a message that is read. In the local network one fits into a packet: what nodes send there has less than 1,000. A
    /// resolver's answer is a list of some hosts.
    public static let message = 4_096
    /// Questions and records of a message. A machine that offers much puts a few dozen into one.
    static let questions = 32
    static let records = 128
    /// Strings of a text record.
    static let strings = 32
}
