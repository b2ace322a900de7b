// An image gives back the program that it was made of, and nothing as soon as the text is another.

#include "sim/model/image.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"
#include "sim/model/target.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace kflow;
using namespace kflow::model;
namespace fs = std::filesystem;

namespace {

/// A small model folder with one build and an image, gone when the test ends.
class SmallModel {
public:
    SmallModel()
        : root_(fs::temp_directory_path() / ("kflow-image-" + std::to_string(::getpid()))) {
        fs::create_directories(root_ / "model/linux/kernel");
        fs::create_directories(root_ / "model/builds/small");
        write("linux/kernel/a.flow",
              "guard likely of call default yes\n\n"
              "## Does it.\n##ko 한다.\nfn a task\n    if likely\n        b\n"
              "    via p->q {c task=task, none}\n");
        write("linux/kernel/b.flow", "fn b\n    c else fail EAGAIN\n");
        write("builds/small/build", "name small\nkernel 6.12.1\n");
        write("builds/small/config", "");
        std::ofstream(program()) << "the program";
        write_image();
    }
    ~SmallModel() {
        std::error_code error;
        fs::remove_all(root_, error);
    }
    SmallModel(SmallModel const&) = delete;
    SmallModel& operator=(SmallModel const&) = delete;

    std::string dir() const { return (root_ / "model").string(); }
    std::string program() const { return (root_ / "kflow").string(); }
    std::string image() const { return (root_ / "model.image").string(); }
    void write(std::string const& file, std::string const& text) const {
        std::ofstream(root_ / "model" / file, std::ios::binary) << text;
    }
    Program resolved() const {
        Target target;
        target.name = "small";
        target.major = 6;
        target.minor = 12;
        return resolve(Model::load(dir()), target).program;
    }
    void write_image() const {
        std::ofstream(image(), std::ios::binary) << make_image(dir(), {{"small", resolved()}});
    }
    std::optional<Program> load(std::string_view build = "small") const {
        return load_image(image(), program(), dir(), build);
    }

private:
    fs::path root_;
};

/// So that a file that is written again is seen to be another, however coarse the clock is.
void make_newer(std::string const& path) {
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(2));
}

} // namespace

namespace {

/// All of it but the documentation, which an image does not have.
void check_same(Program const& read, Program made) {
    auto const drop = [](auto& table) {
        for (auto& row : table) {
            row.doc = kNone<DocId>;
        }
    };
    drop(made.functions);
    drop(made.code.own());
    drop(made.guards);
    drop(made.effects);
    drop(made.collections);
    drop(made.conditions);
    CHECK(read.version == made.version);
    CHECK(read.functions == made.functions);
    CHECK(read.code == made.code);
    CHECK(read.contexts == made.contexts);
    CHECK(read.bindings == made.bindings);
    CHECK(read.by_name == made.by_name);
    CHECK(read.via_members == made.via_members);
    CHECK(read.via_labels == made.via_labels);
    CHECK(read.syscalls == made.syscalls);
    CHECK(read.guard_sets == made.guard_sets);
    CHECK(read.role_lists == made.role_lists);
    CHECK(read.guards == made.guards);
    CHECK(read.effects == made.effects);
    CHECK(read.collections == made.collections);
    CHECK(read.conditions == made.conditions);
    CHECK(read.roles == made.roles);
    CHECK(read.events == made.events);
    CHECK(read.errnos == made.errnos);
    CHECK(read.reasons == made.reasons);
    CHECK(read.files == made.files);
    CHECK(read.sources == made.sources);
    CHECK(read.docs.empty());
    CHECK_FALSE(read.model);
}

} // namespace

TEST_CASE("an image gives back the program") {
    SmallModel const model;
    auto const read = model.load();
    REQUIRE(read);
    check_same(*read, model.resolved());
    CHECK_FALSE(model.load("other"));
}

TEST_CASE("an image of the whole model gives back the program of each build") {
    SmallModel const folder; // for the image alone
    auto const dir = std::string(KFLOW_SOURCE_DIR) + "/model";
    auto const model = Model::load(dir);
    std::vector<std::pair<std::string, Program>> builds;
    for (auto const& name : build::list_builds(dir)) {
        auto const facts = std::get<build::BuildFacts>(build::BuildFacts::load(dir, name));
        builds.emplace_back(name, resolve(model, target_of(facts)).program);
    }
    std::ofstream(folder.image(), std::ios::binary) << make_image(dir, builds);
    for (auto const& [name, program] : builds) {
        CAPTURE(name);
        auto const read = load_image(folder.image(), folder.program(), dir, name);
        REQUIRE(read);
        check_same(*read, program);
    }
}

TEST_CASE("an image of another text is not used") {
    SmallModel const model;
    REQUIRE(model.load());
    SECTION("a file was changed") {
        make_newer(model.dir() + "/linux/kernel/b.flow");
    }
    SECTION("a file has another size") {
        auto const path = model.dir() + "/linux/kernel/b.flow";
        auto const time = fs::last_write_time(path);
        model.write("linux/kernel/b.flow", "fn b\n    c\n");
        fs::last_write_time(path, time);
    }
    SECTION("a file came") {
        model.write("linux/kernel/c.flow", "fn c\n    pass\n");
        make_newer(model.dir() + "/linux/kernel");
    }
    SECTION("a file went") {
        fs::remove(model.dir() + "/linux/kernel/b.flow");
    }
    SECTION("the build's configuration was changed") {
        make_newer(model.dir() + "/builds/small/config");
    }
    SECTION("the program is newer") {
        make_newer(model.program());
    }
    SECTION("there is none") {
        fs::remove(model.image());
    }
    CHECK_FALSE(model.load());
}

TEST_CASE("an image that was cut off is not used and never crashes") {
    SmallModel const model;
    std::ifstream in(model.image(), std::ios::binary);
    std::string const whole(std::istreambuf_iterator<char>(in), {});
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        std::ofstream(model.image(), std::ios::binary) << whole.substr(0, size);
        INFO(size);
        CHECK_FALSE(model.load());
    }
}
