#include "system/config/detail/rows.h"

#include <algorithm>
#include <tuple>

#include "assay/base/ascii.h"

namespace assay::config {

void Problems::add(Place place, std::string what) {
  if (full()) {
    ++left_out_;
    return;
  }
  list_.push_back({.place = place, .what = std::move(what)});
}

std::vector<Problem> Problems::take() {
  std::ranges::sort(list_, {}, [](const Problem& problem) {
    return std::tuple(problem.place.line, problem.place.column, std::string_view(problem.what));
  });
  if (left_out_ > 0) {
    list_.push_back({.what = "and " + std::to_string(left_out_) + " more problems"});
  }
  left_out_ = 0;
  return std::exchange(list_, {});
}

std::string quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out += "\\u00";
      out += {hex[static_cast<unsigned char>(c) >> 4U], hex[static_cast<unsigned char>(c) & 15U]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

void add_complaint(const Node& node, std::string_view key, const std::string& complaint,
                   Problems& problems) {
  problems.add(node.place, ascii::printable(key, 64) + " " + complaint);
}

void add_wrong_kind(const Node& node, std::string_view wanted, Problems& problems) {
  std::string complaint = "must be " + std::string(wanted);
  complaint += ", not " + std::string(kind_in_words(node));
  add_complaint(node, node.key, complaint, problems);
}

std::optional<std::size_t> read_size(const Node& node, Problems& problems) {
  if (node.kind == Node::Kind::number && node.number >= 0) {
    return static_cast<std::size_t>(node.number);
  }
  const auto octets = node.kind == Node::Kind::text ? parse_size(node.text) : parse_size("");
  if (octets) return *octets;
  add_complaint(node, node.key, octets.error(), problems);
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> read_duration(const Node& node, Problems& problems) {
  const auto time = node.kind == Node::Kind::text ? parse_duration(node.text) : parse_duration("");
  if (time) return *time;
  add_complaint(node, node.key, time.error(), problems);
  return std::nullopt;
}

}  // namespace assay::config
