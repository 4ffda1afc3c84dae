#!/usr/bin/env python3
"""--jsonl: many requests, in order, side by side."""
import base64
import json
import select
import subprocess

from harness import ASSAY, MESSAGE, ZONE, Test, main, run, run_lines


class Jsonl(Test):
    def request(self, number, **more):
        return {"id": number, "ip": "192.0.2.1", "helo": "mx.example.com", "mail_from": "a@example.com",
                "message": MESSAGE.decode(), "zone": ZONE, **more}

    def test_good_and_bad_lines_in_order(self):
        requests = []
        for number in range(0, 300, 6):
            requests += [self.request(number),
                         {"id": number + 1},
                         "not json",
                         self.request(number + 3, ip="203.0.113.1"),
                         {"id": number + 4, "message": 5},
                         self.request(number + 5, zone="x y z\n")]
        for jobs in ("1", "2", "7"):
            done, answers = run_lines("verify", "--jobs", jobs, requests=requests)
            self.assertEqual((done.returncode, done.err), (0, ""))
            self.assertEqual(len(answers), len(requests))
            for at, answer in enumerate(answers):
                self.assertEqual(answer.get("id"), None if at % 6 == 2 else at)
                if at % 6 in (1, 2, 4, 5):
                    self.assertEqual(sorted(answer.keys() - {"id"}), ["error"])
                else:
                    self.assertEqual(answer["dmarc"]["result"], "pass" if at % 6 == 0 else "fail")
            self.assertIn("line 1", answers[5]["error"])

    def test_ids_come_back_as_given(self):
        ids = ["text", "\u00fc\u202e\u001b", 5, -1.5e3, True, ""]
        _, answers = run_lines("verify", requests=[{"id": each, "message": ""} for each in ids])
        self.assertEqual([answer["id"] for answer in answers], ids)

    def test_each_form_of_a_message(self):
        path = self.write("saved.eml", b"From x@y z\n" + MESSAGE.replace(b"\r\n", b"\n"))
        forms = [{"message": MESSAGE.decode()}, {"message_base64": base64.b64encode(MESSAGE).decode()},
                 {"file": path}, {"message": MESSAGE.decode().replace("\r\n", "\n")}]
        _, answers = run_lines("verify", "--zone", self.zone, requests=[
            {"ip": "192.0.2.1", "helo": "x", "mail_from": "a@example.com", **form} for form in forms])
        for answer in answers:
            self.assertEqual(answer["dmarc"]["result"], "pass", answer)

    def test_a_file_that_is_not_there_is_an_error_of_its_line(self):
        _, answers = run_lines("verify", "--zone", self.zone, requests=[
            {"id": 1, "file": "/nowhere/none.eml"}, {"id": 2, "message": ""}])
        self.assertIn("none.eml", answers[0]["error"])
        self.assertIn("dmarc", answers[1])

    def test_the_command_line_fills_what_requests_leave_out(self):
        done, answers = run_lines("verify", "--zone", self.zone, "--ip", "192.0.2.1", "--mail-from", "a@example.com",
                                  "--authserv-id", "mx.example.org",
                                  requests=[{"message": MESSAGE.decode()},
                                            {"message": MESSAGE.decode(), "ip": "203.0.113.1", "authserv_id": "other"}])
        self.assertEqual([answer["dmarc"]["result"] for answer in answers], ["pass", "fail"])
        self.assertIn("mx.example.org", answers[0]["authentication_results"])
        self.assertIn("other", answers[1]["authentication_results"])

    def test_standard_and_time_of_a_request(self):
        _, answers = run_lines("verify", "--zone", self.zone, requests=[
            {"message": MESSAGE.decode(), "standard": "compare", "at": "2026-05-01T12:00:00Z"},
            {"message": MESSAGE.decode(), "standard": "rfc7489"}, {"message": MESSAGE.decode()}])
        self.assertIn("rfc7489", answers[0])
        self.assertEqual(answers[1]["dmarc"]["discovery"], "psl")
        self.assertEqual(answers[2]["dmarc"]["discovery"], "treewalk")

    def test_a_line_in_gives_a_line_out(self):
        for jobs in ("1", "3"):
            process = subprocess.Popen([ASSAY, "verify", "--jsonl", "--jobs", jobs], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
            for number in range(3):
                process.stdin.write(json.dumps(self.request(number)).encode() + b"\n")
                process.stdin.flush()
                self.assertTrue(select.select([process.stdout], [], [], 60)[0], "no answer while input is idle")
                self.assertEqual(json.loads(process.stdout.readline())["id"], number)
            process.stdin.close()
            self.assertEqual(process.wait(timeout=60), 0)
            process.stdout.close()

    def test_the_last_line_needs_no_end_and_empty_ones_are_passed_over(self):
        done = run("verify", "--jsonl", stdin=b'\n  \r\n{"id":1,"message":""}\r\n\n{"id":2,"message":""}')
        self.assertEqual([json.loads(line)["id"] for line in done.out.splitlines()], [1, 2])

    def test_nothing_in_nothing_out(self):
        done = run("verify", "--jsonl", stdin=b"")
        self.assertEqual((done.returncode, done.out, done.err), (0, "", ""))

    def test_deep_and_wide_json(self):
        deep = '{"id":1,"x":' + "[" * 100_000
        wide = '{"id":2,"x":[' + "0," * 200_000 + '0],"message":""}'
        _, answers = run_lines("verify", requests=[deep, wide, {"id": 3, "message": ""}])
        self.assertIn("deep", answers[0]["error"])
        self.assertIn("many", answers[1]["error"])
        self.assertEqual(answers[2]["id"], 3)

    def test_hostile_octets_in_all_members(self):
        nasty = "\x00\x1b[2J\u202e\u009b\"\\'\r\n"
        requests = [{"id": nasty, "helo": nasty, "mail_from": nasty, "ip": "192.0.2.1", "authserv_id": nasty,
                     "message": f"From: {nasty}\r\n\r\n", "zone": ""},
                    {"id": nasty, "ip": nasty, "message": ""}, {"id": nasty, "zone": nasty, "message": ""}]
        done, answers = run_lines("verify", requests=requests)
        self.assertEqual(len(answers), 3)
        for octet in (0x00, 0x0d, 0x1b, 0x7f):
            self.assertNotIn(octet, done.stdout)
        self.assertNotIn("\u202e", done.out)
        self.assertNotIn("\u009b", done.out)

    def test_many_requests_need_no_more_memory(self):
        line = json.dumps(self.request(1)).encode() + b"\n"
        sizes = []
        for count in (200, 2000):
            code = "import resource,subprocess,sys;" \
                   "subprocess.run(sys.argv[1:],stdin=0,stdout=subprocess.DEVNULL,check=True);" \
                   "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
            done = subprocess.run(["python3", "-c", code, ASSAY, "verify", "--jsonl", "--jobs", "2"],
                                  input=line * count, capture_output=True, timeout=300, check=True,
                                  env={"ASAN_OPTIONS": "quarantine_size_mb=4:detect_leaks=0", "PATH": "/usr/bin:/bin"})
            sizes.append(int(done.stdout))
        self.assertLess(sizes[1], sizes[0] * 1.5 + 20_000, sizes)


class OtherCommands(Test):
    def test_spf(self):
        done, answers = run_lines("spf", requests=[
            {"id": 1, "ip": "192.0.2.1", "helo": "x", "mail_from": "a@example.com", "zone": ZONE},
            {"id": 2, "ip": "203.0.113.1", "helo": "example.com", "mail_from": "<>", "zone": ZONE},
            {"id": 3, "helo": "x"},
            {"id": 4, "ip": "2001:db8::1", "mail_from": "a@none.example", "zone": ZONE}])
        self.assertEqual([answer.get("result") for answer in answers], ["pass", "fail", None, "none"])
        self.assertEqual(answers[0]["mechanism"], "ip4:192.0.2.0/24")
        self.assertEqual(answers[1]["domain"], "example.com")
        self.assertIn("ip", answers[2]["error"])
        one = json.loads(run("spf", "--json", "--zone", self.zone, "--ip", "192.0.2.1", "--mail-from", "a@example.com").out)
        self.assertEqual({**one, "dns": 0}, {**{key: value for key, value in answers[0].items() if key != "id"}, "dns": 0})

    def test_spf_in_words_and_traced(self):
        done = run("spf", "--trace", "--zone", self.zone, "--ip", "198.51.100.1", "--mail-from", "a@example.com")
        self.assertTrue(done.out.startswith("SPF: pass\n"))
        self.assertIn("include:relay.example.com", done.out)
        traced = json.loads(run("spf", "--trace", "--json", "--zone", self.zone, "--ip", "198.51.100.1",
                                "--mail-from", "a@example.com").out)
        self.assertIn("include:relay.example.com", [step["term"] for step in traced["trace"]])

    def test_the_receiver_macro(self):
        zone = 'example.com. TXT "v=spf1 -all exp=why.example.com"\nwhy.example.com. TXT "%{r} says no to %{c}"\n'
        _, answers = run_lines("spf", requests=[{"ip": "192.0.2.1", "mail_from": "a@example.com",
                                                 "receiver": "mx.example.org", "zone": zone}])
        self.assertEqual(answers[0]["explanation"], "mx.example.org says no to 192.0.2.1")

    def test_dmarc(self):
        _, answers = run_lines("dmarc", requests=[
            {"id": 1, "from": "example.com", "spf": {"result": "pass", "domain": "bounce.example.com"}, "zone": ZONE},
            {"id": 2, "from": "example.com", "spf": {"result": "pass", "domain": "example.net"},
             "dkim": [{"result": "fail", "domain": "example.com", "selector": "s"}], "zone": ZONE},
            {"id": 3, "from": "example.com", "dkim": [{"result": "temperror", "domain": "example.com"}], "zone": ZONE},
            {"id": 4, "from": "none.example", "zone": ZONE}, {"id": 5, "from": ""}])
        self.assertEqual([answer.get("dmarc", {}).get("result") for answer in answers],
                         ["pass", "fail", "temperror", "none", None])
        self.assertEqual(answers[0]["decision"]["disposition"], "pass")
        self.assertEqual(answers[1]["decision"]["action"], "quarantine")
        done = run("dmarc", "--zone", self.zone, "--from", "example.com", "--spf", "pass:example.net",
                   "--dkim", "pass:example.com:s1", "--dkim", "fail:example.org")
        self.assertTrue(done.out.startswith("DMARC: PASS — example.com"))

    def test_record(self):
        _, answers = run_lines("record", "dmarc", requests=[{"id": 1, "text": "v=DMARC1; p=reject"}, {"id": 2, "text": "x"},
                                                           {"id": 3}])
        self.assertEqual([answer.get("valid") for answer in answers], [True, False, None])
        self.assertEqual(answers[0]["tags"], {"v": "DMARC1", "p": "reject"})
        for kind, text, valid in [("spf", "v=spf1 -all", True), ("spf", "v=spf1 foo", False),
                                  ("dkim", "v=DKIM1; p=", True), ("authres", "mx.example.com; none", True),
                                  ("tlsrpt", "v=TLSRPTv1; rua=mailto:a@example.com", True), ("tlsrpt", "", False)]:
            for arguments, stdin in (([text], b""), (["-"], text.encode() + b"\n")):
                done = run("record", kind, "--json", *arguments, stdin=stdin)
                self.assertEqual(done.returncode, 0)
                self.assertEqual(json.loads(done.out)["valid"], valid, (kind, text))
            words = run("record", kind, text).out
            self.assertTrue(words.startswith("Valid" if valid else "Not valid"), words)

    def test_author(self):
        two = "From: a@example.com\r\nFrom: b@example.net\r\n\r\n"
        _, answers = run_lines("author", requests=[{"id": 1, "message": MESSAGE.decode()}, {"id": 2, "message": two},
                                                   {"id": 3, "message_base64": base64.b64encode(two.encode()).decode()},
                                                   {"id": 4}])
        self.assertEqual(answers[0], {"id": 1, "from_fields": 1, "author_domains": ["example.com"], "findings": []})
        self.assertEqual(answers[1]["from_fields"], 2)
        self.assertEqual(answers[1]["author_domains"], ["example.com", "example.net"])
        self.assertTrue(answers[1]["findings"])
        self.assertEqual({**answers[2], "id": 2}, answers[1])
        self.assertIn("error", answers[3])
        self.assertIn("Author domain: example.com", run("author", self.message).out)

    def test_walk(self):
        answer = json.loads(run("walk", "--json", "--zone", self.zone, "a.mail.example.com").out)
        self.assertEqual([step["name"] for step in answer["steps"]],
                         ["_dmarc.a.mail.example.com", "_dmarc.mail.example.com", "_dmarc.example.com", "_dmarc.com"])
        self.assertEqual(answer["organizational_domain"], "example.com")
        self.assertEqual(answer["policy_domain"], "example.com")
        self.assertEqual(answer["psl"]["organizational_domain"], "example.com")
        words = run("walk", "--zone", self.zone, "a.mail.example.com").out
        self.assertIn("Organizational domain: example.com", words)
        failing = self.write("failing.zone", b"$FAIL _dmarc.example.com TXT servfail\n")
        self.assertTrue(json.loads(run("walk", "--json", "--zone", failing, "example.com").out)["failed"])

    def test_destination(self):
        zone = self.write("destination.zone", b"a._report._dmarc.example.net. TXT \"v=DMARC1; rua=mailto:y@example.net\"\n"
                          b"$FAIL b._report._dmarc.example.net. TXT servfail\n")
        uri = "mailto:x@example.net"
        _, answers = run_lines("destination", "--zone", zone, requests=[
            {"id": 1, "domain": "a", "uri": uri}, {"id": 2, "domain": "b", "uri": uri},
            {"id": 3, "domain": "c", "uri": uri}, {"id": 4, "domain": "example.net", "uri": uri},
            {"id": 5, "domain": "a", "uri": uri, "kind": "failure"}, {"id": 6, "domain": "a"},
            {"id": 7, "domain": "a", "uri": uri, "zone": "x. A 192.0.2.1\n"}])
        self.assertEqual([(one.get("external"), one.get("authorized"), one.get("uri"), one.get("temporary")) for one in answers],
                         [(True, True, "mailto:y@example.net", None), (True, False, None, True), (True, False, None, None),
                          (False, True, uri, None), (True, True, uri, None), (None,) * 4, (True, False, None, None)])
        self.assertIn("uri", answers[5]["error"])
        one = json.loads(run("destination", "--json", "--zone", zone, "a", uri).out)
        for each in (one, answers[0]):
            for question in each["dns"]:
                question.pop("ms")
        self.assertEqual({**one, "id": 1}, answers[0])
        self.assertIn("Reports may be sent", run("destination", "--zone", zone, "a", uri).out)


if __name__ == "__main__":
    main()
