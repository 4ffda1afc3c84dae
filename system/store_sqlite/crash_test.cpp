#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "system/store/testdata/conformance.h"
#include "system/store_sqlite/store_sqlite.h"
#include "system/store_sqlite/testdata/scratch.h"

namespace assay::store_sqlite {
namespace {

using namespace std::chrono_literals;
using store::must;
using store::noon;

constexpr int rounds = 20;

std::string source_of(std::uint64_t number) {
  return "source" + std::to_string(number);
}

/// The row that stands at an offset of every source.
std::string ip_at(std::uint64_t offset) {
  return "192.0.2." + std::to_string(offset % 37);
}

void take_in(store::Store& store, std::uint64_t step) {
  std::vector<store::Batch> batches;
  for (std::uint64_t number = 0; number < 2; ++number) {
    const std::uint64_t from = must(store.offset_of(source_of(number)));
    std::vector<store::Evaluation> evaluations;
    for (std::uint64_t i = 0; i < 5 + step % 20; ++i) {
      evaluations.push_back(store::evaluation_of("example.com", ip_at(from + i)));
    }
    batches.push_back(store::batch_of(source_of(number), from, evaluations));
  }
  must(store.add(batches, noon));
}

void report(store::Store& store, std::uint64_t step) {
  const store::Cut cut = must(store.cut(noon + 1h));
  for (const store::Counted& each : must(store.configurations("example.com", cut))) {
    must(store.settle(std::vector<store::Settlement>{
        {.cut = cut,
         .configuration = each.id,
         .messages = each.messages,
         .at = noon,
         .report_id = std::to_string(::getpid()) + "-" + std::to_string(step),
         .deliveries = {{.destination = "mailto:a@example.com"},
                        {.destination = "mailto:b@example.com"}}}}));
  }
}

void deliver(store::Store& store) {
  for (const store::Delivery& each : must(store.claim({.now = noon, .until = noon, .limit = 3}))) {
    if (each.id % 3 == 0) {
      must(store.give_up(each.id, noon, "550"));
    } else {
      must(store.sent(each.id, noon));
    }
  }
}

/// What the killed program does until then.
[[noreturn]] void work(const std::string& path) {
  const auto store = must(open({.path = path}));
  for (std::uint64_t step = 0;; ++step) {
    take_in(*store, step);
    if (step % 3 == 0) report(*store, step);
    deliver(*store);
    if (step % 7 == 0) must(store->forget({.facts = noon - 1h, .reports = noon + 1s}));
    if (testing::Test::HasFailure()) ::_exit(1);
  }
}

void expect_whole(const std::string& path) {
  const auto store = must(open({.path = path}));
  for (const Finding& each : must(check(path))) ADD_FAILURE() << each.what;
  const store::Books books = must(store->books());
  EXPECT_EQ(books.taken,
            must(store->offset_of(source_of(0))) + must(store->offset_of(source_of(1))));
  // A settlement and its deliveries are one.
  for (const store::Settled& each : must(store->settled("", 1'000'000))) {
    EXPECT_EQ(must(store->deliveries({.report_id = each.report_id})).size(), 2U);
  }
}

TEST(Crash, WhateverIsKilledWheneverTheBooksBalance) {
  const Scratch scratch;
  const std::string path = scratch.path("store");
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same in every run
  for (int round = 0; round < rounds; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work(path);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 150));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
    expect_whole(path);
  }
  EXPECT_GT(must(info(path)).books.sent, 0U);
}

}  // namespace
}  // namespace assay::store_sqlite
