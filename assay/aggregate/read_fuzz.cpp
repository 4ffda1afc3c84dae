#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "assay/aggregate/detail/report_reader.h"
#include "assay/aggregate/read.h"
#include "assay/aggregate/write.h"

/// What was read and written reads as the same again, but for what the form written cannot say;
/// whole and record by record agree, and so do the fast and the careful reader.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::aggregate;
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  const Reading reading = read_xml(document);
  if (reading.findings.size() > 100) std::abort();
  assay::xml::Reader plain(document);
  const Reading careful =
      detail::ReportReader(plain, nullptr, {}, detail::Pace::careful).run();
  if (careful.report != reading.report || careful.findings != reading.findings ||
      careful.error != reading.error || careful.messages != reading.messages) {
    std::abort();
  }
  if (reading.error) {
    if (reading.error->what.empty()) std::abort();
    return 0;
  }
  if (reading.records != reading.report.records.size()) std::abort();
  std::size_t at = 0;
  assay::xml::Reader xml(document);
  read_xml(xml, TakeRecord([&](Record& record) {
             if (record != reading.report.records.at(at++)) std::abort();
           }));
  if (at != reading.records) std::abort();
  const Reading once = read_xml(write_xml(reading.report));
  if (once.error) return 0;
  const Reading twice = read_xml(write_xml(once.report));
  if (once.records != reading.records || once.messages != reading.messages) std::abort();
  if (twice.error || twice.report.records != once.report.records) std::abort();
  return 0;
}
