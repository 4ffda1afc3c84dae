#include <optional>

#include "system/milter/detail/stage_macros.h"

namespace assay::milter {

std::string_view Macros::find(std::string_view name) const {
  for (const auto& [known, value] : values_) {
    if (known == name) return value;
  }
  return {};
}

void Macros::set(std::string name, std::string value) {
  for (auto& [known, old] : values_) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  values_.emplace_back(std::move(name), std::move(value));
}

void Macros::clear() {
  values_.clear();
}

namespace detail {
namespace {

/// Postfix sends macros with header fields and body chunks too, those of the stage that they lead
/// to; Sendmail does not.
std::optional<Stage> stage_of(char command) {
  switch (static_cast<Command>(command)) {
    case Command::connect:
      return Stage::connect;
    case Command::helo:
      return Stage::helo;
    case Command::mail:
      return Stage::mail;
    case Command::recipient:
      return Stage::recipient;
    case Command::data:
      return Stage::data;
    case Command::header:
    case Command::end_of_header:
      return Stage::end_of_header;
    case Command::body:
    case Command::end_of_message:
      return Stage::end_of_message;
    default:
      return {};
  }
}

/// Octets of memory that a stage may keep when its macros are forgotten.
constexpr std::size_t idle_buffer = 4096;

/// "{auth_authen}" and "i" are how they come.
std::string_view without_braces(std::string_view name) {
  if (!name.starts_with('{') || !name.ends_with('}')) return name;
  return name.substr(1, name.size() - 2);
}

/// A name at the end without a value is left out.
void set_all(Macros& macros, std::string_view pairs) {
  while (!pairs.empty()) {
    const std::string_view name = without_braces(take_text(pairs));
    if (pairs.empty()) return;
    macros.set(std::string(name), std::string(take_text(pairs)));
  }
}

}  // namespace

void StageMacros::keep(const MacroPacket& packet) {
  const auto stage = stage_of(packet.stage);
  if (!stage) return;
  Slot& slot = slots_[static_cast<std::size_t>(*stage)];
  slot.used = false;
  if (slot.pairs == packet.pairs) return;
  slot.pairs = packet.pairs;
  if (*stage <= shown_) stale_ = true;
}

const Macros& StageMacros::enter(Stage stage) {
  const auto at = static_cast<std::size_t>(stage);
  Slot& slot = slots_[at];
  if (slot.used && !slot.pairs.empty()) {
    slot.pairs.clear();  // the stage is entered again, and nothing was said of it this time
    stale_ = true;
  }
  slot.used = true;
  if (!stale_ && stage == shown_) return visible_;
  std::size_t next = 0;
  if (stale_ || stage < shown_) {
    visible_.clear();
  } else {
    next = static_cast<std::size_t>(shown_) + 1;
  }
  for (; next <= at; ++next) set_all(visible_, slots_[next].pairs);
  shown_ = stage;
  stale_ = false;
  return visible_;
}

void StageMacros::forget(Stage first) {
  for (auto i = static_cast<std::size_t>(first); i < stage_count; ++i) {
    std::string& pairs = slots_[i].pairs;
    pairs.clear();
    if (pairs.capacity() > idle_buffer) pairs.shrink_to_fit();
    slots_[i].used = false;
  }
  if (first <= shown_) stale_ = true;
}

void StageMacros::end_message() {
  forget(Stage::mail);
}

void StageMacros::replace_message() {
  forget(slots_[static_cast<std::size_t>(Stage::mail)].used ? Stage::mail : Stage::recipient);
}

void StageMacros::clear() {
  forget(Stage::connect);
}

}  // namespace detail
}  // namespace assay::milter
