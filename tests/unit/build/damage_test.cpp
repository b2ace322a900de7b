// Facts that are damaged are refused with the place, or reported where they are read late; never a
// crash.
#include "sample.hpp"

#include "sim/base/input_file.hpp"

#include <filesystem>
#include <fstream>

using namespace kflow;
using namespace kflow::build;

namespace {

/// A model folder with one small build of its own, gone when the test ends.
class TemporaryModel {
public:
    TemporaryModel()
        : root_(std::filesystem::temp_directory_path() /
                ("kflow-build-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(root_ / "builds/small");
        write("build",
              "name small\nkernel 6.12.1\nrelease 6.12.1\npreemption full\ntext-base 1000\n");
        write("mask", "home-inlined a.c:helper\tDWARF 1/1\ndwarf a.c\n");
        write("symbols",
              "base 1000\ncore a.c\nfile a.c\n%\ncaller\t0\t40\tt\t0\nhelper\t40\t20\tt\t0\n");
        write("callsites", "%\ncaller\t0\t10:helper=3\n");
    }
    ~TemporaryModel() {
        std::error_code error;
        std::filesystem::remove_all(root_, error);
    }
    TemporaryModel(TemporaryModel const&) = delete;
    TemporaryModel& operator=(TemporaryModel const&) = delete;

    void write(std::string const& file, std::string const& text) const {
        std::ofstream(root_ / "builds/small" / file, std::ios::binary) << text;
    }
    std::string text(std::string const& file) const {
        return std::get<std::string>(read_input((root_ / "builds/small" / file).string()));
    }
    void remove(std::string const& file) const {
        std::filesystem::remove(root_ / "builds/small" / file);
    }
    std::variant<BuildFacts, Diagnostic> load() const {
        return BuildFacts::load(root_.string(), "small");
    }

private:
    std::filesystem::path root_;
};

std::string message(std::variant<BuildFacts, Diagnostic> const& result) {
    auto const* diagnostic = std::get_if<Diagnostic>(&result);
    return diagnostic ? diagnostic->message : "";
}

} // namespace

TEST_CASE("a small build is read whole") {
    TemporaryModel const model;
    auto const result = model.load();
    REQUIRE(std::holds_alternative<BuildFacts>(result));
    auto const& facts = std::get<BuildFacts>(result);
    CHECK(facts.preemption() == Preemption::full);
    CHECK(facts.symbol("helper")->address == 0x1040);
    CHECK(facts.edge({"a.c", "caller", "a.c", "helper", "caller", "a.c", 0}).kind ==
          EdgeKind::inlined);
    CHECK(facts.call_sites_of("caller", "helper").front().seen == 3);
    CHECK(facts.trouble().empty());
}

TEST_CASE("a file that is not there or is none is named") {
    TemporaryModel const model;
    model.write("mask", "home-inlined a.c:helper\nprobably inlined\n");
    auto const result = model.load();
    CHECK(message(result) == "is no line of a mask");
    CHECK(std::get<Diagnostic>(result).place.line == 2);
    CHECK(std::get<Diagnostic>(result).source_line == "probably inlined");
    for (auto const* bad : {"inline a.c:caller", "call helper>caller", "either a.c:x>y at z",
                            "unit a.c", "home-inlined helper"}) {
        model.write("mask", std::string(bad) + "\n");
        INFO(bad);
        CHECK(message(model.load()) == "is no line of a mask");
    }
    model.write("mask", "");
    model.write("symbols", "base 1000\n");
    CHECK(message(model.load()) == "is not a symbols file: it has no line \"%\"");
    model.remove("symbols");
    CHECK(message(model.load()) == "cannot be read: no such file");
    model.write("build", "name small\n");
    CHECK(message(model.load()) == "has no line \"kernel 6.12.117\" (or another version)");
}

TEST_CASE("what is read late is reported late") {
    TemporaryModel const model;
    auto const result = model.load();
    auto const& facts = std::get<BuildFacts>(result);
    CHECK_FALSE(facts.is_symbol("driver_function")); // looks into symbols.more, which is not there
    REQUIRE(facts.trouble().size() == 1);
    CHECK(facts.trouble().front().place.file.ends_with("symbols.more"));
    CHECK(facts.config("SMP").empty());
    CHECK(facts.events().empty());
    CHECK(facts.trouble().size() == 3);
    CHECK(facts.config("SMP").empty());
    CHECK(facts.trouble().size() == 3); // once each
}

TEST_CASE("files cut at every byte never crash") {
    TemporaryModel const model;
    for (auto const* file : {"build", "mask", "symbols", "callsites"}) {
        auto const whole = model.text(file);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            model.write(file, whole.substr(0, size));
            auto const result = model.load();
            if (auto const* facts = std::get_if<BuildFacts>(&result)) {
                facts->edge({"a.c", "caller", "a.c", "helper", "caller", "a.c", 0});
                facts->call_sites("caller");
                facts->symbol_at(0x1044);
                facts->callees("caller");
            } else {
                CHECK_FALSE(message(result).empty());
            }
        }
        model.write(file, whole);
    }
}
