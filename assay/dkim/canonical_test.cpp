#include "assay/dkim/canonical.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/body_hash.h"
#include "assay/dkim/detail/white_space.h"
#include "assay/mail/header.h"

#include "testkit/cases.h"

namespace {

using namespace assay;
using crypto::DigestKind;
using dkim::BodyHashes;
using dkim::Canonicalization;
using dkim::Hash;

std::string canonical(const mail::Header& header, Canonicalization how) {
  std::string text;
  for (const mail::Field& field : header.fields) dkim::append_canonical(text, field, how);
  return text;
}

CASES(HeaderForms, "assay/dkim/testdata/header.cases") {
  std::string text;
  for (const std::string& field : c.all("field")) text += field + "\r\n";
  const mail::Header header = mail::parse_header(text);
  ASSERT_EQ(header.fields.size(), c.all("field").size());
  if (c.has("relaxed")) {
    EXPECT_EQ(canonical(header, Canonicalization::relaxed), c["relaxed"]);
  }
  EXPECT_EQ(canonical(header, Canonicalization::simple), c.get("simple", text));
  if (c.has("select")) {
    std::vector<std::string> names;
    const std::string list = c["select"];
    for (const std::string_view name : ascii::split(list, ':')) names.emplace_back(name);
    std::string selected;
    for (const mail::Field* field : dkim::select_fields(header, names)) {
      selected += (selected.empty() ? "" : " ") + std::string(ascii::trim_wsp(field->value));
    }
    EXPECT_EQ(selected, c["selected"]);
  }
  if (c.has("emptied")) {
    EXPECT_EQ(dkim::without_signature(header.fields.front().raw), c["emptied"]);
  }
}

TEST(SignedOctets, EndWithTheOwnFieldWithoutCrlf) {
  const std::string text =
      "DKIM-Signature: old\r\nFrom: a\r\nDKIM-Signature: v=1;\r\n b=abc; h=from\r\nTo: b\r\n";
  const mail::Header header = mail::parse_header(text);
  const std::vector<std::string> names = {"to", "from", "dkim-signature", "dkim-signature"};
  EXPECT_EQ(dkim::signed_octets(header, names, header.fields[2], Canonicalization::relaxed),
            "to:b\r\nfrom:a\r\ndkim-signature:old\r\ndkim-signature:v=1; b=; h=from");
  EXPECT_EQ(dkim::signed_octets(header, names, header.fields[2], Canonicalization::simple),
            "To: b\r\nFrom: a\r\nDKIM-Signature: old\r\nDKIM-Signature: v=1;\r\n b=; h=from");
}

// ---- bodies ------------------------------------------------------------------------------------

void expect_canonical(std::string_view body, std::size_t piece, Canonicalization how,
                      const std::string& want) {
  BodyHashes hashes;
  const auto whole = hashes.want({.canonicalization = how, .hash = Hash::sha256}).value();
  const auto sha1 = hashes.want({.canonicalization = how, .hash = Hash::sha1}).value();
  for (std::size_t at = 0; at < body.size(); at += piece) hashes.update(body.substr(at, piece));
  hashes.finish();
  EXPECT_EQ(hashes.canonical_length(whole), want.size()) << "in pieces of " << piece;
  EXPECT_EQ(hashes.digest(whole), crypto::digest(DigestKind::sha256, want));
  EXPECT_EQ(hashes.digest(sha1), crypto::digest(DigestKind::sha1, want));
}

CASES(BodyForms, "assay/dkim/testdata/body.cases") {
  const std::string body = c["body"];
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 1000U}) {
    expect_canonical(body, piece, Canonicalization::simple, c["simple"]);
    expect_canonical(body, piece, Canonicalization::relaxed, c["relaxed"]);
  }
  // Behind a long line, whose octets are hashed where they stand, and between others.
  const std::string line = std::string(70'000, 'x') + "\r\n";
  if (!body.starts_with('\n')) {
    const std::string relaxed = c["relaxed"];
    expect_canonical(line + body, 65'535, Canonicalization::relaxed, line + relaxed);
  }
}

TEST(BodyHashes, LengthIsThatOfTheCanonicalBody) {
  const std::string body = "one  two\r\nthree\r\n\r\n";
  const std::string relaxed = "one two\r\nthree\r\n";
  BodyHashes hashes;
  std::vector<std::size_t> handles;
  for (std::uint64_t length : {9U, 0U, 3U, 1'000U, 16U}) {
    handles.push_back(
        hashes.want({.canonicalization = Canonicalization::relaxed, .length = length}).value());
  }
  const auto whole = hashes.want({.canonicalization = Canonicalization::relaxed}).value();
  for (const char& octet : body) hashes.update({&octet, 1});
  hashes.finish();
  EXPECT_EQ(hashes.digest(handles[0]), crypto::digest(DigestKind::sha256, relaxed.substr(0, 9)));
  EXPECT_EQ(hashes.digest(handles[1]), crypto::digest(DigestKind::sha256, ""));
  EXPECT_EQ(hashes.digest(handles[2]), crypto::digest(DigestKind::sha256, "one"));
  EXPECT_EQ(hashes.digest(handles[3]), hashes.digest(whole));
  EXPECT_EQ(hashes.digest(handles[4]), hashes.digest(whole));
  EXPECT_EQ(hashes.canonical_length(handles[1]), relaxed.size());
}

TEST(BodyHashes, EqualKindsAreOne) {
  BodyHashes hashes;
  EXPECT_TRUE(hashes.empty());
  const auto first = hashes.want({.length = 1});
  EXPECT_EQ(hashes.want({.length = 1}), first);
  EXPECT_FALSE(hashes.empty());
  for (std::uint64_t i = 2; i <= BodyHashes::max_kinds; ++i) {
    EXPECT_TRUE(hashes.want({.length = i}));
  }
  EXPECT_FALSE(hashes.want({.length = 1'000}));
  EXPECT_EQ(hashes.want({.length = 1}), first);
}

TEST(BodyHashes, EmptyLinesAtTheEndAreCountedNotKept) {
  BodyHashes hashes;
  const auto handle = hashes.want({.canonicalization = Canonicalization::simple}).value();
  std::string lines;
  for (int i = 0; i < 32'768; ++i) lines += "\r\n";
  hashes.update("a");
  for (int i = 0; i < 1'000; ++i) hashes.update(lines);
  hashes.finish();
  EXPECT_EQ(hashes.digest(handle), crypto::digest(DigestKind::sha256, "a\r\n"));
}

TEST(BodyHashes, EmptyLinesBeforeTextAreHashed) {
  BodyHashes hashes;
  const auto handle = hashes.want({.canonicalization = Canonicalization::relaxed}).value();
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += "\r\n";
  hashes.update(body);
  hashes.update("a");
  hashes.finish();
  EXPECT_EQ(hashes.digest(handle), crypto::digest(DigestKind::sha256, body + "a\r\n"));
}

TEST(WhiteSpace, EveryProcessorReducesAlike) {
  const std::string_view unit = "a b  c\t\td \r\n e \r f\t\r\n\r\ng";
  std::string text;
  for (std::size_t i = 0; i < 200; ++i) text += unit.substr(i % 7, 3 + i % 13);
  const auto reducers = dkim::detail::available_reducers();
  for (std::size_t begin = 0; begin < 64; ++begin) {
    const std::string_view octets = std::string_view(text).substr(begin, 300 + begin);
    std::string want(octets.size() + dkim::detail::write_slack, '?');
    const auto done = reducers.known[0]->reduce(octets.data(), octets.size(), want.data());
    for (std::size_t i = 1; i < reducers.count; ++i) {
      std::string got(octets.size() + dkim::detail::write_slack, '?');
      const auto same = reducers.known[i]->reduce(octets.data(), octets.size(), got.data());
      EXPECT_EQ(same.read, done.read);
      EXPECT_EQ(got.substr(0, same.written), want.substr(0, done.written));
      EXPECT_EQ(reducers.known[i]->clean(octets.data(), octets.size()),
                reducers.known[0]->clean(octets.data(), octets.size()));
    }
  }
}

}  // namespace
