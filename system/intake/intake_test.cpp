#include "assay/archive/gzip.h"
#include "assay/base/base64.h"
#include "system/intake/documents.h"

#include "testkit/cases.h"

namespace assay::intake {
namespace {

const std::string text_part = "--b\r\nContent-Type: text/plain\r\n\r\nA report is attached.\r\n";

std::string mail_of(const std::string& parts, const std::string& type = "multipart/mixed") {
  return "From: a@example.com\r\nSubject: Report Domain: example.com\r\nMIME-Version: 1.0\r\n"
         "Content-Type: " +
         type + "; boundary=b\r\n\r\n" + parts + "--b--\r\n";
}

std::string attached(const std::string& octets, const std::string& name,
                     const std::string& type = "application/octet-stream") {
  return "--b\r\nContent-Type: " + type +
         "\r\nContent-Transfer-Encoding: base64\r\n"
         "Content-Disposition: attachment; filename=\"" +
         name + "\"\r\n\r\n" + base64::encode(octets) + "\r\n";
}

/// "member:kind:octets" of each document, and "!code" of each finding.
std::string documents(std::string_view octets) {
  std::string all;
  const Findings findings = for_each_document(
      octets, [&](const std::string& member, Kind kind, const archive::Read& read) {
        std::string text(100, '\0');
        text.resize(read(text));
        constexpr std::string_view kinds[] = {"aggregate", "tls", "failure", "none"};
        if (kind == Kind::failure) text.resize(4);
        all += member + ":" + std::string(kinds[static_cast<std::size_t>(kind)]) + ":" + text + " ";
      });
  for (const Finding& finding : findings) all += "!" + std::string(finding.code) + " ";
  if (!all.empty()) all.pop_back();
  return all;
}

TEST(Documents, AreKnownByTheirContent) {
  EXPECT_EQ(documents("<feedback/>"), ":aggregate:<feedback/>");
  EXPECT_EQ(documents("\xef\xbb\xbf\r\n <a/>"), ":aggregate:\xef\xbb\xbf\r\n <a/>");
  EXPECT_EQ(documents("{\"a\":1}"), ":tls:{\"a\":1}");
  EXPECT_EQ(documents("unused"), ":none:unused");
  EXPECT_EQ(documents(archive::gzip("<a/>")), ":aggregate:<a/>");
}

TEST(Documents, AreFoundInMail) {
  EXPECT_EQ(documents(mail_of(text_part + attached(archive::gzip("<a/>"), "r.xml.gz"))),
            "r.xml.gz:aggregate:<a/>");
  EXPECT_EQ(documents(mail_of(text_part + attached("<a/>", "r.txt", "text/plain"))),
            "r.txt:aggregate:<a/>");
  EXPECT_EQ(documents("Content-Type: application/gzip; name=r.gz\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\n" +
                      base64::encode(archive::gzip("<a/>"))),
            "r.gz:aggregate:<a/>");
  EXPECT_EQ(documents(mail_of(text_part)), "!no_report");
  EXPECT_EQ(documents(mail_of(text_part, "multipart/report; report-type=feedback-report")),
            ":failure:From");
}

TEST(Documents, AreFoundInMailWithinMailAndMbox) {
  const std::string inner = mail_of(attached("<a/>", "r.xml"));
  EXPECT_EQ(documents(archive::gzip(inner)), "r.xml:aggregate:<a/>");
  std::string forwarded = inner;
  for (std::size_t at = 0; (at = forwarded.find('b', at)) != std::string::npos; at += 1) {
    if (forwarded.compare(at - 2, 2, "--") == 0 || forwarded.compare(at - 1, 1, "=") == 0) {
      forwarded[at] = 'c';
    }
  }
  EXPECT_EQ(documents(mail_of("--b\r\nContent-Type: message/rfc822\r\n\r\n" + forwarded + "\r\n")),
            "r.xml:aggregate:<a/>");
  const std::string mbox = "From a@example.com Fri May  1 00:00:00 2026\n" + inner +
                           "\nFrom b@example.com Fri May  1 00:00:00 2026\n" + inner;
  EXPECT_EQ(documents(mbox), "mail 1/r.xml:aggregate:<a/> mail 2/r.xml:aggregate:<a/>");
}

TEST(Documents, AreFoundWhereNothingSaysSo) {
  const std::string packed = archive::gzip("<feedback/>");
  const std::string digits = base64::encode(packed);
  EXPECT_EQ(documents(digits), ":aggregate:<feedback/> !base64");
  EXPECT_EQ(documents("Subject: x\nContent-Type: application/gzip\n\n" + digits + "\n-- \nme\n"),
            ":aggregate:<feedback/>");
  EXPECT_EQ(documents("# of yesterday\n<feedback/>"), ":aggregate:<feedback/> !leading");
  EXPECT_EQ(documents("\r\n" + packed), ":aggregate:<feedback/>");
  const std::string mail = mail_of(text_part + attached(packed, "r.gz"));
  EXPECT_EQ(documents("\xef\xbb\xbf\r\n" + mail), "r.gz:aggregate:<feedback/>");
  EXPECT_EQ(documents(">From a@example.com\r\n" + mail), "r.gz:aggregate:<feedback/>");
  std::string other = mail;
  other.replace(other.find("boundary=b"), 10, "boundary=c");
  EXPECT_EQ(documents(other), ":aggregate:<feedback/> !mime");
  std::string returns = mail;
  std::erase(returns, '\n');
  EXPECT_EQ(documents(returns), "r.gz:aggregate:<feedback/> !line_ends");
}

TEST(Documents, WhatStandsBesideAReportIsLeftOut) {
  const std::string report = attached(archive::gzip("<feedback/>"), "r.gz");
  const std::string picture = attached("\x89PNG\r\n", "logo.png", "image/png");
  EXPECT_EQ(documents(mail_of(picture + report)), "r.gz:aggregate:<feedback/> !no_report");
  EXPECT_EQ(documents(mail_of(picture)), "logo.png:none:\x89PNG\r\n");
  const std::string unread = attached("7z\xbc\xaf\x27\x1c", "r.7z");
  EXPECT_EQ(documents(mail_of(report + unread)),
            "r.gz:aggregate:<feedback/> r.7z:none:7z\xbc\xaf\x27\x1c");
  EXPECT_EQ(what_else(""), "it is empty");
  EXPECT_EQ(what_else("7z\xbc\xaf"), "it is packed by 7-Zip, which is not read");
  EXPECT_EQ(what_else("<html>"), "it is an HTML page");
}

TEST(Documents, TextsOfUtf16AreKnown) {
  const std::string_view aggregate("\xff\xfe<\0f\0", 6);
  const std::string_view tls("\0 \0{", 4);
  EXPECT_EQ(kind_of(aggregate), Kind::aggregate);
  EXPECT_EQ(kind_of(tls), Kind::tls);
  EXPECT_EQ(kind_of("[ {"), Kind::tls);
  EXPECT_EQ(kind_of("[section]"), Kind::none);
}

TEST(ReadMail, HoldsItsLimits) {
  std::string parts;
  for (int i = 0; i < 30; ++i) parts += attached("x", "x");
  const MailParts found = read_mail(mail_of(parts), {.parts = 10});
  EXPECT_EQ(found.parts.size(), 10U);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].code, "too_many_parts");
  EXPECT_EQ(read_mail(mail_of(parts), {.octets = 100}).findings.at(0).code, "mail_too_large");
  std::string deep;
  for (int i = 0; i < 5'000; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  EXPECT_LE(read_mail(deep).parts.size(), 1'000U);
}

TEST(SplitMbox, DividesAtFromLinesBehindEmptyOnes) {
  EXPECT_EQ(split_mbox("Subject: x\n\nFrom a\n").size(), 1U);
  const auto mails = split_mbox("From a\nS: 1\n\none\nFrom here\n\nFrom b\nS: 2\n\ntwo\n");
  ASSERT_EQ(mails.size(), 2U);
  EXPECT_EQ(mails[0], "S: 1\n\none\nFrom here\n");
  EXPECT_EQ(mails[1], "S: 2\n\ntwo\n");
  EXPECT_EQ(split_mbox("From a\r\nS: 1\r\n\r\none\r\n\r\nFrom b\r\nS: 2\r\n").size(), 2U);
  EXPECT_TRUE(split_mbox("From a").empty());
}

}  // namespace
}  // namespace assay::intake
