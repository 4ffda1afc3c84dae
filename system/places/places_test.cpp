#include "system/places/places.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "system/places/testdata/mmdb_writer.h"

namespace assay::places {
namespace {

namespace fs = std::filesystem;

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

Written as_record(std::uint64_t number, const std::string& name) {
  return Written::of({{"autonomous_system_number", Written::of(number)},
                      {"autonomous_system_organization", Written::of(name)}});
}

std::string as_file(unsigned bits, unsigned version = 6) {
  MmdbWriter writer(bits, version);
  writer.add("192.0.2.0", 24, as_record(64'500, "Example Net"));
  writer.add("198.51.100.128", 25, as_record(64'501, std::string(300, 'n')));
  if (version == 6) writer.add("2001:db8::", 32, as_record(64'502, "Example Six"));
  return writer.finish("Test-ASN");
}

class Folder {
 public:
  Folder() { fs::create_directories(path_); }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, const std::string& octets) const {
    const fs::path fresh = path_ / (name + ".new");
    std::ofstream(fresh, std::ios::binary) << octets;
    fs::rename(fresh, path_ / name);
    return (path_ / name).string();
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_ = fs::temp_directory_path() / ("assay_places_" + std::to_string(::getpid()));
};

TEST(Mmdb, FindsTheNetworkInEachFormOfTheTree) {
  for (const unsigned bits : {24U, 28U, 32U}) {
    for (const unsigned version : {4U, 6U}) {
      const auto file = Mmdb::read(as_file(bits, version));
      ASSERT_TRUE(file) << bits;
      EXPECT_EQ(file->type(), "Test-ASN");
      EXPECT_EQ(file->built(), 1'777'600'000U);
      const auto record = file->find(address("192.0.2.77"));
      ASSERT_TRUE(record) << bits;
      EXPECT_EQ(record->number({"autonomous_system_number"}), 64'500U);
      EXPECT_EQ(record->text({"autonomous_system_organization"}), "Example Net");
      EXPECT_FALSE(record->text({"autonomous_system_number"}));
      EXPECT_FALSE(record->text({"no_such"}));
      EXPECT_FALSE(record->text({"autonomous_system_organization", "below"}));
      EXPECT_FALSE(file->find(address("192.0.3.1")));
      EXPECT_FALSE(file->find(address("198.51.100.127")));
      EXPECT_TRUE(file->find(address("198.51.100.128")));
      EXPECT_EQ(file->find(address("2001:db8:1::1")).has_value(), version == 6);
      EXPECT_FALSE(file->find(address("2001:db9::1")));
    }
  }
}

TEST(Mmdb, WhatIsNoFileIsRefused) {
  for (const std::string& octets :
       {std::string(), std::string("hello"), std::string("\xab\xcd\xefMaxMind.com"),
        as_file(24).substr(0, as_file(24).size() - 20)}) {
    const auto file = Mmdb::read(octets);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "mmdb_broken");
  }
}

TEST(Mmdb, DeepNestingIsNoHarm) {
  MmdbWriter writer;
  writer.add("192.0.2.0", 24, as_record(1, "n"));
  std::string octets = writer.finish();
  // A record that begins with a hundred thousand arrays, one within the other.
  std::string deep =
      "\xe2\x41"
      "a";
  for (int i = 0; i < 100'000; ++i) deep += std::string("\x01\x04", 2);
  deep += std::string("\x00\x04", 2);
  const std::string record = MmdbWriter::octets_of(as_record(1, "n"));
  octets.replace(octets.find(record), record.size(), deep + record);
  const auto file = Mmdb::read(octets);
  ASSERT_TRUE(file);
  const auto found = file->find(address("192.0.2.1"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->number({"autonomous_system_number"}));
}

TEST(Mmdb, OctetsChangedAtRandomDoNoHarm) {
  std::mt19937 random(5);  // NOLINT(cert-msc51-cpp): the same in every run
  const std::string good = as_file(28);
  for (int turn = 0; turn < 3'000; ++turn) {
    std::string octets = good;
    for (int i = 0; i < 4; ++i) octets[random() % octets.size()] = static_cast<char>(random());
    const auto file = Mmdb::read(octets);
    if (!file) continue;
    for (const char* each : {"192.0.2.1", "198.51.100.200", "2001:db8::1", "::"}) {
      const auto record = file->find(address(each));
      if (!record) continue;
      record->number({"autonomous_system_number"});
      record->text({"country", "iso_code"});
    }
  }
}

TEST(Places, ReadTheNamesThatMakersUse) {
  const Folder folder;
  MmdbWriter one;
  one.add("192.0.2.0", 24,
          Written::of({{"asn", Written::of("AS64500")},
                       {"as_name", Written::of("Example Net")},
                       {"country_code", Written::of("xb")}}));
  MmdbWriter two;
  two.add("192.0.2.0", 24,
          Written::of({{"country", Written::of({{"iso_code", Written::of("XA")}})}}));
  const std::string all = folder.write("all.mmdb", one.finish());
  const std::string country = folder.write("country.mmdb", two.finish());
  EXPECT_EQ(Places::open({.as_numbers = all, .countries = all})->find(address("192.0.2.9")),
            (Place{.as_number = 64'500, .as_name = "Example Net", .country = "XB"}));
  EXPECT_EQ(Places::open({.countries = country})->find(address("192.0.2.9")),
            (Place{.country = "XA"}));
  EXPECT_EQ(Places::open({.countries = country})->find(address("192.0.3.9")), Place{});
}

TEST(Places, NamesAreBounded) {
  const Folder folder;
  const auto places = Places::open({.as_numbers = folder.write("as.mmdb", as_file(24))});
  ASSERT_TRUE(places);
  EXPECT_LT(places->find(address("198.51.100.129")).as_name.size(), 200U);
}

TEST(Places, ABrokenFileIsNamed) {
  const Folder folder;
  const std::string path = folder.write("as.mmdb", "no such file");
  for (const std::string& each : {path, folder.path("missing"), folder.path("")}) {
    const auto places = Places::open({.as_numbers = each});
    ASSERT_FALSE(places);
    EXPECT_EQ(places.error().code, "places_file");
    EXPECT_NE(places.error().what.find(each), std::string::npos);
  }
}

TEST(Places, AFileThatIsReplacedIsNoticed) {
  const Folder folder;
  const std::string path = folder.write("as.mmdb", as_file(24));
  const auto places = Places::open({.as_numbers = path});
  ASSERT_TRUE(places);
  EXPECT_FALSE(places->is_stale());
  folder.write("as.mmdb", as_file(28));
  EXPECT_TRUE(places->is_stale());
  EXPECT_EQ(places->find(address("192.0.2.1")).as_number, 64'500U);
  const auto again = Places::open({.as_numbers = path});
  EXPECT_FALSE(again->is_stale());
  fs::remove(path);
  EXPECT_TRUE(again->is_stale());
}

}  // namespace
}  // namespace assay::places
