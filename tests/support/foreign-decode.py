"""Reads one snapshot with nothing of ours: python's hashlib and zlib, Debian's zstd and python3-cryptography.

usage: foreign-decode.py STORE SNAPSHOT_DIR OUT_DIR [KEY_FILE]
Checks magic, CRC, digests, index checksums and the manifest's own figures; writes each archive's raw bytes to OUT_DIR.
"""

import base64, hashlib, json, os, struct, subprocess, sys, zlib

store, snapshot, out = sys.argv[1:4]
key = None
if len(sys.argv) > 4:
    key = base64.b64decode(json.load(open(sys.argv[4]))["data"])
    id_key = hashlib.pbkdf2_hmac("sha256", key, b"_id_key", 10, 32)

KINDS = {
    "42ab3807be8370a1": "plain",
    "31b958426fb6a37f": "zstd",
    "7b6785be222d4cf0": "encrypted",
    "e6591bbf0bbfd80b": "encrypted-zstd",
}


def unzstd(data):
    return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout


seen = {}


def decode(blob):
    kind = KINDS[blob[:8].hex()]
    seen[kind] = seen.get(kind, 0) + 1
    crc = struct.unpack("<I", blob[8:12])[0]
    body = blob[44:] if kind.startswith("encrypted") else blob[12:]
    assert zlib.crc32(body) == crc, "crc"
    if kind.startswith("encrypted"):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        body = AESGCM(key).decrypt(blob[12:28], body + blob[28:44], None)
    return unzstd(body) if kind.endswith("zstd") else body


def chunk(digest):
    name = digest.hex()
    raw = decode(open(os.path.join(store, ".chunks", name[:4], name), "rb").read())
    keyed = hashlib.sha256(raw + id_key) if key else hashlib.sha256(raw)
    assert keyed.digest() == digest, "digest of " + name
    return raw


manifest_blob = open(os.path.join(snapshot, "index.json.blob"), "rb").read()
manifest = json.loads(decode(manifest_blob))
if key:
    signed = {k: v for k, v in manifest.items() if k not in ("signature", "unprotected")}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    import hmac

    assert hmac.new(id_key, text, "sha256").hexdigest() == manifest["signature"], "signature"

for entry in manifest["files"]:
    data = open(os.path.join(snapshot, entry["filename"]), "rb").read()
    target = open(os.path.join(out, entry["filename"]), "wb")
    if entry["filename"].endswith(".blob"):
        assert hashlib.sha256(data).hexdigest() == entry["csum"] and len(data) == entry["size"]
        target.write(decode(data))
    elif entry["filename"].endswith(".didx"):
        body = data[4096:]
        assert hashlib.sha256(body).hexdigest() == entry["csum"] == data[32:64].hex()
        at = 0
        for i in range(0, len(body), 40):
            end = struct.unpack("<Q", body[i : i + 8])[0]
            raw = chunk(body[i + 8 : i + 40])
            assert len(raw) == end - at
            target.write(raw)
            at = end
        assert at == entry["size"]
    else:
        size, chunk_size = struct.unpack("<QQ", data[64:80])
        body = data[4096:]
        assert hashlib.sha256(body).hexdigest() == entry["csum"] == data[32:64].hex()
        assert size == entry["size"] and len(body) == 32 * -(-size // chunk_size)
        cache = {}
        for i in range(0, len(body), 32):
            digest = body[i : i + 32]
            if digest not in cache:
                cache = {digest: chunk(digest)}
            assert len(cache[digest]) == min(chunk_size, size - i // 32 * chunk_size)
            target.write(cache[digest])
    target.close()

print(json.dumps({"kinds": seen, "files": [f["filename"] for f in manifest["files"]]}))
