#!/usr/bin/env python3
"""Opens an envelope by the published format alone, with libsodium and none of the program's code.

Checks the known answers of Tests/ConversationsTests:
    open-envelope.py HEX-OF-ENVELOPE RECIPIENT-SEED-BYTE PREKEY-BYTE EPOCH
Each key is 32 times the given byte. Prints the sender's peer ID and the content's fields.
"""
import ctypes
import ctypes.util
import hashlib
import hmac
import sys

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
sodium.sodium_init()


def call(name, size, *arguments):
    out = ctypes.create_string_buffer(size)
    if getattr(sodium, name)(out, *arguments) != 0:
        sys.exit(name + " failed")
    return out.raw


def hash256(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()


def hkdf2(chain, secret):
    def mac(key, data):
        return hmac.new(key, data, hashlib.blake2b).digest()
    extracted = mac(chain, secret)
    first = mac(extracted, b"\x01")
    return first, mac(extracted, first + b"\x02")[:32]


def unseal(box, nonce, key, data):
    out = ctypes.create_string_buffer(len(box) - 16)
    big = ctypes.c_ulonglong
    if sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, None, None, box, big(len(box)), data, big(len(data)), nonce, key) != 0:
        sys.exit("not authentic")
    return out.raw


envelope = bytes.fromhex(sys.argv[1])
seed, prekey, epoch = bytes([int(sys.argv[2])]) * 32, bytes([int(sys.argv[3])]) * 32, int(sys.argv[4])

peer = ctypes.create_string_buffer(32)
sodium.crypto_sign_seed_keypair(peer, ctypes.create_string_buffer(64), seed)
peer = peer.raw
factor = hashlib.blake2b(b"roost blind" + b"\x02" + peer + epoch.to_bytes(4, "big"), digest_size=64).digest()
scalar = ctypes.create_string_buffer(32)
sodium.crypto_core_ed25519_scalar_reduce(scalar, factor)
mailbox = hash256(call("crypto_scalarmult_ed25519_noclamp", 32, scalar.raw, peer))
identity = hashlib.blake2b(b"roost identity key" + bytes(8), key=seed, digest_size=32).digest()
identity_public = call("crypto_scalarmult_base", 32, identity)
prekey_public = call("crypto_scalarmult_base", 32, prekey)

header, sealed = envelope[:7], envelope[7:]
ephemeral = sealed[:32]
chain = b"Roost_X3DH_25519_XChaChaPoly_BLAKE2b".ljust(64, b"\0")
agreed = hash256(b"roost envelope sender", header, mailbox, peer, identity_public, prekey_public, sealed[:36])
chain, _ = hkdf2(chain, call("crypto_scalarmult", 32, identity, ephemeral))
chain, key = hkdf2(chain, call("crypto_scalarmult", 32, prekey, ephemeral))
certificate = unseal(sealed[60:204], sealed[36:60], key, agreed)
sender, sender_identity, signature = certificate[:32], certificate[32:64], certificate[64:]
statement = b"roost identity key" + sender_identity
if sodium.crypto_sign_verify_detached(signature, statement, ctypes.c_ulonglong(len(statement)), sender) != 0:
    sys.exit("the sender's certificate is not theirs")
agreed = hash256(b"roost envelope content", agreed, sealed[36:204])
chain, key = hkdf2(chain, call("crypto_scalarmult", 32, prekey, sender_identity))
content = unseal(sealed[228:], sealed[204:228], key, agreed)
count = int.from_bytes(content[:4], "big")
fields, at = content[4:4 + count], 0
print("from", sender.hex())
while at < count:
    size = int.from_bytes(fields[at + 1:at + 5], "big")
    print(fields[at], fields[at + 5:at + 5 + size])
    at += 5 + size
