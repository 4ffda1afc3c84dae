#include "assay/archive/gzip.h"

#include <zlib.h>

#include "testkit/cases.h"

namespace assay::archive {
namespace {

/// By zlib alone, of one member.
std::string unzip(std::string_view packed) {
  z_stream z = {};
  EXPECT_EQ(inflateInit2(&z, 15 + 16), Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  int result = Z_OK;
  while (result == Z_OK) {
    char block[4096];
    z.next_out = reinterpret_cast<Bytef*>(block);
    z.avail_out = sizeof block;
    result = inflate(&z, Z_NO_FLUSH);
    text.append(block, sizeof block - z.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  EXPECT_EQ(z.avail_in, 0U);
  inflateEnd(&z);
  return text;
}

TEST(Gzip, GivesBackWhatWasPacked) {
  std::string large;
  for (int i = 0; i < 200'000; ++i) large += std::to_string(i * 7919);
  ASSERT_GT(large.size(), GzipWriter::usual_hold);
  for (const std::string& text : {std::string(), std::string("a"), large}) {
    EXPECT_EQ(unzip(gzip(text)), text);
  }
}

TEST(Gzip, HasNoTimeNameOrSystem) {
  const std::string packed = gzip("text");
  EXPECT_EQ(packed, gzip("text"));
  // RFC 1952 §2.3: magic, deflate, no flags, no time, no extra flags, unknown system.
  EXPECT_EQ(packed.substr(0, 10), std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10));
}

std::string in_pieces(GzipWriter& writer, std::string_view text) {
  std::string packed;
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    writer.add(text.substr(at, 1000), packed);
  }
  writer.finish(packed);
  return packed;
}

TEST(Gzip, PiecesGiveTheSameAsTheWhole) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ",";
  ASSERT_LT(text.size(), GzipWriter::usual_hold);
  GzipWriter writer;
  EXPECT_EQ(in_pieces(writer, text), gzip(text));
  EXPECT_EQ(unzip(gzip(text)), text);
}

TEST(Gzip, HoldsNoMoreThanItMay) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + ",";
  for (const std::size_t hold :
       {std::size_t{0}, std::size_t{999}, std::size_t{5'000}, text.size()}) {
    GzipWriter writer(hold);
    std::string packed;
    writer.add(std::string_view(text).substr(0, 1'000), packed);
    EXPECT_EQ(packed.empty(), hold >= 1'000) << hold;
    writer.add(std::string_view(text).substr(1'000), packed);
    writer.finish(packed);
    EXPECT_EQ(unzip(packed), text) << hold;
    EXPECT_EQ(unzip(in_pieces(writer, text)), text) << "another file, " << hold;
  }
}

}  // namespace
}  // namespace assay::archive
