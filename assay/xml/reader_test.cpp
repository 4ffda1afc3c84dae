#include "assay/xml/reader.h"

#include "assay/xml/writer.h"

#include "testkit/cases.h"

namespace assay::xml {
namespace {

/// What happened, as text: "(a" start, "a)" end, quoted text in between; pieces of text joined.
std::string run(Reader& reader) {
  std::string events;
  std::string text;
  const auto flush = [&] {
    if (!text.empty()) events += "'" + text + "'";
    text.clear();
  };
  for (Event event = reader.next(); event != Event::done; event = reader.next()) {
    if (event == Event::text) {
      text += reader.text();
      continue;
    }
    flush();
    if (event == Event::start) {
      events += "(" + std::string(reader.name());
      for (const Attribute& one : reader.attributes()) {
        events += " " + std::string(one.name) + "=" + std::string(one.value);
      }
      events += " ";
    } else {
      events += std::string(reader.name()) + ")";
    }
  }
  flush();
  EXPECT_EQ(reader.depth(), 0U);
  return events;
}

std::string codes_of(const Reader& reader) {
  std::string codes;
  for (const Finding& finding : reader.findings()) codes += std::string(finding.code) + " ";
  for (const Finding& finding : reader.error()) codes += "!" + std::string(finding.code) + " ";
  if (!codes.empty()) codes.pop_back();
  return codes;
}

Source in_pieces(std::string_view octets, std::size_t size) {
  return [octets, size](std::span<char> into) mutable {
    const std::size_t given = octets.copy(into.data(), std::min(into.size(), size));
    octets.remove_prefix(given);
    return given;
  };
}

CASES(XmlReader, "assay/xml/testdata/reader.cases") {
  const std::string document = c["xml"];
  Reader whole(document);
  EXPECT_EQ(run(whole), c.get("events", ""));
  EXPECT_EQ(codes_of(whole), c.get("findings", ""));
  for (const std::size_t size : {1U, 3U, 1000U}) {
    Reader pieces(in_pieces(document, size));
    EXPECT_EQ(run(pieces), c.get("events", "")) << size;
    EXPECT_EQ(codes_of(pieces), c.get("findings", "")) << size;
  }
}

TEST(XmlReaderLimits, DepthAndElementsEndTheReading) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  Reader reader(deep);
  run(reader);
  EXPECT_EQ(codes_of(reader), "!too_deep");
  Reader few("<a><b/><b/><b/></a>", {.elements = 3});
  EXPECT_EQ(run(few), "(a (b b)(b b)a)");
  EXPECT_EQ(codes_of(few), "!too_many_elements");
}

TEST(XmlReaderLimits, ATagOrTextOfAnySizeCostsAWindow) {
  for (const char* start : {"<a>", "<a><b ", "<a><![CDATA[", "<a><!--", "<a></", "<a>&", "<a><"}) {
    std::uint64_t left = 20U << 20;
    std::string head = start;
    Reader reader([&](std::span<char> into) {
      std::size_t given = head.copy(into.data(), into.size());
      head.erase(0, given);
      while (given < into.size() && left > 0) {
        into[given++] = 'x';
        --left;
      }
      return given;
    });
    std::size_t longest = 0;
    for (Event event = reader.next(); event != Event::done; event = reader.next()) {
      if (event == Event::text) longest = std::max(longest, reader.text().size());
    }
    EXPECT_LE(longest, 3U << 20) << start;
  }
}

TEST(XmlReaderLimits, WhatIsNoXmlIsGivenUpSoon) {
  std::uint64_t read = 0;
  Reader reader([&](std::span<char> into) {
    read += into.size();
    std::ranges::fill(into, '\0');
    return into.size();
  });
  EXPECT_EQ(reader.next(), Event::done);
  EXPECT_EQ(codes_of(reader), "character !not_xml");
  EXPECT_LT(read, 2U << 20);
}

TEST(XmlReaderEncodings, AreSeenAndRead) {
  const std::string latin = "<?xml version=\"1.0\" encoding='ISO-8859-1'?><a>K\xf6ln \x80</a>";
  Reader one(latin);
  EXPECT_EQ(run(one), "(a 'K\xc3\xb6ln \xe2\x82\xac'a)");
  EXPECT_EQ(codes_of(one), "");
  const std::u16string wide =
      u"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>K\u00f6ln \U0001f4e8</a>";
  for (const bool big : {false, true}) {
    for (const bool mark : {false, true}) {
      std::string octets;
      for (const char16_t unit : (mark ? u"\ufeff" : u"") + wide) {
        const char high = static_cast<char>(unit >> 8U);
        const char low = static_cast<char>(unit & 0xffU);
        octets += big ? high : low;
        octets += big ? low : high;
      }
      Reader whole(octets);
      EXPECT_EQ(run(whole), "(a 'K\xc3\xb6ln \xf0\x9f\x93\xa8'a)") << big << mark;
      Reader pieces(in_pieces(octets, 1));
      EXPECT_EQ(run(pieces), "(a 'K\xc3\xb6ln \xf0\x9f\x93\xa8'a)") << big << mark;
    }
  }
  Reader marked("\xef\xbb\xbf<a/>");
  EXPECT_EQ(run(marked), "(a a)");
}

TEST(XmlReaderText, LongTextIsTheSameInPieces) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "K\xc3\xb6ln & \xf0\x9f\x93\xa8 <" + std::to_string(i);
  std::string document = "<a>";
  append_text(document, text);
  document += "</a>";
  for (const std::size_t size : {997U, 65'536U, 1'000'000U}) {
    Reader reader(in_pieces(document, size));
    std::string read;
    for (Event event = reader.next(); event != Event::done; event = reader.next()) {
      if (event == Event::text) read += reader.text();
    }
    EXPECT_TRUE(read == text) << size;
    EXPECT_EQ(codes_of(reader), "");
  }
}

}  // namespace
}  // namespace assay::xml
