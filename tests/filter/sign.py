"""Signs messages for the tests: DKIM (RFC 6376) and ARC (RFC 8617), RSA by the openssl program."""
import base64
import hashlib
import re
import subprocess
from pathlib import Path


class Key:
    """A key of 2048 bits in a folder, and its record."""

    def __init__(self, folder, name):
        self.path = Path(folder) / f"{name}.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(self.path), "2048"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", str(self.path), "-pubout", "-outform", "DER"],
                                check=True, capture_output=True).stdout
        text = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
        self.record = " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200))

    def sign(self, octets):
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.path)], input=octets, check=True,
                              capture_output=True)
        return base64.b64encode(done.stdout).decode()


def fields_of(message):
    """(name, value) of each field, folding kept, and the body."""
    head, _, body = message.partition(b"\r\n\r\n")
    found = re.split(rb"\r\n(?![ \t])", head)
    return [tuple(one.split(b":", 1)) for one in found], body


def relaxed_field(name, value):
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" \t")
    return name.lower().strip() + b":" + value + b"\r\n"


def simple_field(name, value):
    return name + b":" + value + b"\r\n"


def simple_body(body):
    return body.rstrip(b"\r\n") + b"\r\n"


def relaxed_body(body):
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def selected(fields, names, form=relaxed_field):
    left = list(fields)
    out = b""
    for name in names:
        for at in range(len(left) - 1, -1, -1):
            if left[at][0].lower().strip() == name.encode():
                out += form(*left.pop(at))
                break
    return out


def body_hash(body, form=relaxed_body):
    return base64.b64encode(hashlib.sha256(form(body)).digest()).decode()


def dkim(message, key, domain, selector="s1", names=("from", "to", "subject", "date", "message-id"), tags="",
         form="relaxed"):
    """The message with a DKIM-Signature above it, c=relaxed/relaxed or simple/simple."""
    fields, body = fields_of(message)
    field_form, body_form = (relaxed_field, relaxed_body) if form == "relaxed" else (simple_field, simple_body)
    value = (f" v=1; a=rsa-sha256; c={form}/{form}; d={domain}; s={selector}; {tags}\r\n\th={':'.join(names)};\r\n"
             f"\tbh={body_hash(body, body_form)};\r\n\tb=").encode()
    signed = selected(fields, names, field_form) + field_form(b"DKIM-Signature", value)[:-2]
    return b"DKIM-Signature:" + value + key.sign(signed).encode() + b"\r\n" + message


def arc(message, key, domain, results, selector="s1", names=("from", "to", "subject", "date", "message-id")):
    """The message with a first ARC set that says `results`."""
    fields, body = fields_of(message)
    aar = f" i=1; {results}".encode()
    ams = (f" i=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};\r\n\th={':'.join(names)};\r\n"
           f"\tbh={body_hash(body)};\r\n\tb=").encode()
    ams += key.sign(selected(fields, names) + relaxed_field(b"ARC-Message-Signature", ams)[:-2]).encode()
    seal = f" i=1; a=rsa-sha256; cv=none; d={domain}; s={selector};\r\n\tb=".encode()
    seal += key.sign(relaxed_field(b"ARC-Authentication-Results", aar) +
                     relaxed_field(b"ARC-Message-Signature", ams) + relaxed_field(b"ARC-Seal", seal)[:-2]).encode()
    return (b"ARC-Seal:" + seal + b"\r\nARC-Message-Signature:" + ams + b"\r\nARC-Authentication-Results:" + aar +
            b"\r\n" + message)
