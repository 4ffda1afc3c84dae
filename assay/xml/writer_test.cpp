#include "assay/xml/writer.h"

#include "testkit/cases.h"

namespace assay::xml {
namespace {

std::string text_of(std::string_view octets) {
  std::string out;
  append_text(out, octets);
  return out;
}

TEST(XmlText, MarkupIsEscaped) {
  EXPECT_EQ(text_of("a<b>&c]]>\"'"), "a&lt;b&gt;&amp;c]]&gt;\"'");
  EXPECT_EQ(text_of("one\r\ntwo\tthree"), "one&#13;\ntwo\tthree");
}

TEST(XmlText, IsUtf8OfPermittedCharactersAlone) {
  EXPECT_EQ(text_of("K\xc3\xb6ln \xf0\x9f\x93\xa8"), "K\xc3\xb6ln \xf0\x9f\x93\xa8");
  const std::string bad = "\xef\xbf\xbd";  // U+FFFD
  EXPECT_EQ(text_of(std::string_view("a\0b\x1b\x0c", 5)), "a" + bad + "b" + bad + bad);
  EXPECT_EQ(text_of("\xff\xc3"), bad + bad);
  EXPECT_EQ(text_of("\xed\xa0\x80"), bad + bad + bad);               // a surrogate
  EXPECT_EQ(text_of("\xef\xbf\xbe|\xef\xbf\xbf"), bad + "|" + bad);  // U+FFFE, U+FFFF
  EXPECT_EQ(text_of("\xc2\x85\x7f"), "\xc2\x85\x7f");                // permitted, if unwise
}

TEST(XmlWriter, ElementsStandOnLinesOfTheirOwn) {
  std::string text(declaration);
  Writer out(text);
  out.open("feedback", "urn:a&b\"c");
  out.open("row");
  out.element("count", std::uint64_t{18446744073709551615U});
  out.element("begin", std::int64_t{-1});
  out.element("empty", "");
  out.optional_element("absent", "");
  out.close();
  out.close();
  EXPECT_EQ(text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<feedback xmlns=\"urn:a&amp;b&quot;c\">\n"
            "  <row>\n"
            "    <count>18446744073709551615</count>\n"
            "    <begin>-1</begin>\n"
            "    <empty></empty>\n"
            "  </row>\n"
            "</feedback>\n");
}

TEST(XmlWriter, APieceOfADocumentIsIndentedAsInIt) {
  std::string text;
  Writer piece(text, 1);
  piece.element("row", "x");
  piece.close("feedback");
  EXPECT_EQ(text, "  <row>x</row>\n</feedback>\n");
}

}  // namespace
}  // namespace assay::xml
