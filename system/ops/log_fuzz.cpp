#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/base/utf8.h"
#include "system/ops/log.h"

#include <nlohmann/json.hpp>

namespace {

std::string field(assay::ops::LogFormat format, const std::string& value) {
  std::string line;
  assay::ops::Fields fields(format, assay::ops::Addresses::masked, line);
  fields.text("v", value);
  fields.mail_address("m", value);
  return line;
}

}  // namespace

/// Whatever the value: a line is harmless text without a line's end, and JSON stays JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string value(reinterpret_cast<const char*>(data), size);
  const std::string logfmt = field(assay::ops::LogFormat::logfmt, value);
  const std::string json = field(assay::ops::LogFormat::json, value);
  if (!assay::utf8::is_harmless(logfmt) || !assay::utf8::is_harmless(json)) std::abort();
  if (!value.empty() && !nlohmann::json::accept("{" + json.substr(1) + "}")) std::abort();
  return 0;
}
