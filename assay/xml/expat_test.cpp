// What expat takes for XML, we read as expat does.
#include <expat.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "assay/base/ascii.h"
#include "assay/xml/reader.h"

#include "testkit/suites.h"

namespace assay::xml {
namespace {

/// Events as text; white space at the ends of texts does not count.
struct Events {
  std::string all = {};
  std::string text = {};

  void flush() {
    if (const auto trimmed = ascii::trim_fws(text); !trimmed.empty()) {
      all += "'" + std::string(trimmed) + "'";
    }
    text.clear();
  }
  void start(std::string_view name) {
    flush();
    all += "(" + std::string(name.substr(name.find(':') + 1)) + " ";
  }
  void end() {
    flush();
    all += ")";
  }
};

/// By expat; nothing where it finds the document not well-formed.
std::optional<std::string> by_expat(const std::string& document) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), XML_ParserFree);
  Events events;
  XML_SetUserData(parser.get(), &events);
  XML_SetElementHandler(
      parser.get(),
      [](void* to, const char* name, const char**) { static_cast<Events*>(to)->start(name); },
      [](void* to, const char*) { static_cast<Events*>(to)->end(); });
  XML_SetCharacterDataHandler(parser.get(), [](void* to, const char* text, int size) {
    static_cast<Events*>(to)->text.append(text, static_cast<std::size_t>(size));
  });
  const int size = static_cast<int>(document.size());
  if (XML_Parse(parser.get(), document.data(), size, 1) != XML_STATUS_OK) return std::nullopt;
  events.flush();
  return events.all;
}

std::string by_us(const std::string& document) {
  Reader reader(document);
  Events events;
  for (Event event = reader.next(); event != Event::done; event = reader.next()) {
    if (event == Event::start) events.start(reader.name());
    if (event == Event::text) events.text += reader.text();
    if (event == Event::end) events.end();
  }
  events.flush();
  EXPECT_TRUE(reader.findings().empty()) << reader.findings()[0].what;
  EXPECT_TRUE(reader.error().empty());
  return events.all;
}

TEST(Expat, AgreesOnWhatIsWellFormed) {
  const char* documents[] = {
      "<a>x<b/>y &amp; &#233;<![CDATA[<c>]]></a>",
      "<?xml version='1.0' encoding='iso-8859-1'?><a b='&lt;'>\xe9\r\n\r</a>",
      "<a><!-- - - not this --><b c = \"1\" d='2'  /></a >",
      "\xef\xbb\xbf<a:b xmlns:a='u'>\xe4\xbe\x8b</a:b>",
  };
  for (const std::string document : documents) {
    const auto events = by_expat(document);
    ASSERT_TRUE(events) << document;
    EXPECT_EQ(by_us(document), *events);
  }
}

TEST(Expat, AgreesOnThePublicSamples) {
  const auto suites = testkit::suites_folder();
  if (!suites) GTEST_SKIP() << "no folder of public suites";
  std::size_t compared = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(*suites + "/aggregate")) {
    if (file.path().extension() != ".xml") continue;
    const std::string path = file.path().string().substr(suites->size() + 1);
    const std::string document = testkit::read_suite_file(path);
    const auto events = by_expat(document);
    if (!events || document.find("<!DOCTYPE") != std::string::npos) continue;
    ++compared;
    EXPECT_EQ(by_us(document), *events) << path;
  }
  EXPECT_GT(compared, 50U);
}

}  // namespace
}  // namespace assay::xml
