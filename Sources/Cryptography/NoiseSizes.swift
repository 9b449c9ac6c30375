/// Bytes that Noise adds (Noise rev 34, §3 and §12).
public enum NoiseSizes {
    /// An X25519 public key.
    public static let key = 32
    /// A Poly1305 tag.
    public static let tag = 16
    /// A static key, encrypted.
    public static let sealedKey = key + tag
}
