#pragma once
// The captures of tests/captures, and checks of texts that are made from them.

#include "sim/base/input_file.hpp"
#include "sim/check/check.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>

namespace kflow::check::test {

inline std::string const kSource = KFLOW_SOURCE_DIR;

/// The file of a capture such as "fork_wait.graph".
inline std::string capture(std::string const& build, std::string const& name) {
    return kSource + "/tests/captures/" + build + "/" + name + ".trace.zst";
}

inline std::string text_of(std::string const& build, std::string const& name) {
    auto input = read_input(capture(build, name));
    REQUIRE(std::holds_alternative<std::string>(input));
    return std::get<std::string>(input);
}

/// Checks a text as if it stood in a file, beside a scenario of the project where one is named.
inline Report check_text(std::string const& build, std::string const& text,
                         std::string const& scenario = "") {
    auto const file = (std::filesystem::temp_directory_path() /
                       ("kflow-check-" + std::to_string(::getpid()) + ".trace"))
                          .string();
    REQUIRE_FALSE(write_output(file, text));
    auto const path = scenario.empty() ? "" : kSource + "/scenarios/" + scenario + ".scenario";
    static std::map<std::string, std::unique_ptr<Checker>> checkers;
    auto& checker = checkers[build + path];
    if (!checker) {
        checker = std::make_unique<Checker>(CheckOptions{kSource + "/model", build, path, false});
    }
    auto report = checker->check(file);
    std::filesystem::remove(file);
    return report;
}

} // namespace kflow::check::test
