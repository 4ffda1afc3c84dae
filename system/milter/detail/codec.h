#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "system/milter/milter.h"

/// Packets of the milter protocol: four octets of length in network order, one octet of command,
/// data. Reading gives views into the packet; writing appends to a string.
namespace assay::milter::detail {

/// What the MTA sends (SMFIC_*).
enum class Command : char {
  abort = 'A',
  body = 'B',
  connect = 'C',
  macro = 'D',
  end_of_message = 'E',
  helo = 'H',
  quit_and_start_over = 'K',
  header = 'L',
  mail = 'M',
  end_of_header = 'N',
  negotiate = 'O',
  quit = 'Q',
  recipient = 'R',
  data = 'T',
  unknown = 'U',  ///< an SMTP command that the MTA does not know
};

/// What one side says of itself when a connection opens (SMFIC_OPTNEG).
struct Offer {
  std::uint32_t version = 6;
  std::uint32_t actions = 0;   ///< SMFIF_*
  std::uint32_t protocol = 0;  ///< SMFIP_*
  friend bool operator==(const Offer&, const Offer&) = default;
};

struct Field {
  std::string_view name = {}, value = {};
};

/// The macros of one stage: name and value in turn, each with a NUL behind it.
struct MacroPacket {
  char stage = 0;  ///< the command they are for
  std::string_view pairs = {};
};

inline constexpr std::size_t length_octets = 4;
/// ESMTP has about a dozen parameters, and Sendmail sends at most 50 macros with a stage.
inline constexpr std::size_t max_arguments = 64;
inline constexpr std::size_t max_macros = 100;
/// Of a reply. Octets of a line without CRLF (RFC 5321 §4.5.3.1.5), and lines, as libmilter has it.
inline constexpr std::size_t max_reply_line = 510;
inline constexpr std::size_t max_reply_lines = 32;

/// The octets that the packet at the start of `input` takes, its length field included; 0 while
/// the length field is not complete. Errors: a length of 0, or above max_packet.
std::expected<std::size_t, Finding> packet_size(std::string_view input, std::size_t max_packet);

/// The data of one packet each, without length and command. Views live as long as `data`.
/// Errors: data that is cut off, a missing NUL, too many parts; never a value that is odd.
std::expected<Offer, Finding> parse_offer(std::string_view data);
std::expected<Connection, Finding> parse_connect(std::string_view data);
std::expected<std::string_view, Finding> parse_helo(std::string_view data);
std::expected<Path, Finding> parse_path(std::string_view data);
std::expected<Field, Finding> parse_header(std::string_view data);
std::expected<MacroPacket, Finding> parse_macros(std::string_view data);

/// Takes the next NUL-terminated text off `rest`, which must hold a NUL.
std::string_view take_text(std::string_view& rest);

/// Whether header values are written with their leading space, or the MTA puts it there.
enum class LeadingSpace : std::uint8_t { written, left_to_mta };

void append_packet(std::string& out, char command, std::string_view data);
void append_offer(std::string& out, const Offer& offer);
/// Always one packet. A custom text gets the form that Postfix and Sendmail demand (an enhanced
/// code, a code on each line, percent signs doubled); one without a 4yz or 5yz code is a tempfail.
void append_reply(std::string& out, const Reply& reply);
/// One packet; nothing where the name of a field is missing. No value can end its field or hold a
/// NUL.
void append_edit(std::string& out, const Edit& edit, LeadingSpace leading_space);

}  // namespace assay::milter::detail
