#include "assay/dkim/body_hash.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "assay/dkim/detail/body_stream.h"

namespace assay::dkim {

class BodyHashes::State {
 public:
  std::optional<std::size_t> want(const BodyHashKind& kind);
  bool empty() const { return kinds_.empty(); }
  void update(std::string_view octets);
  void finish();
  std::string_view digest(std::size_t handle) const;
  std::uint64_t canonical_length(std::size_t handle) const;

 private:
  detail::BodyStream& stream(Canonicalization how);
  const detail::BodyStream& stream_of(std::size_t handle) const;
  static std::uint64_t length_of(const BodyHashKind& kind) {
    return kind.length.value_or(detail::RunningHash::whole);
  }

  enum class Phase : std::uint8_t { asking, streaming, finished };
  Phase phase_ = Phase::asking;
  std::vector<BodyHashKind> kinds_ = {};
  std::vector<detail::BodyStream> streams_ = {};
};

std::optional<std::size_t> BodyHashes::State::want(const BodyHashKind& kind) {
  assert(phase_ == Phase::asking);
  const auto known = std::ranges::find(kinds_, kind);
  const auto handle = static_cast<std::size_t>(known - kinds_.begin());
  if (known != kinds_.end()) return handle;
  if (kinds_.size() == max_kinds) return std::nullopt;
  kinds_.push_back(kind);
  stream(kind.canonicalization).hash(kind.hash).want(length_of(kind));
  return handle;
}

detail::BodyStream& BodyHashes::State::stream(Canonicalization how) {
  const auto known = std::ranges::find(streams_, how, &detail::BodyStream::how);
  return known != streams_.end() ? *known : streams_.emplace_back(how, detail::fastest_reducer());
}

const detail::BodyStream& BodyHashes::State::stream_of(std::size_t handle) const {
  return *std::ranges::find(streams_, kinds_[handle].canonicalization, &detail::BodyStream::how);
}

void BodyHashes::State::update(std::string_view octets) {
  phase_ = Phase::streaming;
  for (detail::BodyStream& one : streams_) one.update(octets);
}

void BodyHashes::State::finish() {
  if (std::exchange(phase_, Phase::finished) == Phase::finished) return;
  for (detail::BodyStream& one : streams_) one.finish();
}

std::string_view BodyHashes::State::digest(std::size_t handle) const {
  assert(phase_ == Phase::finished);
  const BodyHashKind& kind = kinds_[handle];
  return stream_of(handle).hash(kind.hash).value(length_of(kind));
}

std::uint64_t BodyHashes::State::canonical_length(std::size_t handle) const {
  assert(phase_ == Phase::finished);
  return stream_of(handle).size();
}

BodyHashes::BodyHashes() : state_(std::make_unique<State>()) {}
BodyHashes::~BodyHashes() = default;
BodyHashes::BodyHashes(BodyHashes&&) noexcept = default;
BodyHashes& BodyHashes::operator=(BodyHashes&&) noexcept = default;

std::optional<std::size_t> BodyHashes::want(const BodyHashKind& kind) {
  return state_->want(kind);
}
bool BodyHashes::empty() const {
  return state_->empty();
}
void BodyHashes::update(std::string_view octets) {
  state_->update(octets);
}
void BodyHashes::finish() {
  state_->finish();
}
std::string_view BodyHashes::digest(std::size_t handle) const {
  return state_->digest(handle);
}
std::uint64_t BodyHashes::canonical_length(std::size_t handle) const {
  return state_->canonical_length(handle);
}

}  // namespace assay::dkim
