#include "system/store/source_sums.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>

#include "assay/base/ip_address.h"

namespace assay::store {
namespace {

std::int32_t number(std::chrono::sys_days day) {
  return static_cast<std::int32_t>(day.time_since_epoch().count());
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  if (name == domain) return true;
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

/// The result of the envelope's domain, or else the first.
const PackedRecord::Result* best_spf(const ChunkReader& reader, const PackedRecord& record) {
  for (const PackedRecord::Result& each : record.spf_results) {
    if (reader.text(each.selector_or_scope) != "helo") return &each;
  }
  return record.spf_results.empty() ? nullptr : &record.spf_results.front();
}

/// The signature that says most.
const PackedRecord::Result* best_dkim(const ChunkReader& reader, const PackedRecord& record) {
  const std::string_view author = reader.text(record.header_from);
  const PackedRecord::Result* best = nullptr;
  int most = -1;
  for (const PackedRecord::Result& each : record.dkim_results) {
    const std::string_view domain = reader.text(each.domain);
    const bool near = is_at_or_below(author, domain) || is_at_or_below(domain, author);
    const int worth = (reader.text(each.result) == "pass" ? 2 : 0) + (near ? 1 : 0);
    if (worth <= most) continue;
    most = worth;
    best = &each;
  }
  return best;
}

std::string address_text(const std::array<char, 16>& octets, std::uint32_t size) {
  if (size == 4) {
    std::array<std::uint8_t, 4> raw = {};
    std::memcpy(raw.data(), octets.data(), raw.size());
    return to_text(IpAddress::from_v4(raw));
  }
  std::array<std::uint8_t, 16> raw = {};
  std::memcpy(raw.data(), octets.data(), raw.size());
  return to_text(IpAddress::from_v6(raw));
}

}  // namespace

std::size_t SourceSums::KeyHash::operator()(const Key& key) const {
  std::uint64_t hash = 0;
  const auto mix = [&hash](std::uint64_t part) {
    hash = (hash ^ part) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 29U;
  };
  std::array<std::uint64_t, 2> halves = {};
  std::memcpy(halves.data(), key.address.data(), key.address.size());
  mix(halves[0]);
  mix(halves[1]);
  const auto both = [&mix](std::uint32_t one, std::uint32_t other) {
    mix((std::uint64_t{one} << 32U) | other);
  };
  both(key.source, key.header_from);
  both(key.spf_domain, key.spf_result);
  both(key.dkim_domain, key.dkim_selector);
  both(key.dkim_result, key.cell);
  mix(static_cast<std::uint32_t>(key.day));
  return hash;
}

void SourceSums::begin(const aggregate::PolicyPublished& policy, Instant begin, Instant end) {
  policy_ = policy;
  spread_.emplace(begin, end);
  records_ = 0;
}

std::uint32_t SourceSums::number_of(std::string_view text) {
  const auto known = texts_.find(text);
  if (known != texts_.end()) return known->second;
  const auto fresh = static_cast<std::uint32_t>(text_of_.size());
  text_of_.emplace_back(text);
  texts_.emplace(text, fresh);
  return fresh;
}

SourceSums::Key SourceSums::key_of(const ChunkReader& reader, const PackedRecord& record) const {
  Key key;
  if (query_.source == SourceLevel::address) {
    std::ranges::copy(record.address, key.address.begin());
    key.form = static_cast<std::uint32_t>(record.address.size());
    key.source = record.address.empty() ? here_[record.source_text] : here_[0];
  } else if (query_.source == SourceLevel::network) {
    // /24 and /48, as networks are given out.
    const std::size_t kept = record.address.size() == 4 ? 3 : 6;
    std::ranges::copy(record.address.substr(0, kept), key.address.begin());
    key.form = static_cast<std::uint32_t>(record.address.size());
    key.source = record.address.empty() ? here_[record.source_text] : here_[0];
  }
  key.header_from = here_[record.header_from];
  if (const auto* spf = best_spf(reader, record)) {
    key.spf_domain = here_[spf->domain];
    key.spf_result = here_[spf->result];
  }
  if (const auto* dkim = best_dkim(reader, record)) {
    key.dkim_domain = here_[dkim->domain];
    key.dkim_selector = here_[dkim->selector_or_scope];
    key.dkim_result = here_[dkim->result];
  }
  return key;
}

void SourceSums::add(Key key, const PackedRecord& record) {
  for (std::size_t at = 0; at < spread_->days(); ++at) {
    const std::chrono::sys_days day = spread_->day(at);
    if (day < query_.days.from || day >= query_.days.until) continue;
    const std::uint64_t share = spread_->share(record.count, records_, at);
    if (share == 0) continue;
    if (query_.by_day) key.day = number(day);
    const auto [place, fresh] =
        sums_.try_emplace(key, Sum{.first = number(day), .last = number(day)});
    Sum& sum = place->second;
    sum.first = std::min(sum.first, number(day));
    sum.last = std::max(sum.last, number(day));
    sum.messages += share;
  }
}

void SourceSums::add(std::string_view chunk) {
  if (!policy_ || !spread_) return;
  ChunkReader reader(chunk);
  const CellReader cells(reader, *policy_);
  if (text_of_.empty()) number_of("");
  here_.clear();
  for (const std::string_view text : reader.texts()) here_.push_back(number_of(text));
  PackedRecord record;
  while (reader.next(record)) {
    Key key = key_of(reader, record);
    key.cell = cells.number_of(record);
    add(key, record);
    ++records_;
  }
}

std::vector<std::uint32_t> SourceSums::ranks() const {
  std::vector<std::uint32_t> order(text_of_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {},
                    [&](std::uint32_t each) { return std::string_view(text_of_[each]); });
  std::vector<std::uint32_t> rank(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  return rank;
}

SourceCount SourceSums::count_of(const Key& key, const Sum& sum) const {
  const auto day_of = [](std::int32_t day) {
    return std::chrono::sys_days{std::chrono::days{day}};
  };
  std::string source = key.form == 0 ? text_of_[key.source] : address_text(key.address, key.form);
  if (key.form != 0 && query_.source == SourceLevel::network) {
    source += key.form == 4 ? "/24" : "/48";
  }
  return {.source_ip = std::move(source),
          .header_from = text_of_[key.header_from],
          .spf_domain = text_of_[key.spf_domain],
          .spf_result = text_of_[key.spf_result],
          .dkim_domain = text_of_[key.dkim_domain],
          .dkim_selector = text_of_[key.dkim_selector],
          .dkim_result = text_of_[key.dkim_result],
          .cell = cell_of(key.cell),
          .first = day_of(sum.first),
          .last = day_of(sum.last),
          .messages = sum.messages};
}

std::vector<SourceCount> SourceSums::counts() const {
  // Numbers are sorted, which is much quicker than texts.
  std::vector<std::pair<Key, const Sum*>> order;
  order.reserve(sums_.size());
  const std::vector<std::uint32_t> rank = ranks();
  for (const auto& [key, sum] : sums_) order.emplace_back(key, &sum);
  const auto place = [&](const std::pair<Key, const Sum*>& each) {
    const Key& key = each.first;
    const std::string_view address(key.address.data(), key.address.size());
    return std::tuple(key.form, address, rank[key.source], rank[key.header_from],
                      rank[key.spf_domain], rank[key.spf_result], rank[key.dkim_domain],
                      rank[key.dkim_selector], rank[key.dkim_result], key.cell, key.day);
  };
  std::ranges::sort(order, {}, place);
  std::vector<SourceCount> counts;
  counts.reserve(order.size());
  for (const auto& [key, sum] : order) counts.push_back(count_of(key, *sum));
  return counts;
}

}  // namespace assay::store
