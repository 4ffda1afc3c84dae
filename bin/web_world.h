#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system/config/settings.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/webapi/world.h"

#include "bin/failure.h"
#include "bin/insight.h"
#include "bin/receive_desk.h"
#include "bin/receive_role.h"
#include "bin/web_channels.h"
#include "bin/world.h"

namespace assay::cli {

/// Readers of the received reports, as many as work at once. Thread-safe.
class ReaderPool {
 public:
  ReaderPool(std::string path, std::size_t most) : path_(std::move(path)), most_(most) {}
  /// Waits where all are in use; it goes back when the pointer goes. Errors: those of the Store.
  webapi::Expected<std::shared_ptr<store::ReceivedReports>> take();

 private:
  void give_back(std::unique_ptr<store::ReceivedReports> reader);

  std::string path_;
  std::size_t most_;
  std::mutex mutex_ = {};
  std::condition_variable free_ = {};
  std::vector<std::unique_ptr<store::ReceivedReports>> idle_ = {};
  std::size_t out_ = 0;
};

/// What the pages ask of this installation, answered by what the commands use.
class WebWorld final : public webapi::World {
 public:
  /// `receive`: the role in this process, or null. All of it outlives this. Errors: those of the
  /// Store, the DNS and the catalogue.
  static Expected<std::unique_ptr<WebWorld>> open(const config::Settings& settings,
                                                  const ReceiveRole* receive, ops::Log& log,
                                                  ops::Metrics& metrics);

  webapi::Expected<std::shared_ptr<store::ReceivedReports>> reports() override;
  webapi::Expected<analysis::Document> answer(const analysis::Ask& ask,
                                              store::ReceivedReports& visible) override;
  webapi::Expected<std::vector<std::string>> take(std::string_view octets, const std::string& name,
                                                  const accounts::Scope& scope) override;
  bool holds_only(const store::Raw& raw, const accounts::Scope& scope) override;
  webapi::Expected<std::string> verify(const webapi::VerifyQuestion& question) override;
  webapi::Expected<analysis::Marks> marks() override;
  webapi::Expected<> add_mark(const analysis::Mark& mark) override;
  std::vector<webapi::Channel> channels(store::ReceivedReports& reports) override;
  webapi::Expected<webapi::Tested> test_channel(std::string_view name) override;
  std::uint64_t refused_today() override;
  std::string store_trouble() override;
  webapi::Expected<webapi::Retention> retention() override;
  webapi::Expected<> set_retention(const webapi::Retention& changes) override;
  webapi::Expected<std::vector<webapi::Alert>> alerts() override;
  webapi::Expected<analysis::RecordSetup> record_setup(
      const accounts::Scope& scope, std::span<const std::string> reporting) override;
  bool is_demo(store::ReceivedReports& reports) override;
  webapi::Expected<webapi::DemoSize> load_demo() override;
  webapi::Expected<> erase_demo() override;

 private:
  WebWorld(const config::Settings& settings, const ReceiveRole* receive);
  Expected<> open_all(ops::Log& log, ops::Metrics& metrics);
  webapi::Expected<std::shared_ptr<const analysis::Marks>> known_marks();
  webapi::Expected<std::shared_ptr<const places::Places>> known_places();

  const config::Settings settings_;
  const ReceiveRole* receive_;
  ReaderPool readers_;
  Organizations organizations_{""};
  analysis::Catalogue catalogue_ = {};
  std::unique_ptr<cli::World> dns_ = {};
  std::unique_ptr<store::ReceivedReports> writer_ = {};
  std::unique_ptr<Desk> desk_ = {};
  WebChannels channels_;

  std::mutex mutex_ = {};  ///< of what stands below
  std::shared_ptr<const analysis::Marks> marks_ = {};
  std::filesystem::file_time_type marks_time_ = {};
  std::shared_ptr<const places::Places> places_ = {};
  std::uintmax_t marks_size_ = 0;
  std::mutex demo_ = {};  ///< one at a time
};

}  // namespace assay::cli
