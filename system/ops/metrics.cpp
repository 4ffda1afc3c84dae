#include "system/ops/metrics.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <variant>

#include "assay/base/overloaded.h"
#include "assay/base/utf8.h"

namespace assay::ops {

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds.begin(), bounds.end()) {
  assert(std::ranges::is_sorted(bounds_));
  for (Shard& shard : shards_) {
    shard.buckets = std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1);
  }
}

void Histogram::observe(double value) {
  Shard& shard = shards_[shard_of_this_thread()];
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  shard.buckets[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  shard.sum.fetch_add(value, std::memory_order_relaxed);
}

Histogram::Counts Histogram::counts() const {
  Counts counts{.up_to = std::vector<std::uint64_t>(bounds_.size() + 1)};
  for (const Shard& shard : shards_) {
    for (std::size_t i = 0; i < counts.up_to.size(); ++i) {
      counts.up_to[i] += shard.buckets[i].load(std::memory_order_relaxed);
    }
    counts.sum += shard.sum.load(std::memory_order_relaxed);
  }
  for (std::size_t i = 1; i < counts.up_to.size(); ++i) counts.up_to[i] += counts.up_to[i - 1];
  return counts;
}

std::span<const double> latency_bounds() {
  static constexpr double bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                      0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                      1,      2.5,     5,      10,    30};
  return bounds;
}

namespace {

using Series = std::variant<Counter, Gauge, std::unique_ptr<Histogram>, std::function<double()>>;

void append(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char digits[40];
    out.append(std::begin(digits), std::to_chars(std::begin(digits), std::end(digits), value).ptr);
  }
}

/// UTF-8 with \\, \" and line feeds escaped; what is no UTF-8 becomes U+FFFD.
void append_escaped(std::string& out, std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t size = utf8::decode(octets).octets;
    if (size == 0) {
      out += "\xEF\xBF\xBD";
    } else if (octets.front() == '\n') {
      out += "\\n";
    } else {
      if (octets.front() == '\\' || octets.front() == '"') out += '\\';
      out.append(octets.substr(0, size));
    }
    octets.remove_prefix(std::max<std::size_t>(size, 1));
  }
}

/// `result="pass",action="accept"`
std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text.append(text.empty() ? "" : ",").append(name).append("=\"");
    append_escaped(text, value);
    text += '"';
  }
  return text;
}

/// `name{labels,more} `
void begin_sample(std::string& out, std::string_view name, std::string_view labels,
                  std::string_view more = {}) {
  out.append(name);
  if (!labels.empty() || !more.empty()) {
    out.append("{").append(labels);
    out.append(!labels.empty() && !more.empty() ? "," : "").append(more).append("}");
  }
  out += ' ';
}

void append_histogram(std::string& out, const std::string& name, std::string_view labels,
                      const Histogram& histogram) {
  const Histogram::Counts counts = histogram.counts();
  for (std::size_t i = 0; i < counts.up_to.size(); ++i) {
    std::string bound = "le=\"";
    append(bound, i < histogram.bounds().size() ? histogram.bounds()[i] : HUGE_VAL);
    begin_sample(out, name + "_bucket", labels, bound + "\"");
    out += std::to_string(counts.up_to[i]) + '\n';
  }
  begin_sample(out, name + "_sum", labels);
  append(out, counts.sum);
  out += '\n';
  begin_sample(out, name + "_count", labels);
  out += std::to_string(counts.up_to.back()) + '\n';
}

void append_series(std::string& out, const std::string& name, const std::string& labels,
                   const Series& series) {
  if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&series)) {
    return append_histogram(out, name, labels, **histogram);
  }
  begin_sample(out, name, labels);
  std::visit(overloaded{[&](const Counter& counter) { out += std::to_string(counter.value()); },
                        [&](const Gauge& gauge) { append(out, gauge.value()); },
                        [&](const std::function<double()>& value) { append(out, value()); },
                        [](const std::unique_ptr<Histogram>&) {}},
             series);
  out += '\n';
}

bool is_name(std::string_view name) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.front() >= 'a' && std::ranges::all_of(name, is_part);
}

}  // namespace

struct Metrics::State {
  struct About {
    std::string_view type;
    std::string_view name;
    std::string_view help;
  };
  struct Family {
    std::string_view type = {};
    std::string help = {};
    std::map<std::string, Series> series = {};  // nodes do not move
  };
  mutable std::mutex mutex = {};
  std::map<std::string, Family, std::less<>> families = {};

  /// The series of these labels, made from `arguments` where there is none yet. With the mutex.
  template <class Alternative, class... Arguments>
  Alternative& find(const About& about, const Labels& labels, Arguments&&... arguments) {
    assert(is_name(about.name));
    Family& family = families[std::string(about.name)];
    if (family.type.empty()) family = Family{about.type, std::string(about.help), {}};
    assert(family.type == about.type);
    std::string text = label_text(labels);
    if (family.series.size() >= max_series && !family.series.contains(text)) {
      Labels other = labels;
      for (auto& [label, value] : other) value = "other";
      text = label_text(other);
    }
    Series& series = family.series
                         .try_emplace(std::move(text), std::in_place_type<Alternative>,
                                      std::forward<Arguments>(arguments)...)
                         .first->second;
    return std::get<Alternative>(series);
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::scoped_lock lock(state_->mutex);
  return state_->find<Counter>({"counter", name, help}, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::scoped_lock lock(state_->mutex);
  return state_->find<Gauge>({"gauge", name, help}, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::span<const double> bounds, const Labels& labels) {
  const std::scoped_lock lock(state_->mutex);
  return *state_->find<std::unique_ptr<Histogram>>({"histogram", name, help}, labels,
                                                   std::make_unique<Histogram>(bounds));
}

void Metrics::read(Kind kind, std::string_view name, std::string_view help, const Labels& labels,
                   std::function<double()> value) {
  const std::scoped_lock lock(state_->mutex);
  const std::string_view type = kind == Kind::counter ? "counter" : "gauge";
  state_->find<std::function<double()>>({type, name, help}, labels) = std::move(value);
}

std::string Metrics::exposition() const {
  const std::scoped_lock lock(state_->mutex);
  std::string out;
  for (const auto& [name, family] : state_->families) {
    out.append("# HELP ").append(name).append(" ");
    for (const char c : family.help) out += c == '\n' ? ' ' : c;
    out.append("\n# TYPE ").append(name).append(" ").append(family.type).append("\n");
    for (const auto& [labels, series] : family.series) append_series(out, name, labels, series);
  }
  return out;
}

}  // namespace assay::ops
