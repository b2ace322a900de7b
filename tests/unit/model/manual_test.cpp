// Every example of docs/FLOW_LANGUAGE.md is compiled, and what the manual says of it is what comes
// out.
//
// A block ```flow is a model of one file, example.flow, for Linux 6.12 (or for `flow 6.1 SMP`: a
// version and options). The block behind it says what becomes of it: ```code the instructions of
// its last function, ```error what is reported. Without one it must be free of errors. `flow lint`
// reports what `kflow model check` would. KFLOW_BLESS=1 rewrites the manual.
#include "tests/unit/model/model_helpers.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace kflow;
using namespace kflow::model;
using namespace kflow::model::test;

namespace {

struct Block {
    std::string info; ///< behind ```
    std::string text;
    std::size_t begin = 0; ///< of the text in the manual
    int line = 0;
};

std::vector<Block> blocks_of(std::string const& manual) {
    std::vector<Block> blocks;
    std::istringstream stream(manual);
    std::string line;
    std::size_t offset = 0;
    int number = 0;
    bool inside = false;
    while (std::getline(stream, line)) {
        ++number;
        offset += line.size() + 1;
        if (line.substr(0, 3) == "```") {
            if (!inside) {
                blocks.push_back({line.substr(3), "", offset, number});
            }
            inside = !inside;
        } else if (inside) {
            blocks.back().text += line + "\n";
        }
    }
    return blocks;
}

Target target_of_info(std::string const& info) {
    std::istringstream words(info);
    std::string word;
    std::string version = "6.12";
    std::vector<std::string> config;
    words >> word; // flow
    while (words >> word) {
        if (word[0] >= '0' && word[0] <= '9') {
            version = word;
        } else if (word != "lint") {
            config.push_back(word);
        }
    }
    int part[3] = {0, 0, 0};
    std::istringstream numbers(version);
    for (int& p : part) {
        numbers >> p;
        numbers.ignore(1);
    }
    return kernel(part[0], part[1], part[2], config);
}

std::string without_path(std::string text) {
    std::string const path = "linux/kernel/";
    for (auto at = text.find(path); at != std::string::npos; at = text.find(path)) {
        text.erase(at, path.size());
    }
    return text;
}

struct Outcome {
    std::string errors;
    std::string code; ///< of the last function
};

Outcome compile(Block const& block) {
    auto const target = target_of_info(block.info);
    auto const model = Model::from_texts({{"linux/kernel/example.flow", block.text}});
    std::vector<CheckedBuild> builds;
    builds.push_back({"example", resolve(model, target), nullptr, {}, {}});
    auto const& program = builds[0].resolution.program;
    Outcome outcome;
    auto diagnostics = model->diagnostics();
    diagnostics.insert(diagnostics.end(), builds[0].resolution.diagnostics.begin(),
                       builds[0].resolution.diagnostics.end());
    if (block.info.find("lint") != std::string::npos) {
        diagnostics = lint(*model, builds).diagnostics;
    }
    std::stable_sort(diagnostics.begin(), diagnostics.end(), [](auto const& a, auto const& b) {
        return a.place.line < b.place.line;
    });
    outcome.errors = without_path(to_string(diagnostics));
    for (std::size_t i = 0; i < program.functions.size() && program.functions[i].has_body; ++i) {
        outcome.code = to_text(program, static_cast<FunctionId>(i));
    }
    return outcome;
}

} // namespace

TEST_CASE("the manual's examples do what it says") {
    std::string const path = KFLOW_SOURCE_DIR "/docs/FLOW_LANGUAGE.md";
    std::ifstream file(path, std::ios::binary);
    std::stringstream buffer;
    buffer << file.rdbuf();
    std::string manual = buffer.str();
    auto const blocks = blocks_of(manual);
    std::string blessed = manual;
    std::ptrdiff_t shift = 0;
    int examples = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (blocks[i].info.substr(0, 4) != "flow") {
            continue;
        }
        ++examples;
        auto const outcome = compile(blocks[i]);
        INFO("docs/FLOW_LANGUAGE.md:" << blocks[i].line);
        std::string const next = i + 1 < blocks.size() ? blocks[i + 1].info : "";
        if (next != "error" && next != "code") {
            CHECK(outcome.errors == "");
            continue;
        }
        auto const& said = blocks[i + 1];
        auto const& is = next == "code" && !outcome.errors.empty() ? outcome.errors
                         : next == "code"                          ? outcome.code
                                                                   : outcome.errors;
        if (std::getenv("KFLOW_BLESS")) {
            auto const at =
                static_cast<std::size_t>(static_cast<std::ptrdiff_t>(said.begin) + shift);
            blessed.replace(at, said.text.size(), is);
            shift += static_cast<std::ptrdiff_t>(is.size()) -
                     static_cast<std::ptrdiff_t>(said.text.size());
        } else {
            CHECK(said.text == is);
        }
    }
    CHECK(examples >= 30);
    if (blessed != manual) {
        std::ofstream(path, std::ios::binary) << blessed;
    }
}
