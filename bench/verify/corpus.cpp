#include "bench/verify/corpus.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace bench {
namespace {

[[noreturn]] void stop(const std::string& what) {
  std::cerr << "verify_throughput: " << what << "\n";
  std::exit(66);
}

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) stop(path + ": cannot be read; make the corpus first (docs/performance.md)");
  std::ostringstream octets;
  octets << file.rdbuf();
  return octets.str();
}

Sample read_sample(const std::string& folder, const nlohmann::json& line) {
  Sample sample;
  sample.octets = slurp(folder + "/" + line.at("file").get<std::string>());
  sample.body = assay::mail::find_body(sample.octets);
  sample.envelope.client = assay::IpAddress::parse(line.at("ip").get<std::string>());
  sample.envelope.helo = line.at("helo");
  sample.envelope.mail_from = line.at("mail_from");
  const nlohmann::json& expect = line.at("expect");
  sample.expected_spf = expect.at("spf");
  sample.expected_dmarc = expect.at("dmarc");
  sample.expected_arc = expect.at("arc");
  for (const auto& signature : expect.at("dkim")) {
    sample.expected_dkim_passes += signature.at(3).get<bool>() ? 1U : 0U;
  }
  return sample;
}

}  // namespace

Corpus read_corpus(const std::string& folder) {
  auto zone = assay::dns::Zone::parse("$ORIGIN example.\n" + slurp(folder + "/zone/example.zone"));
  if (!zone) stop(folder + "/zone/example.zone: " + zone.error().what);
  Corpus corpus{.samples = {}, .zone = std::move(*zone)};
  std::istringstream manifest(slurp(folder + "/manifest.jsonl"));
  for (std::string line; std::getline(manifest, line);) {
    if (!line.empty()) {
      corpus.samples.push_back(read_sample(folder, nlohmann::json::parse(line)));
    }
  }
  return corpus;
}

}  // namespace bench
