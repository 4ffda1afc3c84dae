#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace assay::dns {

/// Values derived from an answer's records (a parsed SPF record, a decoded key), made at most a few
/// times and kept with the answer, so that a cached record is also a parsed one. One value a type.
/// Thread-safe.
class Memo {
 public:
  Memo() = default;
  Memo(Memo&& other) noexcept : head_(other.head_.exchange(nullptr)) {}
  Memo& operator=(Memo&& other) noexcept {
    if (this != &other) free_all(head_.exchange(other.head_.exchange(nullptr)));
    return *this;
  }
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;
  ~Memo() { free_all(head_.load()); }

  /// The value of type T; `make()` makes it where none is kept. Two threads may both make one; the
  /// first to finish is kept. Lives as long as the memo.
  template <class T, class Make>
  const T& get(Make make) const {
    if (const T* known = find<T>(head_.load(std::memory_order_acquire))) return *known;
    auto node = std::make_unique<Typed<T>>(make());
    Node* head = head_.load(std::memory_order_acquire);
    do {
      if (const T* known = find<T>(head)) return *known;
      node->next = head;
    } while (!head_.compare_exchange_weak(head, node.get(), std::memory_order_acq_rel));
    return node.release()->value;
  }

 private:
  struct Node {
    explicit Node(const void* type_key) : key(type_key) {}
    virtual ~Node() = default;
    const void* key;
    Node* next = nullptr;
  };
  template <class T>
  struct Typed : Node {
    explicit Typed(T made) : Node(&type_key<T>), value(std::move(made)) {}
    T value;
  };
  template <class T>
  static constexpr char type_key = 0;  // its address is the type's identity

  template <class T>
  static const T* find(const Node* node) {
    for (; node != nullptr; node = node->next) {
      if (node->key == &type_key<T>) return &static_cast<const Typed<T>*>(node)->value;
    }
    return nullptr;
  }
  static void free_all(Node* node) {
    while (node != nullptr) delete std::exchange(node, node->next);
  }

  mutable std::atomic<Node*> head_ = nullptr;
};

}  // namespace assay::dns
