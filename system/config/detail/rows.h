#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/config/detail/document.h"
#include "system/config/detail/problems.h"
#include "system/config/detail/values.h"

/// Rows of the table of options, one for each kind of value.
namespace assay::config {

/// An option of the section S: how its value is read from the file and how it is written.
template <class S>
struct Row {
  std::string_view key;
  void (*read)(const Node& node, S& section, Problems& problems);
  std::string (*write)(const S& section);  ///< as TOML
};

/// Text in quotes, as TOML writes it.
std::string quoted(std::string_view text);
/// `key must be <wanted>, not <what stands there>`.
void add_wrong_kind(const Node& node, std::string_view wanted, Problems& problems);
/// `key <complaint>`. An item of a list has no key of its own and gets the list's.
void add_complaint(const Node& node, std::string_view key, const std::string& complaint,
                   Problems& problems);

template <class S, class T>
S section_of(T S::*);
template <class S, class T>
T value_of(T S::*);
template <auto Member>
using SectionOf = decltype(section_of(Member));
template <auto Member>
using ValueOf = decltype(value_of(Member));

template <auto Member>
constexpr Row<SectionOf<Member>> boolean(std::string_view key) {
  using S = SectionOf<Member>;
  return {key,
          [](const Node& node, S& section, Problems& problems) {
            if (node.kind != Node::Kind::boolean) {
              return add_wrong_kind(node, "true or false", problems);
            }
            section.*Member = node.boolean;
          },
          [](const S& section) { return std::string(section.*Member ? "true" : "false"); }};
}

template <auto Member, unsigned Least, unsigned Greatest>
constexpr Row<SectionOf<Member>> number(std::string_view key) {
  using S = SectionOf<Member>;
  return {key,
          [](const Node& node, S& section, Problems& problems) {
            const bool fits =
                node.kind == Node::Kind::number && node.number >= Least && node.number <= Greatest;
            if (fits) {
              section.*Member = static_cast<unsigned>(node.number);
              return;
            }
            const std::string wanted =
                "a number from " + std::to_string(Least) + " to " + std::to_string(Greatest);
            if (node.kind != Node::Kind::number) return add_wrong_kind(node, wanted, problems);
            add_complaint(node, node.key, "must be " + wanted, problems);
          },
          [](const S& section) { return std::to_string(section.*Member); }};
}

/// The octets that a number or a text says; a complaint was added where nothing comes back.
std::optional<std::size_t> read_size(const Node& node, Problems& problems);

template <auto Member, std::size_t Least, std::size_t Greatest>
constexpr Row<SectionOf<Member>> size(std::string_view key) {
  using S = SectionOf<Member>;
  return {key,
          [](const Node& node, S& section, Problems& problems) {
            const auto octets = read_size(node, problems);
            if (!octets) return;
            if (*octets >= Least && *octets <= Greatest) {
              section.*Member = *octets;
              return;
            }
            add_complaint(node, node.key,
                          "must be from " + write_size(Least) + " to " + write_size(Greatest),
                          problems);
          },
          [](const S& section) { return quoted(write_size(section.*Member)); }};
}

/// The time that a text says; a complaint was added where nothing comes back.
std::optional<std::chrono::milliseconds> read_duration(const Node& node, Problems& problems);

template <auto Member, std::int64_t LeastMs, std::int64_t GreatestMs>
constexpr Row<SectionOf<Member>> duration(std::string_view key) {
  using S = SectionOf<Member>;
  using T = ValueOf<Member>;
  using std::chrono::milliseconds;
  return {key,
          [](const Node& node, S& section, Problems& problems) {
            const auto time = read_duration(node, problems);
            if (!time) return;
            const T in_units = std::chrono::duration_cast<T>(*time);
            if (time->count() < LeastMs || time->count() > GreatestMs) {
              add_complaint(node, node.key,
                            "must be from " + write_duration(milliseconds(LeastMs)) + " to " +
                                write_duration(milliseconds(GreatestMs)),
                            problems);
            } else if (in_units != *time) {
              add_complaint(node, node.key, "must be whole seconds", problems);
            } else {
              section.*Member = in_units;
            }
          },
          [](const S& section) { return quoted(write_duration(section.*Member)); }};
}

/// A text. An optional one is absent when it is empty.
template <auto Member, Complaint (*Check)(std::string_view)>
constexpr Row<SectionOf<Member>> text(std::string_view key) {
  using S = SectionOf<Member>;
  return {key,
          [](const Node& node, S& section, Problems& problems) {
            if (node.kind != Node::Kind::text) return add_wrong_kind(node, "text", problems);
            if (const Complaint complaint = Check(node.text)) {
              return add_complaint(node, node.key, *complaint, problems);
            }
            if constexpr (std::same_as<ValueOf<Member>, std::string>) {
              section.*Member = node.text;
            } else {
              section.*Member = node.text.empty() ? std::nullopt : std::optional(node.text);
            }
          },
          [](const S& section) {
            if constexpr (std::same_as<ValueOf<Member>, std::string>) {
              return quoted(section.*Member);
            } else {
              return quoted((section.*Member).value_or(""));
            }
          }};
}

template <auto Member, const auto& Words>
void read_word(const Node& node, SectionOf<Member>& section, Problems& problems) {
  std::string wanted;
  for (const auto& [name, value] : Words) {
    if (node.kind == Node::Kind::text && node.text == name) {
      section.*Member = value;
      return;
    }
    wanted += (wanted.empty() ? "one of " : ", ") + quoted(name);
  }
  if (node.kind != Node::Kind::text) return add_wrong_kind(node, wanted, problems);
  add_complaint(node, node.key, "must be " + wanted, problems);
}

template <auto Member, const auto& Words>
std::string write_word(const SectionOf<Member>& section) {
  for (const auto& [name, value] : Words) {
    if (section.*Member == value) return quoted(name);
  }
  return quoted("");
}

/// One of some words, given as pairs of a word and its value.
template <auto Member, const auto& Words>
constexpr Row<SectionOf<Member>> word(std::string_view key) {
  return {key, read_word<Member, Words>, write_word<Member, Words>};
}

template <auto Member, auto Read>
void read_list(const Node& node, SectionOf<Member>& section, Problems& problems) {
  if (node.kind != Node::Kind::array) return add_wrong_kind(node, "a list of texts", problems);
  ValueOf<Member> values;
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::text) {
      return add_complaint(item, node.key, "must be a list of texts", problems);
    }
    auto value = Read(item.text);
    if (value) {
      values.push_back(std::move(*value));
    } else {
      add_complaint(item, node.key, value.error(), problems);
    }
  }
  section.*Member = std::move(values);
}

template <auto Member, auto Write>
std::string write_list(const SectionOf<Member>& section) {
  std::string line = "[";
  for (const auto& value : section.*Member) {
    line += (line.size() > 1 ? ", " : "") + quoted(Write(value));
  }
  return line + "]";
}

/// A list of what Read makes of texts.
template <auto Member, auto Read, auto Write>
constexpr Row<SectionOf<Member>> list(std::string_view key) {
  return {key, read_list<Member, Read>, write_list<Member, Write>};
}

}  // namespace assay::config
