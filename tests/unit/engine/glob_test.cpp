// Globs of set_ftrace_filter, as lib/glob.c and its self-test have them.
#include "sim/engine/glob.hpp"

#include <catch2/catch.hpp>

#include <string>

using kflow::engine::matches_glob;

TEST_CASE("a glob is the whole text or none of it") {
    CHECK(matches_glob("a", "a"));
    CHECK_FALSE(matches_glob("a", "aa"));
    CHECK_FALSE(matches_glob("a", ""));
    CHECK(matches_glob("", ""));
    CHECK_FALSE(matches_glob("", "a"));
    CHECK(matches_glob("?", "a"));
    CHECK_FALSE(matches_glob("??", "a"));
}

TEST_CASE("a star is any text, also none") {
    CHECK(matches_glob("*", ""));
    CHECK(matches_glob("do_*", "do_exit"));
    CHECK(matches_glob("*_sys_*", "__arm64_sys_clone"));
    CHECK(matches_glob("*a", "aaa"));
    CHECK(matches_glob("a*b*c", "axbxbxc"));
    CHECK_FALSE(matches_glob("*bc", "bbca"));
    CHECK_FALSE(matches_glob("a*b", "abc"));
}

TEST_CASE("a class is one letter of it") {
    CHECK(matches_glob("[a-c]x", "bx"));
    CHECK_FALSE(matches_glob("[!a-c]x", "bx"));
    CHECK(matches_glob("[!a-c]x", "dx"));
    CHECK(matches_glob("[]a]", "]"));
    CHECK(matches_glob("[a-]", "-"));
    CHECK(matches_glob("[a", "[a"));
    CHECK_FALSE(matches_glob("[a", "a"));
    CHECK(matches_glob("\\*", "*"));
    CHECK_FALSE(matches_glob("\\*", "a"));
}

TEST_CASE("many stars take no longer than a few") {
    std::string glob;
    for (int n = 0; n < 1000; ++n) {
        glob += "*a";
    }
    CHECK_FALSE(matches_glob(glob + "b", std::string(5000, 'a')));
}
