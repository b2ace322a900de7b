#pragma once
// The shipped builds, loaded once for all tests of this folder.

#include "sim/build/build_facts.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

inline std::string const kModel = std::string(KFLOW_SOURCE_DIR) + "/model";

inline kflow::build::BuildFacts const& shipped(std::string const& name) {
    static std::map<std::string, kflow::build::BuildFacts> loaded;
    auto at = loaded.find(name);
    if (at == loaded.end()) {
        auto result = kflow::build::BuildFacts::load(kModel, name);
        if (auto const* diagnostic = std::get_if<kflow::Diagnostic>(&result)) {
            FAIL(to_string(*diagnostic));
        }
        at = loaded.emplace(name, std::get<kflow::build::BuildFacts>(result)).first;
    }
    return at->second;
}

inline kflow::build::BuildFacts const& v61() {
    return shipped("debian-6.1-arm64");
}
inline kflow::build::BuildFacts const& v612() {
    return shipped("debian-6.12-arm64");
}
inline kflow::build::BuildFacts const& v72() {
    return shipped("debian-7.2-arm64");
}
