#include "system/webapi/static_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace assay::webapi {
namespace {

namespace fs = std::filesystem;

class Pages : public testing::Test {
 protected:
  Pages() {
    fs::create_directories(folder_ / "pages/assets");
    put("secret.txt", "secret");
  }
  ~Pages() override { fs::remove_all(folder_); }

  void put(const std::string& path, const std::string& text) const {
    std::ofstream(folder_ / path) << text;
  }
  Response get(const std::string& target, const std::string& encoding = "",
               const std::string& tag = "") {
    Request request{.method = "GET", .target = target};
    request.fields["accept-encoding"] = encoding;
    request.fields["if-none-match"] = tag;
    return files_.answer(request);
  }
  static std::string field(const Response& response, std::string_view name) {
    for (const auto& [each, value] : response.fields) {
      if (each == name) return value;
    }
    return "";
  }

  static fs::path new_folder() {
    std::string name = (fs::temp_directory_path() / "assay-pages-XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  fs::path folder_ = new_folder();
  StaticFiles files_{folder_.string() + "/pages"};
};

TEST_F(Pages, WithoutAFolderSayWhatIsMissing) {
  const Response response = get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("The pages are not here"), std::string::npos);
}

TEST_F(Pages, AreFilesOrTheFirstPage) {
  put("pages/index.html", "first");
  put("pages/assets/a-1.js", "script");
  EXPECT_EQ(get("/").body, "first");
  EXPECT_EQ(get("/domains/example.com?x=1").body, "first");
  const Response script = get("/assets/a-1.js");
  EXPECT_EQ(script.body, "script");
  EXPECT_EQ(script.type, "text/javascript; charset=utf-8");
  EXPECT_NE(field(script, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(field(get("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(get("/assets/b-2.js").status, 404);
}

TEST_F(Pages, ArePackedForWhoTakesThat) {
  put("pages/index.html", "first");
  put("pages/index.html.gz", "packed");
  const Response packed = get("/", "br, gzip");
  EXPECT_EQ(packed.body, "packed");
  EXPECT_TRUE(packed.encoded);
  EXPECT_EQ(field(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(packed.type, "text/html; charset=utf-8");
  EXPECT_EQ(get("/").body, "first");
  EXPECT_NE(field(packed, "ETag"), field(get("/"), "ETag"));
}

TEST_F(Pages, AreNotSentAgain) {
  put("pages/index.html", "first");
  const std::string tag = field(get("/"), "ETag");
  EXPECT_EQ(get("/", "", tag).status, 304);
  EXPECT_EQ(get("/", "", "\"other\", W/" + tag).status, 304);
  put("pages/index.html", "second one");
  EXPECT_EQ(get("/", "", tag).body, "second one");
}

TEST_F(Pages, StayInTheirFolder) {
  put("pages/index.html", "first");
  put("pages/.hidden", "hidden");
  for (const char* target : {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/.hidden",
                             "/assets/%2e%2e/x", "/assets/..%5c..%5csecret.txt", "//secret.txt"}) {
    const Response response = get(target);
    EXPECT_TRUE(response.status == 404 || response.body == "first") << target << response.body;
  }
  EXPECT_EQ(get("/assets").body, "first");  // a folder is no file
}

}  // namespace
}  // namespace assay::webapi
