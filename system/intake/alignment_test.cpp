#include "system/intake/alignment.h"

#include <string>
#include <vector>

#include "assay/base/ascii.h"

#include "testkit/cases.h"

namespace assay::intake {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (const std::string_view word : ascii::Pieces(line, ' ')) words.emplace_back(word);
  words.resize(3);
  return words;
}

CASES(Alignment, "system/intake/testdata/alignment.cases") {
  aggregate::Record record;
  record.count = 3;
  aggregate::Row& row = record.row;
  row.source_ip = "192.0.2.1";
  row.header_from = c["from"];
  row.dkim = c["dkim"];
  row.spf = c["spf"];
  for (const std::string& line : c.all("dkim_result")) {
    const auto words = words_of(line);
    row.dkim_results.push_back({.domain = words[0], .result = words[1]});
  }
  for (const std::string& line : c.all("spf_result")) {
    const auto words = words_of(line);
    row.spf_results.push_back({.domain = words[0], .scope = words[2], .result = words[1]});
  }
  store::PackedRecords records;
  records.add(record);
  records.finish();
  std::vector<std::string> remarks;
  for (const store::Remark& each :
       alignment_remarks(records, {.domain = c.get("policy", "example.com"),
                                   .adkim = c.get("adkim", ""),
                                   .aspf = c.get("aspf", "")})) {
    EXPECT_EQ(each.code, "alignment_differs");
    remarks.push_back(each.what);
  }
  EXPECT_EQ(remarks, c.all("remark"));
}

}  // namespace
}  // namespace assay::intake
