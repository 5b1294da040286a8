"""Reads and writes DataBlobs with nothing of ours: Python's zlib for CRC-32, the zstd command, OpenSSL's libcrypto.

foreign-blob.testing.py decode [KEY_HEX]                 blob on stdin, raw data on stdout
foreign-blob.testing.py encode KIND [KEY_HEX IV_HEX]     raw data on stdin, blob on stdout

Written from docs/format.md alone.
"""

import ctypes
import ctypes.util
import struct
import subprocess
import sys
import zlib

MAGICS = {
    "plain": "42ab3807be8370a1",
    "zstd": "31b958426fb6a37f",
    "encrypted": "7b6785be222d4cf0",
    "encrypted-zstd": "e6591bbf0bbfd80b",
}
GET_TAG, SET_TAG, SET_IV_LENGTH = 0x10, 0x11, 0x9

crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
    getattr(crypto, name).restype = ctypes.c_void_p


def gcm(encrypting, key, iv, data, tag=None):
    """AES-256-GCM without additional data; returns output and tag."""
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    cipher = ctypes.c_void_p(crypto.EVP_aes_256_gcm())
    way = 1 if encrypting else 0
    crypto.EVP_CipherInit_ex(context, cipher, None, None, None, way)
    crypto.EVP_CIPHER_CTX_ctrl(context, SET_IV_LENGTH, len(iv), None)
    crypto.EVP_CipherInit_ex(context, None, None, key, iv, way)
    out = ctypes.create_string_buffer(len(data) + 16)
    length = ctypes.c_int(0)
    if data:
        crypto.EVP_CipherUpdate(context, out, ctypes.byref(length), data, len(data))
    if not encrypting:
        crypto.EVP_CIPHER_CTX_ctrl(context, SET_TAG, 16, ctypes.create_string_buffer(tag, 16))
    rest = ctypes.create_string_buffer(16)
    if crypto.EVP_CipherFinal_ex(context, rest, ctypes.byref(ctypes.c_int(0))) != 1:
        sys.exit("the tag does not fit")
    made = ctypes.create_string_buffer(16)
    if encrypting:
        crypto.EVP_CIPHER_CTX_ctrl(context, GET_TAG, 16, made)
    return out.raw[: length.value], made.raw


def zstd(*options, data):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def decode(blob, key):
    kind = {magic: kind for kind, magic in MAGICS.items()}[blob[:8].hex()]
    (crc,) = struct.unpack("<I", blob[8:12])
    header = 44 if kind.startswith("encrypted") else 12
    data = blob[header:]
    if zlib.crc32(data) != crc:
        sys.exit("the checksum does not fit")
    if header == 44:
        data, _ = gcm(False, key, blob[12:28], data, blob[28:44])
    return zstd("-d", data=data) if kind.endswith("zstd") else data


def encode(kind, raw, key, iv):
    data = zstd("-3", "--no-check", data=raw) if kind.endswith("zstd") else raw
    extra = b""
    if kind.startswith("encrypted"):
        data, tag = gcm(True, key, iv, data)
        extra = iv + tag
    return bytes.fromhex(MAGICS[kind]) + struct.pack("<I", zlib.crc32(data)) + extra + data


stdin = sys.stdin.buffer.read()
words = sys.argv[2:]
if sys.argv[1] == "decode":
    answer = decode(stdin, bytes.fromhex(words[0]) if words else None)
else:
    answer = encode(words[0], stdin, *[bytes.fromhex(word) for word in words[1:]] or [None, None])
sys.stdout.buffer.write(answer)
