#include "bench/intake/floor.h"

#include <arpa/inet.h>
#include <libdeflate.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace assay::bench {
namespace {

struct Row {
  std::array<unsigned char, 16> address;
  std::uint32_t count;
  char disposition;
  char dkim;
  char spf;
  std::array<std::string_view, 8> texts;
};

/// What the texts of an element called so mean, by what its name is alone.
void keep(Row& row, std::string_view name, std::string_view text, std::size_t& next) {
  if (name == "source_ip") {
    std::array<char, 64> copy{};
    text.copy(copy.data(), copy.size() - 1);
    inet_pton(text.find(':') != std::string_view::npos ? AF_INET6 : AF_INET, copy.data(),
              row.address.data());
  } else if (name == "count") {
    for (const char c : text) row.count = row.count * 10 + static_cast<std::uint32_t>(c - '0');
  } else if (name == "disposition") {
    row.disposition = text.empty() ? '\0' : text.front();
  } else if (name == "dkim") {
    row.dkim = text.empty() ? '\0' : text.front();
  } else if (name == "spf") {
    row.spf = text.empty() ? '\0' : text.front();
  } else if (next < row.texts.size()) {
    row.texts[next++] = text;
  }
}

std::size_t pull(std::string_view xml, std::vector<Row>& rows) {
  rows.clear();
  Row row{};
  std::size_t next = 0;
  std::string_view name;
  const char* text = nullptr;
  const char* at = xml.data();
  const char* const end = at + xml.size();
  const auto find = [end](const char* from, char c) {
    return static_cast<const char*>(std::memchr(from, c, static_cast<std::size_t>(end - from)));
  };
  while ((at = find(at, '<')) != nullptr && at + 1 < end) {
    const bool closes = at[1] == '/';
    const char* const tag = at + (closes ? 2 : 1);
    const char* const stop = find(tag, '>');
    if (stop == nullptr) break;
    const std::string_view found(tag, static_cast<std::size_t>(stop - tag));
    if (closes && text != nullptr && found == name) {
      keep(row, name, {text, static_cast<std::size_t>(at - text)}, next);
    } else if (closes && found == "record") {
      rows.push_back(row);
      row = {};
      next = 0;
    }
    name = found;
    at = stop + 1;
    text = closes ? nullptr : at;
  }
  return rows.size();
}

}  // namespace

struct IntakeFloor::State {
  libdeflate_decompressor* inflater = libdeflate_alloc_decompressor();
  std::string out = {};
  std::vector<Row> rows = {};
};

IntakeFloor::IntakeFloor() : state_(new State) {
  state_->out.resize(std::size_t{400} << 20U);
}

IntakeFloor::~IntakeFloor() {
  libdeflate_free_decompressor(state_->inflater);
  delete state_;
}

std::size_t IntakeFloor::records(std::string_view gzip) {
  std::size_t size = 0;
  libdeflate_gzip_decompress(state_->inflater, gzip.data(), gzip.size(), state_->out.data(),
                             state_->out.size(), &size);
  return pull(std::string_view(state_->out).substr(0, size), state_->rows);
}

std::size_t IntakeFloor::inflate(std::string_view gzip) {
  z_stream z = {};
  inflateInit2(&z, 15 + 16);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  z.avail_in = static_cast<uInt>(gzip.size());
  std::vector<unsigned char> block(65'536);
  do {
    z.next_out = block.data();
    z.avail_out = static_cast<uInt>(block.size());
  } while (::inflate(&z, Z_NO_FLUSH) == Z_OK);
  const std::size_t size = z.total_out;
  inflateEnd(&z);
  return size;
}

}  // namespace assay::bench
