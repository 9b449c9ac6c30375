"""Exports, as docs/conversations.md has them: reads one, and makes the known answer in Tests/Fixtures/export.txt."""
import ctypes
import sys

import sodium

HEAD, PORTION = 77, 65_536
FINAL, MESSAGE = 3, 0


def derive(passphrase, salt, passes, kibibytes):
    """Argon2id with one lane."""
    key = ctypes.create_string_buffer(32)
    result = sodium.library.crypto_pwhash(
        key, ctypes.c_ulonglong(32), passphrase, ctypes.c_ulonglong(len(passphrase)), salt, ctypes.c_ulonglong(passes),
        ctypes.c_size_t(kibibytes << 10), 2)
    if result != 0:
        raise MemoryError
    return key.raw


def stream(key, header):
    state = ctypes.create_string_buffer(sodium.library.crypto_secretstream_xchacha20poly1305_statebytes())
    sodium.library.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    return state


def check(key, start):
    return sodium.blake2b(b"roost sealed file", start, key=key)[:16]


def seal(content, passphrase, passes, kibibytes, seed):
    start = b"roost export\1" + passes.to_bytes(4, "big") + kibibytes.to_bytes(4, "big") + seed
    key = derive(passphrase, seed[:16], passes, kibibytes)
    file = start + check(key, start)
    state, associated = stream(key, seed[16:]), file
    portions = [content[i:i + PORTION] for i in range(0, len(content), PORTION)] or [b""]
    for number, portion in enumerate(portions):
        output = ctypes.create_string_buffer(len(portion) + 17)
        sodium.library.crypto_secretstream_xchacha20poly1305_push(
            state, output, None, portion, ctypes.c_ulonglong(len(portion)), associated, ctypes.c_ulonglong(len(associated)),
            ctypes.c_ubyte(FINAL if number == len(portions) - 1 else MESSAGE))
        file, associated = file + output.raw, b""
    return file


def unseal(file, passphrase):
    if file[:13] != b"roost export\1":
        raise ValueError("no export of this version")
    passes, kibibytes = int.from_bytes(file[13:17], "big"), int.from_bytes(file[17:21], "big")
    key = derive(passphrase, file[21:37], passes, kibibytes)
    if check(key, file[:61]) != file[61:HEAD]:
        raise ValueError("wrong passphrase")
    state, associated, content = stream(key, file[37:61]), file[:HEAD], b""
    for place in range(HEAD, len(file), PORTION + 17):
        chunk = file[place:place + PORTION + 17]
        output, tag = ctypes.create_string_buffer(len(chunk)), ctypes.c_ubyte()
        if sodium.library.crypto_secretstream_xchacha20poly1305_pull(
                state, output, None, ctypes.byref(tag), chunk, ctypes.c_ulonglong(len(chunk)), associated,
                ctypes.c_ulonglong(len(associated))) != 0 or (tag.value == FINAL) != (place + len(chunk) == len(file)):
            raise ValueError("damaged")
        content, associated = content + output.raw[:len(chunk) - 17], b""
    return content


def records(content):
    """The kinds and contents of the records."""
    while content:
        size = int.from_bytes(content[1:5], "big")
        yield content[0], content[5:5 + size]
        content = content[5 + size:]


if __name__ == "__main__":
    # What `roost export` wrote: python3 export.py FILE PASSPHRASE lists it.
    for kind, content in records(unseal(open(sys.argv[1], "rb").read(), sys.argv[2].encode())):
        print(kind, "(secret)" if kind in (1, 3) else content.hex())
