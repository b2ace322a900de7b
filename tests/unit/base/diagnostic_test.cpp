#include "sim/base/diagnostic.hpp"
#include "sim/base/random.hpp"

#include <catch2/catch.hpp>

using namespace kflow;

TEST_CASE("a diagnostic shows the line with a caret under the column") {
    Diagnostic const d{Severity::error, {"a.flow", 3, 5}, "no function \"copy_flies\"", "    copy_flies",
                       "did you mean \"copy_files\"?"};
    CHECK(to_string(d) == "a.flow:3:5: error: no function \"copy_flies\"\n"
                          "        copy_flies\n"
                          "        ^\n"
                          "  hint: did you mean \"copy_files\"?\n");
}

TEST_CASE("the nearest word is a misspelling, not a stranger") {
    CHECK(nearest_word("copy_flies", {"copy_fs", "copy_files", "copy_mm"}) == "copy_files");
    CHECK(nearest_word("exit", {"copy_fs", "wake_up_new_task"}).empty());
    CHECK(nearest_word("do_exti", {"do_exit", "do_edit"}) == "do_exit");
}

TEST_CASE("the generator is the same on every machine") {
    Random random(7);
    CHECK(random.next() == 12923355070828475994u);
    Random copy = random;
    CHECK(copy.next() == random.next());
    for (int i = 0; i < 1000; ++i) {
        CHECK(random.below(10) < 10);
    }
}
