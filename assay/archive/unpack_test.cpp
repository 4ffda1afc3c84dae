#include "assay/archive/unpack.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "assay/archive/gzip.h"

#include "testkit/cases.h"

namespace assay::archive {
namespace {

/// Of octets that are held, or of a Source.
template <class Packed>
std::string contents_of(const Packed& packed, const UnpackLimits& limits) {
  std::string all;
  const Findings findings = unpack(
      packed, {},
      [&](const std::string& path, const Read& read) {
        std::string text;
        std::array<char, 100> block;
        while (const std::size_t size = read(block)) text.append(block.data(), size);
        if (text.size() > 40) text = std::to_string(text.size());
        all += path + "=" + text + " ";
      },
      limits);
  for (const Finding& finding : findings) {
    all += (finding.level == Level::error ? "!" : "?") + std::string(finding.code) + " ";
  }
  if (!all.empty()) all.pop_back();
  return all;
}

/// Files and findings: "a.xml=text a.zip/b.xml=text !damaged".
std::string contents(std::string_view packed, const UnpackLimits& limits = {}) {
  const std::string all = contents_of(packed, limits);
  // A few octets at a time, as a slow disk may give them.
  const Source source{
      .size = packed.size(), .read_at = [packed](std::uint64_t at, std::span<char> into) {
        if (at >= packed.size()) return std::size_t{0};
        return packed.substr(at).copy(into.data(), std::min<std::size_t>(into.size(), 7));
      }};
  EXPECT_EQ(contents_of(source, limits), all);
  return all;
}

std::string number(std::uint64_t value, std::size_t octets) {
  std::string text;
  for (std::size_t i = 0; i < octets; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

struct ZipMember {
  std::string name;
  std::string text;
  bool encrypted = false;
};

/// A zip of members that are stored, as PKWARE's APPNOTE.TXT §4.3 has it.
std::string zip(const std::vector<ZipMember>& members) {
  std::string files;
  std::string directory;
  for (const ZipMember& one : members) {
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(one.text.data()),
                           static_cast<uInt>(one.text.size()));
    const std::string common = number(20, 2) + number(one.encrypted ? 1 : 0, 2) + number(0, 2) +
                               number(0, 4) + number(sum, 4) + number(one.text.size(), 4) +
                               number(one.text.size(), 4) + number(one.name.size(), 2) +
                               number(0, 2);
    directory += "PK\x01\x02" + number(20, 2) + common + number(0, 2) + number(0, 2) +
                 number(0, 2) + number(0, 4) + number(files.size(), 4) + one.name;
    files += "PK\x03\x04" + common + one.name + one.text;
  }
  return files + directory + "PK\x05\x06" + number(0, 4) + number(members.size(), 2) +
         number(members.size(), 2) + number(directory.size(), 4) + number(files.size(), 4) +
         number(0, 2);
}

TEST(Unpack, WhatIsPlainIsOneFile) {
  EXPECT_EQ(contents("text"), "=text");
  EXPECT_EQ(contents(""), "=");
}

TEST(Unpack, GzipOnceTwiceAndSeveralMembers) {
  EXPECT_EQ(contents(gzip("text")), "=text");
  EXPECT_EQ(contents(gzip(gzip("text"))), "=text");
  EXPECT_EQ(contents(gzip("one ") + gzip("") + gzip("two")), "=one two");
  EXPECT_EQ(contents(gzip("text") + std::string(512, '\0')), "=text");
  EXPECT_EQ(contents(gzip("text") + "junk"), "=text ?trailing");
}

TEST(Unpack, ZlibIsSeenToo) {
  std::string packed(100, '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                     reinterpret_cast<const Bytef*>("text"), 4),
            Z_OK);
  EXPECT_EQ(contents(packed.substr(0, size)), "=text");
}

TEST(Unpack, EveryFileOfAZip) {
  EXPECT_EQ(contents(zip({{"a.xml", "one"}, {"d/", ""}, {"d/b.xml", "two"}, {"__MACOSX/a", "x"}})),
            "a.xml=one d/b.xml=two");
  EXPECT_EQ(contents(zip({{"in.zip", zip({{"a.xml", "one"}})}, {"b.xml.gz", gzip("two")}})),
            "in.zip/a.xml=one b.xml.gz=two");
  EXPECT_EQ(contents(gzip(zip({{"../../a.xml", "one"}}))), "../../a.xml=one");
  EXPECT_EQ(contents(zip({})), "");
}

TEST(Unpack, WhatIsEncryptedIsSaidAndTheRestRead) {
  EXPECT_EQ(contents(zip({{"a.xml", "0123456789abc", true}, {"b.xml", "two"}})),
            "b.xml=two !encrypted");
}

TEST(Unpack, WhatIsCutOrDamagedGivesWhatStoodBefore) {
  std::string noise;
  for (std::uint32_t i = 1; noise.size() < 100'000; i = i * 1664525U + 1013904223U) {
    noise += static_cast<char>(i >> 24U);
  }
  std::string packed = gzip(noise);
  const std::string cut = contents(packed.substr(0, packed.size() / 2));
  EXPECT_TRUE(cut.starts_with("=4") || cut.starts_with("=5")) << cut;
  EXPECT_TRUE(cut.ends_with(" !truncated")) << cut;
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // the checksum
  EXPECT_EQ(contents(packed), "=100000 !damaged");
  EXPECT_EQ(contents(std::string("\x1f\x8b junk")), "= !damaged");
  EXPECT_EQ(contents(std::string("PK\x03\x04 junk", 9)), "!damaged");
  EXPECT_EQ(contents(std::string("\x1f\x8b\x08", 3)), "= !truncated");
}

TEST(Unpack, LimitsAreKept) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(contents(gzip(text), {.expanded = 1000}), "=904 !expanded_too_large");
  EXPECT_EQ(contents(gzip(text), {.ratio = 100, .ratio_from = 50'000}), "=49904 !ratio");
  EXPECT_EQ(contents(gzip(gzip(gzip("text"))), {.depth = 2}), "!too_deep");
  EXPECT_EQ(contents(gzip("text"), {.packed = 10}), "!packed_too_large");
  EXPECT_EQ(contents(zip({{"a", gzip(text)}}), {.packed = 200}), "!packed_too_large");
  EXPECT_EQ(contents(zip({{"a", "1"}, {"b", "2"}, {"c", "3"}}), {.members = 2}),
            "a=1 b=2 !too_many_members");
}

TEST(Unpack, ABombCostsWhatIsReadOfIt) {
  const std::string zeros(std::size_t{200} << 20, '\0');
  z_stream stream = {};
  ASSERT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(300'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  std::uint64_t read = 0;
  const Findings findings = unpack(packed, [&](const std::string&, const Read& next) {
    std::array<char, 65'536> block;
    while (const std::size_t size = next(block)) read += size;
  });
  EXPECT_LE(read, (16U << 20) + 65'536U);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "ratio");
}

}  // namespace
}  // namespace assay::archive
