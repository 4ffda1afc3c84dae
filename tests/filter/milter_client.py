"""The MTA's side of the milter protocol, for tests: what Postfix and Sendmail say, and what they never would.

    with MilterClient(("127.0.0.1", 8891)) as mta:      # or the path of a unix socket
        mta.negotiate()
        mta.connect("mx.example.com", "192.0.2.1")
        mta.helo("mx.example.com")
        mta.mail("<a@example.com>")
        mta.rcpt("<b@example.org>")
        mta.data()
        mta.header("From", " a@example.com")
        mta.eoh()
        mta.body(b"Hello.\\r\\n")
        reply, edits = mta.eom()                        # Reply("c"), [Edit("insert", "Authentication-Results", ...)]
        mta.quit()

Every stage returns its Reply, or None where the filter had asked not to answer it (SMFIP_NR_*). send_message plays a
whole message. `version`, `actions` and `steps` tell what was agreed; send_packet and send_raw write anything at all.
"""
import socket
import struct
from dataclasses import dataclass

# SMFIF_*: what the filter may do.
ADD_HEADERS, CHANGE_BODY, ADD_RECIPIENTS, DELETE_RECIPIENTS, CHANGE_HEADERS, QUARANTINE = 1, 2, 4, 8, 0x10, 0x20
ALL_ACTIONS = 0x1FF

# SMFIP_*: steps left out, understood, or not answered.
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_HEADERS, NO_EOH = 1, 2, 4, 8, 0x10, 0x20, 0x40
NO_UNKNOWN, NO_DATA, SKIP, REJECTED_RCPT, LEADING_SPACE = 0x100, 0x200, 0x400, 0x800, 0x100000
NR_HEADER, NR_CONNECT, NR_HELO, NR_MAIL, NR_RCPT = 0x80, 0x1000, 0x2000, 0x4000, 0x8000
NR_DATA, NR_UNKNOWN, NR_EOH, NR_BODY = 0x10000, 0x20000, 0x40000, 0x80000
ALL_STEPS = 0x1FFFFF      # what Postfix and Sendmail offer in version 6
VERSION_2_STEPS = 0x7F    # answers everything

# command: (left out by, not answered by)
STEPS = {"C": (NO_CONNECT, NR_CONNECT), "H": (NO_HELO, NR_HELO), "M": (NO_MAIL, NR_MAIL), "R": (NO_RCPT, NR_RCPT),
         "T": (NO_DATA, NR_DATA), "L": (NO_HEADERS, NR_HEADER), "N": (NO_EOH, NR_EOH), "B": (NO_BODY, NR_BODY),
         "U": (NO_UNKNOWN, NR_UNKNOWN)}

BODY_CHUNK = 65535
MAX_PACKET = 1 << 24
KINDS = {"c": "continue", "a": "accept", "r": "reject", "t": "tempfail", "d": "discard", "y": "custom", "s": "skip",
         "f": "connection failure", "4": "shutdown"}


class MilterError(Exception):
    """The filter broke the protocol."""


class MilterClosed(MilterError):
    """The filter closed the connection where an answer was due."""


@dataclass
class Reply:
    """kind: a word of KINDS. text: of a custom reply, as the SMTP client sees it (one percent sign for two)."""
    kind: str
    text: str = ""


@dataclass
class Edit:
    """kind: insert, add, change, delete, quarantine (value is the reason), or the letter of another change (value is
    its data). The value is as on the wire: with its leading space where LEADING_SPACE was agreed."""
    kind: str
    name: str = ""
    value: str = ""
    index: int = 0


def octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def text_of(value):
    return value.decode("utf-8", "surrogateescape")


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + octets(command) + octets(data)


def strings(data, count):
    """NUL-terminated strings, which must fill the data."""
    parts = data.split(b"\0")
    if len(parts) != count + 1 or parts[-1]:
        raise MilterError(f"not {count} strings: {data!r}")
    return [text_of(part) for part in parts[:count]]


def to_edit(letter, data):
    """The change that a packet asks for."""
    if letter in "im":
        if len(data) < 4:
            raise MilterError(f"cut off: {letter}{data!r}")
        name, value = strings(data[4:], 2)
        kind = "insert" if letter == "i" else "change" if value else "delete"
        return Edit(kind, name, value, struct.unpack(">I", data[:4])[0])
    if letter == "h":
        name, value = strings(data, 2)
        return Edit("add", name, value)
    if letter == "q":
        return Edit("quarantine", value=strings(data, 1)[0])
    if letter in "+-2eb":
        return Edit(letter, value=text_of(data))
    return None


def to_reply(letter, data):
    """As Postfix reads it: nothing behind a plain reply, and a custom one with codes of one class."""
    if letter not in KINDS:
        raise MilterError(f"unknown reply {letter!r}")
    if letter != "y":
        if data:
            raise MilterError(f"data behind the reply {letter}: {data!r}")
        return Reply(KINDS[letter])
    text = strings(data, 1)[0]
    for line in text.split("\r\n"):
        if not (len(line) > 4 and line[0] in "45" and line[:3].isdigit() and line[3] in " -" and line[4] == line[0]):
            raise MilterError(f"malformed reply {line!r}")
    return Reply("custom", text.replace("%%", "%"))


class MilterClient:
    """One connection of an MTA to a filter. Times out after `timeout` seconds with TimeoutError."""

    def __init__(self, address, timeout=30):
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        if isinstance(address, tuple) and ":" in address[0]:
            family = socket.AF_INET6
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.version = self.actions = self.steps = 0  # agreed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Hangs up without a word."""
        self.socket.close()

    # ---- packets

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_packet(self, command, data=b""):
        self.send_raw(packet(command, data))

    def send_slowly(self, data, piece=1):
        """In so many writes; the filter sees cut packets."""
        for at in range(0, len(data), piece):
            self.send_raw(data[at:at + piece])

    def read_exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise MilterClosed(f"closed after {len(data)} of {size} octets")
            data += more
        return data

    def read_packet(self):
        """(letter, data)"""
        length = struct.unpack(">I", self.read_exactly(4))[0]
        if not 0 < length <= MAX_PACKET:
            raise MilterError(f"a packet of {length} octets")
        data = self.read_exactly(length)
        return chr(data[0]), data[1:]

    def read_reply(self):
        """The next reply; nothing may change before the end of the message."""
        while True:
            letter, data = self.read_packet()
            if letter != "p":  # progress: still at work
                return to_reply(letter, data)

    def is_closed(self):
        """Waits for the filter to hang up; raises what came instead."""
        try:
            more = self.socket.recv(1)
        except ConnectionResetError:
            return True
        if more:
            raise MilterError(f"more came: {more!r}")
        return True

    def is_silent(self, seconds=0.2):
        """Whether the filter says nothing for so long."""
        timeout = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(timeout)

    # ---- stages

    def negotiate(self, version=6, actions=ALL_ACTIONS, protocol=ALL_STEPS):
        """(version, actions, protocol) as the filter wants them; raises where it wants what was not offered."""
        self.send_packet("O", struct.pack(">III", version, actions, protocol))
        letter, data = self.read_packet()
        if letter != "O" or len(data) < 12:
            raise MilterError(f"not a negotiation: {letter}{data!r}")
        self.version, self.actions, self.steps = struct.unpack(">III", data[:12])
        if self.version > version or self.actions & ~actions or self.steps & ~protocol:
            raise MilterError(f"more than offered: {self.version} {self.actions:#x} {self.steps:#x}")
        return self.version, self.actions, self.steps

    def wants(self, command):
        return not self.steps & STEPS[command][0] if command in STEPS else True

    def is_answered(self, command):
        return not self.steps & STEPS[command][1] if command in STEPS else command == "E"

    def stage(self, command, data=b""):
        """Sends it as an MTA does: not if the filter wants none, and waiting for a reply only if there is one."""
        if not self.wants(command):
            return None
        self.send_packet(command, data)
        return self.read_reply() if self.is_answered(command) else None

    def macros(self, command, **values):
        """Those for the stage whose command comes next; long names get their braces."""
        self.send_packet("D", octets(command) + b"".join(
            octets(name if len(name) == 1 else "{%s}" % name) + b"\0" + octets(value) + b"\0"
            for name, value in values.items()))

    def connect(self, name="localhost", address=None, port=25, family=None):
        """Without an address the family is unknown; a path is one of a unix socket."""
        data = octets(name) + b"\0"
        if family is None:
            family = "U" if address is None else "6" if ":" in address else "L" if "/" in address else "4"
        data += octets(family)
        if family != "U":
            data += struct.pack(">H", 0 if family == "L" else port) + octets(address or "") + b"\0"
        return self.stage("C", data)

    def helo(self, name):
        return self.stage("H", octets(name) + b"\0")

    def mail(self, path, *arguments):
        return self.stage("M", b"".join(octets(part) + b"\0" for part in (path, *arguments)))

    def rcpt(self, path, *arguments):
        return self.stage("R", b"".join(octets(part) + b"\0" for part in (path, *arguments)))

    def data(self):
        return self.stage("T")

    def unknown(self, command):
        return self.stage("U", octets(command) + b"\0")

    def header(self, name, value):
        """The value as it stands behind the colon; the MTA takes one space off unless LEADING_SPACE was agreed."""
        value = octets(value)
        if not self.steps & LEADING_SPACE and value.startswith(b" "):
            value = value[1:]
        return self.stage("L", octets(name) + b"\0" + value + b"\0")

    def eoh(self):
        return self.stage("N")

    def body(self, data):
        """In chunks, as long as the filter wants more; the last reply."""
        reply, data = None, octets(data)
        for at in range(0, len(data), BODY_CHUNK):
            reply = self.stage("B", data[at:at + BODY_CHUNK])
            if reply and reply.kind != "continue":
                break
        return reply

    def eom(self, last=b""):
        """(reply, edits). Changes that were not agreed on raise, as MTAs then drop the filter."""
        self.send_packet("E", last)
        return self.read_end()

    def read_end(self):
        edits = []
        while True:
            letter, data = self.read_packet()
            if letter == "p":
                continue
            edit = to_edit(letter, data)
            if edit is None:
                return to_reply(letter, data), edits
            needed = {"insert": ADD_HEADERS, "add": ADD_HEADERS, "change": CHANGE_HEADERS, "delete": CHANGE_HEADERS,
                      "quarantine": QUARANTINE}.get(edit.kind, 0)
            if not needed or not self.actions & needed:
                raise MilterError(f"a change that was not agreed on: {edit}")
            edits.append(edit)

    def abort(self):
        self.send_packet("A")

    def quit(self):
        self.send_packet("Q")

    def quit_and_start_over(self):
        self.send_packet("K")

    # ---- whole messages

    def send_message(self, message, sender="<>", recipients=("<b@example.org>",), macros=None):
        """(reply, edits) of a message given as octets with CRLF, its body behind an empty line. A reply before the end
        that is not to go on ends it, with no edits. `macros` are sent before MAIL and DATA ("i" is the queue's id)."""
        for reply in self.play_to_the_end(message, sender, recipients, macros or {}):
            if reply and reply.kind not in ("continue", "skip"):
                return reply, []
        return self.eom()

    def play_to_the_end(self, message, sender, recipients, macros):
        """The replies of each stage before the end, as they come."""
        head, _, body = octets(message).partition(b"\r\n\r\n")
        if macros:
            self.macros("M", **macros)
        yield self.mail(sender)
        for recipient in recipients:
            yield self.rcpt(recipient)
        if macros:
            self.macros("T", **macros)
        yield self.data()
        for name, value in split_fields(head):
            yield self.header(name, value)
        yield self.eoh()
        yield self.body(body)


def split_fields(head):
    """(name, value) of each field, folding with LF as both MTAs send it, and the leading space kept."""
    fields = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1] += b"\n" + line
        elif line:
            name, _, value = line.partition(b":")
            fields.append([name, value])
    return [(name, value) for name, value in fields]
