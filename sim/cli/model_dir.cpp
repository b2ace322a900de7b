#include "sim/cli/model_dir.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

namespace kflow::cli {

namespace fs = std::filesystem;

void add_model_option(CLI::App& command, std::string& value) {
    command.add_option("--model", value, "Folder of the model (default: found by itself)")
        ->type_name("DIR");
}

std::string model_dir(std::string const& given) {
    if (!given.empty()) {
        return given;
    }
    if (char const* variable = std::getenv("KFLOW_MODEL"); variable && *variable) {
        return variable;
    }
    std::error_code error;
    if (fs::is_directory("model/linux", error)) {
        return "model";
    }
    auto folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (; !error && folder.has_relative_path(); folder = folder.parent_path()) {
        for (auto const* name : {"model", "share/kflow/model"}) {
            if (fs::is_directory(folder / name / "linux", error)) {
                return (folder / name).string();
            }
        }
        error.clear();
    }
    return "model";
}

std::string program_file() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).string();
}

std::string model_image() {
    return (fs::path(program_file()).parent_path() / "model.image").string();
}

} // namespace kflow::cli
