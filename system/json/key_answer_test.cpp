#include "system/json/key_answer.h"

#include <gtest/gtest.h>

namespace {

using namespace assay;

TEST(KeyLine, TellsWhatIsPublished) {
  json::KeyAnswer answer = {
      .question = {.name = DomainName::parse("s._domainkey.example.com").value()},
      .key_type = "rsa",
      .published = {.publication = dkim::Publication::matches, .reason = "good", .key_bits = 2048},
      .expected = "v=DKIM1; k=rsa; p=AAAA"};
  EXPECT_EQ(json::key_line(answer),
            R"({"name":"s._domainkey.example.com","publication":"matches","usable":true,)"
            R"("reason":"good","key_type":"rsa","key_bits":2048,)"
            R"("expected":"v=DKIM1; k=rsa; p=AAAA","findings":[]})");
  answer.published = {.publication = dkim::Publication::revoked,
                      .reason = "the key is revoked",
                      .findings = {{.code = "revoked", .what = "x", .level = Level::warning}}};
  EXPECT_EQ(json::key_line(answer),
            R"({"name":"s._domainkey.example.com","publication":"revoked","usable":false,)"
            R"("reason":"the key is revoked","key_type":"rsa","expected":"v=DKIM1; k=rsa; p=AAAA",)"
            R"("findings":[{"code":"revoked","what":"x","at":0,"level":"warning"}]})");
}

}  // namespace
