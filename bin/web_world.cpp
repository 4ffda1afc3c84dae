#include "bin/web_world.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "assay/base/try.h"
#include "assay/verify/explain.h"
#include "system/json/answer.h"
#include "system/json/request.h"
#include "system/json/writer.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bin/alerting.h"
#include "bin/arguments.h"
#include "bin/demo.h"
#include "bin/demo_world.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"
#include "bin/intake_words.h"
#include "bin/message_stream.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t readers_at_once = 8;
constexpr std::uint64_t cache_of_reader = std::uint64_t{16} << 20;

/// A failure of a command as a finding of the interface.
std::unexpected<Finding> finding_of(const Failure& failure) {
  const std::string_view code = failure.status == Status::usage ? "bad_request" : "unavailable";
  return std::unexpected(Finding{.code = code, .what = failure.what, .at = 0});
}

}  // namespace

webapi::Expected<std::shared_ptr<store::ReceivedReports>> ReaderPool::take() {
  std::unique_ptr<store::ReceivedReports> reader;
  {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [&] { return out_ < most_; });
    ++out_;
    if (!idle_.empty()) {
      reader = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!reader) {
    auto opened = store_sqlite::open_received(
        {.path = path_, .access = store_sqlite::Access::read, .cache_octets = cache_of_reader});
    if (!opened) {
      give_back(nullptr);
      return std::unexpected(std::move(opened.error()));
    }
    reader = std::move(*opened);
  }
  return std::shared_ptr<store::ReceivedReports>(
      reader.release(), [this](store::ReceivedReports* one) {
        give_back(std::unique_ptr<store::ReceivedReports>(one));
      });
}

void ReaderPool::give_back(std::unique_ptr<store::ReceivedReports> reader) {
  {
    const std::scoped_lock lock(mutex_);
    if (reader) idle_.push_back(std::move(reader));
    --out_;
  }
  free_.notify_one();
}

WebWorld::WebWorld(const config::Settings& settings, const ReceiveRole* receive)
    : settings_(settings),
      receive_(receive),
      readers_(received_path(settings), readers_at_once),
      channels_(settings, receive) {}

Expected<std::unique_ptr<WebWorld>> WebWorld::open(const config::Settings& settings,
                                                   const ReceiveRole* receive, ops::Log& log,
                                                   ops::Metrics& metrics) {
  std::unique_ptr<WebWorld> world(new WebWorld(settings, receive));
  if (auto opened = world->open_all(log, metrics); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  return world;
}

Expected<> WebWorld::open_all(ops::Log& log, ops::Metrics& metrics) {
  ASSAY_TRY(writer, open_received(settings_, {}));  // which makes the file
  writer_ = std::move(writer);
  ASSAY_TRY(catalogue, read_catalogue(settings_, {}));
  catalogue_ = std::move(catalogue);
  if (auto done = organizations_.open(false); !done) return done;
  ASSAY_TRY(dns, cli::World::open(settings_.dns, settings_.filter.lookup_time));
  dns_ = std::move(dns);
  desk_ = std::make_unique<Desk>(
      settings_, *writer_, settings_.intake.verify ? &dns_->resolver() : nullptr, log, metrics);
  return {};
}

webapi::Expected<std::shared_ptr<store::ReceivedReports>> WebWorld::reports() {
  return readers_.take();
}

/// Read again when the file changes: also other programs add to it.
webapi::Expected<std::shared_ptr<const analysis::Marks>> WebWorld::known_marks() {
  const std::string path = marks_path(settings_, "");
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  const std::uintmax_t size = error ? 0 : fs::file_size(path, error);
  const std::scoped_lock lock(mutex_);
  if (marks_ && size == marks_size_ && (size == 0 || time == marks_time_)) return marks_;
  auto read = read_marks_file(path);
  if (!read) return finding_of(read.error());
  marks_ = std::make_shared<const analysis::Marks>(std::move(*read));
  marks_time_ = time;
  marks_size_ = size;
  return marks_;
}

/// Read again when a file is replaced; while the new one is broken, the one before it counts.
webapi::Expected<std::shared_ptr<const places::Places>> WebWorld::known_places() {
  const std::scoped_lock lock(mutex_);
  if (places_ && !places_->is_stale()) return places_;
  auto opened = open_places(settings_);
  if (opened) {
    places_ = std::make_shared<const places::Places>(std::move(*opened).value_or(places::Places()));
  }
  if (places_) return places_;
  return finding_of(opened.error());
}

namespace {

/// As the interface says it.
std::string_view severity_word(store::Severity severity) {
  switch (severity) {
    case store::Severity::low:
      return "info";
    case store::Severity::medium:
      return "warning";
    case store::Severity::high:
      return "urgent";
  }
  return "info";
}

/// What is watched knows no tenants: it goes with domains whose reports are seen, but where it is
/// what was asked for, which the interface admits.
bool may_see_records(const analysis::Ask& ask, store::ReceivedReports& visible) {
  if (ask.question == analysis::Question::changes) return true;
  const auto domains = visible.policy_domains();
  return domains && std::ranges::binary_search(*domains, ask.domain);
}

}  // namespace

webapi::Expected<analysis::Document> WebWorld::answer(const analysis::Ask& ask,
                                                      store::ReceivedReports& visible) {
  if (ask.question == analysis::Question::received) {
    auto document = answer_received(ask, {}, settings_);
    if (document) return std::move(*document);
    return finding_of(document.error());
  }
  ASSAY_TRY(marks, known_marks());
  ASSAY_TRY(places, known_places());
  auto book = open_alerts_if_there(settings_);
  if (!book) return finding_of(book.error());
  const analysis::World world{
      .reports = &visible,
      .catalogue = &catalogue_,
      .marks = marks.get(),
      .organization = [this](std::string_view domain) { return organizations_.of(domain); },
      .resolver = asks_dns(ask) ? &dns_->resolver() : nullptr,
      .places = places.get(),
      .alerts = may_see_records(ask, visible) ? book->get() : nullptr};
  return analysis::answer(ask, world);
}

webapi::Expected<std::vector<std::string>> WebWorld::take(std::string_view octets,
                                                          const std::string& name,
                                                          const accounts::Scope& scope) {
  const Receipt receipt =
      desk_->take_permitted(octets, name, store::Channel::upload,
                            [&](std::string_view domain) { return scope.sees(domain); });
  if (receipt.failure) return std::unexpected(*receipt.failure);
  std::vector<std::string> lines;
  for (const IntakeLine& line : receipt.lines) lines.push_back(as_json(line));
  if (lines.empty()) {
    lines.push_back(as_json(refused_line(
        name, {.code = "no_report", .what = "there is no report in it that can be recognized"})));
  }
  return lines;
}

bool WebWorld::holds_only(const store::Raw& raw, const accounts::Scope& scope) {
  intake::ArrivalOptions options = arrival_options(settings_, {});
  options.keep_raw = intake::KeepRaw::no;
  const intake::Taken taken = intake::read_arrivals(
      {.octets = raw.octets, .name = raw.name, .arrived = machine_time()}, options);
  // What cannot be read may be of anybody.
  return taken.refused.empty() && !taken.arrivals.empty() &&
         std::ranges::all_of(taken.arrivals, [&](const store::Arrival& each) {
           return scope.sees(each.head.policy_domain);
         });
}

webapi::Expected<std::string> WebWorld::verify(const webapi::VerifyQuestion& question) {
  verify::Envelope envelope{.helo = question.helo,
                            .mail_from = json::strip_angle_brackets(question.mail_from)};
  if (!question.client.empty()) {
    envelope.client = IpAddress::parse(question.client);
    if (!envelope.client) {
      return std::unexpected(Finding{
          .code = "bad_request", .what = "client is no address; give one like 192.0.2.1", .at = 0});
    }
  }
  const verify::Options options{};
  dns::Recorder recorder = make_recorder(dns_->resolver());
  verify::Session session(envelope, recorder, machine_time(), options);
  MessageStream stream(session, Origin::file, options.header.octets);
  stream.feed(question.message);
  const verify::Verdict verdict = stream.finish();  // before recorder.asked(), which it fills
  std::string line = json::verdict_line("", verdict, recorder.asked(), json::Detail::result);
  json::Writer out;
  out.begin_object();
  out.member_always("text", to_text(verify::explain(verdict, envelope, recorder.asked())));
  out.end_object();
  line.back() = ',';
  return line + out.take().substr(1);
}

webapi::Expected<analysis::Marks> WebWorld::marks() {
  ASSAY_TRY(marks, known_marks());
  return analysis::Marks(*marks);
}

webapi::Expected<> WebWorld::add_mark(const analysis::Mark& mark) {
  // Nothing is added to a file that cannot be read.
  if (auto marks = known_marks(); !marks) return std::unexpected(std::move(marks.error()));
  if (auto added = append_mark(marks_path(settings_, ""), mark); !added) {
    return finding_of(added.error());
  }
  return {};
}

std::vector<webapi::Channel> WebWorld::channels(store::ReceivedReports& reports) {
  return channels_.all(reports);
}

webapi::Expected<webapi::Tested> WebWorld::test_channel(std::string_view name) {
  return channels_.test(name);
}

std::uint64_t WebWorld::refused_today() {
  const auto today = std::chrono::floor<std::chrono::days>(machine_time());
  return desk_->refused_on(today) + (receive_ != nullptr ? receive_->refused_on(today) : 0);
}

std::string WebWorld::store_trouble() {
  return desk_->trouble();
}

webapi::Expected<webapi::Retention> WebWorld::retention() {
  auto intake = retained(settings_);
  if (!intake) return finding_of(intake.error());
  return retention_words(*intake);
}

webapi::Expected<> WebWorld::set_retention(const webapi::Retention& changes) {
  const std::scoped_lock lock(mutex_);
  if (auto done = change_retention(settings_, changes); !done) return finding_of(done.error());
  return {};
}

webapi::Expected<std::vector<webapi::Alert>> WebWorld::alerts() {
  auto book = open_alerts_if_there(settings_);
  if (!book) return finding_of(book.error());
  std::vector<webapi::Alert> shown;
  if (!*book) return shown;
  ASSAY_TRY(alerts, (*book)->alerts({}));
  for (store::Alert& each : alerts) {
    shown.push_back({.id = each.id,
                     .rule = std::move(each.rule),
                     .domain = std::move(each.domain),
                     .what = std::move(each.what),
                     .since = each.since,
                     .until = each.until,
                     .severity = std::string(severity_word(each.severity)),
                     .seen = each.seen.has_value()});
  }
  return shown;
}

webapi::Expected<analysis::RecordSetup> WebWorld::record_setup(
    const accounts::Scope& scope, std::span<const std::string> reporting) {
  auto book = open_alerts_if_there(settings_);
  if (!book) return finding_of(book.error());
  if (!*book) return analysis::RecordSetup{};
  ASSAY_TRY(records, (*book)->records(""));
  std::erase_if(records, [&](const store::RecordState& each) { return !scope.sees(each.domain); });
  // Mail that is fetched may have come to any address.
  const auto& addresses = settings_.receive.addresses;
  const bool known = settings_.imap.empty();
  return analysis::look_at_setup(
      records, known ? std::span<const std::string>(addresses) : std::span<const std::string>(),
      reporting);
}

bool WebWorld::is_demo(store::ReceivedReports& reports) {
  const auto domains = reports.policy_domains();
  return domains && std::ranges::any_of(demo_domains(), [&](const std::string& each) {
           return std::ranges::binary_search(*domains, each);
         });
}

webapi::Expected<webapi::DemoSize> WebWorld::load_demo() {
  const std::scoped_lock lock(demo_);
  auto loaded = cli::load_demo(settings_, *writer_, machine_time());
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return webapi::DemoSize{.reports = loaded->reports, .domains = loaded->domains};
}

webapi::Expected<> WebWorld::erase_demo() {
  const std::scoped_lock lock(demo_);
  return cli::erase_demo(*writer_);
}

}  // namespace assay::cli
