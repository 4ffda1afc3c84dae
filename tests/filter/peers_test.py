#!/usr/bin/env python3
"""Peers that no MTA is: cut packets, lies about lengths, silence, nonsense; and the doors that Postfix does not use here.
Whatever one peer does, the next one is served, and the journal holds what ended and nothing else."""
import re
import socket
import stat
import struct
import unittest

import mta
from milter_client import ALL_ACTIONS, ALL_STEPS, MilterClient, MilterClosed, VERSION_2_STEPS, packet
from world import MESSAGE, FilterTest, signed

FORGED = b"Authentication-Results: mx.rcpt.example; dmarc=pass header.from=bank.example\r\n"


class OctetByOctet(MilterClient):
    """Everything it says arrives in pieces."""

    def send_raw(self, data):
        for at in range(0, len(data), 3):
            self.socket.sendall(data[at:at + 3])


class Peers(FilterTest):
    def address(self):
        return ("127.0.0.1", self.filter.port)

    def peer(self, kind=MilterClient, address=None, client="192.0.2.1", **offer):
        """A connection that has said hello as far as HELO."""
        peer = kind(address or self.address(), mta.WAIT)
        self.addCleanup(peer.close)
        peer.negotiate(**offer)
        peer.connect("out.aligned.example", client)
        peer.helo("out.aligned.example")
        return peer

    def passes(self, peer, message=None):
        reply, edits = peer.send_message(message or signed(), "<bounce@aligned.example>")
        self.assertEqual(reply.kind, "continue")
        results = [edit for edit in edits if edit.kind == "insert" and edit.name == "Authentication-Results"]
        self.assertEqual(len(results), 1, edits)
        self.assertIn("dmarc=pass", results[0].value)
        return edits


class Broken(Peers):
    def test_packets_cut_anywhere_and_packets_together(self):
        self.begin()
        self.passes(self.peer(OctetByOctet))
        together = self.peer()
        head, _, body = signed().partition(b"\r\n\r\n")
        fields = [line.split(b":", 1) for line in re.split(rb"\r\n(?![ \t])", head)]
        data = packet("M", b"<bounce@aligned.example>\0") + packet("R", b"<b@rcpt.example>\0") + packet("T")
        data += b"".join(packet("L", name + b"\0" + value.replace(b"\r\n", b"\n") + b"\0") for name, value in fields)
        replies = sum(together.is_answered(command) for command in "MRTNB")
        replies += len(fields) if together.is_answered("L") else 0
        together.send_raw(data + packet("N") + packet("B", body) + packet("E"))
        for _ in range(replies):
            self.assertIn(together.read_reply().kind, ("continue", "skip"))
        self.assertEqual(together.read_end()[0].kind, "continue")
        self.assertEqual([entry["verdict"]["result"] for entry in self.filter.entries(2)], ["pass", "pass"])

    def test_what_another_filter_refuses_afterwards_was_judged_all_the_same(self):
        self.begin()
        peer = self.peer()
        self.passes(peer)
        peer.close()  # the MTA tells nobody what became of the message
        self.assertEqual([entry["verdict"]["result"] for entry in self.filter.entries(1)], ["pass"])

    def test_lies_about_lengths(self):
        self.begin()
        witness = self.peer()
        for lie in (0, 0x7FFFFFFF, 0xFFFFFFFF, 0x0D0A0D0A):
            with self.subTest(length=lie):
                peer = self.peer()
                peer.send_raw(struct.pack(">I", lie) + b"Cxxxx")
                self.assertTrue(peer.is_closed())
        for early in (b"", b"\0", b"\0\0\0", b"GET / HTTP/1.1\r\n\r\n", b"EHLO mx.example.com\r\n"):
            with self.subTest(early=early):
                with MilterClient(self.address(), mta.WAIT) as peer:
                    peer.send_raw(early)
                    peer.socket.shutdown(socket.SHUT_WR)
                    self.assertTrue(peer.is_closed())
        self.passes(witness)

    def test_hanging_up_anywhere_leaves_nothing_behind(self):
        self.begin()
        for stop in range(8):
            peer = self.peer()
            steps = [lambda: peer.mail("<bounce@aligned.example>"), lambda: peer.rcpt("<b@rcpt.example>"), peer.data,
                     lambda: peer.header("From", " a@aligned.example"), peer.eoh, lambda: peer.body(b"x" * 100_000),
                     lambda: peer.send_raw(struct.pack(">I", 60_000) + b"Bhalf a packet")]
            for step in steps[:stop]:
                step()
            peer.close()
        self.passes(self.peer())
        self.assertEqual(len(self.filter.entries()), 1)
        mta.wait_for(lambda: self.filter.metric("assay_held_octets") == 0, "the memory to come back")

    def test_silence_is_ended(self):
        self.begin('idle_time = "1s"')
        for said in (b"", packet("O", struct.pack(">III", 6, ALL_ACTIONS, ALL_STEPS))[:7]):
            with MilterClient(self.address(), mta.WAIT) as peer:
                peer.send_raw(said)
                self.assertTrue(peer.is_closed())
        peer = self.peer()
        peer.mail("<bounce@aligned.example>")
        with self.assertRaises((MilterClosed, ConnectionError)):
            peer.read_packet()
        self.passes(self.peer())

    def test_commands_that_make_no_sense(self):
        self.begin()
        for name, data in {"a field before the message": packet("L", b"From\0 a\0"), "an end of nothing": packet("E"),
                           "body without header": packet("B", b"x"), "no such command": packet("?"),
                           "a second negotiation": packet("O", struct.pack(">III", 6, 0, 0)),
                           "half an address": packet("C", b"name\x004\0"), "no terminator": packet("M", b"<a@b>"),
                           "no family": packet("C", b"name\0"), "empty mail": packet("M"), "lone name": packet("L", b"From"),
                           "macros cut": packet("D", b"Mi\0")}.items():
            with self.subTest(name):
                peer = self.peer()
                peer.send_raw(data)
                peer.socket.shutdown(socket.SHUT_WR)
                while peer.socket.recv(1000):
                    pass
        self.passes(self.peer())
        self.assertEqual(len(self.filter.entries()), 1)
        # Macros that are cut may still be a newer MTA's.
        self.assertEqual(self.filter.metric("assay_faults_total"), 10)

    def test_more_forged_results_than_can_be_removed(self):
        self.begin('on_fault = "accept"')
        reply, edits = self.peer().send_message(FORGED * 1000 + MESSAGE, "<bounce@aligned.example>")
        self.assertEqual((reply.kind, len([edit for edit in edits if edit.kind == "delete"])), ("continue", 1000))
        reply, edits = self.peer().send_message(FORGED * 1001 + MESSAGE, "<bounce@aligned.example>")
        self.assertEqual((reply.kind, edits), ("custom", []))
        self.assertIn("550 5.7.1", reply.text)
        self.passes(self.peer())

    def test_wild_octets_reach_the_journal_as_text(self):
        self.begin()
        peer = self.peer()
        wild = bytes(range(1, 256))
        peer.macros("M", i=b"id\x01\xff", mail_addr=wild)
        peer.send_message(b"From: " + wild.replace(b"\r", b"").replace(b"\n", b"") + b"\r\nX\xff: y\r\n\r\n" + wild, wild)
        self.passes(peer)
        self.assertEqual(len(self.filter.entries(2)), 2)

    def test_more_connections_than_allowed(self):
        self.begin("max_connections = 3")
        mta.wait_for(lambda: self.filter.metric("assay_connections") == 0, "the look at the port to be over")
        kept = [self.peer() for _ in range(3)]
        with MilterClient(self.address(), mta.WAIT) as one_more:
            self.assertTrue(one_more.is_closed())
        for peer in kept:
            self.passes(peer)
        kept[0].quit()
        self.assertTrue(kept[0].is_closed())
        mta.wait_for(lambda: self.filter.metric("assay_connections") == 2, "the place to be free")
        self.passes(self.peer())

    def test_forged_results_go_from_mail_that_cannot_be_tested(self):
        self.begin('max_memory = "1MiB"\non_fault = "accept"')
        large = FORGED + signed().replace(b"Subject:", b"".join(b"X-%d: %s\r\n" % (i, b"y" * 60_000) for i in range(30))
                                           + FORGED + b"Subject:")
        reply, edits = self.peer().send_message(large, "<bounce@aligned.example>")
        self.assertEqual(reply.kind, "continue")
        self.assertEqual([(edit.kind, edit.index) for edit in edits], [("delete", 2), ("delete", 1)])
        self.assertEqual(self.filter.metric("assay_faults_total"), 1)


class Usual(Peers):
    def test_one_connection_many_messages_aborts_and_clients(self):
        self.begin()
        peer = self.peer()
        for _ in range(3):
            self.passes(peer)
            peer.mail("<bounce@aligned.example>")
            peer.header("From", " a@aligned.example")
            peer.abort()
        peer.quit_and_start_over()
        peer.connect("other.example", "203.0.113.9")
        peer.helo("other.example")
        reply, _ = peer.send_message(MESSAGE, "<x@evil.example>")
        self.assertEqual(reply.kind, "custom")
        self.assertIn("550 5.7.1", reply.text)
        clients = [entry["client"] for entry in self.filter.entries(4)]
        self.assertEqual(clients, ["192.0.2.1"] * 3 + ["203.0.113.9"])

    def test_all_that_can_be_offered(self):
        """A version 2 MTA answers and is answered at every step; one that strips leading spaces gets none back."""
        self.begin()
        self.passes(self.peer(version=2, protocol=VERSION_2_STEPS))
        edits = self.passes(self.peer(protocol=VERSION_2_STEPS))
        self.assertFalse(edits[-1].value.startswith(" "), edits)
        with MilterClient(self.address(), mta.WAIT) as peer:
            peer.send_packet("O", struct.pack(">III", 1, ALL_ACTIONS, ALL_STEPS))
            self.assertTrue(peer.is_closed())

    def test_a_client_of_ipv6_and_one_without_an_address(self):
        self.begin()
        for spelled in ("2001:db8:1::25", "IPv6:2001:db8:1::25"):
            self.passes(self.peer(client=spelled), MESSAGE)
        peer = MilterClient(self.address(), mta.WAIT)
        self.addCleanup(peer.close)
        peer.negotiate()
        peer.connect("localhost")
        peer.helo("localhost")
        self.passes(peer)
        self.assertEqual(self.filter.entries(3)[0]["client"], "2001:db8:1::25")

    def test_listeners_of_every_kind_with_settings_of_their_own(self):
        path, port = self.folder / "assay.sock", mta.free_port()
        self.begin(listen=f'[[listen]]\naddress = "unix:{path}"\npermissions = "0620"\nmode = "monitor"\n'
                          f'[[listen]]\naddress = "[::1]:{port}"\nauthserv_id = "six.rcpt.example"')
        mta.wait_for(lambda: stat.S_IMODE(path.stat().st_mode) == 0o620, "the permissions of the socket")
        reply, edits = self.peer(address=str(path), client="203.0.113.9").send_message(MESSAGE, "<x@evil.example>")
        self.assertEqual(reply.kind, "continue")
        self.assertTrue(edits[-1].value.startswith(" mx.rcpt.example;"), edits)
        reply, _ = self.peer(address=("::1", port), client="203.0.113.9").send_message(MESSAGE, "<x@evil.example>")
        self.assertEqual(reply.kind, "custom")
        six = self.passes(self.peer(address=("::1", port)), FORGED + FORGED.replace(b"mx.", b"six.") + signed())
        self.assertEqual([edit.index for edit in six if edit.kind == "delete"], [2])
        self.filter.stop()
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
