#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "system/milter/detail/codec.h"

namespace assay::milter::detail {

/// The stages that macros belong to, in order.
enum class Stage : std::uint8_t {
  connect,
  helo,
  mail,
  recipient,
  data,
  end_of_header,
  end_of_message
};
inline constexpr std::size_t stage_count = 7;

/// Keeps macros from when they are sent until their connection or message is over. Those of a stage
/// become visible with it, whenever they came, and replace what the same stage had before.
class StageMacros {
 public:
  /// Keeps a packet's macros. Those for a command that is no stage are dropped, like libmilter
  /// does.
  void keep(const MacroPacket& packet);
  /// A stage is reached: gives the macros of this one and those before it; where a name
  /// repeats, the later stage has its way. Valid until the next call of any member.
  const Macros& enter(Stage stage);
  /// The message is over: what belongs to it goes.
  void end_message();
  /// As end_message, when a MAIL begins another one: what was sent for that MAIL stays.
  void replace_message();
  void clear();

 private:
  struct Slot {
    std::string pairs = {};
    bool used = false;  // its stage was entered
  };
  void forget(Stage first);  // that stage and those behind it

  std::array<Slot, stage_count> slots_ = {};
  Macros visible_ = {};
  Stage shown_ = Stage::connect;  // how far visible_ reaches
  bool stale_ = true;             // visible_ is older than the slots up to there
};

}  // namespace assay::milter::detail
