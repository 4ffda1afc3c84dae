#include "system/store/packed_records.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <optional>

#include "assay/base/ip_address.h"

namespace assay::store {
namespace {

constexpr std::uint64_t format = 1;

/// Their places stand in files: texts are added at the end, up to `usual_places` of them.
constexpr std::array<std::string_view, 40> usual = {"",
                                                    "pass",
                                                    "fail",
                                                    "none",
                                                    "quarantine",
                                                    "reject",
                                                    "mfrom",
                                                    "helo",
                                                    "softfail",
                                                    "neutral",
                                                    "temperror",
                                                    "permerror",
                                                    "policy",
                                                    "local_policy",
                                                    "mailing_list",
                                                    "trusted_forwarder",
                                                    "policy_test_mode",
                                                    "forwarded",
                                                    "sampled_out",
                                                    "other",
                                                    "default",
                                                    "s1",
                                                    "s2",
                                                    "selector1",
                                                    "selector2",
                                                    "google",
                                                    "k1",
                                                    "k2",
                                                    "k3",
                                                    "mail",
                                                    "dkim",
                                                    "arc=pass"};

enum AddressForm : std::uint8_t { v4, v6, as_text };

void append(std::string& octets, std::uint64_t number) {
  while (number >= 0x80) {
    octets += static_cast<char>((number & 0x7fU) | 0x80U);
    number >>= 7U;
  }
  octets += static_cast<char>(number);
}

std::string_view view_of(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.octets().data()), address.is_v4() ? 4U : 16U};
}

/// The address as octets, where these give the very text again. Four decimal numbers are read in no
/// other form than that in which they are written.
std::optional<IpAddress> exact_address(std::string_view text) {
  auto address = IpAddress::parse(text);
  if (!address || (text.contains(':') && to_text(*address) != text)) return std::nullopt;
  return address;
}

std::string address_text(std::string_view octets) {
  if (octets.size() == 4) {
    std::array<std::uint8_t, 4> raw = {};
    std::copy_n(octets.begin(), 4, raw.begin());
    return to_text(IpAddress::from_v4(raw));
  }
  std::array<std::uint8_t, 16> raw = {};
  std::copy_n(octets.begin(), 16, raw.begin());
  return to_text(IpAddress::from_v6(raw));
}

constexpr std::size_t most_steps = 64;

/// Where usual texts are found; half of the places are free at least.
class UsualNumbers {
 public:
  UsualNumbers() {
    for (std::size_t i = 1; i < usual.size() && !usual[i].empty(); ++i) {
      std::size_t at = std::hash<std::string_view>{}(usual[i]);
      while (places_[at % places_.size()] != 0) ++at;
      places_[at % places_.size()] = static_cast<std::uint8_t>(i);
    }
  }
  std::uint32_t find(std::string_view text, std::size_t hash) const {
    for (std::size_t at = hash;; ++at) {
      const std::uint8_t number = places_[at % places_.size()];
      if (number == 0 || usual[number] == text) return number;
    }
  }

 private:
  std::array<std::uint8_t, 128> places_ = {};
};

/// The number of a usual text, or 0. The lowest bits of the hash are enough.
std::uint32_t usual_number(std::string_view text, std::size_t hash) {
  static const UsualNumbers numbers;
  return numbers.find(text, hash);
}

}  // namespace

std::span<const std::string_view> usual_texts() {
  return usual;
}

// ---- TextNumbers -------------------------------------------------------------------------------

std::uint32_t TextNumbers::number_of(std::string_view text, std::string& table) {
  if (text.empty()) return 0;
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(text));
  if (const std::uint32_t number = usual_number(text, hash); number != 0) return number;
  if (slots_.size() < 2 * (std::size_t{size_} + 1)) grow();
  const std::size_t mask = slots_.size() - 1;
  Slot* slot = nullptr;
  for (std::size_t step = 0; step < most_steps; ++step) {
    slot = &slots_[(hash + step) & mask];
    if (slot->number == 0) break;
    if (slot->hash == hash && std::string_view(table).substr(slot->at, slot->octets) == text) {
      return slot->number;
    }
  }
  append(table, text.size());
  const auto number = static_cast<std::uint32_t>(usual.size() + size_++);
  if (slot->number == 0) {
    *slot = {.hash = hash,
             .number = number,
             .at = static_cast<std::uint32_t>(table.size()),
             .octets = static_cast<std::uint32_t>(text.size())};
  }
  table += text;
  return number;
}

void TextNumbers::grow() {
  constexpr std::size_t fewest = 64;
  std::vector<Slot> old(std::max(fewest, 2 * slots_.size()));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& each : old) {
    if (each.number == 0) continue;
    for (std::size_t step = 0; step < most_steps; ++step) {
      Slot& slot = slots_[(each.hash + step) & mask];
      if (slot.number != 0) continue;
      slot = each;
      break;
    }
  }
}

void TextNumbers::clear() {
  if (size_ > 0) std::ranges::fill(slots_, Slot{});
  size_ = 0;
}

// ---- PackedRecords -----------------------------------------------------------------------------

void PackedChunks::Iterator::load() {
  chunk_ = nullptr;
  if (at_ >= chunks_->size()) return;
  const std::size_t in_file = chunks_->places_.size();
  if (at_ >= in_file) {
    chunk_ = &chunks_->held_[at_ - in_file];
    return;
  }
  if (!chunks_->file_->read(chunks_->places_[at_], read_)) read_.clear();
  chunk_ = &read_;
}

void PackedRecords::add(const aggregate::Record& record) {
  const aggregate::Row& row = record.row;
  if (const auto address = exact_address(row.source_ip)) {
    body_ += static_cast<char>(address->is_v4() ? v4 : v6);
    body_ += view_of(*address);
  } else {
    body_ += static_cast<char>(as_text);
    append(body_, number_of(row.source_ip));
  }
  append(body_, record.count);
  for (const std::string* text : {&row.disposition, &row.dkim, &row.spf, &row.header_from,
                                  &row.envelope_from, &row.envelope_to}) {
    append(body_, number_of(*text));
  }
  append(body_, row.reasons.size());
  for (const aggregate::Reason& each : row.reasons) {
    append(body_, number_of(each.type));
    append(body_, number_of(each.comment));
  }
  append(body_, row.dkim_results.size());
  for (const aggregate::DkimResult& each : row.dkim_results) {
    for (const std::string* text :
         {&each.domain, &each.selector, &each.result, &each.human_result}) {
      append(body_, number_of(*text));
    }
  }
  append(body_, row.spf_results.size());
  for (const aggregate::SpfResult& each : row.spf_results) {
    for (const std::string* text : {&each.domain, &each.scope, &each.result, &each.human_result}) {
      append(body_, number_of(*text));
    }
  }
  ++records_;
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  messages_ = record.count > most - messages_ ? most : messages_ + record.count;
  if (++in_chunk_ == chunk_records || table_.size() + body_.size() >= chunk_octets) finish();
}

void PackedRecords::finish() {
  if (in_chunk_ == 0) return;
  std::string chunk;
  chunk.reserve(table_.size() + body_.size() + 16);
  append(chunk, format);
  append(chunk, texts_.size());
  chunk += table_;
  append(chunk, in_chunk_);
  chunk += body_;
  chunks_.held_octets_ += chunk.size();
  chunks_.held_.push_back(std::move(chunk));
  table_.clear();
  body_.clear();
  texts_.clear();
  in_chunk_ = 0;
  if (!folder_.empty() && chunks_.held_octets_ > held_octets) put_away();
}

void PackedRecords::put_away() {
  if (!chunks_.file_) chunks_.file_ = ChunkFile::make(folder_);
  std::size_t written = 0;
  for (ChunkFile::Place place; chunks_.file_ && written < chunks_.held_.size(); ++written) {
    if (!chunks_.file_->append(chunks_.held_[written], place)) break;
    chunks_.places_.push_back(place);
    chunks_.held_octets_ -= chunks_.held_[written].size();
  }
  chunks_.held_.erase(chunks_.held_.begin(),
                      chunks_.held_.begin() + static_cast<std::ptrdiff_t>(written));
  // A disk that does not take them is asked no more: memory holds what is left.
  if (!chunks_.held_.empty()) folder_.clear();
}

// ---- ChunkReader -------------------------------------------------------------------------------

ChunkReader::ChunkReader(std::string_view chunk)
    : rest_(chunk), texts_(usual.begin(), usual.end()) {
  broken_ = number() != format;
  const std::uint64_t texts = number();
  // Each text takes an octet at least, so that a damaged number makes no long list.
  if (texts > rest_.size()) broken_ = true;
  for (std::uint64_t i = 0; i < texts && !broken_; ++i) texts_.push_back(octets(number()));
  left_ = number();
}

std::uint64_t ChunkReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto octet = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{octet & 0x7fU} << shift;
    if (octet < 0x80) return value;
  }
  broken_ = true;
  return 0;
}

std::uint32_t ChunkReader::small() {
  const std::uint64_t value = number();
  if (value >= texts_.size()) broken_ = true;
  return static_cast<std::uint32_t>(value);
}

std::string_view ChunkReader::octets(std::uint64_t size) {
  if (size > rest_.size()) {
    broken_ = true;
    return {};
  }
  const std::string_view found = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return found;
}

void ChunkReader::read_results(std::vector<PackedRecord::Result>& results) {
  results.clear();
  for (std::uint64_t left = number(); left > 0 && !broken_; --left) {
    PackedRecord::Result result;
    result.domain = small();
    result.selector_or_scope = small();
    result.result = small();
    result.human_result = small();
    results.push_back(result);
  }
}

bool ChunkReader::next(PackedRecord& record) {
  if (broken_ || left_ == 0) return false;
  --left_;
  const std::string_view form = octets(1);
  const char kind = form.empty() ? static_cast<char>(as_text) : form.front();
  record.address = {};
  record.source_text = 0;
  if (kind == as_text) {
    record.source_text = small();
  } else {
    record.address = octets(kind == v4 ? 4 : 16);
    if (kind != v4 && kind != v6) broken_ = true;
  }
  record.count = number();
  for (std::uint32_t* text : {&record.disposition, &record.dkim, &record.spf, &record.header_from,
                              &record.envelope_from, &record.envelope_to}) {
    *text = small();
  }
  record.reasons.clear();
  for (std::uint64_t left = number(); left > 0 && !broken_; --left) {
    const std::uint32_t type = small();
    record.reasons.push_back({.type = type, .comment = small()});
  }
  read_results(record.dkim_results);
  read_results(record.spf_results);
  return !broken_;
}

aggregate::Record ChunkReader::record(const PackedRecord& packed) const {
  const auto as = [this](std::uint32_t number) { return std::string(text(number)); };
  aggregate::Record record;
  record.count = packed.count;
  aggregate::Row& row = record.row;
  row.source_ip = packed.address.empty() ? as(packed.source_text) : address_text(packed.address);
  row.disposition = as(packed.disposition);
  row.dkim = as(packed.dkim);
  row.spf = as(packed.spf);
  row.header_from = as(packed.header_from);
  row.envelope_from = as(packed.envelope_from);
  row.envelope_to = as(packed.envelope_to);
  for (const PackedRecord::Reason& each : packed.reasons) {
    row.reasons.push_back({.type = as(each.type), .comment = as(each.comment)});
  }
  for (const PackedRecord::Result& each : packed.dkim_results) {
    row.dkim_results.push_back({.domain = as(each.domain),
                                .selector = as(each.selector_or_scope),
                                .result = as(each.result),
                                .human_result = as(each.human_result)});
  }
  for (const PackedRecord::Result& each : packed.spf_results) {
    row.spf_results.push_back({.domain = as(each.domain),
                               .scope = as(each.selector_or_scope),
                               .result = as(each.result),
                               .human_result = as(each.human_result)});
  }
  return record;
}

}  // namespace assay::store
