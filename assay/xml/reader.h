#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::xml {

/// Where octets come from: fills the beginning of the span and says how many; 0 at the end.
using Source = std::function<std::size_t(std::span<char>)>;

struct ReadLimits {
  std::size_t depth = 100;              ///< elements open at once
  std::size_t tag = 65'536;             ///< octets of one tag with its attributes
  std::size_t attributes = 100;         ///< of one tag; more are left out
  std::uint64_t elements = 1ULL << 36;  ///< of the document
};

struct Attribute {
  std::string_view name;   ///< with its prefix
  std::string_view value;  ///< as written, entities and all
};

enum class Event : std::uint8_t {
  start,  ///< an element begins: name(), prefix(), attributes()
  text,   ///< text() stands in the innermost element; long text comes in pieces
  end,    ///< the innermost element ends: name()
  done,   ///< the document has ended, or error() says why it is not read on
};

/// Reads XML a step at a time, from memory or from a source, in a window of some 64 KiB. It is for
/// documents that are often not well-formed, and says what it had to overlook: what is no tag is
/// text, an element that is not closed ends with the one around it, an end tag without its
/// beginning is left out. Every element that starts ends, in order, before `done`, also behind an
/// error.
///
/// Text is UTF-8 of characters that XML permits, its references resolved. Read are UTF-8 (octets
/// that are none count as windows-1252), UTF-16 with a byte order mark or recognizable without, and
/// what declares itself ISO-8859-1 or windows-1252, read as the latter. White space alone between
/// tags is no text. There is no DTD and no entity but the five and the numeric ones.
///
///     for (Event event = reader.next(); event != Event::done; event = reader.next()) …
///
/// Never throws but for memory. Views are good until the next call of next().
class Reader {
 public:
  explicit Reader(std::string_view document, const ReadLimits& limits = {});
  explicit Reader(Source source, const ReadLimits& limits = {});

  Event next();

  /// Of the element that has started or ended, without its prefix, as written.
  std::string_view name() const { return name_; }
  /// Empty where none is written.
  std::string_view prefix() const { return prefix_; }
  const std::vector<Attribute>& attributes() const { return attributes_; }
  std::string_view text() const { return text_; }

  /// Elements that are open; within start and end, this one counts.
  std::size_t depth() const { return open_.size() + (ending_ ? 1 : 0); }
  /// Octets read so far, in UTF-8 where the document is UTF-16: where an error is.
  std::uint64_t position() const { return base_ + pos_; }

  /// Octets of the document that come next, as they stand, for who can read plain elements faster:
  /// elements one within the other, of ASCII and without attributes, references and other markup.
  /// Empty where something waits to be told, or where elements may not stand `levels` deeper.
  /// Good until the next call of another function than these three.
  std::string_view ahead(std::size_t levels) const;
  /// More of it; false where there is none or enough in memory. `ahead` has changed then.
  bool more_ahead();
  /// Passes over whole elements at the beginning of `ahead`.
  void skip(std::size_t octets, std::uint64_t elements);
  /// Elements that are open, also right behind an end.
  std::size_t open_elements() const { return open_.size(); }

  /// What was overlooked: one finding of a kind, with how often where that is more than once.
  /// Levels are warning. `bare_markup`, `unclosed`, `stray_end`, `case` (an end tag in other
  /// letters), `entity`, `character` (one that XML forbids), `not_utf8`, `cut_short`, `attributes`.
  Findings findings() const;
  /// Whether what ends now does so only because the document has ended, or is not read on.
  bool cut_short() const { return cut_short_; }
  /// Why reading ended before the document did: `dtd`, `too_deep`, `too_many_elements`, `not_xml`
  /// (no element begins in the first MiB); or empty.
  const Findings& error() const { return error_; }

 private:
  struct Open {
    std::size_t prefix;  ///< where its names begin in names_
    std::size_t local;
  };
  struct Note {
    Finding finding;
    std::uint64_t times = 1;
  };

  std::string_view window() const { return data_.substr(pos_); }
  bool fill();
  bool has(std::size_t octets);
  void detect_encoding();
  Event step();
  Event end_element();
  Event take_text();
  bool take_piece(std::size_t size);
  Event take_markup();
  Event take_start();
  Event take_end();
  Event take_declaration();
  Event take_character_data();
  Event literal(std::size_t octets);
  Event fail(std::string_view code, std::string what);
  Event finish();
  void skip_past(std::string_view mark);
  bool read_attributes(std::string_view tag);
  void set_names(std::string_view qualified);
  void decode(std::string_view raw);
  std::size_t decode_reference(std::string_view raw);
  std::size_t decode_octets(std::string_view raw);
  void append_character(std::uint32_t code_point);
  void note(std::string_view code, std::string_view what);

  ReadLimits limits_;
  Source source_;
  std::string buffer_ = {};
  std::string_view data_ = {};  ///< what is in memory: the document, or buffer_
  std::size_t pos_ = 0;         ///< in data_
  std::uint64_t base_ = 0;      ///< octets before data_
  bool started_ = false;
  bool single_octets_ = false;  ///< windows-1252
  bool exhausted_ = false;
  bool cut_short_ = false;

  std::string names_ = {};  ///< of open elements, one behind the other
  std::vector<Open> open_ = {};
  std::size_t closing_ = 0;  ///< elements still to be ended
  bool ending_ = false;      ///< the last event was end
  std::uint64_t elements_ = 0;

  std::string_view name_ = {};
  std::string_view prefix_ = {};
  std::vector<Attribute> attributes_ = {};
  std::string_view text_ = {};
  std::string scratch_ = {};
  std::string ended_ = {};  ///< the names of the element that ended
  std::vector<Note> notes_ = {};
  Findings error_ = {};
};

}  // namespace assay::xml
