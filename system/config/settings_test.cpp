#include "system/config/settings.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "assay/base/ascii.h"
#include "system/config/load.h"
#include "system/config/network.h"
#include "system/config/options.h"

#include "testkit/cases.h"

namespace assay::config {
namespace {

/// "[section] key = value" of everything that to_toml writes.
std::multiset<std::string> said(const Settings& settings) {
  std::multiset<std::string> lines;
  std::string section;
  const std::string toml = to_toml(settings);
  for (const std::string_view line : ascii::split(toml, '\n')) {
    if (line.starts_with('[')) {
      section = std::string(line) + " ";
    } else if (!line.empty()) {
      lines.insert(section + std::string(line));
    }
  }
  return lines;
}

std::string in_words(const Problem& problem) {
  return std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + " " +
         problem.what;
}

void expect_problems(const std::vector<Problem>& problems, const std::vector<std::string>& wanted) {
  ASSERT_EQ(problems.size(), wanted.size()) << in_words(problems.front());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // The words of a syntax error are those of the library.
    const std::size_t words = wanted[i].find("SYNTAX");
    EXPECT_EQ(in_words(problems[i]).substr(0, words), wanted[i].substr(0, words));
  }
}

CASES(ParseSettings, "system/config/testdata/settings.cases") {
  const auto settings = parse_settings(c["toml"]);
  const std::vector<std::string> problems = c.all("problem");
  ASSERT_EQ(settings.has_value(), problems.empty())
      << (settings ? "accepted" : in_words(settings.error().front()));
  if (!settings) return expect_problems(settings.error(), problems);
  const auto lines = said(*settings);
  for (const std::string& line : c.all("is")) EXPECT_TRUE(lines.contains(line)) << line;
  const auto again = parse_settings(to_toml(*settings));
  ASSERT_TRUE(again) << in_words(again.error().front());
  EXPECT_EQ(to_toml(*again), to_toml(*settings));
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "[section] key" to the value, from lines that say options.
using Documented = std::map<std::string, std::string>;

void note(Documented& documented, const std::string& section, std::string_view line) {
  const std::size_t equals = line.find(" = ");
  const std::string key = section + " " + std::string(line.substr(0, equals));
  const bool is_new =
      documented.emplace(key, equals == line.npos ? "" : line.substr(equals + 3)).second;
  EXPECT_TRUE(is_new) << "twice: " << key;
}

Documented from_table() {
  Documented documented;
  for (const Option& option : default_options()) {
    documented[std::string(option.section) + " " + std::string(option.key)] = option.value;
  }
  return documented;
}

TEST(Manual, NamesEveryOptionWithItsDefault) {
  const std::string text = read_whole("docs/man/assay.toml.5");
  Documented documented;
  std::string section;
  for (std::string_view line : ascii::split(text, '\n')) {
    if (line.starts_with(".SS "))
      section = line.substr(line.starts_with(".SS [") ? 4 : line.size());
    if (!line.starts_with("\\fB") || !line.ends_with("\\fR")) continue;
    std::string option(line.substr(3, line.size() - 6));
    std::erase(option, '\\');
    note(documented, section, option);
  }
  EXPECT_EQ(documented, from_table());
}

TEST(Sample, NamesEveryOptionWithItsDefault) {
  const std::string text = read_whole("packaging/assay.toml");
  Documented documented;
  std::string section;
  for (std::string_view line : ascii::split(text, '\n')) {
    if (line.starts_with("[")) section = line;
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ')
      note(documented, section, line.substr(1));
  }
  Documented table = from_table();
  // Examples of [[allow]] would let somebody through, those of [[imap]] connect, those of [[alert]]
  // be of a rule: they stand in the prose.
  std::erase_if(table, [&](const auto& option) {
    if (!option.first.starts_with("[[allow]]") && !option.first.starts_with("[[imap]]") &&
        !option.first.starts_with("[[alert]]"))
      return false;
    EXPECT_NE(text.find("#   " + option.first.substr(option.first.find(' ') + 1) + " = "),
              text.npos)
        << option.first;
    return true;
  });
  EXPECT_EQ(documented, table);
}

TEST(Sample, IsTheDefaultsWithAndWithoutItsMarks) {
  const std::string text = read_whole("packaging/assay.toml");
  std::string uncommented;
  for (std::string_view line : ascii::split(text, '\n')) {
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.remove_prefix(1);
    uncommented.append(line).append("\n");
  }
  for (const std::string& toml : {text, uncommented}) {
    const auto settings = parse_settings(toml);
    ASSERT_TRUE(settings) << in_words(settings.error().front());
    EXPECT_EQ(to_toml(*settings), to_toml(Settings{}));
  }
}

TEST(Sample, IsTheDefaultsWhenOneOptionAtATimeIsUncommented) {
  const std::string text = read_whole("packaging/assay.toml");
  for (std::size_t at = text.find("\n#"); at != text.npos; at = text.find("\n#", at + 1)) {
    if (text[at + 2] == ' ' || text[at + 2] == '\n') continue;
    std::string one = text;
    one.erase(at + 1, 1);
    const auto settings = parse_settings(one);
    ASSERT_TRUE(settings) << in_words(settings.error().front());
    EXPECT_EQ(to_toml(*settings), to_toml(Settings{}));
  }
}

TEST(Bounds, SaysAHundredProblemsAndCountsTheRest) {
  std::string toml;
  for (int i = 0; i < 20'000; ++i) toml += "key_" + std::to_string(i) + " = 1\n";
  const auto settings = parse_settings(toml);
  ASSERT_FALSE(settings);
  ASSERT_EQ(settings.error().size(), 101U);
  EXPECT_EQ(settings.error().back().what, "and 19900 more problems");
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Bounds, RefusesWhatNestsTooDeeply) {
  for (const std::string& toml :
       {"a" + repeat(".a", 300'000) + " = 1", "[a" + repeat(" . \"[\"", 100'000) + "]",
        "x = {y = \"\"\"#\n\"\"\", b" + repeat(".b", 300'000) + " = 1}",
        "x = \"\"\"\"\"\"\"\"\ny" + repeat(".b", 300'000) + " = 1", "a = " + repeat("[", 500'000),
        "a = " + repeat("{b = ", 150'000)}) {
    const auto settings = parse_settings(toml);
    ASSERT_FALSE(settings);
    EXPECT_FALSE(settings.error().front().what.empty());
  }
}

TEST(Bounds, CountsNoDotsOfTextsAndComments) {
  const std::string dots(5000, '.');
  const std::string toml = "# " + dots + "\ndata = \"/a\\\"" + dots + "\" # " + dots +
                           "\n[journal]\nfolder = '/\"" + dots + "'\n";
  const auto settings = parse_settings(toml);
  ASSERT_TRUE(settings) << in_words(settings.error().front());
  EXPECT_EQ(settings->journal.folder, "/\"" + dots);
}

TEST(Bounds, RefusesAFileBeyondItsBound) {
  const auto settings = parse_settings(std::string((std::size_t{1} << 20) + 1, '\n'));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().front().what, "the file is larger than 1MiB");
}

TEST(LoadSettings, SaysThatAFileIsMissing) {
  const auto settings = load_settings("/nonexistent/assay.toml");
  ASSERT_FALSE(settings);
  EXPECT_EQ(to_text(settings.error().front(), "assay.toml"),
            "assay.toml: cannot be read: No such file or directory");
}

TEST(LoadSettings, SaysThatAFolderIsNoFile) {
  const auto settings = load_settings("/");
  ASSERT_FALSE(settings);
  EXPECT_EQ(to_text(settings.error().front(), "/"), "/: cannot be read: Is a directory");
}

TEST(LoadSettings, ReadsAFile) {
  const auto settings = load_settings("packaging/assay.toml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->data, "");
}

TEST(Problem, IsSaidAsCompilersDo) {
  EXPECT_EQ(to_text(Problem{{3, 5}, "no"}, "assay.toml"), "assay.toml:3:5: no");
}

TEST(Network, WritesWhatItReads) {
  for (const std::string text :
       {"192.0.2.0/24", "192.0.2.1", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0", "::/0"}) {
    const auto network = parse_network(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(to_text(*network), text);
  }
}

}  // namespace
}  // namespace assay::config
