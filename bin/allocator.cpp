/// What jemalloc reads at its start (jemalloc(3), TUNING). Four arenas a processor, its default,
/// cost a filter with a few threads a sixth of its time and a third of its memory; programs that
/// link another allocator do not look here.
extern "C" {
extern const char* const malloc_conf;
__attribute__((used)) const char* const malloc_conf = "narenas_ratio:1";
}
