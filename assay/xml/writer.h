#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// XML 1.0 written so that any reader takes it: elements, one attribute where a namespace is
/// declared, text. What is written is UTF-8 whatever octets are handed in.
namespace assay::xml {

/// Appends text content. Markup is escaped, CR is written as a character reference so that it
/// survives; octets that are no UTF-8 and characters that XML 1.0 §2.2 forbids become U+FFFD.
void append_text(std::string& out, std::string_view octets);

/// The first line of a document in UTF-8, with its line end.
inline constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Appends elements to a text that outlives it, each on a line of its own, indented by two spaces a
/// level. Names must be XML names and live until their element is closed.
///
///     std::string text(xml::declaration);
///     xml::Writer out(text);
///     out.open("feedback", "urn:ietf:params:xml:ns:dmarc-2.0");
///     out.element("version", "1.0");
///     out.close();
class Writer {
 public:
  /// `level` is how deep what is written stands already: for a piece of a larger document.
  explicit Writer(std::string& out, std::size_t level = 0) : out_(out), level_(level) {}

  void open(std::string_view name);
  /// With this default namespace.
  void open(std::string_view name, std::string_view name_space);
  /// Closes the innermost element opened by this writer.
  void close();
  /// Closes an element that another writer opened, of this name and at the level above.
  void close(std::string_view name);

  /// An element that holds text alone; it stands there although the text may be empty.
  void element(std::string_view name, std::string_view text);
  void element(std::string_view name, std::int64_t number);
  void element(std::string_view name, std::uint64_t number);
  /// Left out when the text is empty.
  void optional_element(std::string_view name, std::string_view text);

 private:
  void indent() { out_.append(2 * level_, ' '); }
  void tag(std::string_view before, std::string_view name, std::string_view after);

  std::string& out_;
  std::size_t level_;
  std::vector<std::string_view> open_ = {};
};

}  // namespace assay::xml
