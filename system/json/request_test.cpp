#include "system/json/request.h"

#include <gtest/gtest.h>

#include <string>

#include "testkit/cases.h"

namespace assay::json {
namespace {

std::string standard_text(const std::optional<verify::Standard>& standard) {
  if (!standard) return "";
  switch (*standard) {
    case verify::Standard::rfc9989:
      return "rfc9989";
    case verify::Standard::rfc7489:
      return "rfc7489";
    case verify::Standard::compare:
      return "compare";
  }
  return "";
}

/// What a request holds, one "name=value" for each member that was given.
class Summary {
 public:
  void add(const std::string& name, const std::string& value) {
    text_ += (text_.empty() ? "" : " ") + name + "=" + value;
  }
  void add(const std::string& name, const std::optional<std::string>& value) {
    if (value) add(name, *value);
  }
  void add(const Common& common) {
    if (!common.id.empty()) add("id", common.id);
    add("zone", common.zone);
    if (common.at) add("at", to_rfc3339(*common.at));
    if (common.standard) add("standard", standard_text(common.standard));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string summary_of(const VerifyRequest& request) {
  Summary out;
  out.add(request.common);
  if (request.client) out.add("ip", to_text(*request.client));
  out.add("helo", request.helo);
  out.add("mail_from", request.mail_from);
  out.add("authserv_id", request.authserv_id);
  if (request.dkim_min_key_bits) out.add("bits", std::to_string(*request.dkim_min_key_bits));
  if (request.dkim_allow_sha1)
    out.add("sha1", std::string(*request.dkim_allow_sha1 ? "yes" : "no"));
  out.add("file", request.message.file);
  if (!request.message.file) out.add("octets", std::to_string(request.message.octets.size()));
  return out.text();
}

std::string summary_of(const SpfRequest& request) {
  Summary out;
  out.add(request.common);
  if (request.client) out.add("ip", to_text(*request.client));
  out.add("helo", request.helo);
  out.add("mail_from", request.mail_from);
  out.add("receiver", request.receiver);
  return out.text();
}

std::string check_text(dmarc::Check check) {
  switch (check) {
    case dmarc::Check::passed:
      return "passed";
    case dmarc::Check::failed:
      return "failed";
    case dmarc::Check::unresolved:
      return "unresolved";
  }
  return "";
}

std::string summary_of(const DmarcRequest& request) {
  Summary out;
  out.add(request.common);
  out.add("from", request.from.text());
  for (const dmarc::Identifier& identifier : request.identifiers) {
    out.add(
        identifier.method == dmarc::Method::spf ? "spf" : "dkim",
        check_text(identifier.check) + ":" + identifier.domain.text() + ":" + identifier.selector);
  }
  return out.text();
}

std::string summary_of(const RecordRequest& request) {
  Summary out;
  out.add(request.common);
  out.add("text", request.text);
  return out.text();
}

std::string summary_of(const AuthorRequest& request) {
  Summary out;
  out.add(request.common);
  out.add("octets", std::to_string(request.message.octets.size()));
  return out.text();
}

template <class Request>
void expect(const testkit::Case& c, const std::expected<Request, RequestError>& request) {
  if (c.has("error")) {
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().what, c["error"]);
    EXPECT_EQ(request.error().id, c.get("id", ""));
    return;
  }
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(summary_of(*request), c["read"]);
}

CASES(Request, "system/json/testdata/request.cases") {
  if (c.has("verify")) return expect(c, parse_verify_request(c["verify"]));
  if (c.has("spf")) return expect(c, parse_spf_request(c["spf"]));
  if (c.has("dmarc")) return expect(c, parse_dmarc_request(c["dmarc"]));
  if (c.has("record")) return expect(c, parse_record_request(c["record"]));
  expect(c, parse_author_request(c["author"]));
}

TEST(RequestLimits, ManyUnknownMembersAreAnError) {
  std::string line = "{\"id\":1,\"message\":\"x\",\"more\":[0";
  for (int i = 0; i < 200'000; ++i) line += ",0";
  const auto request = parse_verify_request(line + "]}");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().id, "1");
}

}  // namespace
}  // namespace assay::json
