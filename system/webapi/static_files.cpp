#include "system/webapi/static_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/crypto/digest.h"

namespace assay::webapi {
namespace {

constexpr std::size_t most_octets = std::size_t{32} << 20;
constexpr std::size_t most_tags = 10'000;

struct Type {
  std::string_view end;
  std::string_view type;
};
constexpr std::array types = {Type{".html", "text/html; charset=utf-8"},
                              Type{".js", "text/javascript; charset=utf-8"},
                              Type{".mjs", "text/javascript; charset=utf-8"},
                              Type{".css", "text/css; charset=utf-8"},
                              Type{".svg", "image/svg+xml"},
                              Type{".png", "image/png"},
                              Type{".ico", "image/x-icon"},
                              Type{".json", "application/json; charset=utf-8"},
                              Type{".webmanifest", "application/manifest+json"},
                              Type{".woff2", "font/woff2"},
                              Type{".txt", "text/plain; charset=utf-8"}};

constexpr std::string_view no_pages = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Assay</title>
<h1>The pages are not here</h1>
<p>Assay runs, and its interface answers below <code>/api/v1</code>, but the folder with the built pages is missing.
<p>In the source tree they are built by <code>./run</code>; an installation has them in <code>share/assay/web</code>.
Another folder is named by <code>files</code> in the section <code>[web]</code> of assay.toml.
</html>
)";

std::string_view type_of(std::string_view path) {
  const auto found =
      std::ranges::find_if(types, [&](const Type& each) { return path.ends_with(each.end); });
  return found == types.end() ? "application/octet-stream" : found->type;
}

/// Whether a list of tags names one (RFC 9110 §13.1.2).
bool names(std::string_view list, std::string_view tag) {
  for (const std::string_view part : ascii::split(list, ',')) {
    std::string_view one = ascii::trim_wsp(part);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
  }
  return false;
}

/// A name that is looked for on the disk: none that is hidden, and no separators within.
bool is_plain(const std::string& segment) {
  return !segment.starts_with('.') && segment.find('/') == std::string::npos &&
         segment.find('\\') == std::string::npos;
}

}  // namespace

std::string StaticFiles::tag_of(const std::string& path, const Kept& stamp,
                                std::string_view octets) {
  const std::scoped_lock lock(mutex_);
  const auto found = tags_.find(path);
  if (found != tags_.end() && found->second.seconds == stamp.seconds &&
      found->second.nanoseconds == stamp.nanoseconds && found->second.size == stamp.size) {
    return found->second.tag;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string tag = "\"";
  for (const char octet : crypto::digest(crypto::DigestKind::sha256, octets).substr(0, 12)) {
    tag += digits[static_cast<unsigned char>(octet) >> 4U];
    tag += digits[static_cast<unsigned char>(octet) & 15U];
  }
  tag += '"';
  if (tags_.size() >= most_tags) tags_.clear();
  Kept kept = stamp;
  kept.tag = tag;
  tags_[path] = std::move(kept);
  return tag;
}

bool StaticFiles::read(const std::string& path, std::string& octets, std::string& tag) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return false;
  struct stat found = {};
  const bool good = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode) &&
                    static_cast<std::size_t>(found.st_size) <= most_octets;
  octets.clear();
  if (good) octets.resize(static_cast<std::size_t>(found.st_size));
  std::size_t have = 0;
  while (good && have < octets.size()) {
    const ssize_t size = ::read(file, octets.data() + have, octets.size() - have);
    if (size <= 0) break;
    have += static_cast<std::size_t>(size);
  }
  ::close(file);
  if (!good || have != octets.size()) return false;
  tag = tag_of(path,
               {.seconds = found.st_mtim.tv_sec,
                .nanoseconds = found.st_mtim.tv_nsec,
                .size = octets.size()},
               octets);
  return true;
}

Response StaticFiles::answer(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    return error_response(405, "method", "pages are only read");
  }
  const auto target = parse_target(request.target);
  if (!target || !std::ranges::all_of(target->path, is_plain)) {
    return error_response(404, "not_found", "there is nothing of that name");
  }
  std::string name;
  for (const std::string& each : target->path) name += "/" + each;
  const bool asset = name.starts_with("/assets/");
  Response response;
  std::string tag;
  const bool zipped = request.field("accept-encoding").find("gzip") != std::string_view::npos;
  const auto find = [&](const std::string& path) {
    response.type = type_of(path);
    response.encoded = zipped && read(folder_ + path + ".gz", response.body, tag);
    return response.encoded || read(folder_ + path, response.body, tag);
  };
  bool found = !name.empty() && find(name);
  if (!found && asset) return error_response(404, "not_found", "there is nothing of that name");
  if (!found) found = find("/index.html");
  if (!found) {
    return {.status = name.empty() ? 200 : 404,
            .type = "text/html; charset=utf-8",
            .body = std::string(no_pages),
            .fields = {{"Cache-Control", "no-store"}}};
  }
  response.fields = {{"ETag", tag}, {"Vary", "Accept-Encoding"}};
  // Below assets/ another content has another name.
  response.fields.emplace_back("Cache-Control",
                               asset ? "public, max-age=31536000, immutable" : "no-cache");
  if (response.encoded) response.fields.emplace_back("Content-Encoding", "gzip");
  if (!names(request.field("if-none-match"), tag)) return response;
  response.status = 304;
  response.body.clear();
  response.type.clear();
  return response;
}

}  // namespace assay::webapi
